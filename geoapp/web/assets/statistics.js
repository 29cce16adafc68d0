/**
 * Zone statistics: one answer from the server drives table, chart and map; the choices are in the address.
 */
import { AREA_UNITS, areaUnit, onAreaUnit, withUnit } from "./area_unit.js";
import { el, fetchJson, formatNumber, nameChosenFiles } from "./page.js";
import { figureNode } from "./statistics_proof.js";
import { drawHistogram, drawQuadrants, offerHistogramZones, resizeCharts } from "./statistics_charts.js";
import { showQuality } from "./table_quality.js";
import { attachTrend, updateTrend } from "./statistics_trend.js";

/** Land areas come in 亩; floor areas stay in m2 whatever is chosen. */
const PER_MU = { mu: 1, ha: 1 / 15, m2: 10000 / 15 };
const RAMP = ["#eef3fb", "#c6d9ee", "#8fb8dc", "#4f8fc4", "#1f5f99", "#0b3560"];
const UNKNOWN_COLOR = "#ffffff";
const DEFAULTS = { membership: "clip", figure: "far" };
/** What the page reads whether or not its columns are on show. */
const ALWAYS_ASKED = ["plot_count", "far_distribution"];

const form = document.getElementById("statistics-form");
const groupsBox = document.getElementById("statistics-groups");
const scopeChoice = document.getElementById("statistics-scope");
const histogramZone = document.getElementById("histogram-zone");
const figureChoice = document.getElementById("figure-choice");
const errorBox = document.getElementById("statistics-error");
const metaBox = document.getElementById("statistics-meta");

const state = { answer: null, table: null, chart: null, map: null, shapes: null, zones: null, request: null };

/** Which plots are counted, and as of which day: only the address knows. */
const KEPT = ["filter", "at"];

function keepQuery(parameters) {
  const address = new URLSearchParams(location.search);
  for (const name of KEPT) if (address.get(name)) parameters.set(name, address.get(name));
  return parameters;
}

/** The choices as they stand in the form, with those that only the address knows. */
function query() {
  const parameters = keepQuery(new URLSearchParams(new FormData(form)));
  const upload = new URLSearchParams(location.search).get("upload");
  if (upload && parameters.get("zones") === "upload") parameters.set("upload", upload);
  return parameters;
}

/** The statistics that can be shown, as check boxes. */
function boxes() {
  return [...groupsBox.querySelectorAll("input[name=show]")];
}

function chosenIds() {
  return boxes().filter((box) => box.checked).map((box) => box.value);
}

function isChoiceDefault() {
  return boxes().every((box) => box.checked === box.hasAttribute("data-default"));
}

/** The columns of the statistics on show. */
function shownColumns() {
  const groups = new Set(boxes().filter((box) => box.checked).map((box) => box.dataset.zh));
  return state.answer.columns.filter((column) => groups.has(column.group));
}

function unit() {
  const { zh, decimals } = AREA_UNITS[areaUnit()];
  return { words: zh, decimals, perMu: PER_MU[areaUnit()] };
}

/** Column heading: the figure, and below it the unit in one piece. */
function title(column) {
  const words = column.unit === "mu" ? unit().words : column.unit_zh;
  return el("span", {}, column.zh, words ? el("span", { class: "column-unit" }, `(${words})`) : null);
}

/** A figure's number in the unit on show. */
function shown(column, value) {
  if (value === null || value === undefined) return null;
  return column.unit === "mu" ? value * unit().perMu : value;
}

function decimals(column) {
  return column.unit === "mu" ? unit().decimals : column.decimals;
}

/** A cell's words: what is known but not told to this reader is no gap in the data. */
function cellWords(column, row) {
  return row.withheld?.includes(column.name) ? "不公开" : formatNumber(shown(column, row[column.name]), decimals(column));
}

function isWithheld(column) {
  return state.answer.rows.some((row) => row.withheld?.includes(column.name));
}

function heading(column) {
  const words = column.unit === "mu" ? unit().words : column.unit_zh;
  return words ? `${column.zh}(${words})` : column.zh;
}

