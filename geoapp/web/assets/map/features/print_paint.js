/** Draw a laid-out sheet on a canvas. All places and sizes are millimetres; widths of map lines are CSS pixels. */

import { patternFor, patternOpacity } from "../hatch.js";
import { scaleBarLayout } from "./print_layout.js";
import { lengthText, MM_PER_PX, scaleText } from "./print_scale.js";
import { FONT } from "./print_text.js";

const INK = "#1d2733";
const SOFT = "#55616f";
const GRID = "#5f7386";
const MARK = "#b3261e";

/** A canvas in millimetres. */
class Pen {
  constructor(context, pixelsPerMm) {
    this.context = context;
    this.ratio = pixelsPerMm;
  }

  text({ text, x, y, size, weight = 400 }, { align = "left", color = INK, turn = 0 } = {}) {
    const { context, ratio } = this;
    context.save();
    context.translate(x * ratio, y * ratio);
    context.rotate(turn);
    context.font = `${weight} ${size * ratio}px ${FONT}`;
    context.textAlign = align;
    context.fillStyle = color;
    context.fillText(text, 0, 0);
    context.restore();
  }

  line(from, to, width, color = INK) {
    const { context, ratio } = this;
    context.beginPath();
    context.moveTo(from.x * ratio, from.y * ratio);
    context.lineTo(to.x * ratio, to.y * ratio);
    context.lineWidth = width * ratio;
    context.strokeStyle = color;
    context.stroke();
  }

  box({ x, y, width, height }, { fill = null, stroke = null, weight = 0.2 } = {}) {
    const { context, ratio } = this;
    if (fill) {
      context.fillStyle = fill;
      context.fillRect(x * ratio, y * ratio, width * ratio, height * ratio);
    }
    if (!stroke) return;
    context.lineWidth = weight * ratio;
    context.strokeStyle = stroke;
    context.strokeRect(x * ratio, y * ratio, width * ratio, height * ratio);
  }

  shape(corners, fill, weight = 0.15) {
    const { context, ratio } = this;
    context.beginPath();
    for (const { x, y } of corners) context.lineTo(x * ratio, y * ratio);
    context.closePath();
    context.fillStyle = fill;
    context.fill();
    context.lineWidth = weight * ratio;
    context.strokeStyle = INK;
    context.stroke();
  }
}

/**
 * @param {CanvasRenderingContext2D} context of a canvas as large as the sheet
 * @param {number} pixelsPerMm
 * @param {object} layout of `sheetLayout`
 * @param {object} content
 * @param {HTMLCanvasElement | null} content.map the map's picture for the frame
 * @param {number} content.denominator of the scale
 * @param {object[]} content.grid lines of `degreeGrid` or `planeGrid`, in millimetres of the frame
 * @param {{x: number, y: number}} [content.shift] of the map's picture while it is dragged, millimetres
 */
export function paintSheet(context, pixelsPerMm, layout, { map, denominator, grid, shift = { x: 0, y: 0 } }) {
  const pen = new Pen(context, pixelsPerMm);
  const { page, k } = layout;
  pen.box({ x: 0, y: 0, ...page }, { fill: "#ffffff" });
  for (const line of layout.title) pen.text(line, { align: "center" });
  if (layout.subtitle) pen.text(layout.subtitle, { align: "center", color: SOFT });
  for (const mark of layout.marks) pen.text(mark, { align: "right", color: MARK });
  paintMap(pen, layout, map, shift);
  if (!shift.x && !shift.y) paintGrid(pen, layout, grid);
  pen.box(layout.frame, { stroke: INK, weight: 0.18 * k });
  pen.box(layout.outer, { stroke: INK, weight: 0.5 * k });
  paintNorth(pen, layout);
  if (layout.legend) paintLegend(pen, layout);
  paintScale(pen, layout, denominator);
  for (const line of [...layout.particulars.lines, ...layout.notes]) pen.text(line);
}

function paintMap({ context, ratio }, { frame }, map, shift) {
  if (!map) return;
  const [x, y, width, height] = [Math.round(frame.x * ratio), Math.round(frame.y * ratio), frame.width * ratio, frame.height * ratio];
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.drawImage(map, x + Math.round(shift.x * ratio), y + Math.round(shift.y * ratio), width, height);
  context.restore();
}

function paintGrid(pen, { frame, rim, k }, grid) {
  const size = 2.3 * k;
  const { context } = pen;
  const offset = ({ x, y }) => ({ x: frame.x + x, y: frame.y + y });
  context.save();
  context.globalAlpha = 0.55;
  for (const { from, to } of grid) pen.line(offset(from), offset(to), 0.12 * k, GRID);
  context.restore();
  for (const { text, from, to, isUpright } of grid) {
    context.font = `400 ${size * pen.ratio}px ${FONT}`;
    const half = context.measureText(text).width / pen.ratio / 2;
    for (const [place, isFirst] of [[from, true], [to, false]]) {
      const along = isUpright ? place.x : place.y;
      if (along < half || along > (isUpright ? frame.width : frame.height) - half) continue; // it would stand across the corner
      const { x, y } = offset(place);
      const middle = rim / 2 + size * 0.36; // from the frame to the foot of the figures
      if (isUpright) pen.text({ text, x, y: isFirst ? y - rim + middle : y + middle, size }, { align: "center", color: SOFT });
      else pen.text({ text, x: isFirst ? x - rim + middle : x + middle, y, size }, { align: "center", color: SOFT, turn: -Math.PI / 2 });
    }
  }
}

