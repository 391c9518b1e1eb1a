// Elements made by hand: text is always text, never markup.
// What steers a text instead of being read: controls but line ends, and marks that turn what follows.
const STEERING = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g;
const SVG = "http://www.w3.org/2000/svg";

/** An HTML element; `attributes` may hold `class`, `text`, `on: {event: handler}` and any attribute. */
export function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** An SVG element, as `el`. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") node.textContent = readable(value);
    else if (name === "on") {
      for (const [event, handler] of Object.entries(value)) node.addEventListener(event, handler);
    } else node.setAttribute(name, value === true ? "" : readable(value));
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined).map(readable));
  return node;
}

const readable = (value) => (typeof value === "string" ? value.replace(STEERING, "") : value);

/** `call` a while after the last time it was asked for. */
export function debounced(call, wait) {
  let timer;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => call(...values), wait);
  };
}

export const calm = matchMedia("(prefers-reduced-motion: reduce)");
export const narrow = matchMedia("(max-width: 760px)");
