/** Two charts beside the table: land by class of the present colouring, and plots by town. */

import { AREA_UNITS, areaUnit, areaUnitWords, fromM2 } from "../../area_unit.js";
import { fetchJson, formatNumber } from "../../page.js";
import { loadVendor } from "../vendor.js";
import { queryParameters } from "./filter_totals.js";

const BAR = "#1f5f99";
const RICH_TOOLTIP = { renderMode: "richText", trigger: "axis", axisPointer: { type: "shadow" } };

/** One row of bars, the longest list scrolled into by the wheel. */
function barOption({ title, names, values, colors, decimals, unit }) {
  return {
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    title: {
      text: title, left: 4, top: 2, textStyle: { fontSize: 13, fontWeight: 600 },
      subtext: names.length ? "" : "没有地块", subtextStyle: { fontSize: 13, color: "#55616f" },
    },
    grid: { left: 8, right: 74, top: 30, bottom: 6, containLabel: true },
    tooltip: { ...RICH_TOOLTIP, valueFormatter: (value) => `${formatNumber(value, decimals)} ${unit}` },
    xAxis: { type: "value", axisLabel: { show: false }, splitLine: { show: false } },
    yAxis: { type: "category", show: names.length > 0, inverse: true, data: names, axisTick: { show: false }, axisLabel: { width: 92, overflow: "truncate", fontSize: 12 } },
    series: [{
      type: "bar",
      barMaxWidth: 18,
      data: values.map((value, i) => ({ value, itemStyle: { color: colors?.[i] ?? BAR, borderColor: "#55616f", borderWidth: colors ? 0.5 : 0 } })),
      label: { show: true, position: "right", fontSize: 12, color: "#1d2733", formatter: ({ value }) => formatNumber(value, decimals) },
    }],
  };
}

export class TableCharts {
  /**
   * @param {HTMLElement} root
   * @param {import("../map_view.js").MapView} view
   */
  constructor(root, view) {
    this.root = root;
    this.view = view;
    this.charts = new Map();
    new ResizeObserver(() => { for (const chart of this.charts.values()) chart.resize(); }).observe(root);
  }

  get isShown() {
    return !this.root.hidden;
  }

  get scheme() {
    return this.view.layers.get("plots")?.scheme.id ?? "";
  }

  /** Ask for the present query's figures and draw them; Chinese message where that fails. */
  async show() {
    this.request?.abort();
    const request = new AbortController();
    this.request = request;
    const { signal } = request;
    const style = this.scheme;
    const [classes, towns] = await Promise.all([
      fetchJson(`/layers/plots/style.json?${queryParameters(this.view.query, { style })}`, { signal }),
      fetchJson(`/statistics.json?${queryParameters(this.view.query, { zones: "towns", show: "plot_count" })}`, { signal }),
      loadVendor("echarts/echarts.common.min.js"),
    ]);
    if (signal.aborted || !this.isShown) return;
    this.drawClasses(classes);
    this.drawTowns(towns);
  }

  drawClasses({ zh, classes }) {
    const shown = classes.filter((item) => item.count > 0);
    this.draw("classes", {
      title: `${zh ?? "着色"}（${areaUnitWords()}）`, unit: areaUnitWords(), decimals: AREA_UNITS[areaUnit()].decimals,
      names: shown.map((item) => item.zh), values: shown.map((item) => fromM2(item.area_m2 ?? 0)), colors: shown.map((item) => item.fill),
    });
  }

  drawTowns({ rows }) {
    const shown = rows.filter((row) => row.kind !== "total" && row.plot_count > 0).sort((a, b) => b.plot_count - a.plot_count);
    this.draw("towns", { title: "各镇街地块数（宗）", unit: "宗", decimals: 0, names: shown.map((row) => row.name), values: shown.map((row) => row.plot_count) });
  }

  draw(id, figures) {
    const node = this.root.querySelector(`[data-chart="${id}"]`);
    if (!this.charts.has(id)) this.charts.set(id, window.echarts.init(node, null, { renderer: "canvas" }));
    this.charts.get(id).setOption(barOption(figures), true);
    const words = figures.names.map((name, i) => `${name} ${formatNumber(figures.values[i], figures.decimals)}`);
    node.setAttribute("aria-label", `${figures.title}：${words.join("，") || "没有地块"}`);
  }
}