function paintNorth(pen, { north, k }) {
  const { x, y, width, height } = north;
  const middle = x + width / 2;
  const pad = 0.8 * k;
  pen.context.save();
  pen.context.globalAlpha = 0.85;
  pen.box({ x: x - pad, y: y - pad, width: width + 2 * pad, height: height + 2 * pad }, { fill: "#ffffff" });
  pen.context.restore();
  pen.text({ text: "北", x: middle, y: y + 3.4 * k, size: 3.4 * k, weight: 600 }, { align: "center" });
  const [top, notch, foot] = [y + 4.4 * k, y + height - 2.6 * k, y + height];
  pen.shape([{ x: middle, y: top }, { x: middle, y: notch }, { x: middle - 3 * k, y: foot }], INK);
  pen.shape([{ x: middle, y: top }, { x: middle, y: notch }, { x: middle + 3 * k, y: foot }], "#ffffff");
}

function paintScale(pen, { particulars, k }, denominator) {
  const bar = scaleBarLayout(particulars.scale, denominator, k);
  const part = bar.length / bar.parts;
  pen.text({ ...bar.words, text: `比例尺 ${scaleText(denominator)}`, weight: 600 });
  for (let i = 0; i < bar.parts; i += 1) {
    const box = { x: bar.x + i * part, y: bar.y, width: part, height: bar.height };
    pen.box(box, { fill: i % 2 ? "#ffffff" : INK, stroke: INK, weight: 0.15 * k });
  }
  const size = 2.5 * k;
  const y = bar.y - 0.9 * k;
  pen.text({ text: "0", x: bar.x, y, size }, { align: "center" });
  pen.text({ text: lengthText(bar.meters), x: bar.x + bar.length, y, size }, { align: "center" });
}

function paintLegend(pen, { legend, k }) {
  pen.box(legend.box, { stroke: SOFT, weight: 0.15 * k });
  pen.text(legend.head, { align: "center" });
  for (const row of legend.rows) paintRow(pen, row);
  if (!legend.left) return;
  const { box } = legend;
  pen.text({ text: `其余 ${legend.left} 项从略`, x: box.x + box.width - 2 * k, y: box.y + box.height - 1.2 * k, size: 2.3 * k }, { align: "right", color: SOFT });
}

function paintRow(pen, { x, y, size, lines, swatch, isHeading, look, geometry }) {
  const first = y + swatch.height / 2 + size * 0.36 + 0.3;
  const lead = isHeading ? 0 : swatch.width + swatch.gap;
  lines.forEach((text, i) => pen.text({ text, x: x + lead, y: first + i * size * 1.3, size, weight: isHeading ? 600 : 400 }));
  if (!isHeading) paintSwatch(pen, { x, y: y + 0.3, width: swatch.width, height: swatch.height }, look, geometry);
}

/** A class as it looks on the map, at the size it has there. */
function paintSwatch(pen, box, look, geometry) {
  const { context } = pen;
  const ratio = pen.ratio * MM_PER_PX;
  const [x, y, width, height] = [box.x, box.y, box.width, box.height].map((length) => length / MM_PER_PX);
  const opacity = look.opacity ?? 1;
  context.save();
  context.scale(ratio, ratio);
  context.strokeStyle = look.stroke;
  context.fillStyle = look.fill;
  context.lineWidth = look.weight;
  context.setLineDash(look.dash ? look.dash.split(/[ ,]+/).map(Number) : []);
  const area = new Path2D();
  if (geometry === "line" || (geometry === "polygon" && !look.fill_opacity)) {
    area.moveTo(x, y + height / 2);
    area.lineTo(x + width, y + height / 2);
  } else if (geometry === "point") {
    area.arc(x + width / 2, y + height / 2, Math.min(5, height / 2), 0, 2 * Math.PI);
  } else {
    area.rect(x, y, width, height);
  }
  if (geometry !== "line" && look.fill_opacity) fillSwatch(context, area, look, opacity, ratio);
  context.globalAlpha = opacity;
  if (look.weight) context.stroke(area);
  context.restore();
}

function fillSwatch(context, area, look, opacity, ratio) {
  context.globalAlpha = look.fill_opacity * opacity;
  context.fill(area);
  if (!look.pattern) return;
  context.globalAlpha = opacity * patternOpacity(look);
  context.fillStyle = patternFor(context, look.pattern, look.ink, ratio);
  context.fill(area);
}
