// Makes elements. Owns how text comes onto the page (as text, never as markup); knows no view.

const SVG = "http://www.w3.org/2000/svg";

/** Make an element of HTML. `properties`: attributes; `on…`: listeners; children: nodes or text. */
export function make(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** Make an element of SVG. */
export function draw(tag, properties = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

/** Put `children` in the place of all that `element` holds. */
export function put(element, ...children) {
  element.replaceChildren(...children.flat().filter((child) => child !== null && child !== false));
  return element;
}

/** Set the text of `element`, unless it has that text: a live region would repeat it. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export const find = (selector, within = document) => within.querySelector(selector);

/** Say a length of time in words that are short: "14 min", "1 h 5 min", "40 s". */
export function duration(seconds) {
  if (seconds < 60) return `${Math.max(0, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Say a length of time as a clock does: "8:32". */
export function clockTime(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== false));
  return element;
}
