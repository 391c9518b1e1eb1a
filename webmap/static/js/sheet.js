// On a phone the panel is a sheet at the bottom edge: pulled up by finger, tap or key.
import { narrow } from "./dom.js";

const TAP_PX = 6;

/** Make the handle work. */
export function startSheet() {
  const panel = document.getElementById("panel");
  const handle = document.getElementById("handle");
  let drag = null;

  const open = (now) => {
    panel.classList.toggle("open", now);
    handle.setAttribute("aria-expanded", String(now));
    if (!now) document.getElementById("panel-body").scrollTop = 0;
  };
  const isOpen = () => panel.classList.contains("open");

  handle.addEventListener("click", () => {
    if (drag?.moved) return;
    open(!isOpen());
  });
  handle.addEventListener("pointerdown", (event) => {
    drag = { from: event.clientY, height: panel.offsetHeight, moved: false };
    handle.setPointerCapture(event.pointerId);
  });
  handle.addEventListener("pointermove", (event) => {
    if (!drag || !handle.hasPointerCapture(event.pointerId)) return;
    const by = drag.from - event.clientY;
    if (Math.abs(by) < TAP_PX && !drag.moved) return;
    drag.moved = true;
    panel.classList.add("dragged");
    panel.style.height = `${Math.max(drag.height + by, 64)}px`;
  });
  const release = (event) => {
    if (!drag?.moved) return;
    const up = drag.from - event.clientY;
    panel.classList.remove("dragged");
    panel.style.height = "";
    open(isOpen() ? up > -60 : up > 40);
    // The click that follows a drag is none.
    setTimeout(() => (drag = null));
  };
  handle.addEventListener("pointerup", release);
  handle.addEventListener("pointercancel", release);
  document.addEventListener("yizhan:show-map", () => narrow.matches && open(false));
}
