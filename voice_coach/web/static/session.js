// The session as it is now: pose, time, breath, words, and everything that may be said as a
// button. Owns this view; knows nothing of rules: the coach says what may be done.

import { stayAwake } from "./awake.js";
import { AudioClock, Breathing } from "./clock.js";
import { clockTime, draw, make, put, write } from "./dom.js";
import { Figure } from "./figure.js";
import { Movement } from "./movement.js";

const RING = 92, ROUND = 2 * Math.PI * RING;
const FLASH = 3500; // milliseconds for which it is shown what was heard
const MODES = {
  idle: "Ready when you are", offering: "Go on where you stopped?", "asking pain": "How does it feel?",
  "confirming pain": "Is that right?", introducing: "Coming up", "getting ready": "Get ready",
  exercising: "", resting: "Rest", finishing: "Well done", paused: "Paused",
  "confirming stop": "Stop the session?", hurting: "Take care",
};
const BREATHS = { inhale: "Breathe in", exhale: "Breathe out", hold: "Hold", natural: "Breathe normally", deep: "Breathe deeply" };
const ICONS = {
  previous: "M17 5 8 12l9 7ZM5 5v14", next: "m7 5 9 7-9 7ZM19 5v14", pause: "M8 5v14M16 5v14", resume: "m8 4 12 8-12 8Z",
  hurts: "M12 4v9M12 18.5v.5",
};
const LOOKS = { pause: "tall main", hurts: "tall hurts" }; // of the main row
const still = matchMedia("(prefers-reduced-motion: reduce)");
const icon = (name) => draw("svg", { viewBox: "0 0 24 24", "aria-hidden": "true", class: "icon" }, draw("path", { d: ICONS[name] ?? "" }));

export class Session {
  constructor(app) {
    this.app = app;
    this.clock = new AudioClock();
    this.breathing = new Breathing();
    this.movement = new Movement();
    this.figure = new Figure("");
    this.state = null;
    this.element = make("section", { class: "session", "aria-label": "Session" });
    this.build();
    this.frame = this.frame.bind(this);
    globalThis.__phase = { clock: 0, kind: "natural", fraction: 0, fullness: 0, pose: 0, ring: 0 };
  }

  build() {
    this.mode = make("p", { class: "mode" });
    this.name = make("h1", { class: "name" });
    this.side = make("p", { class: "side" });
    this.dots = make("p", { class: "dots", role: "img" });
    this.stage = make("div", { class: "stage card" }, this.figure.svg, this.side);
    this.ring = draw("circle", { class: "ring", r: RING, cx: 110, cy: 110, transform: "rotate(-90 110 110)", "stroke-dasharray": ROUND.toFixed(1) });
    this.lungs = draw("circle", { class: "lungs", r: 70, cx: 110, cy: 110 });
    this.seconds = draw("text", { class: "seconds", x: 110, y: 110, dy: "0.35em", "text-anchor": "middle" });
    this.breath = make("p", { class: "breath", "aria-hidden": "true" });
    this.dial = make("div", { class: "dial" },
      draw("svg", { viewBox: "0 0 220 220", "aria-hidden": "true" },
        draw("circle", { class: "track", r: RING, cx: 110, cy: 110 }), this.lungs, this.ring, this.seconds),
      this.breath);
    this.caption = make("p", { class: "caption" });
    this.heard = make("p", { class: "heard" });
    this.level = make("span", { class: "level", "aria-hidden": "true" }, make("span"));
    this.next = make("p", { class: "next" });
    this.left = make("p", { class: "left" });
    this.course = make("div", { class: "course", "aria-hidden": "true" });
    this.asked = make("div", { class: "asked", role: "group" });
    this.idle = make("div", { class: "starts" });
    this.buttons = [];
    this.main = make("div", { class: "primary", role: "group", "aria-label": "Main commands" });
    this.more = make("div", { class: "more", role: "group", "aria-label": "More commands" });
    put(this.element,
      make("div", { class: "what" }, this.mode, this.name, this.dots),
      this.stage, this.dial,
      make("div", { class: "words" }, this.caption, make("p", { class: "ear" }, this.level, this.heard)),
      make("div", { class: "ahead" }, this.course, this.next, this.left),
      this.asked, this.idle, make("div", { class: "controls" }, this.main, this.more));
  }

  /** Make the buttons, each of the commands that share it. */
  learn(buttons) {
    this.buttons = buttons.map((choices) => this.button(choices));
    const those = (row) => this.buttons.filter(({ choices }) => choices[0].row === row).map(({ element }) => element);
    put(this.main, those("main"));
    put(this.more, those("more"));
    if (this.state) this.showButtons(this.state);
  }

  button(choices) {
    const [{ intent, row }] = choices;
    const button = { choices };
    button.element = make("button", {
      type: "button", class: row === "main" ? LOOKS[intent] ?? "tall" : "chip", onclick: () => this.pressed(button),
    });
    this.mean(button, choices[0]);
    return button;
  }

  /** Let a button stand for this one of its commands. */
  mean(button, command) {
    if (button.meant === command) return;
    button.meant = command;
    button.element.dataset.intent = command.intent;
    put(button.element, command.row === "main" ? icon(command.intent) : "", make("span", {}, command.label));
  }