function remember() {
  const parameters = query();
  for (const [name, value] of Object.entries({ figure: figureChoice.value })) {
    if (value && value !== DEFAULTS[name]) parameters.set(name, value);
  }
  if (!isChoiceDefault()) parameters.set("show", chosenIds().join(","));
  if (parameters.get("membership") === DEFAULTS.membership) parameters.delete("membership");
  history.replaceState(null, "", `${location.pathname}?${parameters}`);
}

function linkExports() {
  const parameters = query();
  if (scopeChoice.value === "shown") parameters.set("show", chosenIds().join(","));
  withUnit(parameters);
  for (const link of document.querySelectorAll("#statistics-exports a")) {
    link.href = `/statistics.${link.dataset.suffix}?${parameters}`;
  }
}

async function load() {
  state.request?.abort();
  state.request = new AbortController();
  errorBox.hidden = true;
  metaBox.textContent = "正在计算…";
  const parameters = query();
  linkExports();
  const known = new Set(boxes().map((box) => box.value));
  const asked = new Set([...chosenIds(), ...ALWAYS_ASKED.filter((id) => known.has(id))]);
  const figures = new URLSearchParams(parameters);
  figures.set("show", [...asked].join(","));
  try {
    const options = { signal: state.request.signal };
    const [answer, zones] = await Promise.all([
      fetchJson(`/statistics.json?${figures}`, options),
      fetchJson(`/statistics/zones.geojson?${parameters}`, options),
    ]);
    state.answer = answer;
    state.zones = zones;
  } catch (error) {
    if (error.name === "AbortError") return;
    errorBox.textContent = error.message;
    errorBox.hidden = false;
    metaBox.textContent = "";
    return;
  }
  metaBox.textContent = Object.entries(state.answer.terms).filter(([name]) => name !== "指标").map(([name, words]) => `${name}：${words}`).join("　");
  document.getElementById("statistics-notes").textContent = [...state.answer.findings, "先求和、后取整，合计可能与各行显示值之和略有出入；“—”表示没有数据，不是零。"].join("\n");
  offerFigures();
  drawAll();
  showQuality(parameters, state.request.signal);
}

function offerFigures() {
  const wanted = figureChoice.value || new URLSearchParams(location.search).get("figure") || DEFAULTS.figure;
  const columns = shownColumns().length ? shownColumns() : state.answer.columns;
  const groups = [...new Set(columns.map((column) => column.group))];
  figureChoice.replaceChildren(...groups.map((group) => el(
    "optgroup", { label: group },
    ...columns.filter((column) => column.group === group).map((column) => el("option", { value: column.name }, column.zh)),
  )));
  figureChoice.value = columns.some((column) => column.name === wanted) ? wanted : columns[0].name;
}

/** Show the default statistics or all. */
function showAllOf(what) {
  for (const box of boxes()) box.checked = what === "all" || box.hasAttribute("data-default");
  load();
}

/** With no plot at all there is nothing to draw: say what to do instead. */
function showEmpty() {
  const total = state.answer.rows.find((row) => row.kind === "total");
  const isEmpty = !total || total.plot_count === 0;
  document.getElementById("statistics-empty").hidden = !isEmpty;
  document.getElementById("statistics-figures").hidden = isEmpty;
  return isEmpty;
}

function drawAll() {
  remember();
  if (showEmpty()) return;
  drawTable();
  drawChart();
  drawMap();
  offerHistogramZones(histogramZone, state.answer.rows);
  drawHistogram(state.answer, histogramZone.value, unit());
  updateTrend();
}

/** The plots of the quadrants hang on filter and day only, which a page never changes. */
async function loadQuadrants() {
  try {
    drawQuadrants(await fetchJson(`/statistics/quadrants.json?${keepQuery(new URLSearchParams())}`));
  } catch (error) {
    document.getElementById("quadrants-note").textContent = error.message;
  }
}

