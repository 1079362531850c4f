// Puts the page together: which view is shown, appearance, keys, notices. Owns what all views
// share; knows nothing of what they show.

import { commands } from "./commands.js";
import { learnDrawings } from "./figure.js";
import { find, put, write } from "./dom.js";
import { Link, ask } from "./link.js";
import { Author } from "./author.js";
import { History } from "./history.js";
import { keep, kept } from "./kept.js";
import { Keys } from "./keys.js";
import { Library } from "./library.js";
import { Pairing } from "./pairing.js";
import { Session } from "./session.js";
import { Settings } from "./settings.js";

const TITLES = { session: "Session", library: "Routines", history: "History", settings: "Settings", author: "Edit a routine", pair: "Pair this device" };
const THEMES = ["auto", "light", "dark"];
const main = find("#main");

class App {
  constructor() {
    this.link = new Link();
    this.views = {
      session: new Session(this), library: new Library(this), history: new History(this), settings: new Settings(this),
      author: new Author(this), pair: new Pairing(this),
    };
    this.keys = new Keys(this);
    this.running = null;
    this.setTheme(kept("theme") ?? "auto");
    find("#theme").addEventListener("click", () => this.nextTheme());
    find("#keys").addEventListener("click", () => this.keys.show());
    addEventListener("hashchange", () => this.route());
    this.link.addEventListener("state", ({ detail }) => this.take(detail));
    this.link.addEventListener("refused", ({ detail }) => this.notice(detail));
    this.link.addEventListener("up", () => this.connected());
    this.link.addEventListener("down", () => this.disconnected());
  }

  /** Begin: pair with the code of the address if there is one, then look what is there. */
  async begin() {
    const code = new URLSearchParams(location.search).get("code");
    if (code) {
      history.replaceState(null, "", location.pathname + location.hash);
      await ask("/pair", { code });
    }
    await this.enter();
  }

  /** Show the first view, or the one for pairing. */
  async enter() {
    const [reply] = await Promise.all([ask("/api/routines"), this.learnDrawings()]);
    if (reply.status === 401 || reply.status === 403) return this.show("pair");
    this.routines = reply.list ?? reply.routines ?? [];
    this.loaded = performance.now();
    await this.learn();
    this.link.open();
    return this.route(true);
  }

  /** Learn which commands have keys and buttons. */
  async learn() {
    const known = await commands();
    if (!known) return;
    this.learned = true;
    this.keys.learn(known.keys);
    this.views.session.learn(known.buttons);
  }

  /** Learn which drawings of exercises the user has. */
  async learnDrawings() {
    const { ok, names } = await ask("/api/drawings");
    if (ok) learnDrawings(names);
  }

  /** The routines as they are now. */
  async reload() {
    this.loaded = performance.now();
    const [reply] = await Promise.all([ask("/api/routines"), this.learnDrawings()]);
    if (reply.ok) this.routines = reply.list ?? reply.routines ?? [];
    return this.routines;
  }

  route(first = false) {
    const [name] = location.hash.slice(1).split("/");
    if (name === "main") return;
    if (this.shown === "pair" && !this.routines) return;
    this.show(Object.hasOwn(TITLES, name) && name !== "pair" ? name : "library", first);
  }

  /** Show a view; the focus goes with it, unless it is the first one. */
  show(name, first = name === "pair") {
    const rest = location.hash.slice(1).split("/").slice(1);
    if (this.shown && this.views[this.shown].leave?.() === false) {
      location.replace(`#${this.address ?? this.shown}`);
      return;
    }
    this.shown = name;
    this.address = location.hash.slice(1);
    document.title = `${TITLES[name]} · Voice Coach`;
    document.body.dataset.view = name;
    for (const link of document.querySelectorAll("nav a")) {
      if (link.dataset.view === name || (["author", "settings"].includes(name) && link.dataset.view === "library")) {
        link.setAttribute("aria-current", "page");
      } else link.removeAttribute("aria-current");
    }
    put(main, this.views[name].element);
    this.views[name].enter?.(rest);
    if (!first) {
      main.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
  }

  take(state) {
    const running = state.mode !== "idle";
    // What begins is shown, but nobody is torn away from writing.
    if (running && this.running !== true && this.shown !== "author" && this.shown !== "session") {
      if (this.running === false || this.shown === "library") location.hash = "#session";
    }
    this.running = running;
    this.views.session.take(state);
    this.takeNotice(state.notice);
    if (this.shown === "library") this.views.library.take?.(state);
    if (this.shown === "settings") this.views.settings.take(state);
  }

  /** Say once what is wrong with the coach, also when it was noticed before this page came. */
  takeNotice(notice) {
    const key = notice ? `${notice.text} ${notice.at}` : "";
    if (key === this.lastNotice) return;
    this.lastNotice = key;
    if (notice) this.notice(notice.text, 12);
  }

  do(intent, slots) {
    if (!this.link.do(intent, slots)) this.notice("Not connected: the coach did not get that.");
  }

  connected() {
    find("#lost").hidden = true;
    document.body.classList.remove("offline");
    if (this.wasDown) this.notice("Connected again.");
    if (this.wasDown || !this.learned) this.learn(); // it may be another coach by now
    this.wasDown = false;
  }

  async disconnected() {
    if (this.shown === "pair") return;
    this.wasDown = true;
    document.body.classList.add("offline");
    const banner = find("#lost");
    banner.hidden = false;
    write(banner, "The coach does not answer. Looking for it …");
    const reply = await ask("/api/routines");
    if (reply.status === 401) {
      this.routines = null;
      clearTimeout(this.link.again);
      banner.hidden = true;
      this.show("pair");
    }
  }

  /** Say something in passing. */
  notice(text, seconds = 4) {
    const place = find("#notice");
    place.hidden = false;
    write(place, text);
    clearTimeout(this.noticed);
    this.noticed = setTimeout(() => (place.hidden = true), seconds * 1000);
  }

  /** Say to a screen reader what has changed. */
  announce(text) {
    write(find("#live"), text);
  }

  setTheme(theme) {
    this.theme = THEMES.includes(theme) ? theme : "auto";
    if (this.theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = this.theme;
    const said = this.theme === "auto" ? "as the device" : this.theme;
    find("#theme").setAttribute("aria-label", `Appearance: ${said}`);
    find("#theme").title = `Appearance: ${said}`;
  }

  nextTheme() {
    this.setTheme(THEMES[(THEMES.indexOf(this.theme) + 1) % THEMES.length]);
    keep("theme", this.theme);
    this.announce(find("#theme").title);
  }
}

new App().begin();
