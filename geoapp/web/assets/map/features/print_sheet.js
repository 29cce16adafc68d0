/** Compose a sheet: find its scale and place, collect what it must say, draw it. */

import { fetchJson } from "../../page.js";
import { queryText } from "../register_layer.js";
import { renderFrame } from "./print_frame.js";
import { degreeGrid, planeGrid } from "./print_grid.js";
import { legendRows, schemeWords } from "./print_legend.js";
import { sheetLayout } from "./print_layout.js";
import { drawnPaths } from "./print_overlays.js";
import { paintSheet } from "./print_paint.js";
import { presentClasses, sheetZoom } from "./print_registers.js";
import { fittingDenominator, PaperFrame } from "./print_scale.js";
import { textMeasure } from "./print_text.js";

export const MARK = "内部使用 示意图";
const MOST_TRIES = 3;
const DEMO_MARK = "示意数据（虚构）";
const PROJECTION = "图面为网络墨卡托投影，上北下南，比例尺以图幅中心为准";

/** "2026-11-25" as "2026年11月25日". */
export function dayWords(day) {
  const [year, month, date] = day.split("-").map(Number);
  return `${year}年${month}月${date}日`;
}

/**
 * What the server knows about the registers that are shown, and the filter in words.
 * @returns {Promise<object>} of `/sheet.json`, with filter_words
 */
export async function fetchFacts(view, signal) {
  const layers = [...view.layers.values()].filter((layer) => layer.isVisible).map((layer) => layer.id).join(",");
  const { filter, projects, at } = view.query;
  const inWords = (register, text) => (text ? fetchJson(`/filter.json?${queryText({ register, filter: text })}`, { signal }) : { words: "" });
  const [facts, ofPlots, ofProjects] = await Promise.all([
    fetchJson(`/sheet.json?${queryText({ layers, at })}`, { signal }),
    inWords("plots", filter),
    inWords("projects", view.layers.get("projects")?.isVisible ? projects : ""),
  ]);
  const words = [ofPlots.words, ofProjects.words && `项目：${ofProjects.words}`].filter(Boolean);
  return { ...facts, filter_words: words.join("；") };
}

/** A title for what is shown. */
export function defaultTitle(view, facts) {
  const plots = view.layers.get("plots");
  if (!plots?.isVisible) return `${facts.district_name}工业用地空间规划图`;
  const words = schemeWords(plots);
  const short = plots.look.id.includes(":") ? `${words.split(/[(（\s]/)[0]}分级` : words; // without unit and method
  return `${facts.district_name}工业地块${short}图`;
}

/** Day of the data, for the sheet and the file's name. */
export const dataDay = (facts) => facts.as_of_on ?? facts.data_on ?? facts.made_on;

function particulars({ crs, as_of_on: asOf, data_on: data, made_on: made, note }, { unit, basemap }) {
  const age = data ? `数据日期：${dayWords(data)}` : "数据日期：暂无数据";
  return [
    asOf ? `数据截至：${dayWords(asOf)}${data ? `（最近修订 ${dayWords(data)}）` : "（当时没有数据）"}` : age,
    `制图日期：${dayWords(made)}`,
    unit && `制图单位：${unit}`,
    `坐标系：${crs}`,
    PROJECTION,
    basemap && `底图：${basemap}`,
    note,
  ].filter(Boolean);
}

/** Which of the map's marks the sheet shows; within *bounds*, where these are known, and whether plots are selected there. */
function extras(view, bounds = null, hasSelected = true) {
  const { L } = view;
  const frame = bounds && L.latLngBounds([bounds.south, bounds.west], [bounds.north, bounds.east]);
  const boxOf = (path) => (path.getBounds ? path.getBounds() : L.latLngBounds([path.getLatLng()]));
  const isSeen = (path) => path.options.pane === "sketch" && (!frame || frame.intersects(boxOf(path)));
  const isSelected = Boolean(hasSelected && view.selection?.size && view.layers.get("plots")?.isVisible);
  return { isSelected, isDrawn: drawnPaths(view).some(isSeen) };
}

function gridLines(kind, frame, crs) {
  if (kind === "degrees") return degreeGrid(frame);
  if (kind !== "plane" || !crs) return [];
  const plane = {
    centralMeridian: crs.central_meridian_deg,
    falseEasting: crs.false_easting_m,
    falseNorthing: crs.false_northing_m,
    scale: crs.scale,
  };
  return planeGrid(frame, plane);
}

