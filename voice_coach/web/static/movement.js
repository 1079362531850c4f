// Where a pose stands between its two keys. Owns the pace of the drawing: with the breath, held,
// let go, or shown beforehand; knows neither the figure nor the page.

const CALM = 0.85; // seconds in which most of a free movement is done
const SHOWN = 7; // seconds for one there and back of a movement that is shown beforehand
const EASIER = 0.6; // how far an easier variant goes
const RELEASE = 8; // seconds; no release is longer

export class Movement {
  constructor() {
    this.t = 0;
    this.longest = 0;
    this.place = "";
    this.together = false;
    this.goal = null;
    this.joining = true;
  }

  /** Take what the coach says, and find out what the body does. */
  take({ mode, exercise, count, breath, side, repetition }) {
    const place = `${exercise?.index}`;
    if (place !== this.place) [this.place, this.longest] = [place, 0];
    this.easier = Boolean(exercise?.easier);
    const active = mode === "exercising";
    // A closing block belongs to no side and to no repetition.
    if (active || !exercise) this.together = active && !side && !repetition;
    if (mode === "introducing") this.together = false;
    const length = count ? (count.length ?? count.ends - count.starts) : 0;
    if (active) this.longest = Math.max(this.longest, length);
    const release = active && length <= RELEASE && length < 0.55 * this.longest && breath?.kind !== "inhale";
    this.active = active;
    this.goal = active ? (release ? 0 : 1) : mode === "introducing" || mode === "getting ready" ? null : mode === "paused" ? this.goal : 0;
    this.waits = mode === "paused" || mode === "hurting" || mode === "confirming stop";
    // Who comes while it stands still sees what is being done.
    if (this.waits && this.joining) this.t = 1;
    this.joining = false;
    this.led = active && (breath?.kind === "inhale" || breath?.kind === "exhale");
  }

  /** Return t after `passed` seconds; without motion (null) the place where it will come to. */
  at(pose, phase, clock, passed) {
    const most = this.easier && !pose.swell ? EASIER : 1;
    let goal = this.goal;
    if (pose.swell || (pose.breath && this.active)) goal = phase.fullness;
    else if (pose.breath && !this.waits && goal !== null) goal = 0.4;
    if (passed === null) return (this.t = pose.swell ? 0 : goal === null ? 1 : pose.breath ? (phase.kind === "exhale" ? 0 : 1) : goal);
    if (goal === null) goal = (1 - Math.cos((2 * Math.PI * clock) / SHOWN)) / 2;
    if (this.waits && !pose.swell) goal = this.t / most; // it stands still where it is
    const pace = pose.breath && this.led ? 0.06 : CALM;
    this.t += (goal * most - this.t) * (1 - Math.exp(-passed / pace));
    return this.t;
  }
}
