// How a plan stands, asked for again and again, the longer the less often.
import { get, isAbort } from "../api.js";

const FIRST_MS = 600;
const MOST_MS = 3000;
const SLOWER = 1.2;

export const isActive = ({ status }) => status === "queued" || status === "running";

/** Call `tell` with how the plan at `path` stands until it has ended; returns what stops the asking. */
export function watch(path, tell, fail) {
  const abort = new AbortController();
  let wait = FIRST_MS;
  let timer = null;
  let last = null;

  const later = () => {
    timer = setTimeout(ask, wait);
    wait = Math.min(wait * SLOWER, MOST_MS);
  };
  async function ask() {
    // Nobody looks: the answer can wait.
    if (document.hidden) return later();
    try {
      const standing = await get(path, {}, { signal: abort.signal });
      // Where something happens, more may follow.
      const now = `${standing.status} ${standing.cancelling}`;
      if (now !== last) wait = FIRST_MS;
      last = now;
      tell(standing);
      if (isActive(standing)) later();
    } catch (error) {
      if (isAbort(error)) return;
      // A server that does not answer just now is asked again; one that says no is believed.
      if (error.status) fail(error);
      else later();
    }
  }
  ask();
  return () => {
    clearTimeout(timer);
    abort.abort();
  };
}
