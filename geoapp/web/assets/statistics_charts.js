/**
 * The two charts below the zone table: land by class of plot ratio, and plots by plot ratio and tax per 亩.
 */
import { areaWords, muToM2 } from "./area_unit.js";
import { el, formatNumber } from "./page.js";

const FONT = () => getComputedStyle(document.body).fontFamily;
const FAR_GROUP = "容积率分布";
const CLASS_COLORS = ["#c6d9ee", "#8fb8dc", "#4f8fc4", "#1f5f99", "#0b3560"];
const UNKNOWN = { color: "#ffffff", borderColor: "#777777", borderType: "dashed" };
const QUADRANTS = [
  { zh: "高容积高税收", color: "#1b7f4d", symbol: "circle" },
  { zh: "高容积低税收", color: "#b07700", symbol: "rect" },
  { zh: "低容积高税收", color: "#1f5f99", symbol: "triangle" },
  { zh: "低容积低税收", color: "#b3261e", symbol: "diamond" },
];
const SHOWN_AT_FIRST = 0.97; // of the plots: a few with very high tax would press the others to the ground
const charts = new Map();

function chartOf(id) {
  const node = document.getElementById(id);
  if (!charts.has(id)) charts.set(id, echarts.init(node, null, { renderer: "canvas" }));
  return { node, chart: charts.get(id) };
}

export function resizeCharts() {
  for (const chart of charts.values()) chart.resize();
}

/** Offer the rows whose distribution can be shown; the total first. */
export function offerHistogramZones(select, rows) {
  const wanted = select.value;
  const ordered = [...rows.filter((row) => row.kind === "total"), ...rows.filter((row) => row.kind !== "total")];
  select.replaceChildren(...ordered.map((row) => el("option", { value: row.zone }, row.name)));
  select.value = rows.some((row) => row.zone === wanted) ? wanted : ordered[0]?.zone ?? "";
}

/**
 * @param {{columns: object[], rows: object[]}} answer of /statistics.json
 * @param {string} zone whose row
 * @param {{words: string, perMu: number, decimals: number}} unit of land
 */
export function drawHistogram(answer, zone, unit) {
  const { node, chart } = chartOf("statistics-histogram");
  const row = answer.rows.find((candidate) => candidate.zone === zone);
  const classes = answer.columns.filter((column) => column.group === FAR_GROUP);
  const inUnit = (column) => (row?.[column.name] === null || row?.[column.name] === undefined ? null : row[column.name] * unit.perMu);
  const values = classes.map(inUnit);
  const total = values.reduce((sum, value) => sum + (value ?? 0), 0);
  const names = classes.map((column) => column.zh.replace("容积率", ""));
  const digits = Math.min(2, unit.decimals);
  const last = classes.length - 1;
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: FONT() },
    grid: { left: 78, right: 16, top: 34, bottom: 46 },
    tooltip: { renderMode: "richText", trigger: "axis", axisPointer: { type: "shadow" }, valueFormatter: (value) => `${formatNumber(value === "-" ? null : value, digits)} ${unit.words}` },
    xAxis: { type: "category", data: names, name: "容积率", nameLocation: "middle", nameGap: 28, axisLabel: { interval: 0 } },
    yAxis: { type: "value", name: `用地面积(${unit.words})`, nameTextStyle: { align: "left" } },
    series: [{
      type: "bar",
      barMaxWidth: 64,
      label: { show: true, position: "top", formatter: (item) => (item.value === "-" ? "—" : `${formatNumber(item.value, digits)}${total ? `\n${formatNumber((100 * item.value) / total, 1)}%` : ""}`) },
      data: values.map((value, index) => ({
        value: value ?? "-",
        itemStyle: index === last ? UNKNOWN : { color: CLASS_COLORS[Math.round((index * (CLASS_COLORS.length - 1)) / Math.max(1, last - 1))] },
      })),
    }],
  }, true);
  node.setAttribute("aria-label", `${row?.name ?? ""}容积率分布：${names.map((name, index) => `${name} ${formatNumber(values[index], digits)} ${unit.words}`).join("，")}`);
}

function quadrantOf(plot, answer) {
  return QUADRANTS[(plot.far >= answer.far_limit ? 0 : 2) + (plot.tax_wan_per_mu >= answer.tax_limit_wan_per_mu ? 0 : 1)];
}

/** A round number not below a value: 1, 1.5, 2, 3, 5 or 10 of its power of ten. */
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 1.5, 2, 3, 5, 10].find((step) => step * power >= value) ?? 10);
}

