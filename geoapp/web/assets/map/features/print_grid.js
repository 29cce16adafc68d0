/** Lines of equal longitude and latitude, or of the working plane's kilometres, across a frame on paper. Pure functions. */

import { toPlane } from "../gauss_kruger.js";

const NARROWEST_MM = 35;
const SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 18000, 36000];
const METERS = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000];
const STEPS_OF_BISECTION = 40;

const padded = (value) => String(value).padStart(2, "0");

/** Whole seconds as degrees, minutes and seconds: 437400 is 121°30′; seconds only where there are any. */
export function angleText(seconds) {
  const minutes = Math.floor(seconds / 60);
  const rest = seconds % 60;
  return `${Math.floor(minutes / 60)}°${padded(minutes % 60)}′${rest ? `${padded(rest)}″` : ""}`;
}

/** The multiples of *step* between two numbers. */
function multiples(least, most, step) {
  const found = [];
  for (let value = Math.ceil(least / step) * step; value <= most; value += step) found.push(value);
  return found;
}

/** The finest step that leaves room for its labels, given how many millimetres a unit takes. */
const stepFor = (steps, mmPerUnit) => steps.find((step) => step * mmPerUnit >= NARROWEST_MM) ?? steps.at(-1);

/**
 * Lines of the degree net.
 * @param {import("./print_scale.js").PaperFrame} frame
 * @returns {{text: string, from: {x: number, y: number}, to: {x: number, y: number}, isUpright: boolean}[]} millimetres
 */
export function degreeGrid(frame) {
  const { south, west, north, east } = frame.bounds;
  const mmPerSecond = Math.min(frame.width / (east - west), frame.height / (north - south)) / 3600;
  const step = stepFor(SECONDS, mmPerSecond);
  const upright = multiples(west * 3600, east * 3600, step).map((seconds) => {
    const { x } = frame.toPaper(frame.center.lat, seconds / 3600);
    return { text: angleText(seconds), from: { x, y: 0 }, to: { x, y: frame.height }, isUpright: true };
  });
  const level = multiples(south * 3600, north * 3600, step).map((seconds) => {
    const { y } = frame.toPaper(seconds / 3600, frame.center.lng);
    return { text: angleText(seconds), from: { x: 0, y }, to: { x: frame.width, y }, isUpright: false };
  });
  return [...upright, ...level];
}

/** Where along an edge, 0 to *length*, a growing function takes a value; null where it does not. */
function crossing(valueAt, length, wanted) {
  let low = 0;
  let high = length;
  const isGrowing = valueAt(high) > valueAt(low);
  const isBelow = (place) => (valueAt(place) < wanted) === isGrowing;
  if (!isBelow(low) || isBelow(high)) return null;
  for (let i = 0; i < STEPS_OF_BISECTION; i += 1) {
    const middle = (low + high) / 2;
    if (isBelow(middle)) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * Lines of the working plane: the grid of eastings and northings, slightly turned against the map's north.
 * @param {import("./print_scale.js").PaperFrame} frame
 * @param {{centralMeridian: number, falseEasting: number, falseNorthing: number, scale: number}} plane
 */
export function planeGrid(frame, plane) {
  const at = (x, y) => {
    const { lat, lng } = frame.toGround(x, y);
    return toPlane(lng, lat, plane);
  };
  const step = stepFor(METERS, 1000 / frame.denominator);
  const corners = [at(0, 0), at(frame.width, 0), at(0, frame.height), at(frame.width, frame.height)];
  const span = (name) => multiples(Math.min(...corners.map((c) => c[name])), Math.max(...corners.map((c) => c[name])), step);
  const upright = span("east").map((east) => {
    const top = crossing((x) => at(x, 0).east, frame.width, east);
    const foot = crossing((x) => at(x, frame.height).east, frame.width, east);
    return { text: String(east), from: top, to: foot, isUpright: true };
  });
  const level = span("north").map((north) => {
    const left = crossing((y) => at(0, y).north, frame.height, north);
    const right = crossing((y) => at(frame.width, y).north, frame.height, north);
    return { text: String(north), from: left, to: right, isUpright: false };
  });
  // A line that leaves through a corner's other edge is left out: it would be a stump.
  return [...upright, ...level]
    .filter(({ from, to }) => from !== null && to !== null)
    .map((line) => ({
      ...line,
      from: line.isUpright ? { x: line.from, y: 0 } : { x: 0, y: line.from },
      to: line.isUpright ? { x: line.to, y: frame.height } : { x: frame.width, y: line.to },
    }));
}
