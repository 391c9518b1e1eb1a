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
  const headers = { Accept: "application/json, application/geo+json", ...bearer(token) };
  return answerOf(addressOf(path, parameters), { signal, headers });
}

function addressOf(path, parameters) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    const text = Array.isArray(value) ? value.join(",") : value;
    if (text !== undefined && text !== null && text !== "") query.set(name, text);
  }
  const tail = query.toString();
  return tail ? `${path}?${tail}` : path;
}

const kept = new Map();
const MOST_KEPT = 400;

/**
 * As `get`, but asked once: for what holds for an hour of any week, which stays as it is for as long
 * as the registry does. What fails or is dropped is asked again.
 */
export function once(path, parameters, { signal } = {}) {
  const address = addressOf(path, parameters);
  if (!kept.has(address)) {
    const answer = get(path, parameters, { signal });
    const drop = () => kept.get(address) === answer && kept.delete(address);
    // At once, and not when the answer fails: whoever drops a question may ask it again right away.
    signal?.addEventListener("abort", drop);
    answer.then(() => signal?.removeEventListener("abort", drop), drop);
    kept.set(address, answer);
    if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value);
  }
  return kept.get(address);
}

let revision = null;

/** Forget what was asked once when the registry is another. */
export function heardRevision(now) {
  if (revision !== null && now !== revision) kept.clear();
  revision = now;
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
