// The stations and reports that this phone has kept.
import { el } from "../dom.js";
import { ago, t } from "../texts.js";
import { keep, recall, savedStations } from "./memory.js";
import { connected, lost, serviceWorker } from "./offline.js";

ask();
connected(ask);
reports();

async function ask() {
  const ids = savedStations();
  try {
    const answer = await fetch(`/saved?${new URLSearchParams({ part: "1", ids: ids.join(",") })}`);
    if (!answer.ok) throw new Error(String(answer.status));
    const html = await answer.text();
    show(html);
    keep("saved-list", { html, at: Date.now() });
    lost(null);
    forgetGone();
  } catch {
    const kept = recall("saved-list");
    if (kept) show(kept.html);
    lost(kept ? t("live.offline_since", { time: ago(new Date(kept.at), new Date()) }) : t("live.offline_nothing"));
  }
}

function show(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").querySelector("[data-part]");
  document.querySelector('[data-part="saved"]').replaceWith(document.adoptNode(fresh));
}

/** What has left the register is told once, and then forgotten. */
async function forgetGone() {
  const gone = [...document.querySelectorAll("[data-gone]")].map(({ dataset }) => dataset.gone);
  if (!gone.length) return;
  keep("saved", savedStations().filter((id) => !gone.includes(id)));
  const addresses = gone.map((id) => `/stations/${encodeURIComponent(id)}`);
  (await serviceWorker())?.postMessage({ kind: "drop", addresses });
}

function reports() {
  const mine = recall("reports", []);
  document.getElementById("mine").hidden = !mine.length;
  document.getElementById("mine-list").replaceChildren(
    ...mine.map(({ id, kind, name, at }) =>
      el(
        "li",
        { class: "card" },
        el("h3", {}, el("a", { href: `/reports/${encodeURIComponent(id)}`, text: name || t(`live.kind.${kind}`) })),
        el("p", { class: "age", text: `${t(`live.kind.${kind}`)} · ${new Date(at).toLocaleDateString(document.documentElement.lang)}` }),
      ),
    ),
  );
}
