/** How much a filter leaves: plots and land, and what it says in Chinese. */

import { areaWords } from "../../area_unit.js";
import { fetchJson, formatNumber } from "../../page.js";

/** filter and at as query parameters, those that are set. */
export function queryParameters({ filter, at }, more = {}) {
  const parameters = new URLSearchParams(more);
  if (filter) parameters.set("filter", filter);
  if (at) parameters.set("at", at);
  return parameters;
}

/**
 * @param {{filter: string, at: string}} query
 * @param {string} style the present colouring of the plots
 * @param {AbortSignal} [signal]
 * @returns {Promise<{count: number, areaM2: number, words: string, classes: object[], zh: string, note: string}>} note: what to know about the day
 */
export async function fetchTotals(query, style, signal) {
  const [answer, { words }] = await Promise.all([
    fetchJson(`/layers/plots/style.json?${queryParameters(query, { style })}`, { signal }),
    query.filter ? fetchJson(`/filter.json?${queryParameters({ filter: query.filter })}`, { signal }) : { words: "" },
  ]);
  const sum = (name) => answer.classes.reduce((total, item) => total + (item[name] ?? 0), 0);
  return { count: sum("count"), areaM2: sum("area_m2"), words, classes: answer.classes, zh: answer.zh, note: answer.note ?? "" };
}

/** Such as "123 宗，共 4,567.89 亩". */
export const totalWords = ({ count, areaM2 }) => `${formatNumber(count, 0)} 宗，共 ${areaWords(areaM2)}`;
