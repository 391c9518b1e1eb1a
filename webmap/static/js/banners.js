// What is wrong, loud enough to be seen and with what to do about it.
import { connection, get, heardRevision } from "./api.js";
import { el } from "./dom.js";
import { number, t } from "./texts.js";

const AGAIN_MS = 8000;
const HEALTH_MS = 60_000;

/** Show one banner of a name, or take it away where there is no text. */
function banner(name, look, ...texts) {
  const place = document.getElementById("banners");
  const old = place.querySelector(`[data-banner="${name}"]`);
  if (!texts.length) {
    old?.remove();
    return;
  }
  const fresh = el(
    "div",
    { class: `banner banner-${look}`, "data-banner": name, role: look === "alarm" ? "alert" : "status" },
    texts.map((text, i) => el(i ? "small" : "p", { text })),
  );
  if (old) old.replaceWith(fresh);
  else place.append(fresh);
}

/** Say something for a few seconds. */
export function say(text) {
  banner("note", "note", text);
  setTimeout(() => banner("note"), 7000);
}

/** Watch the server and the registry; `again` is called when the server is back. */
export function startBanners(again) {
  let timer = null;
  connection.addEventListener("change", ({ detail: { reachable } }) => {
    clearInterval(timer);
    if (reachable) {
      banner("unreachable");
      again();
    } else {
      banner("unreachable", "alarm", t("banner.unreachable"));
      timer = setInterval(health, AGAIN_MS);
    }
  });
  addEventListener("online", health);
  setInterval(() => document.hidden || health(), HEALTH_MS);
  return health();
}

async function health() {
  try {
    const found = await get("/healthz");
    heardRevision(found.revision);
    if (found.status === "ok") banner("registry");
    else if (found.status === "degraded") {
      const fault = t("banner.fault", { fault: found.fault });
      banner("registry", "warning", t("banner.degraded", { revision: number(found.revision) }), fault);
    } else banner("registry", "alarm", t("banner.failing"), t("banner.fault", { fault: found.fault }));
  } catch {
    // Whether the server answers at all is told by `connection`.
  }
}
