// Edits a copy of a routine, as a form and as text. Owns this view and its draft; what a routine
// may be is known by the coach alone, which is asked at every change.

import { clockTime, duration, make, put, write } from "./dom.js";
import { Form } from "./form.js";
import { ask } from "./link.js";
import { written } from "./yaml.js";

const PATIENCE = 350; // milliseconds without a key before the text is checked
const AGAIN = 2000; // milliseconds until it is asked again how a name is heard

export class Author {
  constructor(app) {
    this.app = app;
    this.asked = 0;
    this.text = make("textarea", { id: "yaml", spellcheck: "false", autocapitalize: "off", autocomplete: "off", wrap: "off", "aria-describedby": "verdict", oninput: () => this.typed() });
    this.text.addEventListener("scroll", () => (this.gutter.scrollTop = this.text.scrollTop));
    this.gutter = make("pre", { "aria-hidden": "true" });
    this.verdict = make("p", { id: "verdict", class: "verdict", role: "status" });
    this.there = make("button", { type: "button", class: "small", hidden: true, onclick: () => this.jump() }, "Go to the line");
    this.hearing = make("button", { type: "button", class: "small", onclick: () => this.tryName((text) => write(this.heard, text)) }, "Try the name by ear");
    this.heard = make("p", { id: "heard-name", class: "verdict", role: "status" });
    this.plan = make("tbody");
    this.total = make("span");
    this.saving = make("button", { type: "button", class: "main", onclick: () => this.save(false) }, "Save");
    this.title = make("h1", { id: "author-title" });
    this.form = new Form((whole) => this.changed(whole), (words) => this.say(words));
    this.replacing = make("dialog", { "aria-labelledby": "replace-title" });
    this.element = make("section", { class: "author", "aria-labelledby": "author-title" },
      make("div", { class: "top" }, this.title, make("div", { class: "acts" }, make("a", { class: "button", href: "#library" }, "Close"), this.saving)),
      make("div", { class: "desk" },
        make("section", { class: "panel card", "aria-labelledby": "form-title" }, make("h2", { id: "form-title" }, "Form"), this.form.element),
        make("div", { class: "fields" },
          make("section", { class: "panel card", "aria-labelledby": "text-title" }, make("h2", { id: "text-title" }, make("label", { for: "yaml" }, "Text (YAML)")),
            make("div", { class: "editor" }, this.gutter, this.text), this.verdict, this.there, this.hearing, this.heard),
          make("section", { class: "panel card", "aria-labelledby": "plan-title" }, make("h2", { id: "plan-title" }, "What will happen ", this.total),
            make("div", { class: "scroll plan", tabindex: "0", role: "region", "aria-label": "Plan" }, make("table", {},
              make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "At"), make("th", { scope: "col" }, "What"), make("th", { scope: "col" }, "It says"))), this.plan))))),
      this.replacing);
    addEventListener("beforeunload", (event) => this.dirty && event.preventDefault());
  }

  /** Open the routine at this place of the list, unless a draft of it is open already. */
  async enter([index]) {
    if (this.dirty && this.index === index) return;
    this.index = index;
    this.dirty = false;
    write(this.title, "Edit a routine");
    write(this.heard, "");
    this.trying = (this.trying ?? 0) + 1; // what was asked for another text is no news here
    const reply = await ask(`/api/routines/${Number(index) || 0}`);
    if (!reply.ok) return write(this.verdict, reply.text ?? "This routine cannot be opened.");
    this.put(reply.own ? reply.yaml : copied(reply.yaml));
    this.own = reply.own;
    await this.check();
  }

  put(text) {
    this.text.value = text;
    this.number(null);
  }

  typed() {
    this.dirty = true;
    this.number(this.wrong);
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.check(), PATIENCE);
  }

  /** Take a change of the form; `whole`: there are other fields now. */
  changed(whole) {
    this.dirty = true;
    this.put(written(this.form.routine));
    if (whole) this.form.render();
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.check({ keep: true }), PATIENCE);
  }

  /** Ask the coach what it makes of the text; `keep`: the form is where it came from. */
  async check({ keep = false } = {}) {
    const turn = ++this.asked;
    const reply = await ask("/api/check", { yaml: this.text.value });
    if (turn !== this.asked) return;
    if (reply.ok) this.passed(reply, keep);
    else this.failed(reply);
  }

  passed(reply, keep) {
    const routine = reply.data;
    const name = routine?.name ?? "";
    const seconds = reply.seconds ?? reply.routine?.length ?? 0;
    write(this.title, this.own ? `Edit ${name}` : `Your copy: ${name}`);
    write(this.verdict, `This is a routine of ${duration(seconds)}.`);
    write(this.total, `· ${duration(seconds)}`);
    this.verdict.className = "verdict good";
    this.text.removeAttribute("aria-invalid");
    this.number(null);
    this.saving.disabled = this.hearing.disabled = false;
    this.there.hidden = true;
    put(this.plan, (reply.plan ?? []).map((cue) => make("tr", {}, make("td", {}, clockTime(cue.at)),
      make("td", {}, [cue.kind, cue.side, cue.repetition].filter(Boolean).join(", ")), make("td", {}, cue.text))));
    if (!keep) this.form.take(routine);
  }

  failed(reply) {
    const where = reply.line ? `Line ${reply.line}: ` : "";
    write(this.verdict, where + (reply.text ?? "This cannot be checked."));
    this.verdict.className = "verdict mistake";
    this.text.setAttribute("aria-invalid", "true");
    this.number(reply.line);
    this.there.hidden = !reply.line;
    this.saving.disabled = this.hearing.disabled = true;
  }

  /** Number the lines, and mark the wrong one. */
  number(wrong) {
    this.wrong = wrong;
    const count = this.text.value.split("\n").length;
    put(this.gutter, Array.from({ length: count }, (_, index) =>
      make("span", { class: index + 1 === wrong ? "wrong" : null }, `${index + 1}\n`)));
    this.gutter.scrollTop = this.text.scrollTop;
  }

  jump() {
    const before = this.text.value.split("\n").slice(0, this.wrong - 1).join("\n").length + (this.wrong > 1 ? 1 : 0);
    const end = this.text.value.indexOf("\n", before);
    this.text.focus();
    this.text.setSelectionRange(before, end < 0 ? this.text.value.length : end);
    this.text.scrollTop = Math.max(0, (this.wrong - 6) * parseFloat(getComputedStyle(this.text).lineHeight));
  }

  async say(words) {
    const text = words.replaceAll("{side}", "left").replaceAll("{other_side}", "right").trim();
    if (!text) return;
    const reply = await ask("/api/say", { text });
    if (!reply.ok) this.app.notice(reply.text ?? "It cannot be said now.");
  }

  /** Have the coach try how the name is heard; `tell` is told each time when there is news. */
  async tryName(tell) {
    const turn = (this.trying = (this.trying ?? 0) + 1), yaml = this.text.value;
    for (let last = ""; turn === this.trying; await new Promise((done) => setTimeout(done, AGAIN))) {
      const { stage, text } = await ask("/api/name", { yaml });
      if (turn !== this.trying) return;
      if (text !== last) tell((last = text ?? ""), stage);
      if (stage !== "trying" && stage !== "later") return;
    }
  }

  async save(replace) {
    this.saving.disabled = true;
    const reply = await ask("/api/save", { yaml: this.text.value, replace });
    this.saving.disabled = false;
    if (reply.ok) {
      this.dirty = false;
      this.index = null;
      this.app.notice(`${reply.name} is saved.`);
      this.tryName((text, stage) => stage === "done" && this.app.notice(`${reply.name}: ${text}`));
      await this.app.reload();
      location.hash = "#library";
    } else if (reply.exists) this.confirm(reply.text);
    else if (reply.status === 409) {
      write(this.verdict, reply.text);
      this.verdict.className = "verdict mistake";
    } else this.failed(reply);
  }

  /** Ask before anything is replaced. */
  confirm(text) {
    const close = () => this.replacing.close();
    put(this.replacing, make("h2", { id: "replace-title" }, "Replace it?"), make("p", {}, text ?? "You have a routine of this name already."),
      make("div", { class: "acts" }, make("button", { type: "button", class: "main", "data-replace": "yes", onclick: () => (close(), this.save(true)) }, "Replace"),
        make("button", { type: "button", onclick: close }, "Keep the old one")));
    this.replacing.showModal();
  }
}

/** The text of a routine under a name of its own: what ships is never replaced. */
function copied(yaml) {
  return yaml.replace(/^# yaml-language-server:.*\n/m, "")
    .replace(/^name:\s*(.+)$/m, (_, name) => `name: My ${name.trim().toLowerCase()}`)
    .replace(/^aliases:.*\n(?:[ -].*\n)*/m, "");
}
