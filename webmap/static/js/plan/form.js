// The planner's form: the token first, then what is asked, in words.
import { get, send } from "../api.js";
import { config } from "../config.js";
import { el } from "../dom.js";
import { modeName } from "../measure.js";
import { modeNow } from "../state.js";
import { t } from "../texts.js";
import { forgetToken, keepToken, token } from "./token.js";

/** What is asked of whom: the kinds of problem in words, the fields of each, and what its share is of. */
const KINDS = {
  mclp: { text: "plan.kind.mclp", fields: ["new", "budget", "spacing_m"] },
  lscp: { text: "plan.kind.lscp", fields: ["share", "budget", "spacing_m"], share: "plan.field.share" },
  backup: { text: "plan.kind.backup", fields: ["new", "budget", "spacing_m"] },
  pmedian: { text: "plan.kind.pmedian", fields: ["new"] },
  pcenter: { text: "plan.kind.pcenter", fields: ["new"] },
  redundancy: { text: "plan.kind.redundancy", fields: ["share"], share: "plan.field.keep" },
};
const FIRST_NEW = 15;
const FIRST_TIME_S = 30;
const FIRST_SHARE = 90;

/** Put the form in its place, the token's before it where there is none. `preset` fills fields. */
export function openForm(place, { done, cancel, preset = {}, fault = "" }) {
  const again = (words = "") => openForm(place, { done, cancel, preset, fault: words });
  const form = token() ? askForm({ done, cancel, again, preset }) : tokenForm({ cancel, again, words: fault });
  place.replaceChildren(form);
  form.querySelector("input, select").focus();
}

function tokenForm({ cancel, again, words }) {
  const input = el("input", { id: "plan-token", type: "password", autocomplete: "off", required: true, "aria-describedby": "plan-token-note" });
  const fault = el("p", { class: "field-fault", role: "alert", text: words });
  return el(
    "form",
    {
      class: "plan-form",
      on: {
        submit: async (event) => {
          event.preventDefault();
          const given = input.value.trim();
          try {
            await get("/api/v1/plans", {}, { token: given });
          } catch (error) {
            fault.textContent = error.message;
            input.select();
            return;
          }
          keepToken(given);
          again();
        },
      },
    },
    field("plan-token", t("plan.token"), input, null, el("small", { id: "plan-token-note", text: t("plan.token.note") })),
    fault,
    actions(t("plan.token.enter"), cancel),
  );
}

