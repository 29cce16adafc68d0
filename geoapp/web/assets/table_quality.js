/**
 * The data-quality line under a table of zones, of statistics and of changes: what is wrong with which records, each with its address.
 */
import { el, fetchJson } from "./page.js";

const box = document.getElementById("table-quality");

/**
 * Show the line of the table that is shown; without an answer the table stands alone.
 * @param {URLSearchParams} parameters what the table was asked for
 * @param {AbortSignal} signal of the request that the next table ends
 */
export async function showQuality(parameters, signal) {
  let found;
  try {
    found = await fetchJson(`/statistics/quality.json?${parameters}`, { signal });
  } catch (error) {
    if (error.name === "AbortError") return;
    found = { words: `数据质量没有查成：${error.message}`, counts: [], findings: [] };
  }
  const day = parameters.get("at") ? `?at=${encodeURIComponent(parameters.get("at"))}` : "";
  const total = found.counts.reduce((sum, kind) => sum + kind.count, 0);
  const lines = found.findings.map((finding) => el(
    "li", { "data-finding": finding.code },
    el("a", { href: finding.address.split("/").map(encodeURIComponent).join("/") + day }, finding.title),
    ` ${finding.zh}：${finding.message}`,
  ));
  if (total > lines.length) lines.push(el("li", {}, `每类最多列 200 项，共 ${total} 项。`));
  box.querySelector("summary").textContent = found.words;
  box.querySelector("ul").replaceChildren(...lines);
  box.classList.toggle("is-sound", total === 0);
  box.hidden = false;
}
