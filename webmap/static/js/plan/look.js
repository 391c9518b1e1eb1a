// A plan that is looked at: how far it has come, then what it says, in the panel and on the map.
import { get, send } from "../api.js";
import { say } from "../banners.js";
import { config } from "../config.js";
import { el } from "../dom.js";
import { tell } from "../panel.js";
import { choosesLayers, choosesView, firstPlan, setLayer } from "../state.js";
import { lang, t } from "../texts.js";
import { progressView } from "./progress.js";
import { answerOf, resultOf } from "./result.js";
import { forgetToken, token } from "./token.js";
import { isActive, watch } from "./watch.js";

const STATUS = {
  queued: "plan.queued",
  running: "plan.running",
  done: "plan.done",
  failed: "plan.failed",
  cancelled: "plan.cancelled",
};

/**
 * Show a plan in `place` and on the map, and follow it until it has ended; returns what to call
 * when it is left. `write` opens the form, `offer` the way to it, `close` leaves the plan.
 */
export function lookAt(id, place, { map, layers, write, offer, close }) {
  const path = `/api/v1/plans/${encodeURIComponent(id)}`;
  // What changes is said once, not every second.
  const heard = el("p", { class: "visually-hidden", role: "status" });
  const shown = el("div");
  place.replaceChildren(shown, heard);
  let progress = null;
  let hidGaps = false;
  let left = false;

  const stop = watch(path, follow, (error) => failed(error.status === 404 ? t("plan.gone") : error.message, close));

  function follow(standing) {
    const news = t(STATUS[standing.status]);
    if (heard.textContent !== news) heard.textContent = news;
    if (isActive(standing)) {
      if (!progress) {
        progress = progressView(token() && (() => attempt(drop)));
        shown.replaceChildren(progress.node);
      }
      progress.update(standing);
    } else if (standing.plan) show(standing.plan);
    else failed(standing.error?.[lang] ?? t("plan.cancelled"), token() ? remove : close);
  }

  async function show(plan) {
    const features = await get(`${path}/features`).catch(() => null);
    if (left) return;
    tell(answerOf(plan));
    if (features) layers.plan.show(features, plan);
    const { district, mode = "line", minutes } = plan.ask;
    const radius = mode === "line" ? plan.radius_m : undefined;
    if (radius) layers.coverage.setRadius(radius);
    // A link that says what is shown is taken at its word.
    if (!(choosesLayers && id === firstPlan)) {
      map.addLayer(layers.plan);
      hidGaps = map.hasLayer(layers.gaps);
      // The gaps of before would hide those that are left; who closes the plan sees them again, so
      // the link goes on naming them.
      map.removeLayer(layers.gaps);
      if (hidGaps) setLayer("gaps", true);
    }
    if (!(choosesView && id === firstPlan)) layers.plan.fit(map);
    const fly = (place) => {
      document.dispatchEvent(new CustomEvent("yizhan:show-map"));
      layers.plan.flyTo(map, place);
    };
    const least = config.planning.enabled && ((share) => write({ problem: "lscp", share, district, mode, minutes, radius_m: radius }));
    shown.replaceChildren(resultOf(path, plan, { fly, close, remove: token() && remove, least }));
    offer();
  }

  function failed(text, act) {
    const button = el("button", { type: "button", class: "quiet", text: t("plan.close"), on: { click: act } });
    shown.replaceChildren(el("div", { class: "notice", role: "alert" }, el("p", { text }), button));
    offer();
  }

  const drop = () => send("DELETE", path, { token: token() });

  async function remove() {
    if (await attempt(drop)) close();
  }

  async function attempt(act) {
    try {
      await act();
      return true;
    } catch (error) {
      if (error.status === 403) forgetToken();
      say(error.message);
      return false;
    }
  }

  return () => {
    left = true;
    stop();
    tell(null);
    layers.plan.clear();
    layers.coverage.setRadius(config.radius);
    if (hidGaps) map.addLayer(layers.gaps);
    place.replaceChildren();
  };
}
