// What the places of a plan are called.
import { config } from "../config.js";
import { lang, t } from "../texts.js";

const districts = new Map(config.districts);

/** The name of a district in the language of the page; its adcode where it is no more. */
export const districtName = (adcode) => districts.get(adcode) ?? adcode;

/** The district of a proposed station, in the language of the page; null where it lies in none. */
export function districtOf(plan, { adcode, district }) {
  const row = plan.by_district.find((one) => one.adcode === adcode);
  return (lang === "en" && row?.name_en) || district;
}

/** The name of a proposed station; where it has none, after its district and rank. */
export const siteName = (plan, site) =>
  site.name || t("plan.site.unnamed", { district: districtOf(plan, site) ?? "", rank: site.rank }).trim();
