// What past sessions add up to: figures, a calendar, pain as a chart, and a table. Owns this view.

import { draw, duration, make, put } from "./dom.js";
import { ask } from "./link.js";

const WEEKS = 12, MOST_POINTS = 60, MOST_ROWS = 60;
const ENDINGS = { finished: "finished", stopped: "stopped", left: "no answer", unfinished: "cut off" };
const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;
const dayOf = (text) => new Date(`${text.slice(0, 10)}T12:00:00`);
const dayName = (text) => dayOf(text).toLocaleDateString("en-GB", { weekday: "short", day: "numeric", month: "short" });
const average = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

export class History {
  constructor(app) {
    this.app = app;
    this.body = make("div", { class: "past" });
    this.element = make("section", { "aria-labelledby": "history-title" }, make("div", { class: "past" },
      make("div", { class: "top" }, make("h1", { id: "history-title" }, "History"),
        make("p", { class: "soft" }, "It is kept on this machine and nowhere else.")), this.body));
  }

  async enter() {
    const reply = await ask("/api/history");
    if (!reply.ok) return put(this.body, make("p", { class: "mistake", role: "alert" }, reply.text ?? "The history cannot be read."));
    const sessions = reply.sessions ?? [];
    if (!sessions.length) return put(this.body, make("div", { class: "panel card" }, make("h2", {}, "Nothing yet"), make("p", {}, "After your first session you will find it here.")));
    return put(this.body, this.figures(reply), make("div", { class: "panels" }, this.calendar(reply), this.pain(reply)), this.table(sessions));
  }

  figures({ totals }) {
    const minutes = (seconds) => Math.round(seconds / 60);
    const one = (term, value, unit) => make("div", { class: "card" }, make("dt", {}, term), make("dd", {}, String(value), make("small", {}, ` ${unit}`)));
    const hours = totals.seconds >= 7200;
    return make("dl", { class: "figures" },
      one("in a row", totals.streak_weeks, totals.streak_weeks === 1 ? "week" : "weeks"),
      one("this week", minutes(totals.this_week_seconds), "min"),
      one("all in all", hours ? (totals.seconds / 3600).toFixed(1) : minutes(totals.seconds), hours ? "hours" : "min"),
      one("done so far", totals.sessions, totals.sessions === 1 ? "session" : "sessions"));
  }

  calendar({ calendar: weeks, today }) {
    const shown = (weeks ?? []).slice(-WEEKS);
    const size = 26, left = 42, top = 24;
    const days = shown.flat().filter((day) => day.sessions);
    const words = `${plural(days.length, "day")} with exercise in the last ${plural(shown.length, "week")}.`;
    const chart = draw("svg", { viewBox: `0 0 ${left + size * WEEKS} ${top + size * 7}`, class: "chart", role: "img", "aria-label": words });
    let month = "";
    ["Mon", "", "Wed", "", "Fri", "", "Sun"].forEach((name, row) => name && chart.append(draw("text", { x: 0, y: top + row * size + 17 }, name)));
    shown.forEach((week, column) => {
      const name = dayOf(week[0].date).toLocaleDateString("en-GB", { month: "short" });
      if (name !== month) chart.append(draw("text", { x: left + column * size, y: 14 }, (month = name)));
      week.forEach((day, row) => day.is_future || chart.append(this.day(day, left + column * size, top + row * size, size, today)));
    });
    return make("section", { class: "panel card", "aria-labelledby": "calendar-title" }, make("h2", { id: "calendar-title" }, `The last ${WEEKS} weeks`), chart, make("p", { class: "soft" }, words));
  }

  day({ date, sessions, seconds }, x, y, size, today) {
    const level = !sessions ? 0 : seconds < 360 ? 1 : seconds < 780 ? 2 : 3;
    return draw("rect", { x: x + 2, y: y + 2, width: size - 4, height: size - 4, rx: 6, class: `day l${level}${date === today ? " today" : ""}` },
      draw("title", {}, `${dayName(date)}: ${sessions ? duration(seconds) : "nothing"}`));
  }

