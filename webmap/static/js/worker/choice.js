// What one asks of a station: kept on the phone, put into the question.
import { keep, recall } from "./memory.js";

const FLAGS = ["open", "free", "all_day", "nursing_room"];

const boxes = (form) => [...form.querySelectorAll('[name="facility"]')];

export function keepChoice(form) {
  const facility = boxes(form).filter(({ checked }) => checked).map(({ value }) => value);
  const flags = Object.fromEntries(FLAGS.map((name) => [name, form.elements[name].checked]));
  keep("choice", { mode: form.elements.mode.value, facility, ...flags });
}

export function restoreChoice(form) {
  const kept = recall("choice");
  if (!kept) return;
  for (const radio of form.querySelectorAll('[name="mode"]')) radio.checked = radio.value === (kept.mode ?? "walk");
  for (const name of FLAGS) form.elements[name].checked = Boolean(kept[name]);
  for (const one of boxes(form)) one.checked = (kept.facility ?? []).includes(one.value);
}

/** What is chosen, as the server reads it. */
export function parametersOf(form) {
  const parameters = new URLSearchParams({ sent: "1", mode: form.elements.mode.value });
  for (const { checked, value } of boxes(form)) if (checked) parameters.append("facility", value);
  for (const name of FLAGS) if (form.elements[name].checked) parameters.set(name, "1");
  return parameters;
}
