/**
 * A zone's plot ratio in the statistics table leads to its proof sheet, which counts the same plots.
 */
import { el } from "./page.js";

const CARRIED = ["membership", "filter", "at", "upload"];

/**
 * A figure for a cell of the table: text, or for the plot ratio a link.
 * @param {{name: string}} column
 * @param {string} zone key of the row
 * @param {string} words the figure as shown
 * @param {URLSearchParams} query what the table was asked for
 */
export function figureNode(column, zone, words, query) {
  if (column.name !== "far") return document.createTextNode(words);
  const carried = new URLSearchParams(CARRIED.filter((name) => query.get(name)).map((name) => [name, query.get(name)]));
  const address = `/zones/${encodeURIComponent(query.get("zones"))}/${encodeURIComponent(zone)}/proof?${carried}`;
  return el("a", { href: address, title: "看容积率怎样算出来" }, words);
}
