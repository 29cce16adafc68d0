/**
 * The unit for land that the reader chose in the page's head: 亩, 公顷 or 平方米. The server reads it from a cookie;
 * a page that draws its own numbers listens, any other is asked for again.
 */
import { formatNumber } from "./page.js";

const COOKIE = "geoapp_unit";
const YEAR_S = 31_536_000;
const M2_PER_HA = 10_000;
const MU_PER_HA = 15;

/** Units of land: word, and decimals of sums. */
export const AREA_UNITS = {
  mu: { zh: "亩", decimals: 2 },
  ha: { zh: "公顷", decimals: 4 },
  m2: { zh: "平方米", decimals: 2 },
};
const listeners = [];

/** @returns {"mu" | "ha" | "m2"} */
export const areaUnit = () => document.documentElement.dataset.areaUnit ?? "mu";
export const areaUnitWords = () => AREA_UNITS[areaUnit()].zh;

/** Square metres in a unit, not rounded; null where unknown. */
export function fromM2(m2, unit = areaUnit()) {
  if (m2 === null || m2 === undefined || Number.isNaN(m2)) return null;
  if (unit === "m2") return m2;
  return unit === "ha" ? m2 / M2_PER_HA : (m2 * MU_PER_HA) / M2_PER_HA;
}

/** 亩 as an answer of the server gives them, in square metres. */
export const muToM2 = (mu) => (mu === null || mu === undefined ? null : (mu * M2_PER_HA) / MU_PER_HA);

/** Such as "45.00"; a dash where unknown. */
export const areaText = (m2, unit = areaUnit()) => formatNumber(fromM2(m2, unit), AREA_UNITS[unit].decimals);

/** Such as "45.00 亩"; a unit stands only beside a number. */
export function areaWords(m2, unit = areaUnit()) {
  return fromM2(m2, unit) === null ? "—" : `${areaText(m2, unit)} ${AREA_UNITS[unit].zh}`;
}

/** Put the unit into the address of a file, where it is not the usual one. */
export function withUnit(parameters) {
  if (areaUnit() === "mu") parameters.delete("unit");
  else parameters.set("unit", areaUnit());
  return parameters;
}

/** Be told of another unit; whoever listens draws its numbers again, so the page is not asked for once more. */
export function onAreaUnit(listener) {
  listeners.push(listener);
}

function choose(unit) {
  document.documentElement.dataset.areaUnit = unit;
  document.cookie = `${COOKIE}=${unit}; path=/; max-age=${YEAR_S}; samesite=lax`;
  const address = new URL(window.location.href);
  const isAsked = address.searchParams.has("unit");
  address.searchParams.delete("unit"); // or it would win over the choice
  if (!listeners.length && !isAsked) window.location.reload();
  else if (!listeners.length) window.location.replace(address);
  else {
    if (isAsked) window.history.replaceState(null, "", address);
    for (const listener of listeners) listener(unit);
  }
}

const box = document.getElementById("area-unit");
if (box) {
  box.value = areaUnit(); // a browser that goes back may restore another one
  box.addEventListener("change", () => choose(box.value));
}
