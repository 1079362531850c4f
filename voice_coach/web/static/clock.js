// What is heard from the loudspeaker now, and how far the breath has come. Owns the estimate of
// the audio clock between messages; knows neither the socket nor the page.

const KEPT = 24, JUMP = 0.5, SLEW = 0.08; // messages; seconds; seconds per second

/** The audio clock of the coach, continued with the clock of the browser. */
export class AudioClock {
  constructor(now = () => performance.now() / 1000) {
    this.now = now;
    this.offsets = [];
    this.offset = null;
    this.moved = 0;
  }

  /** Take the clock of a message that has just come. */
  hear(clock) {
    const here = this.now();
    const offset = clock - here;
    if (this.offset === null || Math.abs(offset - this.offset) > JUMP) {
      this.offsets = [];
      this.offset = offset;
      this.moved = here;
    }
    // A message can come late, never early: the greatest of the last offsets is the truest.
    this.offsets.push(offset);
    if (this.offsets.length > KEPT) this.offsets.shift();
  }

  /** Seconds on the audio clock; it runs on smoothly and never goes back by itself. */
  read() {
    if (this.offset === null) return 0;
    const here = this.now(), most = SLEW * Math.min(here - this.moved, 1);
    const error = Math.max(...this.offsets) - this.offset;
    this.offset += Math.max(-most, Math.min(most, error));
    this.moved = here;
    return here + this.offset;
  }
}

const JOIN = 0.6; // seconds in which the circle comes from where it is to where it is led
const ease = (t) => (1 - Math.cos(Math.PI * Math.min(1, Math.max(0, t)))) / 2;

/** How full the lungs are, 0 to 1, for the eye; continuous whatever the coach says. */
export class Breathing {
  constructor() {
    this.fullness = 0;
    this.key = "";
    this.begun = 0;
    this.from = 0;
  }

  /** Return {kind, led, fraction, fullness} of `breath` at `clock`. */
  at(breath, clock) {
    const timed = breath && breath.length > 0;
    const key = timed ? `${breath.kind} ${breath.starts.toFixed(2)}` : `free ${breath?.kind}`;
    if (key !== this.key) {
      [this.key, this.from, this.begun] = [key, this.fullness, Math.max(clock, timed ? breath.starts : 0)];
    }
    const led = timed && (breath.kind === "inhale" || breath.kind === "exhale");
    const fraction = timed ? Math.min(1, Math.max(0, (clock - breath.starts) / breath.length)) : 0;
    if (led) {
      const led = breath.kind === "inhale" ? ease(fraction) : 1 - ease(fraction);
      const joined = Math.min(1, Math.max(0, (clock - this.begun) / JOIN));
      this.fullness = this.from + (led - this.from) * ease(joined);
    } else if (!timed || breath.kind !== "hold") {
      // A calm swell that nobody has to follow.
      const swell = 0.32 + 0.13 * Math.sin((clock * 2 * Math.PI) / 9);
      this.fullness += (swell - this.fullness) * Math.min(1, Math.max(0, (clock - this.begun) / 4)) * 0.08;
    }
    return { kind: breath?.kind ?? "natural", led: Boolean(led), fraction, fullness: this.fullness };
  }
}
