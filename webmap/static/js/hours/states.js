// The stations in view as they are in the hour that is chosen, for who opens one.
const states = new Map();
const listeners = new Set();

/** The state of a station in that hour, and the `hour`; undefined where none is chosen, or it is not in view. */
export const stateThen = (id) => states.get(id);

export function setStates(found) {
  states.clear();
  for (const [id, state] of found) states.set(id, state);
  for (const call of listeners) call();
}

/** Call `call` with each change until the signal says otherwise. */
export function onStates(call, signal) {
  listeners.add(call);
  signal.addEventListener("abort", () => listeners.delete(call));
}