/** Zones sort by the column, unknown last; outside and total stay below them whichever way it is sorted. */
const FIXED_RANK = { zone: 0, outside: 1, total: 2 };
function sorter(a, b, aRow, bRow, column, direction) {
  const sign = direction === "asc" ? 1 : -1;
  const rank = FIXED_RANK[aRow.getData().kind] - FIXED_RANK[bRow.getData().kind];
  if (rank) return sign * rank;
  const aUnknown = a === null || a === undefined;
  const bUnknown = b === null || b === undefined;
  if (aUnknown || bUnknown) return sign * (Number(aUnknown) - Number(bUnknown));
  return typeof a === "string" ? a.localeCompare(b, "zh-CN") : a - b;
}

function tableColumns() {
  const figures = shownColumns();
  return [
    { title: state.answer.zones_zh, field: "name", frozen: true, minWidth: 150, sorter, tooltip: (event, cell) => document.createTextNode(cell.getValue()) },
    ...figures.map((column) => ({
      title: heading(column),
      titleFormatter: () => title(column),
      field: column.name,
      hozAlign: "right",
      headerHozAlign: "right",
      minWidth: column.unit === "mu" && areaUnit() === "m2" ? 118 : 84,
      sorter,
      headerTooltip: column.formula,
      formatter: (cell) => figureNode(column, cell.getData().zone, cellWords(column, cell.getData()), query()),
    })),
  ];
}

function drawTable() {
  state.table?.destroy();
  state.table = new Tabulator("#statistics-table", {
    data: state.answer.rows.map((row) => ({ ...row })),
    columns: tableColumns(),
    index: "zone",
    layout: "fitColumns",
    maxHeight: "400px",
    placeholder: "没有分区",
    rowFormatter: (row) => row.getElement().classList.add(`row-${row.getData().kind}`),
  });
  state.table.on("rowClick", (event, row) => zoomTo(row.getData().zone));
}

function chosenColumn() {
  return state.answer.columns.find((column) => column.name === figureChoice.value);
}

function drawChart() {
  state.chart ??= echarts.init(document.getElementById("statistics-chart"), null, { renderer: "canvas" });
  const column = chosenColumn();
  const rows = state.answer.rows.filter((row) => row.kind !== "total");
  const total = state.answer.rows.find((row) => row.kind === "total");
  const average = ["ratio", "percent"].includes(column.unit) && total ? shown(column, total[column.name]) : null;
  state.chart.setOption({
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    title: { text: `各${state.answer.zones_zh} ${heading(column)}`, left: 8, textStyle: { fontSize: 14, fontWeight: 600 } },
    grid: { left: 78, right: 84, top: 44, bottom: 70 },
    tooltip: { renderMode: "richText", trigger: "axis", axisPointer: { type: "shadow" }, valueFormatter: (value) => formatNumber(value, decimals(column)) },
    xAxis: { type: "category", data: rows.map((row) => row.name), axisLabel: { interval: 0, rotate: rows.length > 8 ? 30 : 0, width: 110, overflow: "truncate" } },
    yAxis: { type: "value" },
    series: [{
      type: "bar",
      barMaxWidth: 46,
      itemStyle: { color: "#1f5f99" },
      label: { show: rows.length <= 14, position: "top", formatter: (item) => (item.value === "-" ? "—" : formatNumber(item.value, Math.min(2, decimals(column)))) },
      data: rows.map((row) => shown(column, row[column.name]) ?? "-"),
      markLine: average === null ? undefined : { symbol: "none", lineStyle: { color: "#9a5b00" }, label: { formatter: `合计 ${formatNumber(average, 2)}` }, data: [{ yAxis: average }] },
    }],
  }, true);
}

/** Five classes of equal counts; equal values share a class. */
function classBreaks(values) {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b);
  const breaks = [0.2, 0.4, 0.6, 0.8].map((share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]);
  return sorted.length ? [...new Set(breaks)] : [];
}

function colorOf(value, breaks) {
  if (value === null || value === undefined) return UNKNOWN_COLOR;
  return RAMP[1 + breaks.filter((limit) => value > limit).length];
}

