// Whether there is a connection: what is shown without one says since when it is, and when there is
// one again the pages go on by themselves.
const banner = document.getElementById("stale");
const AGAIN_MS = 20_000;
let timer = null;
const listeners = new Set();

/** Call when there is a connection again. */
export const connected = (call) => listeners.add(call);

/** Say that what is shown is old, and try `again` from time to time; with null, that it is not. */
export function lost(text, { again = true } = {}) {
  banner.hidden = !text;
  banner.textContent = text ?? "";
  clearInterval(timer);
  timer = text && again ? setInterval(retry, AGAIN_MS) : null;
}

function retry() {
  if (document.hidden) return;
  for (const call of listeners) call();
}

addEventListener("online", retry);

/** The service worker, once it serves this page; null where a browser has none. */
export async function serviceWorker() {
  if (!("serviceWorker" in navigator)) return null;
  return (await navigator.serviceWorker.ready).active;
}

const CHOICES = ["lang", "text", "contrast"];

if ("serviceWorker" in navigator) {
  // What is kept for later is in the language, and as large, as was chosen just now.
  const query = new URLSearchParams(location.search);
  if (CHOICES.some((name) => query.has(name))) serviceWorker().then((worker) => worker?.postMessage({ kind: "renew" }));
  // After the page: its files come first on a slow connection.
  addEventListener("load", () => setTimeout(() => navigator.serviceWorker.register("/sw.js").catch(() => {}), 1_000));
}
