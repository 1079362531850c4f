"""Draws voice_coach/cli/poses.json, the page's drawings for a terminal; --check only compares.

Node works out where the joints are, by the page's own script; a terminal needs no more than
strokes. Each pose has FRAMES from its first key to its second; each frame is a row of strokes,
[half width, x, y, x, y, …] in the units of poses.js.
"""

import json
import subprocess
import sys

from scripts import ROOT

TABLE = ROOT / "voice_coach" / "cli" / "poses.json"
STATIC = ROOT / "voice_coach" / "web" / "static"
FRAMES = 5

_JOINTS = """
const { Figure, between, curve } = await import(`${process.argv[1]}/figure.js`);
const { POSES } = await import(`${process.argv[1]}/poses.js`);
const frames = Number(process.argv[2]), last = frames - 1;
const mix = (a, b, t) => (a ?? 0) + ((b ?? 0) - (a ?? 0)) * t;
const blend = (a, b, t) => a.map((value, index) => mix(value, b[index], t));
const stroke = (width, points) => [width, ...points.flat()].map(Math.round);
const ahead = ([x, y], [u, v], length) => {
  const far = Math.hypot(u - x, v - y) || 1;
  return [u + ((u - x) / far) * length, v + ((v - y) / far) * length];
};
const turned = ([x, y], degrees, length) =>
  [x + length * Math.cos(degrees * Math.PI / 180), y + length * Math.sin(degrees * Math.PI / 180)];
const drawn = {};
for (const [name, pose] of Object.entries(POSES)) {
  const figure = Object.assign(Object.create(Figure.prototype), { is: pose });
  const { from: a, to: b } = pose, wide = pose.view !== "side";
  drawn[name] = { view: pose.view, breath: Boolean(pose.breath), frames: [] };
  for (let step = 0; step < frames; step++) {
    const t = step / last, scale = pose.scale ?? 1;
    const key = { hip: blend(a.hip, b.hip, t), neck: blend(a.neck, b.neck, t),
      bow: mix(a.bow, b.bow, t), shrug: mix(a.shrug, b.shrug, t) };
    const head = blend(a.head, b.head, t).map((value, axis) => value + key.neck[axis]);
    const back = curve(key.hip, key.neck, key.bow).filter((_, index) => index % 6 === 0);
    const swell = 3 * mix(a.swell, b.swell, t);
    const trunk = stroke((wide ? 24 : 16) + swell, back);
    const strokes = [trunk, stroke(9, [key.neck, head]), stroke(22, [head])];
    for (const kind of ["arm", "leg"]) for (const side of [0, 1]) {
      const [one, two] = [a, b].map((each) => figure.root(kind, side, each));
      const limb = between(kind, figure.root(kind, side, key),
        [a[`${kind}s`][side], b[`${kind}s`][side]], [one, two], t);
      const [root, joint, end, foot] = limb;
      const length = kind === "leg" ? (wide ? 15 : 22) : 10;
      const hand = kind === "arm" ? ahead(joint, end, 9) : end;
      const beyond = foot !== null ? turned(end, foot, length) : hand;
      strokes.push(stroke(kind === "leg" ? 11 : 8, [root, joint, end, beyond]));
    }
    drawn[name].frames.push(strokes.map(([width, ...points]) => [Math.round(width * scale),
      ...points.map((value, index) => Math.round(mix(index % 2 ? 318 : 240, value, scale)))]));
  }
}
console.log(JSON.stringify(drawn));
"""


def table() -> str:
    """Return the table as it is written. Raises CalledProcessError where the script fails."""
    node = ["node", "--input-type=module", "-e", _JOINTS, "--", STATIC.as_uri(), str(FRAMES)]
    done = subprocess.run(node, capture_output=True, text=True, check=True)
    poses = json.loads(done.stdout)
    rows = ",\n".join(f"{json.dumps(name)}: {_tight(pose)}" for name, pose in poses.items())
    return f"{{\n{rows}\n}}\n"


def _tight(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def main() -> int:
    """Write or check the table; 1 where it differs."""
    if "--check" in sys.argv:
        same = TABLE.exists() and TABLE.read_text(encoding="utf-8") == table()
        print(f"{TABLE.name} is {'as' if same else 'not as'} the page draws it")
        return 0 if same else 1
    TABLE.write_text(table(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
