// The routines there are, with drawings; starts one. Owns this view.

import { duration, make, put } from "./dom.js";
import { drawing } from "./figure.js";

export class Library {
  constructor(app) {
    this.app = app;
    this.list = make("div", { class: "library" });
    this.element = make("section", { "aria-labelledby": "library-title" }, make("div", { class: "library" },
      make("div", { class: "top" }, make("h1", { id: "library-title" }, "Routines"),
        make("p", { class: "soft" }, "Say “start”, and the name; or touch."),
        make("a", { class: "button", href: "#settings" }, "Settings")), this.list));
  }

  async enter() {
    this.render();
    if (performance.now() - this.app.loaded < 3000) return;
    await this.app.reload();
    this.render();
  }

  render() {
    const routines = this.app.routines ?? [];
    const key = JSON.stringify(routines);
    if (key === this.shown) return;
    this.shown = key;
    put(this.list, routines.length ? routines.map((routine, index) => this.card(routine, index))
      : make("p", {}, "There are no routines."));
  }

  card(routine, index) {
    const { name, purpose, length, exercises, own, spoken } = routine;
    const title = `routine-${index}`;
    return make("article", { class: "routine card", "aria-labelledby": title },
      make("header", {},
        make("div", {},
          make("h2", { id: title }, name, own ? make("span", { class: "tag" }, "your own") : ""),
          make("p", { class: "facts" }, `${duration(length)} · ${exercises.length} exercise${exercises.length === 1 ? "" : "s"}`)),
        make("div", { class: "acts" },
          make("button", { type: "button", class: "main", "data-start": spoken, "aria-label": `Start ${name}`, onclick: () => this.start(spoken) }, "Start"),
          make("a", { class: "button", href: `#author/${index}`, "aria-label": `Edit ${own ? name : `a copy of ${name}`}` }, own ? "Edit" : "Edit a copy"))),
      make("p", { class: "purpose" }, purpose),
      make("ul", { class: "tiles" }, exercises.map((exercise) => this.tile(exercise))));
  }

  tile({ name, position, pose, purpose, repetitions, sides, seconds }) {
    const often = repetitions > 1 ? `${repetitions} times` : "";
    const each = sides === "alternate" || sides === "one after the other" ? "each side" : "";
    return make("li", { title: purpose }, drawing(pose, position, null, 1), make("b", {}, name),
      make("span", {}, [duration(seconds), often, each].filter(Boolean).join(" · ")));
  }

  start(spoken) {
    this.app.do("start", { routine: spoken });
    location.hash = "#session";
  }
}
