// The forms: a photo is made small before it is sent, a place is tapped, and nothing typed is lost.
import { t } from "../texts.js";
import { recall } from "./memory.js";
import { whereAmI } from "./position.js";
import { startStrip } from "./strip.js";

const LONGEST_PX = 1600;
const SMALL_BYTES = 400_000;
const SHRINKABLE = ["image/jpeg", "image/png", "image/webp"];

const form = document.getElementById("form");
const sending = document.getElementById("sending");
const button = form.querySelector('[type="submit"]');

form.addEventListener("submit", send);
if (form.dataset.kind === "report") startReport();
else startSuggestion();

/** Send by hand, so that without a connection what was written stays. */
async function send(event) {
  event.preventDefault();
  button.disabled = true;
  sending.textContent = t("live.sending");
  try {
    const answer = await fetch(location.pathname, { method: "POST", body: new FormData(form), headers: { Accept: "text/html" } });
    if (answer.ok && answer.redirected) {
      location.assign(answer.url);
      return;
    }
    refuse(await answer.text());
  } catch {
    sending.textContent = t("live.not_sent");
  }
  button.disabled = false;
}

/** Show why the form was not taken; what was filled in stays. */
function refuse(html) {
  const found = new DOMParser().parseFromString(html, "text/html");
  const words = found.querySelector(".fault, main .panel-card p")?.textContent ?? t("live.not_sent");
  form.querySelector(".fault")?.remove();
  const fault = Object.assign(document.createElement("p"), { className: "fault", role: "alert", textContent: words, tabIndex: -1 });
  form.prepend(fault);
  fault.focus();
  sending.textContent = "";
}

function startReport() {
  const which = document.getElementById("which");
  const tell = () => {
    if (which) which.hidden = !["broken", "supplies"].includes(form.elements.problem.value);
  };
  form.addEventListener("change", tell);
  tell();
  document.getElementById("photo").addEventListener("change", ({ target }) => shrink(target));
}

let shrinking = 0;

async function shrink(input) {
  shrinking += 1;
  const own = shrinking;
  const preview = document.getElementById("preview");
  preview.hidden = true;
  const [file] = input.files;
  // What is no photo goes as it is, and is refused in words.
  if (!file || !SHRINKABLE.includes(file.type)) return;
  let image;
  try {
    image = await createImageBitmap(file);
  } catch {
    return;
  }
  const scale = Math.min(1, LONGEST_PX / Math.max(image.width, image.height));
  if (scale < 1 || file.size > SMALL_BYTES) {
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(image.width * scale);
    canvas.height = Math.round(image.height * scale);
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    const small = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.8));
    // Another one may have been chosen meanwhile.
    if (own !== shrinking) return;
    if (small && small.size < file.size) {
      const chosen = new DataTransfer();
      chosen.items.add(new File([small], "photo.jpg", { type: "image/jpeg" }));
      input.files = chosen.files;
    }
  }
  preview.src = URL.createObjectURL(input.files[0]);
  preview.hidden = false;
}

function startSuggestion() {
  const chosen = document.getElementById("chosen");
  const here = document.getElementById("here");
  const strip = startStrip(document.getElementById("strip"), {
    onPlace: choose,
    onCloser: () => {
      chosen.textContent = t("live.tap_again");
    },
  });
  // With a map nobody types degrees.
  document.getElementById("degrees").hidden = true;
  for (const name of ["lon", "lat"]) form.elements[name].required = false;
  const last = recall("place");
  strip.showStations({ place: null, mode: "walk", stations: [], centre: last });
  chosen.textContent = t("live.tap_place");
  here.hidden = false;
  here.addEventListener("click", async () => {
    chosen.textContent = t("live.locating");
    try {
      choose(await whereAmI());
    } catch {
      chosen.textContent = t("live.no_position");
    }
  });

  function choose({ lon, lat }) {
    form.elements.lon.value = lon.toFixed(6);
    form.elements.lat.value = lat.toFixed(6);
    chosen.textContent = t("live.place_chosen");
    sending.textContent = "";
    strip.showStations({ place: { lon, lat }, mode: "walk", stations: [], follow: false });
  }

  form.addEventListener(
    "submit",
    (event) => {
      if (form.elements.lon.value) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      chosen.textContent = t("live.tap_place");
      sending.textContent = t("live.tap_place");
      chosen.scrollIntoView({ block: "center" });
    },
    { capture: true },
  );
}
