/**
 * The target ledger's charts: how much of each target is done, and one target's years against its path.
 * The data stand in the page; the figures are in the tables too, for who does not see a chart.
 */
import { formatNumber } from "./page.js";

const COLORS = { green: "#1b7f4d", yellow: "#b07700", red: "#b3261e", unknown: "#8a94a0" };
const HIGHEST_PERCENT = 150;
const ROOM_PX = 60;
const ROW_PX = 27;
const ENTERED = "#5b8db8";
const INK = "#1f4e79";

const font = () => getComputedStyle(document.body).fontFamily;
const read = (id) => { const node = document.getElementById(id); return node ? JSON.parse(node.textContent) : null; };

function draw(id, option) {
  const node = document.getElementById(id);
  const chart = echarts.init(node, null, { renderer: "canvas" });
  chart.setOption({ animation: false, textStyle: { fontFamily: font() }, ...option });
  window.addEventListener("resize", () => chart.resize());
  return { node, chart };
}

/** Bars of the share done, each with a mark where it should be by now. */
function drawLedger(ledger) {
  const rows = ledger.indicators.filter((row) => row.current !== null && row.targets[row.current].share !== null).reverse();
  const current = (row) => row.targets[row.current];
  const percent = (row) => 100 * current(row).share;
  const due = (row) => {
    const target = current(row);
    return target.is_passed || target.planned === null || !target.value ? null : (100 * target.planned) / target.value;
  };
  const node = document.getElementById("targets-chart");
  if (!rows.length) { node.textContent = "没有可以画的完成率：没有目标，或实绩都不知道。"; node.removeAttribute("role"); return; }
  node.style.height = `${ROOM_PX + ROW_PX * rows.length}px`;
  const { chart } = draw("targets-chart", {
    grid: { left: 210, right: 70, top: 26, bottom: 30 },
    tooltip: { renderMode: "richText", trigger: "axis", axisPointer: { type: "shadow" }, formatter: ([item]) => {
      const row = rows[item.dataIndex];
      const target = current(row);
      return `${row.zh}\n${target.day} 目标 ${formatNumber(target.value, row.decimals)} ${row.unit_zh}\n实绩 ${formatNumber(target.actual.value, row.decimals)} ${row.unit_zh}（${formatNumber(percent(row), 1)}%）\n${target.light_zh}`;
    } },
    xAxis: { type: "value", min: 0, max: (range) => Math.min(HIGHEST_PERCENT, Math.max(100, Math.ceil(range.max / 10) * 10)), axisLabel: { formatter: "{value}%" } },
    yAxis: { type: "category", data: rows.map((row) => row.zh), axisLabel: { width: 196, overflow: "truncate" } },
    series: [
      { type: "bar", z: 1, barMaxWidth: 16, data: rows.map((row) => ({ value: Math.max(0, percent(row)), itemStyle: { color: COLORS[row.is_shared ? "unknown" : current(row).light] } })),
        label: { show: true, position: "right", backgroundColor: "#fff", padding: [1, 3], formatter: ({ dataIndex }) => `${formatNumber(percent(rows[dataIndex]), 1)}%` },
        markLine: { z: 0, symbol: "none", silent: true, lineStyle: { color: "#33475b" }, label: { formatter: "目标" }, data: [{ xAxis: 100 }] } },
      { type: "scatter", symbol: "rect", symbolSize: [3, 20], silent: true, itemStyle: { color: "#000" }, data: rows.map((row, index) => (due(row) === null ? null : [due(row), index])).filter(Boolean) },
    ],
  });
  chart.on("click", ({ dataIndex }) => location.assign(`${rows[dataIndex].address}${location.search}`));
  node.setAttribute("aria-label", `完成率：${[...rows].reverse().map((row) => `${row.zh} ${formatNumber(percent(row), 1)}%`).join("，")}`);
}

const dated = (points) => points.map((point) => [point.day, point.value]);

/** The years of one target, the path it is held against, and what the dated projects will add. */
function drawTrend({ row, trend, plan, forecast }) {
  const words = (value) => `${formatNumber(value, row.decimals)} ${row.unit_zh}`;
  const known = trend.filter((point) => point.value !== null);
  const node = document.getElementById("target-chart");
  if (!known.length && !plan.length) { node.textContent = "没有可以画的历年数：实绩都不知道。"; node.removeAttribute("role"); return; }
  const series = [
    { name: "实绩", type: "line", symbol: "circle", symbolSize: 9, color: INK, z: 3, connectNulls: false,
      label: { show: true, position: "top", formatter: ({ value }) => (value[1] === null ? "" : formatNumber(value[1], Math.min(row.decimals, 1))) },
      data: trend.map((point) => ({ value: [point.day, point.value], how: point.how_zh, reason: point.reason, itemStyle: point.how === "entered" ? { color: "#fff", borderColor: ENTERED, borderWidth: 2 } : undefined })) },
  ];
  if (plan.length) series.push({ name: row.kind === "yearly" ? "各年目标" : "目标路径", type: "line", step: row.kind === "yearly" ? "end" : false, symbol: "diamond", symbolSize: 9, color: "#b3261e", lineStyle: { type: "dashed" }, data: dated(plan) });
  if (forecast.length) series.push({ name: "按项目推算", type: "line", step: "end", symbol: "none", color: "#7a6000", lineStyle: { type: "dotted", width: 2 }, data: dated(forecast) });
  draw("target-chart", {
    grid: { left: 70, right: 28, top: 56, bottom: 34 },
    legend: { top: 0 },
    tooltip: { renderMode: "richText", trigger: "item", formatter: ({ seriesName, value, data }) => `${seriesName} ${value[0]}\n${words(value[1])}${data.how ? `（${data.how}）` : ""}` },
    xAxis: { type: "time", min: plan[0]?.day ?? trend[0].day, axisLabel: { formatter: (time) => `${new Date(time).getFullYear() - 1}年末` }, minInterval: 31_536_000_000 },
    yAxis: { type: "value", name: row.unit_zh, scale: row.kind !== "total", nameTextStyle: { align: "right" } },
    series,
  });
  node.setAttribute("aria-label", `${row.zh}历年：${trend.map((point) => `${point.day} ${point.value === null ? "不知道" : words(point.value)}`).join("，")}`);
}

const form = document.getElementById("targets-form");
form?.addEventListener("submit", () => {
  for (const field of form.elements) if (field.name && !field.value) field.disabled = true; // a short address
});
window.addEventListener("pageshow", () => { for (const field of form?.elements ?? []) field.disabled = false; });
form?.elements.scope.addEventListener("change", () => form.requestSubmit());

const ledger = read("targets-data");
if (ledger) drawLedger(ledger);
const target = read("target-data");
if (target) drawTrend(target);
document.querySelector(".complaints")?.scrollIntoView({ block: "center" });
