/** The chosen figure at the end of each year, loaded when somebody opens it: each year is a table of its own. */
import { areaUnit, onAreaUnit } from "./area_unit.js";
import { el, fetchJson, formatNumber } from "./page.js";

const COLORS = ["#1f5f99", "#b07700"];
const panel = document.getElementById("statistics-trend");
const node = document.getElementById("statistics-trend-chart");
const zoneChoice = document.getElementById("trend-zone");
const note = document.getElementById("trend-note");
let chart = null;
let shown = { address: "", answer: null };
let query = () => new URLSearchParams();

/**
 * @param {() => URLSearchParams} currentQuery zones, membership, filter, day and figure of the page as it is now
 */
export function attachTrend(currentQuery) {
  query = currentQuery;
  panel.addEventListener("toggle", updateTrend);
  zoneChoice.addEventListener("change", draw);
  onAreaUnit(updateTrend);
  window.addEventListener("resize", () => chart?.resize());
}

/** Load the figure if the panel is open and something else is asked for than is shown. */
export async function updateTrend() {
  if (!panel.open) return;
  const parameters = query();
  parameters.set("unit", areaUnit());
  const address = `/statistics/trend.json?${parameters}`;
  if (address === shown.address) return;
  shown = { address, answer: null };
  note.textContent = "正在逐年计算…";
  try {
    const answer = await fetchJson(address);
    if (address !== shown.address) return; // something else was asked for meanwhile
    shown.answer = answer;
    offerZones(answer);
    draw();
  } catch (error) {
    if (address === shown.address) note.textContent = error.message;
  }
}

function offerZones({ zones }) {
  const wanted = zoneChoice.value;
  const ordered = [zones.at(-1), ...zones.slice(0, -1)]; // the total first
  zoneChoice.replaceChildren(...ordered.map((zone) => el("option", { value: zone.zone }, zone.name)));
  zoneChoice.value = zones.some((zone) => zone.zone === wanted) ? wanted : ordered[0].zone;
}

function draw() {
  const { answer } = shown;
  if (!answer) return;
  chart ??= echarts.init(node, null, { renderer: "canvas" });
  const zone = answer.zones.find((candidate) => candidate.zone === zoneChoice.value);
  const total = answer.zones.at(-1);
  const isRatio = !["count", "mu", "ha", "m2"].includes(answer.unit);
  const lines = zone === total || !isRatio ? [zone] : [zone, total]; // of a sum, the total would flatten the zone
  const digits = Math.min(2, answer.decimals);
  const last = answer.days.length - 1;
  const names = answer.days.map((day, index) => (index === last ? day : `${day.slice(0, 4)} 年末`));
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    legend: { top: 0, data: lines.map((line) => line.name) },
    grid: { left: 84, right: 30, top: 44, bottom: 30 },
    tooltip: { renderMode: "richText", trigger: "axis", valueFormatter: (value) => formatNumber(value === "-" ? null : value, answer.decimals) },
    xAxis: { type: "category", data: names },
    yAxis: { type: "value", name: answer.label, nameTextStyle: { align: "left" }, scale: isRatio },
    series: lines.map((line, index) => ({
      type: "line", name: line.name, symbolSize: 7, color: COLORS[index], lineStyle: { type: index ? "dashed" : "solid" },
      label: { show: index === 0, position: "top", formatter: (item) => (item.value === "-" ? "" : formatNumber(item.value, digits)) },
      data: line.values.map((value) => value ?? "-"),
    })),
  }, true);
  node.setAttribute("aria-label", `${zone.name}${answer.label}：${names.map((name, index) => `${name} ${formatNumber(zone.values[index], digits)}`).join("，")}`);
  note.textContent = answer.note;
}
