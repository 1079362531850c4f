// What this browser keeps of somebody's choices. It may be forbidden to keep anything: then it
// is only forgotten.

export function kept(name) {
  try {
    return localStorage.getItem(`voice-coach ${name}`);
  } catch {
    return null;
  }
}

export function keep(name, value) {
  try {
    localStorage.setItem(`voice-coach ${name}`, value);
  } catch {
    // Nothing depends on it.
  }
}
