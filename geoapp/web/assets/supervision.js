/** The supervision report's chart: units ranked by what they have done of the year's target, with the time progress. */
import { formatNumber } from "./page.js";

const COLORS = { green: "#1b7f4d", yellow: "#b07700", red: "#b3261e" };
const HIGHEST_PERCENT = 200;
const ROOM_PX = 64;
const ROW_PX = 27;

const report = JSON.parse(document.getElementById("supervision-data").textContent);
const rows = report.rows.filter((row) => row.kind === "unit" && row.land_percent !== null).reverse();
const node = document.getElementById("supervision-chart");
const land = (value) => `${formatNumber(value, report.decimals)} ${report.land_unit_zh}`;

function tip(row) {
  const lines = [`${row.rank}. ${row.unit}`, `年度目标 ${land(row.land_target)}`, `累计 ${land(row.land_done)}（${formatNumber(row.land_percent, 2)}%）`];
  return [...lines, ...(row.remarks ? [row.remarks] : [])].join("\n");
}

function draw() {
  node.style.height = `${ROOM_PX + ROW_PX * rows.length}px`;
  const chart = echarts.init(node, null, { renderer: "canvas" });
  const due = 100 * report.time_progress;
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    grid: { left: 170, right: 80, top: 30, bottom: 30 },
    tooltip: { renderMode: "richText", trigger: "axis", axisPointer: { type: "shadow" }, formatter: ([item]) => tip(rows[item.dataIndex]) },
    xAxis: { type: "value", min: 0, max: ({ max }) => Math.min(HIGHEST_PERCENT, Math.max(100, due, Math.ceil(max / 10) * 10)), axisLabel: { formatter: "{value}%" } },
    yAxis: { type: "category", data: rows.map((row) => row.unit), axisLabel: { width: 156, overflow: "truncate" } },
    series: [{
      type: "bar", barMaxWidth: 16,
      data: rows.map((row) => ({ value: Math.max(0, row.land_percent), itemStyle: { color: COLORS[row.light] } })),
      label: { show: true, position: "right", backgroundColor: "#fff", padding: [1, 3], formatter: ({ dataIndex }) => `${formatNumber(rows[dataIndex].land_percent, 2)}%` },
      markLine: { symbol: "none", silent: true, lineStyle: { color: "#000", type: "solid", width: 1.5 }, label: { formatter: `时间进度 ${formatNumber(due, 2)}%` }, data: [{ xAxis: due }] },
    }],
  });
  window.addEventListener("resize", () => chart.resize());
  node.setAttribute("aria-label", `时间进度 ${formatNumber(due, 2)}%；完成率：${[...rows].reverse().map((row) => `${row.rank} ${row.unit} ${formatNumber(row.land_percent, 2)}%`).join("，")}`);
}

if (rows.length) draw();
else {
  node.textContent = "没有可以排名的单位：没有分解到各单位的年度目标。";
  node.removeAttribute("role");
}

const form = document.getElementById("supervision-form");
form.addEventListener("submit", () => {
  for (const field of form.elements) if (field.name && !field.value) field.disabled = true; // a short address
});
window.addEventListener("pageshow", () => { for (const field of form.elements) field.disabled = false; });
for (const field of form.querySelectorAll("select")) field.addEventListener("change", () => form.requestSubmit());
