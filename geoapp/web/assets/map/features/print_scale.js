/**
 * True scale on paper: the part of the map that a frame of so many millimetres holds, where a place lies in it, and the
 * length of the scale bar. Pure functions.
 *
 * The picture is web Mercator, whose scale grows with latitude. Paper is true at the middle of the sheet, along the
 * parallel and along the meridian alike: Mercator's spherical formula on the CGCS2000 ellipsoid stretches the two by
 * factors that differ by half a percent here (Snyder 1987, Map Projections, eq. 4-20 to 4-22 and 7-1).
 */

const RAD = Math.PI / 180;
const RADIUS_M = 6378137; // of Mercator's sphere and of the ellipsoid's equator
const FLATTENING = 1 / 298.257222101;
const E2 = FLATTENING * (2 - FLATTENING);
const TILE_PX = 256;
export const MM_PER_PX = 25.4 / 96; // a CSS pixel on paper

export const SMALLEST_DENOMINATOR = 200;
export const LARGEST_DENOMINATOR = 2_000_000;
const ROUND = [1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 7.5, 8];

const mercatorX = (lon) => RADIUS_M * lon * RAD;
const mercatorY = (lat) => RADIUS_M * Math.log(Math.tan(Math.PI / 4 + (lat * RAD) / 2));
const longitude = (x) => x / RADIUS_M / RAD;
const latitude = (y) => (2 * Math.atan(Math.exp(y / RADIUS_M)) - Math.PI / 2) / RAD;

/**
 * Metres of Mercator to a metre on the ground.
 * @param {number} lat degrees
 * @returns {{alongParallel: number, alongMeridian: number}}
 */
export function stretch(lat) {
  const cos = Math.cos(lat * RAD);
  const w2 = 1 - E2 * Math.sin(lat * RAD) ** 2;
  return { alongParallel: Math.sqrt(w2) / cos, alongMeridian: w2 ** 1.5 / (1 - E2) / cos };
}

/** Where the map's pictures lie in a frame on paper. */
export class PaperFrame {
  /**
   * @param {{lat: number, lng: number}} center degrees
   * @param {number} denominator of the scale, such as 10000
   * @param {number} width millimetres
   * @param {number} height millimetres
   */
  constructor(center, denominator, width, height) {
    Object.assign(this, { center, denominator, width, height });
    const { alongParallel, alongMeridian } = stretch(center.lat);
    this.xPerMm = (denominator / 1000) * alongParallel;
    this.yPerMm = (denominator / 1000) * alongMeridian;
    this.middle = { x: mercatorX(center.lng), y: mercatorY(center.lat) };
  }

  /** Millimetres from the frame's upper left corner. */
  toPaper(lat, lng) {
    return {
      x: this.width / 2 + (mercatorX(lng) - this.middle.x) / this.xPerMm,
      y: this.height / 2 - (mercatorY(lat) - this.middle.y) / this.yPerMm,
    };
  }

  /** Degrees of a place on paper. */
  toGround(x, y) {
    return {
      lat: latitude(this.middle.y - (y - this.height / 2) * this.yPerMm),
      lng: longitude(this.middle.x + (x - this.width / 2) * this.xPerMm),
    };
  }

  /** South, west, north, east in degrees. */
  get bounds() {
    const upper = this.toGround(0, 0);
    const lower = this.toGround(this.width, this.height);
    return { south: lower.lat, west: upper.lng, north: upper.lat, east: lower.lng };
  }

  /** Metres on the ground that the frame is wide and high. */
  get ground() {
    return { width: (this.width * this.denominator) / 1000, height: (this.height * this.denominator) / 1000 };
  }

  /** Level of the map whose pixels are as large as a CSS pixel on paper; with a fraction. */
  get zoom() {
    return Math.log2((2 * Math.PI * RADIUS_M) / (TILE_PX * this.xPerMm * MM_PER_PX));
  }
}

/** The smallest round denominator that is not below a number: 1:23,170 becomes 1:25,000. */
export function roundDenominator(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  const step = ROUND.find((round) => round * power >= least * (1 - 1e-9));
  return step ? step * power : 10 * power;
}

/**
 * The round scale at which a part of the map just fits into a frame.
 * @param {{south: number, west: number, north: number, east: number}} bounds degrees
 * @param {number} width of the frame, millimetres
 * @param {number} height of the frame, millimetres
 */
export function fittingDenominator({ south, west, north, east }, width, height) {
  const { alongParallel, alongMeridian } = stretch((south + north) / 2);
  const across = (mercatorX(east) - mercatorX(west)) / alongParallel;
  const along = (mercatorY(north) - mercatorY(south)) / alongMeridian;
  const needed = Math.max(across / width, along / height) * 1000;
  return Math.min(LARGEST_DENOMINATOR, Math.max(SMALLEST_DENOMINATOR, roundDenominator(needed)));
}

/**
 * A scale typed by the user, such as "10000", "1:10 000" or "1：1万".
 * @returns {number | null} the denominator; null where it is no scale or out of range
 */
export function parseDenominator(text) {
  const plain = text.trim().replaceAll("：", ":").replace(/^1\s*:/, "").replace(/[\s,，]/g, "");
  const match = plain.match(/^(\d+(?:\.\d+)?)(万?)$/);
  if (!match) return null;
  const denominator = Math.round(Number(match[1]) * (match[2] ? 10_000 : 1));
  return denominator >= SMALLEST_DENOMINATOR && denominator <= LARGEST_DENOMINATOR ? denominator : null;
}

/**
 * The longest bar of a round length that is not longer than *most* millimetres.
 * @param {number} denominator
 * @param {number} most millimetres
 * @returns {{meters: number, length: number, parts: number}} length in millimetres; parts of equal length
 */
export function scaleBar(denominator, most) {
  const available = (most * denominator) / 1000;
  const power = 10 ** Math.floor(Math.log10(available));
  const step = [5, 2, 1].find((round) => round * power <= available);
  return { meters: step * power, length: (step * power * 1000) / denominator, parts: step === 5 ? 5 : 4 };
}

/** A length for a scale bar's end: "500 米", "2 公里". */
export function lengthText(meters) {
  return meters >= 1000 ? `${Number((meters / 1000).toFixed(3))} 公里` : `${Number(meters.toFixed(2))} 米`;
}

/** 10000 as "1:10 000". */
export function scaleText(denominator) {
  return `1:${String(denominator).replace(/\B(?=(\d{3})+$)/g, " ")}`;
}
