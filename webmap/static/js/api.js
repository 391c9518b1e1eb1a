// Questions to our own API, and whether it can be reached.
import { config } from "./config.js";

export class ApiError extends Error {
  constructor(status, body, statusText) {
    super((config.lang === "zh" && body?.detail_zh) || body?.detail || statusText);
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
export async function get(path, parameters = {}, { signal, token } = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    const text = Array.isArray(value) ? value.join(",") : value;
    if (text !== undefined && text !== null && text !== "") query.set(name, text);
  }
  const tail = query.toString();
  const headers = { Accept: "application/json, application/geo+json", ...bearer(token) };
  return answerOf(tail ? `${path}?${tail}` : path, { signal, headers });
}

/** The JSON answer to a request that changes something, as the planner may; null where it has none. */
export function send(method, path, { token, body }) {
  const headers = { Accept: "application/json", ...bearer(token), ...(body ? { "Content-Type": "application/json" } : {}) };
  return answerOf(path, { method, headers, body: body && JSON.stringify(body) });
}

const bearer = (token) => (token ? { Authorization: `Bearer ${token}` } : {});

async function answerOf(path, request) {
  let response;
  try {
    response = await fetch(path, request);
  } catch (error) {
    if (error.name !== "AbortError") note(false);
    throw error;
  }
  note(true);
  const body = await response.json().catch(() => null);
  if (!response.ok && path !== "/healthz") throw new ApiError(response.status, body, response.statusText);
  return body;
}

export const isAbort = (error) => error.name === "AbortError";
