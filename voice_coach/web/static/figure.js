// Draws a body in a pose, anywhere between its two keys. Owns the shape of the figure; knows
// neither the exercise nor the clock.

import { draw } from "./dom.js";
import { BONES, poseOf, slug } from "./poses.js";

export const FLOOR = 318;
const WIDTH = 480, HEIGHT = 360, HEAD = 22;
const REACH = 34; // beyond the joints: the head, hands and feet, and some air
const LEAST = [250, 170]; // of the picture, that who is small be not drawn as a giant
const LEG = [16, 12, 8], ARM = [11, 9, 7];

const mix = (a, b, t) => a + (b - a) * t;
const blend = ([x, y], [u, v], t) => [mix(x, u, t), mix(y, v, t)];
/** Between two arrows from one point: it swings the shorter way and keeps its length. */
const swing = (a, b, t) => {
  const [one, two] = [a, b].map(([x, y]) => Math.atan2(y, x) * 180 / Math.PI);
  const way = ((two - one + 540) % 360) - 180;
  return ahead([0, 0], one + way * t, mix(Math.hypot(...a), Math.hypot(...b), t));
};
const radians = (degrees) => (degrees * Math.PI) / 180;
const ahead = ([x, y], degrees, length) =>
  [x + length * Math.cos(radians(degrees)), y + length * Math.sin(radians(degrees))];
const number = (value) => value.toFixed(1);

// Drawings of the user's own, by name; they are pictures, in which nothing runs.
const own = new Set();
/** Learn which drawings the user has; they go before those of the coach. */
export function learnDrawings(names) {
  own.clear();
  for (const name of names) own.add(name);
}

