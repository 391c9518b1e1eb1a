// Tables as files that a spreadsheet opens.
import { el } from "../dom.js";

/** A link that saves `rows`, the first of which names the columns, as CSV. */
export function csvLink(text, name, rows) {
  const body = rows.map((row) => row.map(cell).join(",")).join("\r\n");
  return el("a", {
    class: "download",
    download: name,
    text,
    href: "#",
    on: {
      click: ({ currentTarget }) => {
        // The mark at the beginning tells Excel that this is UTF-8.
        const address = URL.createObjectURL(new Blob(["\ufeff", body, "\r\n"], { type: "text/csv" }));
        currentTarget.href = address;
        setTimeout(() => URL.revokeObjectURL(address), 10_000);
      },
    },
  });
}

function cell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  // A name is no formula, whatever it begins with.
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
