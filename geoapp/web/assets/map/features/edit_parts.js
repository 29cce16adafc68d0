/** Shapes as an editor moves them: parts of paths of places [lon, lat], a ring without its first corner repeated. */

import { isCrossing, isSelfCrossing } from "./draw.js";

export const FEWEST = { point: 1, line: 2, polygon: 3 };
const KINDS = { Point: "point", LineString: "line", MultiLineString: "line", Polygon: "polygon", MultiPolygon: "polygon" };

/** "point", "line" or "polygon". */
export const kindOf = ({ type }) => KINDS[type];

const flat = (path) => path.map(([lon, lat]) => [lon, lat]);
const open = (ring) => flat(ring.slice(0, -1));

/** Parts of a GeoJSON geometry; each is a list of paths: of a polygon its border, then its holes. */
export function partsOf({ type, coordinates }) {
  if (type === "Point") return [[flat([coordinates])]];
  if (type === "LineString") return [[flat(coordinates)]];
  if (type === "MultiLineString") return coordinates.map((path) => [flat(path)]);
  return (type === "MultiPolygon" ? coordinates : [coordinates]).map((rings) => rings.map(open));
}

/** The GeoJSON geometry of parts. */
export function geometryOf(kind, parts) {
  if (kind === "point") return { type: "Point", coordinates: parts[0][0][0] };
  const whole = kind === "line" ? parts.map(([path]) => path) : parts.map((rings) => rings.map((ring) => [...ring, ring[0]]));
  const type = kind === "line" ? "LineString" : "Polygon";
  return whole.length === 1 ? { type, coordinates: whole[0] } : { type: `Multi${type}`, coordinates: whole };
}

/** Sections between neighbouring places of a path; a ring's last leads back to its first. */
export function sectionsOf(path, isRing) {
  const sections = path.slice(1).map((place, i) => [path[i], place]);
  return isRing && path.length > 1 ? [...sections, [path.at(-1), path[0]]] : sections;
}

const doCross = (one, other) => sectionsOf(one, true).some((section) => sectionsOf(other, true).some((against) => isCrossing(section, against)));

/** Whether a place lies within a ring: a ray to the east meets it an odd number of times. */
const isInside = ([lon, lat], ring) =>
  sectionsOf(ring, true).filter(([[x1, y1], [x2, y2]]) => y1 > lat !== y2 > lat && lon < x1 + ((lat - y1) * (x2 - x1)) / (y2 - y1)).length % 2 === 1;

/** Whether a ring lies wholly within another. */
const liesIn = (ring, outer) => ring.every((place) => isInside(place, outer)) && !doCross(ring, outer);

/** The part into which a hole can be cut; throws where there is none. */
export function partAround(parts, hole) {
  const found = parts.find(([border]) => liesIn(hole, border));
  if (!found) throw new Error("洞要整个画在图形里面，不能碰到边线。请重新画。");
  const isTaken = found.slice(1).some((other) => doCross(hole, other) || isInside(hole[0], other) || isInside(other[0], hole));
  if (isTaken) throw new Error("这里已经有洞了。请拖动它的顶点，或先去掉它再画。");
  return found;
}

/** Whether a border crosses itself, or a hole the border or another hole. */
export const isCrossed = (kind, parts) =>
  kind === "polygon" && parts.some((rings) => rings.some((ring, i) => isSelfCrossing(ring) || rings.slice(i + 1).some((other) => doCross(ring, other))));
