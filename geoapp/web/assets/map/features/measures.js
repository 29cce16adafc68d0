/** Lengths and areas in the words of the trade; the unit for areas is the user's, kept in the browser. */

import { formatNumber } from "../../page.js";
import { readText, writeText } from "./storage.js";

const STORED = "geoapp.area-unit";
const M2_PER_MU = 10000 / 15;

/** Units of area: word, square metres in one, decimals shown. */
export const AREA_UNITS = {
  mu: { zh: "亩", size: M2_PER_MU, decimals: 2 },
  ha: { zh: "公顷", size: 10000, decimals: 4 },
  m2: { zh: "平方米", size: 1, decimals: 0 },
};

/** @returns {"mu" | "ha" | "m2"} */
export function areaUnit() {
  const kept = readText(STORED);
  return kept in AREA_UNITS ? kept : "mu";
}

export function setAreaUnit(unit) {
  writeText(STORED, unit);
}

/** An area in one unit: "12.34 亩"; unknown is a dash. */
export function areaIn(unit, m2) {
  const { zh, size, decimals } = AREA_UNITS[unit];
  return m2 === null || m2 === undefined ? `— ${zh}` : `${formatNumber(m2 / size, decimals)} ${zh}`;
}

/** An area in all three units. */
export function areaWords(m2) {
  return `${formatNumber(m2, m2 < 100 ? 2 : 0)} m² · ${formatNumber(m2 / 10000, 4)} 公顷 · ${formatNumber(m2 / M2_PER_MU, 2)} 亩`;
}

export function lengthWords(metres) {
  return metres < 10000 ? `${formatNumber(metres, metres < 1000 ? 1 : 0)} m` : `${formatNumber(metres / 1000, 2)} km`;
}

/** Square metres of so many 亩. */
export const muToM2 = (mu) => (mu === null || mu === undefined ? null : mu * M2_PER_MU);
