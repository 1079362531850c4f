// A routine as fields. Owns how the data of a routine and the fields belong together; knows
// neither text nor coach.

import { make, put, write } from "./dom.js";
import { drawing } from "./figure.js";
import { slug } from "./poses.js";

const POSITIONS = ["any", "sitting", "hands and knees", "front", "back", "standing"];
const SIDES = ["none", "both", "alternate", "one after the other"];
const BREATHS = ["natural", "inhale", "exhale", "deep", "hold"];
const poseName = ({ name, drawing: chosen }) => slug(chosen ?? name);

/** Wordings that take turns stand beside each other with a stroke between: "Keep on. / Go on." */
const apart = (value) => {
  const wordings = value.split("/").map((each) => each.trim()).filter(Boolean);
  return wordings.length > 1 ? wordings : wordings[0] ?? value;
};

export class Form {
  /** `changed(whole)` is called at every change, `say(words)` to hear words. */
  constructor(changed, say) {
    this.changed = changed;
    this.say = say;
    this.open = new Set([0]);
    this.element = make("form", { class: "fields", onsubmit: (event) => event.preventDefault() });
  }

  /** Show `routine`, plain data with the keys of the file. */
  take(routine) {
    const whole = routine?.exercises?.every((exercise) => Array.isArray(exercise.steps));
    if (!whole) return;
    this.routine = structuredClone(routine);
    this.render();
  }

  render() {
    const focused = document.activeElement?.id;
    const { routine } = this;
    put(this.element,
      this.field(routine, "name", "Name", { required: true, "data-field": "name" }),
      this.field(routine, "purpose", "What it is for", { lines: 2 }),
      this.field(routine, "safety", "Said before the first session", { lines: 2, optional: true }),
      this.field(routine, "question", "How it is asked how you feel", { optional: true }),
      routine.exercises.map((exercise, index) => this.exercise(exercise, index)),
      make("button", { type: "button", onclick: () => this.add() }, "Add an exercise"));
    if (focused) document.getElementById(focused)?.focus();
  }

  exercise(exercise, index) {
    const name = make("span", {}, exercise.name);
    const picture = make("span", {}, drawing(poseName(exercise), exercise.position));
    const redraw = () => {
      write(name, exercise.name);
      put(picture, drawing(poseName(exercise), exercise.position));
    };
    const at = `x${index}`;
    const details = make("details", { ontoggle: () => (details.open ? this.open.add(index) : this.open.delete(index)) },
      make("summary", {}, picture, name),
      make("div", { class: "fields" },
        this.field(exercise, "name", "Name", { at, then: redraw }),
        this.field(exercise, "purpose", "What it is for", { at, lines: 2 }),
        make("div", { class: "row" },
          this.choice(exercise, "position", "Position", POSITIONS, { at, then: redraw }),
          this.choice(exercise, "sides", "Sides", SIDES, { at, fallback: "none" }),
          this.number(exercise, "repetitions", "Times", { at, min: 1, max: 50, usual: 1 }),
          this.number(exercise, "rest_seconds", "Rest (s)", { at, min: 0, max: 300, usual: 3 })),
        this.field(exercise, "get_there", "How to get there", { at, lines: 2, hear: true }),
        this.field(exercise, "setup", "How to begin", { at, lines: 2, hear: true }),
        this.field(exercise, "safety", "Take care", { at, optional: true }),
        exercise.steps.map((step, number) => this.step(exercise, step, number, `${at}s${number}`)),
        make("div", { class: "acts" },
          this.act("Add a step", () => exercise.steps.push({ cue: "Hold it.", seconds: 10 })),
          exercise.release ? false : this.act("Add a release", () => (exercise.release = { cue: "Slowly let go.", seconds: 4 }))),
        exercise.release ? make("div", { class: "step" }, make("h3", {}, "Release"),
          this.field(exercise.release, "cue", "What is said", { at: `${at}r`, lines: 2, hear: true }),
          this.number(exercise.release, "seconds", "Seconds", { at: `${at}r`, min: 1, max: 60 })) : false,
        exercise.easier || exercise.closing ? make("p", { class: "soft" }, "The easier variant and the end of an exercise are edited in the text.") : false,
        make("div", { class: "acts" },
          index > 0 ? this.act("Earlier", () => this.move(index, index - 1)) : false,
          index < this.routine.exercises.length - 1 ? this.act("Later", () => this.move(index, index + 1)) : false,
          this.routine.exercises.length > 1 ? this.act("Remove this exercise", () => this.routine.exercises.splice(index, 1)) : false)));
    details.open = this.open.has(index);
    return details;
  }

