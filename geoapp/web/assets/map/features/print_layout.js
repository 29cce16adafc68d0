/**
 * Where everything lies on a sheet, in millimetres from its upper left corner. Pure functions: no drawing, no page.
 *
 * From top to foot: the title with the marks beside it; the map; its legend and particulars in a column at the right
 * (landscape) or in a band below (portrait, or without a legend); notes over the whole width.
 */

import { scaleBar } from "./print_scale.js";
import { shortened, wrapped } from "./print_text.js";

const PAPERS = { A4: [210, 297], A3: [297, 420] };
const MARGIN = 8;
const GAP = 3;
const TITLE = 6.4;
const TITLE_WEIGHT = 600;
const SUBTITLE = 3.8;
const TEXT = 3;
const LINE = 1.5; // times the size of the text
const RIM = 1.4; // between the two lines around the map
const RIM_WITH_NUMBERS = 4.6;
const SIDE_WIDTH = 58;
const BAND_SIDE_WIDTH = 62;
const LEGEND_PAD = 2.5;
const LEGEND_HEAD = 7;
const SWATCH = { width: 8, height: 4.2, gap: 2 };
const ROW_HEIGHTS = [5, 4.7, 4.4, 4.1, 3.8, 3.5, 3.3]; // at the last the text is 2.2 mm high
const TEXT_OF_ROW = 0.66;
const GAP_OF_HEADING = 0.3; // of a row, above a heading
const LARGEST_BAND_SHARE = 0.45;
const MOST_NOTE_LINES = 4;
const SCALE_BLOCK = 15;
const NORTH = { width: 9, height: 15, inset: 3 };

/** Width and height of a sheet in millimetres. */
export function paperSize(paper, isLandscape) {
  const [short, long] = PAPERS[paper];
  return isLandscape ? { width: long, height: short } : { width: short, height: long };
}

/**
 * @typedef {object} SheetContent
 * @property {"A4" | "A3"} paper
 * @property {boolean} isLandscape
 * @property {string} title
 * @property {string} subtitle
 * @property {string[]} marks such as 内部使用 示意图, at the upper right
 * @property {{isHeading: boolean, text: string}[] | null} legend rows, headings before their items; null for no legend
 * @property {string[]} particulars each with its label: unit, dates, coordinate system
 * @property {string[]} notes filter, remarks; over the whole width
 * @property {boolean} hasGrid whether coordinates stand around the map
 */

/**
 * @param {SheetContent} content
 * @param {(text: string, size: number, weight?: number) => number} measure
 */
export function sheetLayout(content, measure) {
  const page = paperSize(content.paper, content.isLandscape);
  const k = content.paper === "A3" ? 1.25 : 1; // everything but the map grows with the paper
  const margin = MARGIN * k;
  const inner = { x: margin, y: margin, width: page.width - 2 * margin, height: page.height - 2 * margin };
  const header = headerLayout(content, inner, k, measure);
  const notes = notesLayout(content.notes, inner, k, measure);
  const body = {
    x: inner.x,
    y: header.bottom,
    width: inner.width,
    height: inner.y + inner.height - notes.height - header.bottom,
  };
  const { map, legend, particulars } = arranged(content, body, k, measure);
  const rim = (content.hasGrid ? RIM_WITH_NUMBERS : RIM) * k;
  const frame = inset(map, rim);
  return {
    page, k, title: header.title, subtitle: header.subtitle, marks: header.marks,
    outer: map, frame, rim, north: northPlace(frame, k), legend, particulars, notes: notes.lines,
  };
}

/** Beside the map where it is wide; below it where it is high, has no legend, or one too long for a column. */
function arranged(content, body, k, measure) {
  const below = () => withBand(content, body, k, measure);
  if (!content.isLandscape || !content.legend) return below();
  const beside = withColumn(content, body, k, measure);
  if (!beside.legend.left) return beside;
  const other = below();
  return other.legend.left < beside.legend.left ? other : beside;
}

const inset = (box, by) => ({ x: box.x + by, y: box.y + by, width: box.width - 2 * by, height: box.height - 2 * by });

const northPlace = (frame, k) => ({
  x: frame.x + frame.width - (NORTH.width + NORTH.inset) * k,
  y: frame.y + NORTH.inset * k,
  width: NORTH.width * k,
  height: NORTH.height * k,
});

