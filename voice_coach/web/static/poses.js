// The exercises as positions of a body. Owns where every joint stands; knows not how it is drawn.
//
// Units are those of a picture of 480 × 360 with the floor at y = 318; angles are in degrees,
// 0 to the right and 90 down. Seen from the side, the body faces right and limb 0 is its right
// one, nearest to the eye; seen from behind, limb 0 is on the right, too. What is said for the
// left side is the mirror image. Each pose moves between two keys, `from` and `to`.

const THIGH = 70, SHIN = 68, UPPER = 50, FORE = 49;

/** A limb by the directions of its two bones. */
const turn = (first, second, foot = null) => ({ first, second, foot });
/** A limb that ends at a point; `bend` says to which hand the joint between gives way. */
const reach = (x, y, bend, foot = null) => ({ x, y, bend, foot });
/** A limb by two points, for what is foreshortened. */
const via = (x1, y1, x2, y2, foot = null) => ({ x1, y1, x2, y2, foot });

const flip = (limb) => {
  const foot = limb.foot === null ? null : 180 - limb.foot;
  if ("first" in limb) return turn(180 - limb.first, 180 - limb.second, foot);
  if ("bend" in limb) return reach(480 - limb.x, limb.y, -limb.bend, foot);
  return via(480 - limb.x1, limb.y1, 480 - limb.x2, limb.y2, foot);
};
const both = (limb) => [limb, flip(limb)];
const pair = (limb, dx = 15, dy = -5) => [limb, shifted(limb, dx, dy)];
const shifted = (limb, dx, dy) =>
  "x" in limb ? { ...limb, x: limb.x + dx, y: limb.y + dy }
  : "x1" in limb ? { ...limb, x1: limb.x1 + dx, x2: limb.x2 + dx, y1: limb.y1 + dy, y2: limb.y2 + dy }
  : limb;

// Standing, from behind: the hips 138 above the ankles.
const legs = both(via(259, 240, 266, 306, 58));
const standing = {
  hip: [240, 172], neck: [240, 84], head: [0, -37], bow: 0, arms: both(turn(76, 84)), legs,
};
// Cross-legged, from the front: the shins cross before the body.
const crossed = both(via(318, 296, 222, 313, 172));
const seated = {
  hip: [240, 295], neck: [240, 205], head: [0, -37], bow: 0,
  arms: both(via(291, 250, 303, 287)), legs: crossed,
};
const lap = { ...seated, arms: both(turn(64, 150)) };
// Hands and knees, from the side.
const kneeling = pair(via(180, 306, 114, 310, 184));
const fours = {
  hip: [180, 237], neck: [274, 213], head: [34, 1], gaze: 62, bow: 4,
  arms: pair(reach(287, 311, 1, 0)), legs: kneeling,
};
const prone = {
  hip: [196, 299], neck: [286, 300], head: [33, -3], gaze: 70, bow: 6,
  arms: pair(reach(272, 312, 1, 0), 3, 0), legs: pair(via(126, 304, 60, 309, 172), 0, -3),
};
const flat = pair(via(322, 304, 390, 307, -80), 5, -3);
const supine = {
  hip: [252, 302], neck: [162, 304], head: [-34, -3], gaze: -90, bow: 3,
  arms: pair(via(220, 311, 268, 312), 0, -5), legs: flat,
};
const hugged = via(204, 250, 268, 246, -38);
const holding = reach(214, 246, 1);
const bent = reach(310, 309, -1, 2);

