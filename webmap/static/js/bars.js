// Bars: effective inside nominal, one row a district or a group; in an hour, who certainly finds a
// station open inside who perhaps does.
import { el } from "./dom.js";
import { number, percent, percentRange, t } from "./texts.js";

const FIRST = 8;

/**
 * Fill `section` with rows `{name, share, nominal_share, total}`, and `open_share`, `perhaps_share`
 * in an hour; `act` is called with a row on click.
 */
export function bars(section, title, rows, act = null) {
  const list = el("ul", { class: "bars" });
  const draw = (count) => list.replaceChildren(...rows.slice(0, count).map((row) => bar(row, act)));
  const inHour = rows.some((row) => "open_share" in row);
  const key = (look, text) => el("span", { class: `bar-key ${look}`, text });
  const legend = el(
    "span",
    { class: "bar-keys" },
    inHour ? [key("effective", t("bars.open")), key("perhaps", t("bars.perhaps"))] : key("effective", t("bars.effective")),
    key("nominal", t("bars.nominal")),
  );
  section.replaceChildren(el("h2", {}, title, legend), list);
  section.classList.toggle("ranges", inHour);
  // Who has them all before them keeps them from one hour to the next.
  if (rows.length > FIRST) section.append(more(rows.length, draw, section));
  else draw(FIRST);
  section.hidden = rows.length === 0;
}

function more(total, draw, { dataset }) {
  const button = el("button", { type: "button", class: "link" });
  const tell = () => {
    const open = "all" in dataset;
    draw(open ? total : FIRST);
    button.setAttribute("aria-expanded", String(open));
    button.textContent = open ? t("bars.fewer") : t("bars.all", { n: number(total) });
  };
  button.addEventListener("click", () => {
    if ("all" in dataset) delete dataset.all;
    else dataset.all = "";
    tell();
  });
  tell();
  return button;
}

function bar(row, act) {
  const inHour = "open_share" in row;
  const share = inHour ? row.open_share : row.share;
  const most = inHour ? row.perhaps_share : share;
  // Of nobody there is no share.
  const shown = row.total > 0 ? percentRange(share, most) : "—";
  const label = t(inHour ? "bars.row_then" : "bars.row", {
    name: row.name ?? t("bars.outside"),
    share: shown,
    nominal: percent(row.nominal_share),
    total: number(row.total),
  });
  const part = (look, width) => {
    const piece = el("span", { class: `bar-${look}` });
    piece.style.width = `${100 * width}%`;
    return piece;
  };
  const parts = [
    el("span", { class: "bar-name", text: row.name ?? t("bars.outside") }),
    el(
      "span",
      { class: "bar-track", "aria-hidden": "true" },
      part("nominal", row.nominal_share),
      inHour ? part("perhaps", most) : null,
      part("effective", share),
    ),
    el("span", { class: "bar-value", text: shown }),
  ];
  const acts = act && row.adcode;
  return el(
    "li",
    {},
    acts
      ? el("button", { type: "button", class: "bar", title: label, "aria-label": label, on: { click: () => act(row) } }, parts)
      : el("div", { class: "bar", title: label, role: "img", "aria-label": label }, parts),
  );
}