  pain({ sessions, relief }) {
    const told = sessions.filter(({ pain_before: a, pain_after: b }) => a !== null || b !== null).slice(-MOST_POINTS);
    const title = make("h2", { id: "pain-title" }, "Pain, before and after");
    const panel = (...content) => make("section", { class: "panel card", "aria-labelledby": "pain-title" }, title, ...content);
    if (told.length < 2) return panel(make("p", { class: "soft" }, "When the coach asks how you feel, your answers are drawn here. Switch it on with --ask-pain or in the settings."));
    const words = this.summary(told, relief);
    return panel(this.lines(told, words), this.key(), make("p", { class: "soft" }, words));
  }

  summary(told, relief) {
    const third = Math.max(1, Math.floor(told.length / 3));
    const before = told.map((session) => session.pain_before).filter((value) => value !== null);
    const trend = before.length > 3 ? ` Before a session it went from ${average(before.slice(0, third)).toFixed(1)} to ${average(before.slice(-third)).toFixed(1)}.` : "";
    const mean = relief ? `From 0 to 10, on average ${relief.before.toFixed(1)} before and ${relief.after.toFixed(1)} after, in ${plural(relief.sessions, "session")}.` : "";
    return mean + trend;
  }

  lines(told, words) {
    const width = 440, height = 206, left = 26, top = 12, bottom = 24;
    const x = (index) => left + 8 + (index * (width - left - 20)) / (told.length - 1);
    const y = (value) => top + ((10 - value) * (height - top - bottom)) / 10;
    const chart = draw("svg", { viewBox: `0 0 ${width} ${height}`, class: "chart", role: "img", "aria-label": words });
    for (const value of [0, 5, 10]) {
      chart.append(draw("line", { class: "axis", x1: left, x2: width, y1: y(value), y2: y(value) }), draw("text", { x: left - 6, y: y(value) + 4, "text-anchor": "end" }, String(value)));
    }
    const short = (session) => dayOf(session.began).toLocaleDateString("en-GB", { day: "numeric", month: "short" });
    chart.append(draw("text", { x: left, y: height - 4 }, short(told[0])), draw("text", { x: width, y: height - 4, "text-anchor": "end" }, short(told.at(-1))));
    for (const when of ["before", "after"]) {
      const points = told.map((session, index) => [x(index), session[`pain_${when}`], session]).filter(([, value]) => value !== null);
      chart.append(draw("polyline", { class: when, points: points.map(([px, value]) => `${px.toFixed(1)},${y(value).toFixed(1)}`).join(" ") }));
      for (const [px, value, session] of points) {
        chart.append(draw("circle", { class: `dot-${when}`, cx: px.toFixed(1), cy: y(value).toFixed(1), r: 4 }, draw("title", {}, `${dayName(session.began)}, ${when}: ${value}`)));
      }
    }
    return chart;
  }

  key() {
    const one = (when) => make("span", {}, draw("svg", { viewBox: "0 0 44 12", "aria-hidden": "true" }, draw("path", { class: when, d: "M2 6H42" }), draw("circle", { class: `dot-${when}`, cx: 22, cy: 6, r: 4 })), when);
    return make("p", { class: "key" }, one("before"), one("after"));
  }

  table(sessions) {
    const shown = sessions.slice(-MOST_ROWS).reverse();
    const pain = ({ pain_before: a, pain_after: b }) => (a === null && b === null ? "–" : `${a ?? "–"} → ${b ?? "–"}`);
    const row = (session) => make("tr", {}, make("th", { scope: "row" }, dayName(session.began)), make("td", {}, session.routine),
      make("td", {}, duration(session.seconds)), make("td", {}, plural(session.done.length, "exercise")), make("td", {}, pain(session)),
      make("td", {}, session.hurt.length ? session.hurt.join(", ") : "–"), make("td", {}, ENDINGS[session.ending] ?? session.ending));
    const heads = ["Day", "Routine", "Time", "Done", "Pain", "It hurt", "End"].map((head) => make("th", { scope: "col" }, head));
    return make("section", { class: "panel card", "aria-labelledby": "sessions-title" }, make("h2", { id: "sessions-title" }, sessions.length > MOST_ROWS ? `The last ${MOST_ROWS} sessions` : "Every session"),
      make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Table of sessions" }, make("table", {}, make("thead", {}, make("tr", {}, heads)), make("tbody", {}, shown.map(row)))));
  }
}
