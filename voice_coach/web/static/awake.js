// Keeps the screen on while a routine is led. Owns that wish; a browser may refuse it, and does
// so on a page that came without encryption from another machine.

let wanted = false;
let lock = null;

/** Say whether the screen should stay on. */
export function stayAwake(on) {
  if (on === wanted) return;
  wanted = on;
  if (on) request();
  else lock?.release().catch(() => {});
}

async function request() {
  if (!wanted || document.visibilityState !== "visible") return;
  try {
    lock = await navigator.wakeLock?.request("screen");
  } catch {
    lock = null;
  }
}

document.addEventListener("visibilitychange", request);
