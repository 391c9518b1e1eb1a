// Bars: effective inside nominal, one row a district or a group.
import { el } from "./dom.js";
import { number, percent, t } from "./texts.js";

const FIRST = 8;

/** Fill `section` with rows `{name, share, nominal_share, total}`; `act` is called with a row on click. */
export function bars(section, title, rows, act = null) {
  const list = el("ul", { class: "bars" });
  const draw = (count) => list.replaceChildren(...rows.slice(0, count).map((row) => bar(row, act)));
  draw(FIRST);
  const legend = el(
    "span",
    { class: "bar-keys" },
    el("span", { class: "bar-key effective", text: t("bars.effective") }),
    el("span", { class: "bar-key nominal", text: t("bars.nominal") }),
  );
  section.replaceChildren(el("h2", {}, title, legend), list);
  if (rows.length > FIRST) section.append(more(rows.length, draw));
  section.hidden = rows.length === 0;
}

function more(total, draw) {
  const button = el("button", {
    type: "button",
    class: "link",
    "aria-expanded": "false",
    text: t("bars.all", { n: number(total) }),
    on: {
      click: () => {
        const open = button.getAttribute("aria-expanded") !== "true";
        draw(open ? total : FIRST);
        button.setAttribute("aria-expanded", String(open));
        button.textContent = open ? t("bars.fewer") : t("bars.all", { n: number(total) });
      },
    },
  });
  return button;
}

function bar(row, act) {
  const name = row.name ?? t("bars.outside");
  const values = {
    name,
    share: percent(row.share),
    nominal: percent(row.nominal_share),
    total: number(row.total),
  };
  const nominal = el("span", { class: "bar-nominal" });
  const effective = el("span", { class: "bar-effective" });
  nominal.style.width = `${100 * row.nominal_share}%`;
  effective.style.width = `${100 * row.share}%`;
  const parts = [
    el("span", { class: "bar-name", text: name }),
    el("span", { class: "bar-track", "aria-hidden": "true" }, nominal, effective),
    el("span", { class: "bar-value", text: percent(row.share) }),
  ];
  const label = t("bars.row", values);
  const acts = act && row.adcode;
  return el(
    "li",
    {},
    acts
      ? el("button", { type: "button", class: "bar", title: label, "aria-label": label, on: { click: () => act(row) } }, parts)
      : el("div", { class: "bar", title: label, role: "img", "aria-label": label }, parts),
  );
}