/** Where an axis ends at first: beyond almost all values and the limit. */
function firstEnd(values, limit) {
  const sorted = [...values].sort((a, b) => a - b);
  const high = sorted[Math.min(sorted.length - 1, Math.floor(SHOWN_AT_FIRST * sorted.length))] ?? 1;
  return roundUp(Math.max(high, limit ?? 0, 0.1));
}

function series(answer) {
  const dot = (plot) => ({ value: [plot.far, plot.tax_wan_per_mu, plot.site_area_mu], name: plot.name || plot.key, key: plot.key });
  const look = { type: "scatter", symbolSize: (value) => Math.min(26, 4 + Math.sqrt(value[2])) };
  if (answer.far_limit === null || answer.tax_limit_wan_per_mu === null) {
    return [{ ...look, name: "地块", itemStyle: { color: "#1f5f99", opacity: 0.65 }, data: answer.plots.map(dot) }];
  }
  const lines = {
    symbol: "none", silent: true, lineStyle: { color: "#33475b", type: "dashed" },
    data: [
      { xAxis: answer.far_limit, label: { formatter: `容积率 ${formatNumber(answer.far_limit, 1)}` } },
      { yAxis: answer.tax_limit_wan_per_mu, label: { formatter: `${formatNumber(answer.tax_limit_wan_per_mu, 1)} 万元/亩` } },
    ],
  };
  return QUADRANTS.map((quadrant, index) => {
    const plots = answer.plots.filter((plot) => quadrantOf(plot, answer) === quadrant);
    return {
      ...look, name: `${quadrant.zh} ${plots.length} 宗`, symbol: quadrant.symbol, itemStyle: { color: quadrant.color, opacity: 0.65 },
      data: plots.map(dot), markLine: index === 0 ? lines : undefined,
    };
  });
}

/** @param {object} answer of /statistics/quadrants.json */
export function drawQuadrants(answer) {
  const { node, chart } = chartOf("statistics-quadrants");
  const groups = series(answer);
  const slider = { type: "slider", showDataShadow: false, filterMode: "none", startValue: 0, brushSelect: false, labelFormatter: (value) => formatNumber(value, 1) };
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: FONT() },
    grid: { left: 64, right: 106, top: 58, bottom: 76 },
    legend: { top: 0, data: groups.map((group) => group.name), itemWidth: 12 },
    tooltip: { renderMode: "richText", formatter: ({ data }) => `${data.name}\n容积率 ${formatNumber(data.value[0])}\n亩均税收 ${formatNumber(data.value[1])} 万元/亩\n用地 ${areaWords(muToM2(data.value[2]))}` },
    xAxis: { type: "value", name: "容积率", nameLocation: "middle", nameGap: 24 },
    yAxis: { type: "value", name: "亩均税收(万元/亩)", nameTextStyle: { align: "left" } },
    dataZoom: [
      { ...slider, xAxisIndex: 0, bottom: 6, height: 18, endValue: firstEnd(answer.plots.map((plot) => plot.far), answer.far_limit) },
      { ...slider, yAxisIndex: 0, right: 8, width: 18, endValue: firstEnd(answer.plots.map((plot) => plot.tax_wan_per_mu), answer.tax_limit_wan_per_mu) },
    ],
    series: groups,
  }, true);
  chart.off("click");
  chart.on("click", ({ data }) => { if (data?.key) location.assign(`/plots/${encodeURIComponent(data.key)}`); });
  node.setAttribute("aria-label", `容积率与亩均税收四象限：${groups.map((group) => group.name).join("，")}`);
  document.getElementById("quadrants-note").textContent = quadrantsNote(answer);
}

function quadrantsNote(answer) {
  const shown = answer.plots.length < answer.known_count ? `，图上是面积最大的 ${formatNumber(answer.plots.length, 0)} 宗` : "";
  const missing = answer.unknown_count ? `；另有 ${formatNumber(answer.unknown_count, 0)} 宗缺容积率、税收或面积，不在图上` : "";
  const far = answer.far_limit === null ? "容积率界线在这一天尚未生效" : `容积率以 ${formatNumber(answer.far_limit, 1)} 为界`;
  const tax = answer.tax_limit_wan_per_mu === null ? "税收界线在这一天尚未生效" : `亩均税收以 ${formatNumber(answer.tax_limit_wan_per_mu, 1)} 万元/亩为界`;
  return `${far}，${tax}，界线上的算高。共 ${formatNumber(answer.known_count, 0)} 宗${shown}${missing}。点越大用地越大；拖动滑条看全部范围，点击打开地块。`;
}