/** What a reader must know where the sheet shows two pictures. */
const curtainWords = (curtain) => curtain && `左右对比：线左为${curtain.names[0]}，线右为${curtain.names[1]}`;

export class Sheet {
  /**
   * @param {import("../map_view.js").MapView} view
   * @param {object} facts of `fetchFacts`
   * @param {object} options paper, isLandscape, title, subtitle, unit, remark, denominator (null: fitting), grid, hasLegend
   * @param {{center: {lat: number, lng: number}, bounds: object}} place middle of the sheet; bounds that must fit
   */
  constructor(view, facts, options, place) {
    Object.assign(this, { view, facts, options, place, measure: textMeasure(), map: null, warnings: [] });
  }

  content(legend) {
    const { facts, options, view } = this;
    const { title, subtitle, paper, isLandscape, unit, remark } = options;
    const hasBasemap = view.basemap && view.map.hasLayer(view.basemap);
    const basemap = hasBasemap ? view.basemap.options.plainAttribution ?? "" : "";
    return {
      paper, isLandscape, title, subtitle, legend,
      marks: [MARK, facts.is_demo && DEMO_MARK].filter(Boolean),
      particulars: particulars(facts, { unit, basemap }),
      notes: [curtainWords(view.curtain), facts.filter_words && `显示条件：${facts.filter_words}`, remark && `备注：${remark}`].filter(Boolean),
      hasGrid: options.grid !== "none",
    };
  }

  lay(legend) {
    const layout = sheetLayout(this.content(legend), this.measure);
    const { width, height } = layout.frame;
    const denominator = this.options.denominator ?? fittingDenominator(this.place.bounds, width, height);
    return { layout, frame: new PaperFrame(this.place.center, denominator, width, height) };
  }

  /** Lay the sheet out; the legend holds only classes that occur in its frame. */
  async arrange(signal) {
    const { view, options } = this;
    if (!options.hasLegend) {
      Object.assign(this, this.lay(null));
    } else {
      await this.arrangeWithLegend(signal);
    }
    this.grid = gridLines(options.grid, this.frame, view.config.workingCrs);
  }

  /** The frame grows when the legend shrinks: classes are looked for in the largest part that it can come to hold. */
  async arrangeWithLegend(signal) {
    const { view } = this;
    let zoom = sheetZoom(this.lay(null).frame);
    const full = this.lay(legendRows(view, zoom, null, extras(view)));
    const bare = this.lay([{ isHeading: false, text: "" }]);
    const { width, height } = bare.layout.frame;
    const widest = new PaperFrame(this.place.center, Math.max(full.frame.denominator, bare.frame.denominator), width, height);
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const { present, hasSelected } = await presentClasses(view, widest, zoom, signal);
      Object.assign(this, this.lay(legendRows(view, zoom, present, extras(view, widest.bounds, hasSelected))));
      if (sheetZoom(this.frame) === zoom) return;
      zoom = sheetZoom(this.frame); // with another frame another level, which may have other registers
    }
  }

  /**
   * Draw the map's part of the sheet.
   * @param {number} pixelsPerMm
   * @param {{signal: AbortSignal, onProgress: (words: string) => void}} how
   */
  async renderMap(pixelsPerMm, how) {
    const { canvas, warnings } = await renderFrame(this.view, this.frame, pixelsPerMm, how);
    Object.assign(this, { map: canvas, warnings });
  }

  /**
   * Draw all on a canvas.
   * @param {HTMLCanvasElement} canvas is made as large as the sheet
   * @param {number} pixelsPerMm
   * @param {{x: number, y: number}} [shift] of the map inside its frame, millimetres
   */
  paint(canvas, pixelsPerMm, shift) {
    const { page } = this.layout;
    canvas.width = Math.round(page.width * pixelsPerMm);
    canvas.height = Math.round(page.height * pixelsPerMm);
    const { map, grid } = this;
    paintSheet(canvas.getContext("2d"), pixelsPerMm, this.layout, { map, grid, denominator: this.frame.denominator, shift });
  }

  /** Name of the picture's file. */
  get fileName() {
    const title = (this.options.title || "地图").replace(/[\\/:*?"<>|\s]+/g, "_");
    return `${title}_${dataDay(this.facts)}.png`;
  }
}