  pressed({ element, meant }) {
    if (element.getAttribute("aria-disabled") !== "true") this.app.do(meant.intent, meant.slots);
  }

  enter() {
    this.last = performance.now();
    requestAnimationFrame(this.frame);
    if (!this.state) write(this.name, "Connecting …");
  }

  /** Take what the coach says. */
  take(state) {
    const before = this.state;
    this.state = state;
    this.clock.hear(state.clock);
    this.movement.take(state);
    const { exercise, mode } = state;
    stayAwake(mode !== "idle");
    this.element.dataset.mode = mode.replaceAll(" ", "-");
    this.element.dataset.asks = state.asks ?? "none";
    write(this.mode, this.where(state));
    write(this.name, this.title(state));
    this.showSide(state);
    this.showDots(state);
    this.showPose(state);
    write(this.caption, state.said ?? "");
    this.caption.classList.toggle("long", (state.said ?? "").length > 90);
    this.element.classList.toggle("uncounted", !state.count);
    this.showCourse(state);
    write(this.next, state.asks ? "" : state.next ? `Next: ${state.next}` : mode === "idle" ? "" : exercise ? "Last exercise" : "");
    write(this.left, state.routine ? `${clockTime(state.left)} left` : "");
    write(this.breath, state.routine && !state.asks && mode !== "paused" ? BREATHS[state.breath?.kind] ?? "" : "");
    this.element.classList.toggle("led", ["inhale", "exhale", "hold"].includes(state.breath?.kind) && state.breath.length > 0);
    this.showHeard(state);
    this.showLevel(state);
    this.showButtons(state);
    this.showAsked(state);
    this.showStarts(state);
    this.tell(before, state);
  }

  title({ mode, exercise, routine, asks }) {
    if (asks) return MODES[mode];
    return exercise?.name ?? routine?.name ?? (mode === "idle" ? "Let’s begin" : MODES[mode]);
  }

  where({ mode, exercise, routine, asks, set, sets, round, rounds }) {
    if (asks) return [routine?.name, mode === "confirming stop" ? exercise?.name : ""].filter(Boolean).join(" · ");
    const place = exercise && routine ? `Exercise ${exercise.index + 1} of ${routine.exercises.length}` : "";
    const lap = rounds > 1 ? `Round ${round} of ${rounds}` : "";
    const within = sets > 1 ? `Set ${set} of ${sets}` : "";
    return [MODES[mode], place, lap, within, exercise?.easier ? "easier" : ""].filter(Boolean).join(" · ");
  }

  showSide({ side }) {
    this.side.hidden = !side;
    if (side) write(this.side, side === "left" ? "Left" : "Right");
    this.side.dataset.side = side ?? "";
  }

  showDots({ repetition, repetitions }) {
    const many = repetitions > 1 ? repetitions : 0;
    const key = `${repetition}/${many}`;
    if (key === this.dotted) return;
    this.dotted = key;
    this.dots.hidden = !many;
    this.dots.setAttribute("aria-label", `Repetition ${repetition} of ${many}`);
    put(this.dots, Array.from({ length: Math.min(many, 12) }, (_, index) =>
      make("span", { class: index + 1 < repetition ? "done" : index + 1 === repetition ? "now" : "" })));
    this.dots.append(many ? make("b", {}, `${repetition || "–"} / ${many}`) : "");
  }

  showCourse({ exercise, routine }) {
    const key = routine ? `${routine.name} ${routine.exercises.length} ${exercise?.index}` : "";
    if (key === this.coursed) return;
    this.coursed = key;
    put(this.course, (routine?.exercises ?? []).map((name, index) =>
      make("span", { class: index < exercise?.index ? "done" : index === exercise?.index ? "now" : null })));
  }

  showPose(state) {
    const { exercise, side } = state;
    this.stage.classList.toggle("empty", !exercise);
    const together = this.movement.together;
    const key = `${exercise?.pose} ${side} ${together} ${exercise?.position}`;
    if (key === this.posed) return;
    this.posed = key;
    this.figure.pose(exercise?.pose, exercise?.position, side, together);
    const where = exercise ? `${exercise.name}, ${exercise.position === "any" ? "any position" : exercise.position}${side ? `, ${side} side` : ""}` : "A person, resting";
    this.figure.svg.setAttribute("role", "img");
    this.figure.svg.setAttribute("aria-label", where);
  }

  showHeard({ heard, clock, muted }) {
    const key = muted ? "muted" : heard ? `${heard.text} ${heard.at}` : "";
    if (key === this.hearing) return;
    this.hearing = key;
    clearTimeout(this.flash);
    const shown = heard ? `heard: ${heard.text}` : "";
    write(this.heard, muted ? "not listening: touch any button" : shown);
    this.heard.classList.toggle("now", !muted && Boolean(heard) && heard.at > clock - 4);
    this.flash = setTimeout(() => this.heard.classList.remove("now"), FLASH);
  }

