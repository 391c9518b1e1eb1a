// What this phone remembers, and nobody else: the last place, the choice of filters, saved stations.
const KEY = "yizhan.";

/** What is kept under a name; `otherwise` where nothing is, or the phone keeps nothing. */
export function recall(name, otherwise = null) {
  try {
    return JSON.parse(localStorage.getItem(KEY + name)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

export function keep(name, value) {
  try {
    localStorage.setItem(KEY + name, JSON.stringify(value));
    return true;
  } catch {
    // Private windows and full phones: the page works without a memory.
    return false;
  }
}

export const savedStations = () => recall("saved", []);

/** Save a station, or forget it; returns whether it is saved now. */
export function toggleSaved(id) {
  const before = savedStations();
  const saved = !before.includes(id);
  keep("saved", saved ? [id, ...before].slice(0, 50) : before.filter((one) => one !== id));
  return saved;
}
