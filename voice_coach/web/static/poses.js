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
  // For exercises that have no drawing of their own: how the body rests.
  "at-any": { ...back, breath: true, swell: true, from: standing, to: { ...standing, swell: 1 } },
  "at-standing": { ...back, breath: true, swell: true, from: standing, to: { ...standing, swell: 1 } },
  "at-sitting": { ...front, breath: true, swell: true, from: seated, to: { ...seated, swell: 1 } },
  "at-hands-and-knees": { ...side, breath: true, swell: true, from: fours, to: { ...fours, swell: 1 } },
  "at-front": { ...side, breath: true, swell: true, from: prone, to: { ...prone, swell: 1 } },
  "at-back": { ...side, breath: true, swell: true, from: supine, to: { ...supine, swell: 1 } },
};

export const BONES = { leg: [THIGH, SHIN], arm: [UPPER, FORE] };

/** The pose of an exercise: its own, or how the body rests in its position. */
export function poseOf(name, position) {
  const at = `at-${String(position ?? "any").replaceAll(" ", "-")}`;
  return Object.hasOwn(POSES, name ?? "") ? POSES[name]
    : Object.hasOwn(POSES, at) ? POSES[at] : POSES["at-any"];
}
