/**
 * Lengths, areas and circles on the GRS80 ellipsoid, on which CGCS2000 lies. Never in the map's own Mercator metres,
 * which are a third too long here.
 *
 * Lengths and circles by Vincenty's formulas (1975). Areas on the sphere of the same surface: authalic latitudes and
 * great circles, which for a polygon the size of a city differ from the ellipsoid's geodesics by less than 1e-6.
 * A place is [lon, lat] in degrees.
 */

const RAD = Math.PI / 180;
const A = 6378137;
const F = 1 / 298.257222101;
const B = A * (1 - F);
const E2 = F * (2 - F);
const E = Math.sqrt(E2);
const STEPS = 100;
const ENOUGH = 1e-12;

/** Authalic q of a latitude's sine (Snyder 1987, eq. 3-12). */
const authalic = (sin) => (1 - E2) * (sin / (1 - E2 * sin * sin) + Math.atanh(E * sin) / E);
const Q_POLE = authalic(1);
const AUTHALIC_RADIUS_2 = (A * A * Q_POLE) / 2;

/** Vincenty's series A, B and C, of cos² of the azimuth at the equator. */
function series(cos2Alpha) {
  const u2 = (cos2Alpha * (A * A - B * B)) / (B * B);
  return {
    a: 1 + (u2 / 16384) * (4096 + u2 * (-768 + u2 * (320 - 175 * u2))),
    b: (u2 / 1024) * (256 + u2 * (-128 + u2 * (74 - 47 * u2))),
    c: (F / 16) * cos2Alpha * (4 + F * (4 - 3 * cos2Alpha)),
  };
}

/** Vincenty's Δσ. */
function sigmaShift(b, sin, cos, cos2M) {
  const inner = cos * (2 * cos2M ** 2 - 1) - (b / 6) * cos2M * (4 * sin ** 2 - 3) * (4 * cos2M ** 2 - 3);
  return b * sin * (cos2M + (b / 4) * inner);
}

/** Vincenty's correction of the difference in longitude. */
function longitudeShift({ c, sinAlpha, sigma, sin, cos, cos2M }) {
  return (1 - c) * F * sinAlpha * (sigma + c * sin * (cos2M + c * cos * (2 * cos2M ** 2 - 1)));
}

/** Reduced latitude: its sine and cosine. */
function reduced(lat) {
  const u = Math.atan((1 - F) * Math.tan(lat * RAD));
  return [Math.sin(u), Math.cos(u)];
}

/**
 * Length of the geodesic between two places, metres. NaN for nearly opposite points of the globe.
 * @param {[number, number]} from
 * @param {[number, number]} to
 */
export function distance([lon1, lat1], [lon2, lat2]) {
  const [sin1, cos1] = reduced(lat1);
  const [sin2, cos2] = reduced(lat2);
  const difference = (lon2 - lon1) * RAD;
  let lambda = difference;
  for (let step = 0; step < STEPS; step += 1) {
    const sin = Math.hypot(cos2 * Math.sin(lambda), cos1 * sin2 - sin1 * cos2 * Math.cos(lambda));
    if (sin === 0) return 0;
    const cos = sin1 * sin2 + cos1 * cos2 * Math.cos(lambda);
    const sigma = Math.atan2(sin, cos);
    const sinAlpha = (cos1 * cos2 * Math.sin(lambda)) / sin;
    const cos2Alpha = 1 - sinAlpha ** 2;
    const cos2M = cos2Alpha ? cos - (2 * sin1 * sin2) / cos2Alpha : 0;
    const { a, b, c } = series(cos2Alpha);
    const before = lambda;
    lambda = difference + longitudeShift({ c, sinAlpha, sigma, sin, cos, cos2M });
    if (Math.abs(lambda - before) < ENOUGH) return B * a * (sigma - sigmaShift(b, sin, cos, cos2M));
  }
  return NaN;
}

/**
 * Length of a line, metres.
 * @param {[number, number][]} places
 */
export function length(places) {
  return places.slice(1).reduce((sum, place, i) => sum + distance(places[i], place), 0);
}

/**
 * Area of a ring, square metres, whichever way it turns; closed or not.
 * @param {[number, number][]} ring
 */
export function ringArea(ring) {
  const tangents = ring.map(([, lat]) => Math.tan(Math.asin(authalic(Math.sin(lat * RAD)) / Q_POLE) / 2));
  const excess = ring.reduce((sum, [lon], i) => {
    const next = (i + 1) % ring.length;
    const turn = ((((ring[next][0] - lon + 180) % 360) + 360) % 360) - 180;
    const [t1, t2] = [tangents[i], tangents[next]];
    return sum + 2 * Math.atan2(Math.tan((turn * RAD) / 2) * (t1 + t2), 1 + t1 * t2);
  }, 0);
  return Math.abs(excess) * AUTHALIC_RADIUS_2;
}

/**
 * Area of a GeoJSON Polygon or MultiPolygon, square metres; holes are taken off.
 * @param {{type: string, coordinates: any}} geometry
 */
export function polygonArea({ type, coordinates }) {
  const polygons = type === "MultiPolygon" ? coordinates : [coordinates];
  const holed = ([outer, ...holes]) => holes.reduce((area, hole) => area - ringArea(hole), ringArea(outer));
  return polygons.reduce((sum, polygon) => sum + holed(polygon), 0);
}

/**
 * The place that lies so far from another.
 * @param {[number, number]} from
 * @param {number} azimuth degrees from north, clockwise
 * @param {number} metres
 * @returns {[number, number]}
 */
export function destination([lon, lat], azimuth, metres) {
  const [sinAz, cosAz] = [Math.sin(azimuth * RAD), Math.cos(azimuth * RAD)];
  const [sinU, cosU] = reduced(lat);
  const sigma1 = Math.atan2(sinU, cosU * cosAz);
  const sinAlpha = cosU * sinAz;
  const { a, b, c } = series(1 - sinAlpha ** 2);
  const middle = (sigma) => Math.cos(2 * sigma1 + sigma);
  let sigma = metres / (B * a);
  for (let step = 0, before = Infinity; step < STEPS && Math.abs(sigma - before) > ENOUGH; step += 1) {
    before = sigma;
    sigma = metres / (B * a) + sigmaShift(b, Math.sin(sigma), Math.cos(sigma), middle(sigma));
  }
  const [sin, cos] = [Math.sin(sigma), Math.cos(sigma)];
  const rest = sinU * sin - cosU * cos * cosAz;
  const lat2 = Math.atan2(sinU * cos + cosU * sin * cosAz, (1 - F) * Math.hypot(sinAlpha, rest));
  const lambda = Math.atan2(sin * sinAz, cosU * cos - sinU * sin * cosAz);
  const shift = longitudeShift({ c, sinAlpha, sigma, sin, cos, cos2M: middle(sigma) });
  return [lon + (lambda - shift) / RAD, lat2 / RAD];
}

/**
 * A circle as a closed ring, anticlockwise.
 * @param {[number, number]} centre
 * @param {number} radius metres
 * @param {number} [corners]
 */
export function circleRing(centre, radius, corners = 96) {
  const ring = Array.from({ length: corners }, (_, i) => destination(centre, (-360 * i) / corners, radius));
  return [...ring, ring[0]];
}
