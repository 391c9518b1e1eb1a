// Questions to our own API, and whether it can be reached.
export class ApiError extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

/** Tells `change` when the server stops or begins to answer. */
export const connection = new EventTarget();
let reachable = true;

function note(now) {
  if (now === reachable) return;
  reachable = now;
  connection.dispatchEvent(new CustomEvent("change", { detail: { reachable } }));
}

export const isReachable = () => reachable;

/** The JSON answer to GET `path`; parameters that are empty are left out, lists are joined by commas. */
export async function get(path, parameters = {}, { signal } = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    const text = Array.isArray(value) ? value.join(",") : value;
    if (text !== undefined && text !== null && text !== "") query.set(name, text);
  }
  const tail = query.toString();
  let response;
  try {
    response = await fetch(tail ? `${path}?${tail}` : path, { signal, headers: { Accept: "application/json, application/geo+json" } });
  } catch (error) {
    if (error.name !== "AbortError") note(false);
    throw error;
  }
  note(true);
  const body = await response.json().catch(() => null);
  if (!response.ok && path !== "/healthz") {
    throw new ApiError(response.status, body?.detail ?? response.statusText);
  }
  return body;
}

export const isAbort = (error) => error.name === "AbortError";
