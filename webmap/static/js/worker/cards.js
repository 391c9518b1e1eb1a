// What the cards of a list say, for the map.

/** The stations of a list as plain data; those without a position are not on the map. */
export function cards(list) {
  return [...list.querySelectorAll(".card")].map(describe).filter(({ lon, lat }) => Number.isFinite(lon) && Number.isFinite(lat));
}

function describe(card) {
  const { id, lon, lat, look, minutes } = card.dataset;
  const link = card.querySelector("h2 a, h3 a");
  return {
    id,
    lon: Number.parseFloat(lon),
    lat: Number.parseFloat(lat),
    look,
    minutes,
    far: card.closest(".far") !== null,
    name: link.textContent,
    href: link.getAttribute("href"),
    state: card.querySelector(".state").textContent,
    entry: card.querySelector(".entry")?.textContent ?? "",
  };
}
