// What hours and days are called.
import { t, weekday } from "../texts.js";

const MONDAY = Date.UTC(2024, 0, 1);
const DAY_MS = 86_400_000;
/** The seven days of a week, and a public holiday. */
export const DAYS = 8;
export const HOURS = 24 * DAYS;
export const HOLIDAY = 7;

export const dayOf = (hour) => Math.floor(hour / 24);
export const dayName = (day) => (day === HOLIDAY ? t("hours.holiday") : weekday(new Date(MONDAY + day * DAY_MS)));
export const hourName = (hour) => `${dayName(dayOf(hour))} ${String(hour % 24).padStart(2, "0")}:00`;

/** The hour of the week by the clock of Beijing; of holidays a clock knows nothing. */
export function hourByClock() {
  const beijing = new Date(Date.now() + 8 * 3_600_000);
  return 24 * ((beijing.getUTCDay() + 6) % 7) + beijing.getUTCHours();
}
