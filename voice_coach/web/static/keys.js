// What keys do. Owns the keyboard and the page that explains it; knows no view.

import { find, make, put } from "./dom.js";
import { keep, kept } from "./kept.js";

const SECOND_DIGIT = 700; // milliseconds in which a 0 after a 1 still means ten

const VIEWS = { 1: "session", 2: "library", 3: "history" };

const either = (commands) => commands.map(({ words }, index) => (index ? words[0].toLowerCase() + words.slice(1) : words)).join(", or ");

export class Keys {
  constructor(app) {
    this.app = app;
    this.keys = new Map();
    this.on = kept("keys") !== "off";
    addEventListener("keydown", (event) => this.pressed(event));
    this.dialog = find("#help");
  }

  /** Take what each key means; of two commands with one, that which makes sense now is meant. */
  learn(keys) {
    this.keys = keys;
  }

  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.closest("input, textarea, select, dialog")) return;
    if (event.key === " " && event.target.closest("button, a, summary")) return;
    if (event.key === "?") return this.show();
    if (!this.on || event.repeat) return;
    const { state } = this.app.link;
    if (state?.asks && this.answered(event.key.toLowerCase(), state.asks)) return event.preventDefault();
    if (VIEWS[event.key]) {
      location.hash = VIEWS[event.key];
      return;
    }
    const meant = this.keys.get(event.key.toLowerCase());
    if (!meant || this.app.shown !== "session" || !state) return;
    event.preventDefault();
    const may = meant.find(({ intent }) => state.may.includes(intent));
    if (may) this.app.do(may.intent);
  }

  /** Whether `key` answers the question. */
  answered(key, asks) {
    if (asks === "confirm" && (key === "y" || key === "n")) {
      this.app.do(key === "y" ? "yes" : "no");
      return true;
    }
    if (asks !== "number" || !/^\d$/.test(key)) return false;
    clearTimeout(this.waiting);
    if (this.one && key === "0") this.number(10);
    else if (key === "1") {
      this.one = true;
      this.waiting = setTimeout(() => this.number(1), SECOND_DIGIT);
    } else this.number(Number(key));
    return true;
  }

  number(value) {
    this.one = false;
    this.app.do("number", { value });
  }

  show() {
    const row = (key, words) => make("tr", {}, make("th", { scope: "row" }, make("kbd", {}, key)), make("td", {}, words));
    const switched = make("input", { type: "checkbox", id: "keys-on", onchange: (event) => this.set(event.target.checked) });
    switched.checked = this.on;
    put(this.dialog,
      make("h2", { id: "help-title" }, "Keys"),
      make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "All keys" }, make("table", {}, make("tbody", {},
        Array.from(this.keys, ([key, commands]) => row(key === " " ? "Space" : key.toUpperCase(), either(commands))),
        row("Y N", "Yes, no, when that is asked"), row("0 … 10", "A number, when that is asked"),
        row("1 2 3", "Session, routines, history"), row("?", "These keys")))),
      make("label", { class: "check", for: "keys-on" }, switched, "Keys of one letter"),
      make("form", { method: "dialog" }, make("button", { class: "main" }, "Close")));
    this.dialog.showModal();
  }

  set(on) {
    this.on = on;
    keep("keys", on ? "on" : "off");
  }
}
