// Chooses the voice that speaks, and for the next start an engine and a model. Owns this view.

import { make, put } from "./dom.js";
import { ask } from "./link.js";

export class Settings {
  constructor(app) {
    this.app = app;
    this.voices = make("ul", { class: "voices" });
    this.later = make("div", { class: "later" });
    this.element = make("section", { "aria-labelledby": "settings-title" }, make("div", { class: "library" },
      make("div", { class: "top" }, make("h1", { id: "settings-title" }, "Settings"),
        make("p", { class: "soft" }, "Say “another voice” to hear the next one."),
        make("a", { class: "button", href: "#library" }, "Close")),
      make("article", { class: "panel card", role: "radiogroup", "aria-labelledby": "voices-title" },
        make("h2", { id: "voices-title" }, "Voice"), this.voices),
      make("article", { class: "panel card", "aria-labelledby": "later-title" },
        make("h2", { id: "later-title" }, "From the next start on"), this.later)));
  }

  async enter() {
    const reply = await ask("/api/settings");
    if (!reply.ok) return this.app.notice(reply.text ?? "The settings cannot be read.");
    this.sample = reply.sample;
    put(this.voices, reply.voices.map((voice, index) => this.voice(voice, index)));
    const models = reply.models.map(({ name, about }) => [name, name, about]);
    put(this.later,
      this.choice("voice", "Speech engine", reply.voice, reply.engines.map((name) => [name, name])),
      models.length ? this.choice("vosk_model", "Model that vosk listens with", reply.vosk_model ?? "",
        [["", "the best that is installed"], ...models])
        : make("p", { class: "soft" }, "No model of vosk is installed: voice-coach models list."));
  }

  voice({ name, engine, about, speaks }, index) {
    const id = `voice-${index}`;
    return make("li", {},
      make("input", { type: "radio", id, name: "voice", value: name, checked: speaks, "aria-describedby": `${id}-about`, onchange: () => this.app.do("another_voice", { name }) }),
      make("label", { for: id }, make("b", {}, name), make("span", { class: "soft", id: `${id}-about` }, `${engine}. ${about}`)),
      make("button", { type: "button", class: "small", "aria-label": `Play ${name}`, onclick: () => this.play(name) }, "Play"));
  }

  choice(key, title, value, options) {
    const id = `setting-${key}`;
    return make("p", {}, make("label", { for: id }, title),
      make("select", { id, onchange: ({ target }) => this.choose(key, target.value) },
        options.map(([name, shown, about]) => make("option", { value: name, selected: name === value, title: about }, shown))));
  }

  async play(voice) {
    const reply = await ask("/api/say", { text: this.sample, voice });
    if (!reply.ok) this.app.notice(reply.text);
  }

  async choose(key, value) {
    const reply = await ask("/api/settings", { key, value: value || null });
    this.app.notice(reply.ok ? "Kept. It counts from the next start on." : reply.text);
  }

  /** Show which voice speaks now: it may have been changed by voice. */
  take({ preferences }) {
    for (const input of this.voices.querySelectorAll("input")) {
      if (input.value === preferences.voice && !input.checked) input.checked = true;
    }
  }
}