// Standing, from the side.
const tall = { view: "side", scale: 0.84 };
const upright = {
  hip: [232, 172.2], neck: [236, 82], head: [4, -37], gaze: 0, bow: 0,
  arms: pair(turn(92, 80), 6, 0), legs: pair(reach(230, 310, -1, 2), 9, -2),
};
const WALL = "M332 20V318";
const atWall = {
  ...upright, hip: [214, 173], neck: [226, 84], arms: pair(reach(316, 122, 1, -84), 3, -4),
  legs: pair(reach(196, 309, -1, 2), 9, -2),
};
// Upright on the knees, or on one of them.
const onKnees = {
  hip: [230, 237], neck: [234, 147], head: [4, -37], gaze: 0, bow: 0,
  arms: pair(turn(92, 78), 6, 0), legs: pair(via(234, 305, 168, 310, 178), 8, -3),
};
const onOneKnee = {
  hip: [222, 238], neck: [226, 148], head: [4, -37], gaze: 0, bow: 0,
  arms: pair(reach(231, 222, 1), 4, -2),
  legs: [reach(290, 308, -1, 2), via(214, 304, 148, 310, 178)],
};
// On a chair, from the side and from the front.
const CHAIR = "M170 158L178 258H262V318M178 258V318";
const onChair = {
  hip: [212, 238], neck: [212, 148], head: [4, -37], gaze: 0, bow: 0,
  arms: pair(reach(262, 230, 1), 5, -3), legs: pair(reach(282, 309, -1, 2), 9, -3),
};
const STOOL = "M190 262H290M196 262V318M284 262V318";
const facing = {
  hip: [240, 236], neck: [240, 146], head: [0, -37], bow: 0,
  arms: both(via(284, 204, 270, 242)), legs: both(via(270, 256, 267, 307, 58)),
};
// In one line from the heels to the head, on the forearms or the hands.
const plank = {
  hip: [226, 274], neck: [321, 258], head: [34, -3], gaze: 62, bow: 0,
  arms: pair(turn(90, 1, 0), 8, -3), legs: pair(reach(90, 298, -1, 84), 0, -1),
};
const onHands = {
  hip: [218, 244], neck: [308, 208], head: [33, -6], gaze: 56, bow: 0,
  arms: pair(reach(298, 311, 1, 0), 9, -3), legs: pair(reach(90, 296, -1, 84), 0, -1),
};
// On the side, facing the eye; limb 0 is the upper one.
const onSide = { view: "front", lies: true };
const lying = {
  hip: [258, 288], neck: [164, 285], head: [-38, 2], bow: 0,
  arms: [via(212, 280, 204, 310), turn(180, 180)],
  legs: [via(324, 282, 388, 294, 36), via(322, 304, 386, 309, 14)],
};
const clam = {
  ...lying, legs: [via(308, 284, 352, 290, 36), via(310, 307, 366, 309, 14)],
};

const side = { view: "side" }, back = { view: "back", scale: 0.84 }, front = { view: "front" };

