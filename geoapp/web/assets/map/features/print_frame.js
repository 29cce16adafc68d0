/** The map's picture for the frame of a sheet: basemap, registers, what was drawn, names. */

import { paintBasemap } from "./print_basemap.js";
import { paintDrawn, paintNames } from "./print_overlays.js";
import { paintRegisters } from "./print_registers.js";
import { MM_PER_PX } from "./print_scale.js";
import { paintLine, sidesOf } from "./print_sides.js";

/**
 * @param {import("../map_view.js").MapView} view
 * @param {import("./print_scale.js").PaperFrame} frame
 * @param {number} pixelsPerMm
 * @param {{signal: AbortSignal, onProgress: (words: string) => void}} options
 * @returns {Promise<{canvas: HTMLCanvasElement, warnings: string[]}>} warnings: what the sheet lacks, in Chinese
 */
export async function renderFrame(view, frame, pixelsPerMm, { signal, onProgress }) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(frame.width * pixelsPerMm);
  canvas.height = Math.round(frame.height * pixelsPerMm);
  const context = canvas.getContext("2d");
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  const warnings = [];
  if (view.basemap && view.map.hasLayer(view.basemap)) {
    const { drawn, missing } = await paintBasemap(context, pixelsPerMm, frame, view.basemap, {
      signal,
      onProgress: (done, total) => onProgress(`底图 ${done} / ${total}`),
    });
    if (!drawn && missing) warnings.push("底图没有取到（或底图服务器不允许取用），图中未绘底图。");
  }
  onProgress("正在绘制图层…");
  warnings.push(...(await paintRegisters(context, view, frame, pixelsPerMm, { signal, onProgress })));
  const ratio = pixelsPerMm * MM_PER_PX;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const place = (lat, lng) => {
    const { x, y } = frame.toPaper(lat, lng);
    return { x: x / MM_PER_PX, y: y / MM_PER_PX };
  };
  paintDrawn(context, view, { place, pixelsPerMeter: 1000 / frame.denominator / MM_PER_PX });
  onProgress("正在书写注记…");
  const size = { width: frame.width / MM_PER_PX, height: frame.height / MM_PER_PX };
  await paintNames(context, view, frame, { place, size, signal }).catch((error) => {
    if (error.name === "AbortError") throw error;
    warnings.push(`地名注记没有加载：${error.message}`);
  });
  signal.throwIfAborted();
  paintLine(context, sidesOf(view, frame), size.height);
  return { canvas, warnings };
}