/** Title in the middle, as large as fits between the marks, on two lines if it must. */
function headerLayout({ title, subtitle, marks }, inner, k, measure) {
  const markSize = TEXT * k;
  const markWidth = Math.max(0, ...marks.map((mark) => measure(mark, markSize, 600)));
  const room = inner.width - 2 * (markWidth + GAP * k);
  const fullSize = TITLE * k;
  const share = Math.max(0.7, Math.min(1, room / Math.max(1, measure(title, fullSize, TITLE_WEIGHT))));
  const size = fullSize * share;
  const lines = wrapped(title, room, (text) => measure(text, size, TITLE_WEIGHT), 2);
  const middle = inner.x + inner.width / 2;
  let y = inner.y;
  const titleLines = lines.map((text) => ({ text, x: middle, y: (y += size * 1.25) - size * 0.25, size, weight: TITLE_WEIGHT }));
  const subtitleLine = subtitle
    ? { text: shortened(subtitle, room, (text) => measure(text, SUBTITLE * k)), x: middle, y: (y += SUBTITLE * k * 1.4), size: SUBTITLE * k }
    : null;
  const markLines = marks.map((text, i) => ({ text, x: inner.x + inner.width, y: inner.y + markSize * (1 + i * LINE), size: markSize, weight: 600 }));
  const bottom = Math.max(y, markLines.at(-1)?.y ?? 0) + GAP * k * 0.9;
  return { title: titleLines, subtitle: subtitleLine, marks: markLines, bottom };
}

function notesLayout(notes, inner, k, measure) {
  const size = TEXT * k;
  const texts = notes.flatMap((note) => wrapped(note, inner.width, (text) => measure(text, size), MOST_NOTE_LINES));
  const height = texts.length ? texts.length * size * LINE + GAP * k * 0.6 : 0;
  const first = inner.y + inner.height - height + GAP * k * 0.6;
  return { height, lines: texts.map((text, i) => ({ text, x: inner.x, y: first + size * (1 + i * LINE), size })) };
}

/** Legend above the particulars in a column at the right of the map. */
function withColumn(content, body, k, measure) {
  const width = SIDE_WIDTH * k;
  const x = body.x + body.width - width;
  const map = { ...body, width: body.width - width - GAP * k };
  const height = particularsHeight(content.particulars, width, k, measure);
  const top = body.y + body.height - height;
  const legendBox = { x, y: body.y, width, height: body.height - height - GAP * k };
  return {
    map,
    legend: legendLayout(content.legend, legendBox, k, measure, { isTall: true }),
    particulars: particularsLayout(content.particulars, { x, y: top, width, height }, k, measure),
  };
}

/** Legend and particulars side by side below the map; without a legend the particulars in several columns. */
function withBand(content, body, k, measure) {
  const sideWidth = content.legend ? BAND_SIDE_WIDTH * k : body.width;
  const columns = content.legend ? 1 : Math.max(2, Math.floor(body.width / (BAND_SIDE_WIDTH * k)));
  const columnWidth = (sideWidth - (columns - 1) * GAP * k) / columns;
  const sideHeight = columns === 1
    ? particularsHeight(content.particulars, columnWidth, k, measure)
    : Math.max(SCALE_BLOCK * k, particularsHeight(content.particulars, columnWidth, k, measure) / (columns - 0.5));
  const legendWidth = body.width - sideWidth - GAP * k;
  const most = body.height * LARGEST_BAND_SHARE;
  const needed = content.legend ? legendHeight(content.legend, legendWidth, most, k, measure) : 0;
  const height = Math.min(most, Math.max(sideHeight, needed));
  const top = body.y + body.height - height;
  const map = { ...body, height: body.height - height - GAP * k };
  const sideBox = { x: body.x + body.width - sideWidth, y: top, width: sideWidth, height };
  return {
    map,
    legend: content.legend && legendLayout(content.legend, { x: body.x, y: top, width: legendWidth, height }, k, measure),
    particulars: particularsLayout(content.particulars, sideBox, k, measure, columns),
  };
}

/* Particulars: the scale, then lines of text. */

const particularLines = (texts, width, k, measure) =>
  texts.map((text) => wrapped(text, width, (part) => measure(part, TEXT * k), MOST_NOTE_LINES));

function particularsHeight(texts, width, k, measure) {
  const count = particularLines(texts, width, k, measure).flat().length;
  return SCALE_BLOCK * k + count * TEXT * k * LINE;
}

function particularsLayout(texts, box, k, measure, columns = 1) {
  const size = TEXT * k;
  const gap = GAP * k;
  const width = (box.width - (columns - 1) * gap) / columns;
  const lines = [];
  let column = 0;
  let y = box.y + SCALE_BLOCK * k;
  for (const block of particularLines(texts, width, k, measure)) {
    const isFull = y + block.length * size * LINE > box.y + box.height + 0.01;
    if (isFull && column < columns - 1) {
      column += 1;
      y = box.y;
    }
    for (const text of block) {
      lines.push({ text, x: box.x + column * (width + gap), y: y + size * 1.15, size });
      y += size * LINE;
    }
  }
  const scale = { x: box.x, y: box.y, width: Math.min(width, 60 * k), height: SCALE_BLOCK * k };
  return { box, scale, lines };
}

