// The commands that have a key or a button, as the coach tells them. Owns which of them share
// one; knows nothing of what keys and buttons do.

import { ask } from "./link.js";

/** Keys, by what is pressed, and buttons in their order: each with its commands. Null if nobody tells. */
export async function commands() {
  const { ok, keys, buttons } = await ask("/api/commands");
  if (!ok) return null;
  const places = together(buttons, ({ row, place }) => `${row} ${place}`);
  return { keys: together(keys, ({ press }) => press), buttons: Array.from(places.values()) };
}

function together(all, by) {
  const groups = new Map();
  for (const each of all) groups.set(by(each), [...(groups.get(by(each)) ?? []), each]);
  return groups;
}