/** Pose by name; `breath`: the movement goes with the breath; `limb`: the one that is named. */
export const POSES = {
  "gentle-stretches": {
    ...back, from: standing,
    to: {
      ...standing, neck: [236, 83], head: [-8, -36], bow: -2,
      arms: [turn(-58, -66), turn(222, 238)],
    },
  },
  "seated-stretch": {
    ...front, from: lap,
    to: { ...lap, neck: [240, 201], arms: both(turn(-84, -110)) },
  },
  "cat-stretch": {
    ...side, breath: true,
    from: {
      ...fours, hip: [176, 234], neck: [276, 214], head: [27, -25], gaze: -48, bow: -27,
    },
    to: {
      ...fours, hip: [180, 240], neck: [268, 226], head: [25, 26], gaze: 112, bow: 40,
    },
  },
  cobra: {
    ...side, from: prone,
    to: { ...prone, neck: [256, 230], head: [10, -36], gaze: -16, bow: -17,
      arms: pair(reach(272, 312, 1, 0), 3, 0) },
  },
  "knee-to-chest": {
    ...side, limb: "leg", from: supine,
    to: { ...supine, arms: [holding, shifted(holding, 4, -3)], legs: [hugged, flat[1]] },
    together: {
      ...supine, hip: [246, 300], arms: [holding, shifted(holding, 5, -4)],
      legs: [hugged, shifted(hugged, 9, -7)],
    },
  },
  bridge: {
    ...side,
    from: { ...supine, neck: [158, 304], hip: [246, 301], legs: pair(bent, -8, -2) },
    to: {
      ...supine, neck: [158, 303], head: [-33, -4], hip: [240, 263], bow: -3,
      legs: pair(bent, -8, -2),
    },
  },
  "leg-reach": {
    ...side, limb: "leg", from: fours,
    to: { ...fours, legs: [turn(181, 179, 96), kneeling[1]] },
  },
  "slow-breathing": {
    ...front, breath: true, swell: true, from: seated,
    to: { ...seated, neck: [240, 199], swell: 1 },
  },
  "reach-up": { ...back, from: standing, to: { ...standing, arms: both(turn(-76, -86)) } },
  "side-bend": {
    ...back, limb: "arm",
    from: { ...standing, arms: [turn(76, 84), turn(136, 32)] },
    to: {
      ...standing, neck: [204, 94], head: [-24, -29], bow: -15, hip: [248, 172],
      arms: [turn(-102, -150), turn(128, 42)],
    },
  },
  "shoulder-circles": {
    ...back, breath: true, arrows: true, from: standing,
    to: { ...standing, shrug: 15, arms: both(turn(74, 84)) },
  },
  "side-plank": {
    ...onSide,
    from: {
      ...lying, hip: [256, 286], neck: [168, 234], head: [-37, -10], bow: -8,
      arms: [turn(20, 60), via(168, 307, 190, 311)],
      legs: [via(321, 282, 384, 288, 36), via(322, 302, 384, 303, 20)],
    },
    to: {
      ...lying, hip: [255, 256], neck: [162, 229], head: [-37, -9],
      arms: [turn(-88, -90), via(167, 307, 190, 311)],
      legs: [via(320, 266, 384, 288, 36), via(320, 285, 384, 303, 20)],
    },
  },
  "bird-dog": {
    ...side, limb: "leg", from: fours,
    to: { ...fours, arms: [fours.arms[0], turn(-6, -4)], legs: [turn(181, 179, 96), kneeling[1]] },
  },
  "curl-up": {
    ...side,
    from: { ...supine, arms: pair(via(210, 309, 250, 312), 0, -5), legs: [bent, flat[1]] },
    to: {
      ...supine, neck: [165, 282], head: [-31, -18], gaze: -66, bow: 6,
      arms: pair(via(210, 309, 250, 312), 0, -5), legs: [bent, flat[1]],
    },
  },
  plank: { ...side, breath: true, swell: true, from: plank, to: { ...plank, swell: 1 } },
  "press-up": {
    ...side, from: onHands,
    to: { ...onHands, hip: [227, 278], neck: [323, 268], head: [34, -3] },
  },
  "heel-raise": {
    ...tall, prop: WALL,
    from: { ...upright, arms: pair(reach(316, 126, 1, -84), 3, -4) },
    to: {
      ...upright, hip: [237, 155.2], neck: [241, 65], arms: pair(reach(316, 126, 1, -84), 3, -4),
      legs: pair(reach(234, 293, -1, 52), 9, -2),
    },
  },
  "heel-drop": {
    ...tall, prop: `M234 292H332M234 292V318${WALL}`,
    from: {
      ...upright, hip: [224, 130.3], neck: [228, 40], arms: pair(reach(312, 92, 1, -84), 3, -4),
      legs: pair(reach(222, 268, -1, 45), 9, -2),
    },
    to: {
      ...upright, hip: [220, 154.3], neck: [224, 64], arms: pair(reach(312, 92, 1, -84), 3, -4),
      legs: pair(reach(218, 292, -1, -22), 9, -2),
    },
  },
  squat: {
    ...tall, from: upright,
    to: {
      ...upright, hip: [178, 250], neck: [222, 171], head: [20, -31], gaze: 4,
      arms: pair(turn(2, -2), 6, 0),
    },
  },
  "straight-leg-raise": {
    ...side, limb: "leg", from: { ...supine, legs: [flat[0], bent] },
    to: { ...supine, legs: [turn(-42, -42, -128), bent] },
  },
  clamshell: {
    ...onSide, from: clam,
    to: { ...clam, legs: [via(312, 236, 352, 290, 36), clam.legs[1]] },
  },
  "leg-swing": {
    ...tall, limb: "leg",
    from: { ...upright, arms: [turn(70, 52), turn(118, 104)], legs: [turn(112, 128, 36), upright.legs[1]] },
    to: { ...upright, arms: [turn(118, 104), turn(70, 52)], legs: [turn(50, 56, -32), upright.legs[1]] },
  },
  "single-leg-balance": {
    ...tall, from: upright,
    to: {
      ...upright, arms: [turn(44, 24), turn(136, 128)],
      legs: [turn(8, 96, 6), upright.legs[1]],
    },
  },
  "sit-to-stand": {
    ...tall, prop: CHAIR, from: { ...onChair, neck: [226, 149] },
    to: {
      ...onChair, hip: [276, 171.3], neck: [280, 81], arms: pair(turn(86, 70), 5, 0),
    },
  },
  "neck-tilt": {
    ...front, prop: STOOL, from: facing, to: { ...facing, head: [21, -31] },
  },
  "shoulder-shrug": {
    ...front, prop: STOOL, from: { ...facing, arms: both(turn(80, 86)) },
    to: { ...facing, shrug: 14, arms: both(turn(80, 86)) },
  },
  "wrist-stretch": {
    ...side, prop: CHAIR,
    from: { ...onChair, arms: [turn(4, 0, 8), reach(292, 172, 1)] },
    to: { ...onChair, arms: [turn(4, 0, -84), reach(303, 152, 1)] },
  },
  "wall-press": {
    ...tall, prop: WALL, from: atWall,
    to: { ...atWall, hip: [234, 176.5], neck: [259, 90], head: [9, -36] },
  },
  "roll-up": {
    ...side,
    from: {
      ...supine, hip: [206, 301], neck: [116, 304], arms: pair(turn(182, 180), 0, -4),
      legs: pair(via(276, 304, 344, 307, -80), 5, -3),
    },
    to: {
      ...supine, hip: [206, 301], neck: [254, 226], head: [32, -9], gaze: 40, bow: 18,
      arms: pair(turn(390, 388), 0, -4), legs: pair(via(276, 304, 344, 307, -80), 5, -3),
    },
  },
  "leg-circle": {
    ...side, limb: "leg", arrows: "M252 158c0-16 74-16 74 0s-74 16-74 0m0 0l-9 9m9-9l10 8",
    from: { ...supine, legs: [turn(-96, -96, -104), flat[1]] },
    to: { ...supine, legs: [turn(-66, -66, -74), flat[1]] },
  },
  "child-s-pose": {
    ...side, from: fours,
    to: {
      ...fours, hip: [128, 268], neck: [218, 284], head: [33, 7], gaze: 84, bow: 12,
      legs: [via(180, 306, 114, 310, 184), via(190, 302, 129, 305, 184)],
    },
  },
  mountain: {
    ...back, breath: true, from: standing,
    to: { ...standing, neck: [240, 80], arms: both(turn(62, 70)) },
  },
  "downward-dog": {
    ...side,
    from: {
      ...fours, hip: [214, 237], neck: [308, 213], arms: pair(reach(320, 311, 1, 0), 9, -3),
      legs: pair(via(214, 306, 146, 307, 30), 9, -3),
    },
    to: {
      ...fours, hip: [200, 183], neck: [260, 259], head: [20, 27], gaze: 160, bow: 0,
      arms: pair(reach(320, 311, 1, 0), 9, -3), legs: pair(reach(146, 307, -1, 12), 9, -3),
    },
  },
  "forward-fold": {
    ...tall, from: upright,
    to: {
      ...upright, hip: [216, 173.2], neck: [289, 231], head: [20, 32], gaze: 150, bow: 12,
      arms: pair(reach(274, 305, 1), 6, 0),
    },
  },
  "hip-flexor-stretch": {
    ...side, from: onOneKnee,
    to: { ...onOneKnee, hip: [246, 245], neck: [246, 155], bow: -5 },
  },
  // For exercises that have no drawing of their own: how the body rests.
  "at-any": { ...back, breath: true, swell: true, from: standing, to: { ...standing, swell: 1 } },
  "at-standing": { ...back, breath: true, swell: true, from: standing, to: { ...standing, swell: 1 } },
  "at-sitting": { ...front, breath: true, swell: true, from: seated, to: { ...seated, swell: 1 } },
  "at-hands-and-knees": { ...side, breath: true, swell: true, from: fours, to: { ...fours, swell: 1 } },
  "at-front": { ...side, breath: true, swell: true, from: prone, to: { ...prone, swell: 1 } },
  "at-back": { ...side, breath: true, swell: true, from: supine, to: { ...supine, swell: 1 } },
  "at-side": { ...onSide, breath: true, swell: true, from: lying, to: { ...lying, swell: 1 } },
  "at-kneeling": { ...side, breath: true, swell: true, from: onKnees, to: { ...onKnees, swell: 1 } },
  "at-half-kneeling": {
    ...side, breath: true, swell: true, from: onOneKnee, to: { ...onOneKnee, swell: 1 },
  },
  "at-chair": {
    ...side, prop: CHAIR, breath: true, swell: true, from: onChair, to: { ...onChair, swell: 1 },
  },
  "at-plank": { ...side, breath: true, swell: true, from: plank, to: { ...plank, swell: 1 } },
  "at-standing-at-a-wall": {
    ...tall, prop: WALL, breath: true, swell: true, from: atWall, to: { ...atWall, swell: 1 },
  },
};