/** Bar and words of the scale inside its box. */
export function scaleBarLayout(box, denominator, k) {
  const size = TEXT * k;
  const bar = scaleBar(denominator, box.width - 4 * size); // the words at its ends stand out
  return { ...bar, x: box.x + size * 0.5, y: box.y + size * 3.3, height: 1.3 * k, words: { x: box.x, y: box.y + size * 1.15, size } };
}

/* Legend */

function legendHeight(rows, width, most, k, measure) {
  return legendLayout(rows, { x: 0, y: 0, width, height: most }, k, measure).contentHeight;
}

/** The rows at the largest size at which all fit; what does not fit at the smallest is counted in `left`. */
function legendLayout(rows, box, k, measure, { isTall = false } = {}) {
  const placed = fittingRows(rows, box, k, measure, isTall);
  const size = TEXT * k * 1.15;
  const head = { text: "图例", x: box.x + box.width / 2, y: box.y + LEGEND_PAD * k * 0.7 + size, size, weight: 600 };
  return { box, head, ...placed };
}

/** In a tall box as few columns as will do, in a low one as many as there is room for. */
function fittingRows(rows, box, k, measure, isTall) {
  let placed;
  for (const height of ROW_HEIGHTS) {
    const most = mostColumns(rows, box, height * k, k, measure);
    for (let columns = isTall ? 1 : most; columns <= most; columns += 1) {
      placed = placeRows(rows, box, { rowHeight: height * k, columns }, k, measure);
      if (!placed.left) return placed;
    }
  }
  return placed;
}

const rowWidth = (row, size, lead, measure) => measure(row.text, size, row.isHeading ? 600 : 400) + (row.isHeading ? 0 : lead);

function mostColumns(rows, box, rowHeight, k, measure) {
  const pad = LEGEND_PAD * k;
  const lead = (SWATCH.width + SWATCH.gap) * k;
  const widest = Math.max(1, ...rows.map((row) => rowWidth(row, rowHeight * TEXT_OF_ROW, lead, measure)));
  return Math.max(1, Math.min(rows.length, Math.floor((box.width - pad) / (widest + pad))));
}

function placeRows(rows, box, { rowHeight, columns }, k, measure) {
  const pad = LEGEND_PAD * k;
  const size = rowHeight * TEXT_OF_ROW;
  const swatch = { width: SWATCH.width * k, height: Math.min(SWATCH.height * k, rowHeight * 0.78), gap: SWATCH.gap * k };
  const lead = swatch.width + swatch.gap;
  const usable = box.width - 2 * pad;
  const columnWidth = (usable - (columns - 1) * pad) / columns;
  const set = rows.map((row) => {
    const lines = wrapped(row.text, columnWidth - (row.isHeading ? 0 : lead), (text) => measure(text, size, row.isHeading ? 600 : 400));
    return { ...row, lines, gap: row.isHeading ? rowHeight * GAP_OF_HEADING : 0, height: rowHeight + (lines.length - 1) * size * 1.3 };
  });
  const top = box.y + LEGEND_HEAD * k;
  const room = box.height - LEGEND_HEAD * k - pad * 0.6;
  const heights = balanced(set, columns, room);
  const shown = [];
  let column = 0;
  let y = top;
  for (const [i, row] of set.entries()) {
    if (y > top && y + row.gap + heightWithNext(set, i) > top + heights + 0.01) {
      column += 1;
      y = top;
    }
    if (y > top) y += row.gap;
    if (column >= columns || y + row.height > top + room + 0.01) break;
    shown.push({ ...row, x: box.x + pad + column * (columnWidth + pad), y, size, swatch });
    y += row.height;
  }
  return { rows: shown, left: rows.length - shown.length, contentHeight: LEGEND_HEAD * k + heights + pad * 0.6 };
}

/** A heading never ends a column: it counts with the row after it. */
const heightWithNext = (set, i) => set[i].height + (set[i].isHeading && set[i + 1] ? set[i + 1].height : 0);

/** The least height at which the rows fill no more columns than there are; *room* where none is enough. */
function balanced(set, columns, room) {
  const total = set.reduce((sum, row) => sum + row.height, 0);
  const step = Math.min(...set.map((row) => row.height));
  for (let height = total / columns; height < room; height += step / 2) if (columnsFilled(set, height) <= columns) return height;
  return room;
}

function columnsFilled(set, height) {
  let columns = 1;
  let used = 0;
  for (const [i, row] of set.entries()) {
    if (used && used + row.gap + heightWithNext(set, i) > height + 0.01) {
      columns += 1;
      used = 0;
    }
    used += (used ? row.gap : 0) + row.height;
  }
  return columns;
}