function drawMap() {
  const column = chosenColumn();
  const values = new Map(state.answer.rows.filter((row) => row.kind === "zone").map((row) => [row.zone, shown(column, row[column.name])]));
  const rows = new Map(state.answer.rows.map((row) => [row.zone, row]));
  const breaks = classBreaks([...values.values()]);
  state.map ??= L.map("statistics-map", { attributionControl: false, zoomSnap: 0.25, preferCanvas: true });
  state.shapes?.remove();
  state.shapes = L.geoJSON(state.zones, {
    style: (feature) => {
      const value = values.get(feature.id) ?? null;
      return { color: "#33475b", weight: 1, fillColor: colorOf(value, breaks), fillOpacity: 0.85, dashArray: value === null ? "4 3" : null };
    },
    onEachFeature: (feature, layer) => {
      const row = rows.get(feature.id) ?? {};
      const words = `${row.name ?? ""}：${cellWords(column, row)}`;
      layer.bindTooltip(el("span", {}, words), { sticky: true });
      layer.on("click", () => state.table.scrollToRow(feature.id, "center", false).catch(() => {}));
    },
  }).addTo(state.map);
  if (state.shapes.getLayers().length) state.map.fitBounds(state.shapes.getBounds(), { padding: [10, 10], animate: false });
  drawLegend(column, breaks, values);
}

function drawLegend(column, breaks, values) {
  const digits = Math.min(2, decimals(column));
  const limits = [null, ...breaks, null];
  const entries = values.size === 0 || breaks.length === 0 ? [] : limits.slice(0, -1).map((from, index) => {
    const to = limits[index + 1];
    const words = from === null ? `≤ ${formatNumber(to, digits)}` : to === null ? `> ${formatNumber(from, digits)}` : `${formatNumber(from, digits)} – ${formatNumber(to, digits)}`;
    return [RAMP[1 + index], words];
  });
  if ([...values.values()].some((value) => value === null)) entries.push([UNKNOWN_COLOR, isWithheld(column) ? "无数据或不公开" : "无数据"]);
  document.getElementById("statistics-legend").replaceChildren(...entries.map(([color, words]) => {
    const swatch = el("i");
    swatch.style.background = color;
    return el("span", {}, swatch, words);
  }));
}

function zoomTo(key) {
  const layer = state.shapes?.getLayers().find((candidate) => candidate.feature.id === key);
  if (layer) state.map.fitBounds(layer.getBounds(), { padding: [20, 20] });
}

async function uploadZones(event) {
  event.preventDefault();
  errorBox.hidden = true;
  metaBox.textContent = "正在读取上传的文件…";
  try {
    const answer = await fetchJson("/statistics/zones", { method: "POST", body: new FormData(event.target) });
    const parameters = keepQuery(new URLSearchParams({ zones: "upload", upload: answer.upload }));
    if (!isChoiceDefault()) parameters.set("show", chosenIds().join(","));
    location.assign(`/statistics?${parameters}`);
  } catch (error) {
    errorBox.textContent = error.message;
    errorBox.hidden = false;
    metaBox.textContent = "";
  }
}

/** Count all plots again, or those of now. */
function clearQuery(name) {
  const parameters = new URLSearchParams(location.search);
  parameters.delete(name);
  location.assign(`${location.pathname}?${parameters}`);
}

attachTrend(() => {
  const parameters = query();
  parameters.set("figure", figureChoice.value);
  return parameters;
});
nameChosenFiles();
const asked = new URLSearchParams(location.search);
form.addEventListener("change", load);
onAreaUnit(() => {
  linkExports();
  if (state.answer) drawAll();
});
figureChoice.addEventListener("change", drawAll);
for (const button of document.querySelectorAll("[data-clear]")) button.addEventListener("click", () => clearQuery(button.dataset.clear));
document.getElementById("zones-upload").addEventListener("submit", uploadZones);
groupsBox.addEventListener("change", load);
for (const button of groupsBox.querySelectorAll("[data-show]")) button.addEventListener("click", () => showAllOf(button.dataset.show));
scopeChoice.addEventListener("change", linkExports);
histogramZone.addEventListener("change", () => drawHistogram(state.answer, histogramZone.value, unit()));
window.addEventListener("resize", () => { state.chart?.resize(); resizeCharts(); });
load();
loadQuadrants();