/** A figure in an element `svg` of its own. */
export class Figure {
  constructor(label = null) {
    this.parts = {};
    const part = (name, kind) => (this.parts[name] = draw("path", { class: `body ${kind}` }));
    this.group = draw("g");
    this.letter = draw("text", { class: "letter", "text-anchor": "middle", dy: "0.36em" });
    this.disc = draw("circle", { class: "disc", r: 15 });
    this.badge = draw("g", {}, this.disc, this.letter);
    this.picture = draw("image", { class: "picture", width: WIDTH, height: HEIGHT });
    this.prop = draw("path", { class: "prop" });
    this.floor = draw("path", { class: "floor" });
    this.arrows = draw("path", { class: "arrows" });
    for (const name of ["leg1", "arm1", "trunk", "leg0", "arm0"]) {
      part(name, name.endsWith("1") ? "far" : "near");
    }
    this.svg = draw("svg", {
      class: "figure",
      ...(label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" }),
    }, this.picture, this.floor, this.group, this.arrows, this.badge);
  }

  /** Take the pose of an exercise; `side` names the limb that is at work, if any. */
  pose(name, position, side = null, together = false) {
    this.is = poseOf(name, position);
    this.showOwn(name);
    this.from = this.is.from;
    this.to = together && this.is.together ? this.is.together : this.is.to;
    const named = side && this.is.limb && !together ? this.is.limb : null;
    this.named = named && `${named}0`;
    this.mirrored = side === "left";
    this.letter.textContent = side === "left" ? "L" : "R";
    this.badge.setAttribute("visibility", named ? "visible" : "hidden");
    for (const [key, path] of Object.entries(this.parts)) {
      path.classList.toggle("named", key === this.named);
      path.classList.toggle("far", key.endsWith("1") && this.is.view === "side");
      path.classList.toggle("joined", this.is.view === "back" && !key.startsWith("arm"));
    }
    const { leg0, leg1, arm0, arm1, trunk } = this.parts;
    this.prop.setAttribute("d", this.is.prop ?? "");
    this.group.replaceChildren(this.prop, ...(this.is.view === "side"
      ? [leg1, arm1, trunk, leg0, arm0] : this.is.view === "front"
      ? [trunk, leg1, leg0, arm1, arm0] : [leg1, leg0, trunk, arm1, arm0]));
    const scale = this.is.scale ?? 1;
    this.group.setAttribute("transform",
      `${this.mirrored ? `translate(${WIDTH} 0) scale(-1 1) ` : ""}` +
      `translate(${(1 - scale) * WIDTH / 2} ${(1 - scale) * FLOOR}) scale(${scale})`);
    this.arrows.setAttribute("d", this.is.arrows === true ? ARROWS : this.is.arrows ?? "");
    const [x, y, width, height] = this.isOwn ? [0, 0, WIDTH, HEIGHT] : this.frame();
    this.svg.setAttribute("viewBox", [x, y, width, height].map(number).join(" "));
    this.floor.setAttribute("d", `M${number(x + 12)} ${FLOOR + 9}H${number(x + width - 12)}`);
    return this;
  }

  /** Show the user's own drawing of this name, if there is one, in the place of the body. */
  showOwn(name) {
    const found = slug(name);
    this.isOwn = own.has(found);
    this.svg.classList.toggle("own", this.isOwn);
    if (this.isOwn) this.picture.setAttribute("href", `/drawings/${found}`);
    else this.picture.removeAttribute("href");
  }

  /** The part of the picture that the whole movement needs: who lies is shown larger. */
  frame() {
    const scale = this.is.scale ?? 1;
    const points = [0, 0.25, 0.5, 0.75, 1].flatMap((t) => Object.values(this.at(t).joints).flat());
    for (const [, x, y] of (this.is.prop ?? "").matchAll(/M(\d+) (\d+)/g)) points.push([+x, +y + REACH]);
    const across = points.map(([x]) => mix(WIDTH / 2, this.mirrored ? WIDTH - x : x, scale));
    const left = Math.min(...across) - REACH, right = Math.max(...across) + REACH;
    const top = Math.min(...points.map(([, y]) => mix(FLOOR, y, scale))) - REACH;
    const width = Math.max(LEAST[0], right - left), height = Math.max(LEAST[1], FLOOR + 22 - top);
    return [(left + right - width) / 2, FLOOR + 22 - height, width, height];
  }

  /** Stand at `t` between the keys, 0 to 1. */
  at(t) {
    const [a, b] = [this.from, this.to];
    const hip = blend(a.hip, b.hip, t);
    const [up, on] = [a, b].map((key) => [key.neck[0] - key.hip[0], key.neck[1] - key.hip[1]]);
    const [dx, dy] = swing(up, on, t), neck = [hip[0] + dx, hip[1] + dy];
    const bow = mix(a.bow, b.bow, t), swell = mix(a.swell ?? 0, b.swell ?? 0, t);
    const spine = curve(hip, neck, bow);
    const head = swing(a.head, b.head, t);
    const centre = [neck[0] + head[0], neck[1] + head[1]];
    this.joints = { trunk: [hip, neck, centre] };
    this.parts.trunk.setAttribute("d", this.trunk(spine, neck, centre, t, swell));
    for (const kind of ["arm", "leg"]) {
      for (const side of [0, 1]) {
        const roots = [a, b].map((key) => this.root(kind, side, key));
        const root = this.root(kind, side, { hip, neck, bow, shrug: mix(a.shrug ?? 0, b.shrug ?? 0, t) });
        const limb = between(kind, root, [a[`${kind}s`][side], b[`${kind}s`][side]], roots, t);
        this.joints[`${kind}${side}`] = limb.slice(0, 3);
        this.parts[`${kind}${side}`].setAttribute("d", outline(kind, limb, this.is.view));
        if (this.named === `${kind}${side}`) this.mark(limb);
      }
    }
    return this;
  }

  /** Where a limb begins. */
  root(kind, side, { hip, neck, bow, shrug = 0 }) {
    const wide = this.is.view !== "side";
    const sign = side === 0 ? 1 : -1;
    if (kind === "leg" && this.is.lies) return [hip[0], hip[1] - sign * 12];
    if (kind === "leg") return wide ? [hip[0] + sign * 15, hip[1]] : [hip[0], hip[1] - side];
    const spine = curve(hip, neck, bow);
    const last = spine[spine.length - 1], before = spine[spine.length - 6];
    const angle = Math.atan2(last[1] - before[1], last[0] - before[0]) * 180 / Math.PI;
    const base = ahead(neck, angle, wide ? -13 + shrug : -13);
    return wide ? ahead(base, angle + 90, sign * 29) : base;
  }

  trunk(spine, neck, head, t, swell) {
    const wide = this.is.view !== "side";
    const grown = swell * (wide ? 3.5 : 3);
    const widths = wide ? [29, 22 + grown / 2, 26 + grown, 33 + grown, 20] : [19, 17.5, 20 + grown, 20 + grown, 12];
    const pieces = [ribbon(spine, widths, wide ? 0.4 : 1), ribbon([neck, head], [wide ? 10 : 9.5, 9]), circle(head, HEAD)];
    if (!wide && this.from.gaze !== undefined) { // who faces the eye shows no nose
      const gaze = mix(this.from.gaze, this.to.gaze, t);
      pieces.push(circle(ahead(head, gaze, HEAD - 1), 5));
    }
    return pieces.join("");
  }

  /** Put the letter beside the limb that is at work. */
  mark([root, joint]) {
    const scale = this.is.scale ?? 1;
    let [x, y] = blend(root, joint, 0.62);
    x = mix(WIDTH / 2, x, scale);
    y = mix(FLOOR, y, scale);
    this.badge.setAttribute("transform", `translate(${number(this.mirrored ? WIDTH - x : x)} ${number(y)})`);
  }
}

/** A drawing that stands still, such as for a list. */
export function drawing(name, position, label = null, t = 1) {
  const { svg } = new Figure(label).pose(name, position).at(t);
  svg.setAttribute("preserveAspectRatio", "xMidYMax meet");
  return svg;
}

const ARROWS =
  "M318 138a22 22 0 1 1 6-26m0 0l-13-3m13 3l5-13M162 138a22 22 0 1 0-6-26m0 0l13-3m-13 3l-5-13";

/** Points along the back from hip to neck, bowed by `bow`. */
export function curve(hip, neck, bow) {
  const dx = neck[0] - hip[0], dy = neck[1] - hip[1], length = Math.hypot(dx, dy) || 1;
  const middle = [(hip[0] + neck[0]) / 2 + (dy / length) * bow * 1.3,
    (hip[1] + neck[1]) / 2 - (dx / length) * bow * 1.3];
  return Array.from({ length: 19 }, (_, index) => {
    const t = index / 18;
    return blend(blend(hip, middle, t), blend(middle, neck, t), t);
  });
}

/** The three points of a limb at `t` between two keys. */
export function between(kind, root, [a, b], [rootA, rootB], t) {
  const [one, two] = [jointed(kind, rootA, a), jointed(kind, rootB, b)];
  const lengths = [0, 1].map((bone) => mix(one.lengths[bone], two.lengths[bone], t));
  const foot = a.foot === null || b.foot === null ? null : mix(a.foot, b.foot, t);
  const planted = Math.hypot(one.end[0] - two.end[0], one.end[1] - two.end[1]) < 1;
  if (planted) {
    const bend = two.bend || one.bend;
    return [...solved(root, one.end, lengths, bend), foot];
  }
  const [first, second] = [0, 1].map((bone) => {
    const [start, stop] = [one.angles[bone], two.angles[bone]];
    // Angles that were not written down go the shorter way round.
    const way = one.free || two.free ? ((stop - start + 540) % 360) - 180 : stop - start;
    return start + way * t;
  });
  const joint = ahead(root, first, lengths[0]);
  return [root, joint, ahead(joint, second, lengths[1]), foot];
}

/** A limb of a key as angles, lengths and end. */
function jointed(kind, root, limb) {
  if ("first" in limb) {
    const joint = ahead(root, limb.first, BONES[kind][0]);
    return { angles: [limb.first, limb.second], lengths: BONES[kind],
      end: ahead(joint, limb.second, BONES[kind][1]), bend: 0 };
  }
  const points = "bend" in limb ? solved(root, [limb.x, limb.y], BONES[kind], limb.bend)
    : [root, [limb.x1, limb.y1], [limb.x2, limb.y2]];
  const bones = [0, 1].map((bone) => [points[bone + 1][0] - points[bone][0], points[bone + 1][1] - points[bone][1]]);
  const cross = bones[0][0] * bones[1][1] - bones[0][1] * bones[1][0];
  const angles = bones.map(([x, y]) => Math.atan2(y, x) * 180 / Math.PI);
  return { angles, free: true, lengths: bones.map(([x, y]) => Math.hypot(x, y)),
    end: points[2], bend: limb.bend ?? -Math.sign(cross) };
}

/** Two bones from `root` to `end`; the joint gives way to the side `bend`. */
function solved(root, end, [first, second], bend) {
  const dx = end[0] - root[0], dy = end[1] - root[1];
  const distance = Math.min(Math.max(Math.hypot(dx, dy), Math.abs(first - second) + 0.1), first + second - 0.1);
  const toward = Math.atan2(dy, dx) * 180 / Math.PI;
  const inner = Math.acos((first ** 2 + distance ** 2 - second ** 2) / (2 * first * distance)) * 180 / Math.PI;
  const joint = ahead(root, toward + bend * inner, first);
  return [root, joint, end];
}

function outline(kind, [root, joint, end, foot], view) {
  const widths = kind === "leg" ? LEG : ARM;
  const pieces = [ribbon([root, joint], widths.slice(0, 2)), ribbon([joint, end], widths.slice(1))];
  if (kind === "leg" && foot !== null) {
    pieces.push(ribbon([end, ahead(end, foot, view === "side" ? 22 : 15)], [8, 6]));
  }
  if (kind === "arm") {
    const beyond = Math.atan2(end[1] - joint[1], end[0] - joint[0]) * 180 / Math.PI;
    const hand = foot === null ? ahead(end, beyond, 9) : ahead(end, foot, 12);
    pieces.push(ribbon([end, hand], [7, 6]));
  }
  return pieces.join("");
}

function circle([x, y], r) {
  return `M${number(x - r)} ${number(y)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`;
}

/** A band with round ends along `points`, whose half width goes through `widths`. */
function ribbon(points, widths, ends = 1) {
  const count = points.length;
  const width = (index) => {
    const place = (index / (count - 1)) * (widths.length - 1), low = Math.floor(place);
    const part = (1 - Math.cos(Math.PI * (place - low))) / 2;
    return mix(widths[low], widths[Math.min(low + 1, widths.length - 1)], part);
  };
  const [left, right] = [[], []];
  points.forEach((point, index) => {
    const a = points[Math.max(0, index - 1)], b = points[Math.min(count - 1, index + 1)];
    const length = Math.hypot(b[0] - a[0], b[1] - a[1]) || 1;
    const [nx, ny] = [-(b[1] - a[1]) / length, (b[0] - a[0]) / length];
    const w = width(index);
    left.push(`${number(point[0] + nx * w)} ${number(point[1] + ny * w)}`);
    right.unshift(`${number(point[0] - nx * w)} ${number(point[1] - ny * w)}`);
  });
  const [start, end] = [width(0), width(count - 1)];
  const angle = Math.atan2(points.at(-1)[1] - points.at(-2)[1], points.at(-1)[0] - points.at(-2)[0]) * 180 / Math.PI;
  const cap = (w) => `A${number(w * ends)} ${number(w)} ${number(angle)} 0 0 `;
  return `M${left.join("L")}${cap(end)}${right.join("L")}${cap(start)}${left[0]}Z`;
}