export const BONES = { leg: [THIGH, SHIN], arm: [UPPER, FORE] };

// Other names by which people call them.
const ALSO = Object.assign(Object.create(null), {
  "push-up": "press-up", "calf-raise": "heel-raise", "eccentric-heel-drop": "heel-drop",
  "leg-raise": "straight-leg-raise", "sit-to-stands": "sit-to-stand", "chair-stand": "sit-to-stand",
  "chair-sit-to-stand": "sit-to-stand", "seated-neck": "neck-tilt", "neck-stretch": "neck-tilt",
  "seated-shoulder": "shoulder-shrug", "seated-wrist": "wrist-stretch", "wall-press-up": "wall-press",
  "wall-push-up": "wall-press", "balance": "single-leg-balance", "one-leg-stand": "single-leg-balance",
  "single-leg-stand": "single-leg-balance", "mountain-pose": "mountain", "front-plank": "plank",
  "forearm-plank": "plank", "downward-facing-dog": "downward-dog", "clam": "clamshell",
  "standing-forward-fold": "forward-fold", "childs-pose": "child-s-pose",
  "half-kneeling-hip-flexor-stretch": "hip-flexor-stretch", "glute-bridge": "bridge",
  "cat-cow": "cat-stretch", "cat-camel": "cat-stretch",
});

/** A name as drawings are called: in lower case, with hyphens, without the ending of a file. */
export const slug = (name) =>
  String(name ?? "").toLowerCase().replace(/\.(svg|png)$/, "").replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");

/** The pose of this name, also of one among its other names or of more than one; or none. */
function named(name) {
  const is = slug(name);
  const one = is.replace(/s$/, "");
  return [is, one, ALSO[is], ALSO[one]].find((each) => each && Object.hasOwn(POSES, each));
}

/** The pose of an exercise: its own, or how the body rests in its position. */
export function poseOf(name, position) {
  const at = `at-${String(position ?? "any").replaceAll(" ", "-")}`;
  const own = named(name);
  return own ? POSES[own] : Object.hasOwn(POSES, at) ? POSES[at] : POSES["at-any"];
}
