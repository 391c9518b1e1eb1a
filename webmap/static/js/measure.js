// How reach is measured: by straight line, on foot or by electric bicycle, as one chooses in the panel.
import { config } from "./config.js";
import { el } from "./dom.js";
import { modeNow, onMode, setMode } from "./state.js";
import { t } from "./texts.js";

const NAMES = { line: "measure.line", walk: "measure.walk", ebike: "measure.ebike" };

/** What is asked of the API for the way that is chosen; nothing for the straight line. */
export const modeParameters = () => (modeNow() === "line" ? {} : { mode: modeNow() });

export const modeName = (mode) => t(NAMES[mode]);

/** `ask`, called once for each way of measuring, and again after it failed. */
export function askedOnce(ask) {
  const answers = new Map();
  return () => {
    const mode = modeNow();
    if (!answers.has(mode)) {
      const answer = ask().catch((error) => {
        answers.delete(mode);
        throw error;
      });
      answers.set(mode, answer);
    }
    return answers.get(mode);
  };
}

/** Fill the switch, where there is anything to choose. */
export function startMeasure() {
  const place = document.getElementById("measure");
  if (!place) return;
  place.replaceChildren(
    el("legend", { text: t("measure.label") }),
    ...config.modes.map((mode) =>
      el(
        "label",
        {},
        el("input", {
          type: "radio",
          name: "mode",
          value: mode,
          checked: mode === modeNow(),
          on: { change: () => setMode(mode) },
        }),
        el("span", { text: modeName(mode) }),
      ),
    ),
  );
  const stage = document.querySelector(".stage");
  const tell = () => stage.classList.toggle("by-streets", modeNow() !== "line");
  tell();
  onMode(tell);
}
