/** Lengths and areas in the words of the trade; the unit for areas is the reader's. */

import { AREA_UNITS, areaUnit, fromM2 } from "../../area_unit.js";
import { formatNumber } from "../../page.js";

const METRE_DECIMALS = 0; // what is drawn or summed on the map is not known to the hundredth of a square metre

/** An area in the reader's unit: "12.34 亩"; unknown is a dash alone. */
export function areaIn(m2, unit = areaUnit()) {
  const { zh, decimals } = AREA_UNITS[unit];
  const value = fromM2(m2, unit);
  return value === null ? "—" : `${formatNumber(value, unit === "m2" ? METRE_DECIMALS : decimals)} ${zh}`;
}

/** An area in all three units. */
export function areaWords(m2) {
  return `${formatNumber(m2, m2 < 100 ? 2 : 0)} m² · ${areaIn(m2, "ha")} · ${areaIn(m2, "mu")}`;
}

export function lengthWords(metres) {
  return metres < 10000 ? `${formatNumber(metres, metres < 1000 ? 1 : 0)} m` : `${formatNumber(metres / 1000, 2)} km`;
}