  showLevel({ level_db: level, speaking }) {
    const shown = Math.min(1, Math.max(0, ((level ?? -70) + 65) / 55));
    this.level.style.setProperty("--level", shown.toFixed(2));
    this.level.classList.toggle("speaking", Boolean(speaking));
  }

  showButtons(state) {
    for (const button of this.buttons) {
      this.mean(button, button.choices.find((command) => this.fits(command, state)) ?? button.choices[0]);
      const { element, meant } = button;
      const may = state.may.includes(meant.intent);
      if (meant.row === "more") element.hidden = !may;
      else element.setAttribute("aria-disabled", String(!may));
    }
  }

  /** Whether of the commands that share a button this is the one that makes sense now. */
  fits({ intent, slots }, { may, mode, preferences }) {
    if (intent === "resume") return mode === "paused" || mode === "hurting" || (may.includes("resume") && !may.includes("pause"));
    if (intent === "pause") return false; // unless there is nothing to go on with
    const talkative = ["auto", "full"].includes(preferences?.verbosity);
    return intent !== "verbosity" || (slots.amount === "brief") === talkative;
  }

  showAsked({ asks }) {
    if (asks === this.asking) return;
    this.asking = asks;
    this.asked.hidden = !asks;
    const answer = (label, intent, slots, kind = "") => make("button", { type: "button", class: `answer ${kind}`, "data-answer": slots?.value ?? intent, onclick: () => this.app.do(intent, slots) }, label);
    this.asked.setAttribute("aria-label", asks === "number" ? "From 0, none, to 10, the worst" : "Answer");
    this.asked.className = `asked ${asks ?? ""}`;
    if (asks === "number") {
      put(this.asked, Array.from({ length: 11 }, (_, value) => answer(String(value), "number", { value })), answer("Skip", "next", {}, "wide"));
    } else if (asks === "confirm") put(this.asked, answer("Yes", "yes", {}, "main"), answer("No", "no", {}));
    else put(this.asked);
  }

  showStarts({ mode, routines, may }) {
    const key = mode === "idle" ? JSON.stringify(routines) : "";
    if (key === this.started) return;
    this.started = key;
    this.idle.hidden = mode !== "idle";
    if (mode !== "idle") return void put(this.idle);
    put(this.idle, routines.map(({ name, spoken }) => make("button", {
      type: "button", class: "tall main", "data-start": spoken, onclick: () => this.app.do("start", { routine: spoken }),
    }, icon("resume"), make("span", {}, `Start ${name}`))),
    make("p", {}, may.includes("help") ? "Or say: start, and the name of a routine." : ""));
  }

  /** Say to a screen reader what is new: exercise, side and mode only, for the coach speaks, too. */
  tell(before, state) {
    const parts = ({ mode, exercise, side }) => [MODES[mode], exercise?.name, side ? `${side} side` : ""];
    const now = parts(state);
    if (before && now.join() === parts(before).join()) return;
    const old = before ? parts(before) : [];
    const fresh = now.filter((part, index) => part && part !== old[index]);
    if (fresh.length && this.app.shown === "session") this.app.announce(fresh.join(", "));
  }

  /** Draw one frame: pose, ring and breath at this moment of the audio clock. */
  frame(time) {
    if (this.app.shown !== "session") return;
    const passed = Math.min(0.1, Math.max(0, (time - this.last) / 1000));
    this.last = time;
    if (this.state) this.drawNow(passed);
    requestAnimationFrame(this.frame);
  }

  drawNow(passed) {
    const { state } = this;
    const clock = this.clock.read();
    const waits = ["paused", "hurting", "confirming stop", "asking pain", "confirming pain"].includes(state.mode);
    const breath = waits ? { kind: "natural", starts: 0, length: 0 } : state.breath;
    const phase = this.breathing.at(breath, clock);
    const t = this.movement.at(this.figure.is ?? {}, phase, clock, still.matches ? null : passed);
    const pose = `${t.toFixed(still.matches ? 0 : 3)} ${this.posed}`;
    if (this.figure.is && pose !== this.standing) {
      this.standing = pose;
      this.figure.at(still.matches ? Math.round(t) : t);
    }
    const { left, length } = this.counted(state.count, clock);
    const part = length ? Math.min(1, Math.max(0, left / length)) : 0;
    const offset = ((1 - part) * ROUND).toFixed(1);
    if (offset !== this.offset) this.ring.setAttribute("stroke-dashoffset", (this.offset = offset));
    write(this.seconds, length ? String(Math.ceil(left - 0.02)) : "");
    // Without motion the breath is told by words and by how strong the circle is.
    const r = still.matches ? 62 : 34 + 46 * phase.fullness;
    this.lungs.setAttribute("r", r.toFixed(1));
    Object.assign(globalThis.__phase, { clock, ...phase, pose: t, ring: part, radius: r, left });
  }

  /** What is left of the count, and of how much, in seconds. */
  counted(count, clock) {
    if (!count) return { left: 0, length: 0 };
    if (!count.running) return { left: count.left, length: count.length || count.left };
    return { left: Math.max(0, count.ends - Math.max(clock, count.starts)), length: count.ends - count.starts };
  }
}
