// Writes a routine as the YAML that people write. Owns that shape; reads nothing: the coach does.

const WORDS = /^(true|false|yes|no|on|off|null|y|n|~)$/i;
const PLAIN = /^[A-Za-z][A-Za-z0-9 ,.;'’()!?/-]*$/;

/** Write `routine`, plain data with the keys of the file, as text. */
export function written(routine) {
  return `${lines(routine).join("\n")}\n`;
}

function lines(object) {
  return Object.entries(object).flatMap(([key, value]) => entry(key, value));
}

function entry(key, value) {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item !== "object")) return [`${key}: [${value.map(inFlow).join(", ")}]`];
    return [`${key}:`, ...value.flatMap(item)];
  }
  if (typeof value === "object") return [`${key}:`, ...lines(value).map((line) => `  ${line}`)];
  return [`${key}: ${scalar(value)}`];
}

function item(object) {
  return lines(object).map((line, index) => `${index ? "   " : "  -"} ${line}`);
}

function scalar(value) {
  if (typeof value !== "string") return String(value);
  return PLAIN.test(value) && !WORDS.test(value) && !value.endsWith(" ") ? value : JSON.stringify(value);
}

function inFlow(value) {
  return typeof value === "string" && /[,'"[\]{}]/.test(value) ? JSON.stringify(value) : scalar(value);
}
