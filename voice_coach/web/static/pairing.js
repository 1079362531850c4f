// Lets somebody enter the code that the terminal shows. Owns that form.

import { make, write } from "./dom.js";
import { ask } from "./link.js";

export class Pairing {
  constructor(app) {
    this.app = app;
    this.message = make("p", { class: "mistake", role: "alert" });
    this.code = make("input", {
      id: "code", name: "code", inputmode: "numeric", autocomplete: "one-time-code", maxlength: 12,
      required: true, spellcheck: "false", "aria-describedby": "code-help",
    });
    this.element = make("section", { class: "pairing card" },
      make("h1", {}, "Pair this device"),
      make("p", { id: "code-help" }, "Enter the code that the terminal shows beside the address of this page. It is good for one device."),
      make("form", { onsubmit: (event) => this.send(event) },
        make("label", { for: "code" }, "Code"), this.code,
        make("button", { class: "main big" }, "Pair")),
      this.message);
  }

  enter() {
    this.code.focus();
  }

  async send(event) {
    event.preventDefault();
    const reply = await ask("/pair", { code: this.code.value.replace(/\s/g, "") });
    this.code.value = "";
    if (reply.ok) {
      write(this.message, "");
      this.app.shown = null;
      await this.app.enter();
    } else {
      write(this.message, reply.text ?? "That code is not valid. The terminal can show a new one.");
      this.code.focus();
    }
  }
}