function askForm({ done, cancel, again, preset }) {
  const { maxSites, maxTime } = config.planning;
  const kind = el("select", { id: "plan-problem" }, Object.entries(KINDS).map(([code, { text }]) => el("option", { value: code, text: t(text) })));
  kind.value = preset.problem ?? "mclp";
  const where = el(
    "select",
    { id: "plan-district" },
    el("option", { value: "", text: t("plan.everywhere") }),
    config.districts.map(([adcode, name]) => el("option", { value: adcode, text: name })),
  );
  if (config.districts.some(([adcode]) => adcode === preset.district)) where.value = preset.district;
  const by = el("select", { id: "plan-mode" }, config.modes.map((mode) => el("option", { value: mode, text: modeName(mode) })));
  by.value = config.modes.includes(preset.mode) ? preset.mode : modeNow();
  const inputs = {
    new: figure("new", { value: Math.min(FIRST_NEW, maxSites), min: 1, max: maxSites, required: true }),
    share: figure("share", { value: preset.share ?? FIRST_SHARE, min: 1, max: 100, required: true, step: "any" }),
    radius_m: figure("radius_m", { value: preset.radius_m ?? config.radius, min: 1, max: 100_000, required: true, step: "any" }),
    minutes: figure("minutes", { value: preset.minutes ?? config.minutes, min: 0.5, max: 600, required: true, step: "any" }),
    spacing_m: figure("spacing_m", { min: 1, max: 100_000, step: "any" }),
    budget: figure("budget", { min: 0, step: "any" }),
    time_s: figure("time_s", { value: Math.min(FIRST_TIME_S, maxTime), min: 1, max: maxTime, required: true }),
  };
  const rows = {
    new: field("plan-new", t("plan.field.new"), inputs.new, t("plan.unit.sites")),
    share: field("plan-share", t("plan.field.share"), inputs.share, "%", el("small", { id: "plan-share-note", text: t("plan.field.share.note") })),
    radius_m: field("plan-radius_m", t("plan.field.radius"), inputs.radius_m, t("plan.unit.metres")),
    minutes: field("plan-minutes", t("plan.field.minutes"), inputs.minutes, t("plan.unit.minutes")),
    spacing_m: field("plan-spacing_m", t("plan.field.spacing"), inputs.spacing_m, t("plan.unit.metres")),
    budget: field("plan-budget", t("plan.field.budget"), inputs.budget, t("plan.unit.yuan")),
    time_s: field("plan-time_s", t("plan.field.time"), inputs.time_s, t("plan.unit.seconds")),
  };
  const fault = el("p", { class: "field-fault", role: "alert" });
  const summary = el("summary");
  const shareLabel = rows.share.querySelector("label");
  const shareNote = rows.share.querySelector("small");
  const fits = () => {
    const { share } = KINDS[kind.value];
    if (share) shareLabel.textContent = t(share);
    shareNote.hidden = kind.value !== "lscp";
    // What is hidden would be read out all the same.
    if (shareNote.hidden) inputs.share.removeAttribute("aria-describedby");
    else inputs.share.setAttribute("aria-describedby", shareNote.id);
    const straight = by.value === "line";
    const own = new Set([...KINDS[kind.value].fields, straight ? "radius_m" : "minutes", "time_s"]);
    summary.textContent = t(straight ? "plan.more_fields" : "plan.more_fields.streets");
    for (const [name, row] of Object.entries(rows)) {
      row.hidden = !own.has(name);
      // What is not asked must not stand in the way of what is.
      inputs[name].disabled = row.hidden;
    }
  };
  kind.addEventListener("change", () => {
    fits();
    // What is covered now stays covered, unless one says otherwise.
    inputs.share.value = kind.value === "redundancy" ? 100 : FIRST_SHARE;
  });
  by.addEventListener("change", fits);
  fits();

  const ask = () => {
    const given = Object.entries(inputs)
      .filter(([, input]) => !input.disabled && input.value !== "")
      .map(([name, input]) => [name, name === "share" ? input.valueAsNumber / 100 : input.valueAsNumber]);
    return {
      problem: kind.value,
      ...(by.value === "line" ? {} : { mode: by.value }),
      ...(where.value ? { district: where.value } : {}),
      ...Object.fromEntries(given),
      ...(kind.value === "mclp" ? { curve: true } : {}),
    };
  };
  // A button that is disabled loses the focus, and with it who came by keyboard.
  let busy = false;
  const submit = async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    try {
      const { id } = await send("POST", "/api/v1/plans", { token: token(), body: ask() });
      done(id);
    } catch (error) {
      busy = false;
      fault.textContent = error.message;
      if (error.status === 403 || error.status === 401) {
        forgetToken();
        again(error.message);
      }
    }
  };
  const more = el(
    "details",
    { class: "plan-more" },
    summary,
    rows.radius_m,
    rows.minutes,
    rows.spacing_m,
    rows.budget,
    rows.time_s,
  );
  const form = el(
    "form",
    { class: "plan-form", on: { submit } },
    field("plan-problem", t("plan.field.problem"), kind),
    config.districts.length ? field("plan-district", t("plan.field.district"), where) : null,
    config.modes.length > 1 ? field("plan-mode", t("plan.field.mode"), by) : null,
    rows.new,
    rows.share,
    more,
    fault,
    actions(t("plan.start"), cancel),
  );
  // A field that does not fit must be seen to be mended.
  form.addEventListener("invalid", ({ target }) => (more.open ||= more.contains(target)), true);
  return form;
}

function figure(name, attributes) {
  return el("input", { id: `plan-${name}`, type: "number", inputmode: "decimal", ...attributes });
}

function field(id, label, input, unit = null, note = null) {
  return el(
    "div",
    { class: "field" },
    el("label", { for: id, text: label }),
    el("span", { class: "field-input" }, input, unit && el("span", { class: "unit", text: unit })),
    note,
  );
}

function actions(text, cancel) {
  return el(
    "p",
    { class: "plan-actions" },
    el("button", { type: "submit", class: "primary", text }),
    el("button", { type: "button", class: "quiet", text: t("plan.cancel_form"), on: { click: cancel } }),
  );
}