  step(exercise, step, number, at) {
    const timed = step.breaths ? this.number(step, "breaths", "Breaths", { at, min: 1, max: 100 }) : this.number(step, "seconds", "Seconds", { at, min: 1, max: 600 });
    return make("div", { class: "step" }, make("h3", {}, `Step ${number + 1}`),
      this.field(step, "cue", "What is said", { at, lines: 3, hear: true }),
      this.field(step, "short", "Later, in short", { at, optional: true, several: true }),
      make("div", { class: "row" }, timed, this.choice(step, "breath", "Breath", BREATHS, { at, fallback: "natural" })),
      this.field(step, "reminder", "Reminder", { at, optional: true, several: true }),
      exercise.steps.length > 1 ? make("div", { class: "acts" }, this.act("Remove this step", () => exercise.steps.splice(number, 1))) : false);
  }

  act(words, change) {
    return make("button", { type: "button", class: "small", onclick: () => {
      change();
      this.changed(true);
    } }, words);
  }

  move(from, to) {
    const { exercises } = this.routine;
    exercises.splice(to, 0, ...exercises.splice(from, 1));
    if (this.open.delete(from)) this.open.add(to);
  }

  add() {
    this.open.add(this.routine.exercises.length);
    this.routine.exercises.push({ name: "New exercise", purpose: "It does you good.", position: "any",
      get_there: "Sit, stand or lie, just as you are comfortable.", setup: "Breathe normally.", steps: [{ cue: "Hold it.", seconds: 20 }] });
    this.changed(true);
  }

  field(object, key, words, { at = "", lines = 1, hear = false, optional = false, several = false, then = null, ...more } = {}) {
    const id = `f-${at}-${key}`;
    const input = make(lines > 1 ? "textarea" : "input", { id, maxlength: 400, rows: lines > 1 ? lines : null, ...more, oninput: () => {
      const value = input.value.replace(/\s+/g, " ").trim();
      if (!value && optional) delete object[key];
      else object[key] = several ? apart(value) : value;
      then?.();
      this.changed(false);
    } });
    input.value = [object[key] ?? ""].flat().join(" / ");
    const label = make("label", { for: id }, words, input);
    if (!hear) return label;
    return make("div", { class: "fields" }, label, make("div", {}, make("button", { type: "button", class: "small", "data-hear": key, "aria-label": `Hear: ${words.toLowerCase()}`, onclick: () => this.say(input.value) }, "Hear it")));
  }

  number(object, key, words, { at, min, max, usual = null }) {
    const id = `f-${at}-${key}`;
    const input = make("input", { id, type: "number", inputmode: "decimal", min, max, step: "any", placeholder: usual, oninput: () => {
      if (input.value === "") delete object[key];
      else object[key] = Number(input.value);
      this.changed(false);
    } });
    input.value = object[key] ?? "";
    return make("label", { for: id }, words, input);
  }

  choice(object, key, words, values, { at, fallback = null, then = null }) {
    const id = `f-${at}-${key}`;
    const input = make("select", { id, onchange: () => {
      object[key] = input.value;
      then?.();
      this.changed(false);
    } }, values.map((value) => make("option", { value }, value)));
    input.value = object[key] ?? fallback ?? values[0];
    return make("label", { for: id }, words, input);
  }
}
