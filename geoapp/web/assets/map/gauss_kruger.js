/**
 * Gauss-Krüger: from degrees to metres in the working coordinate system, for the place under the pointer.
 *
 * Krüger's series in the third flattening to its fourth order (Karney 2011, J. Geodesy 85, eq. 35): below a micrometre
 * within the zone, where the server's own projection is the reference.
 */

const RAD = Math.PI / 180;
const GRS80 = { a: 6378137, f: 1 / 298.257222101 };
const N = GRS80.f / (2 - GRS80.f);
const E = Math.sqrt(GRS80.f * (2 - GRS80.f));
/** Radius of the circle that is as long as a meridian, metres. */
const RECTIFYING_RADIUS = (GRS80.a / (1 + N)) * (1 + N ** 2 / 4 + N ** 4 / 64);
const ALPHA = [
  N / 2 - (2 / 3) * N ** 2 + (5 / 16) * N ** 3 + (41 / 180) * N ** 4,
  (13 / 48) * N ** 2 - (3 / 5) * N ** 3 + (557 / 1440) * N ** 4,
  (61 / 240) * N ** 3 - (103 / 140) * N ** 4,
  (49561 / 161280) * N ** 4,
];

/**
 * @param {number} lon degrees
 * @param {number} lat degrees, between -89 and 89
 * @param {{centralMeridian: number, falseEasting: number, falseNorthing: number, scale: number}} crs degrees and metres
 * @returns {{east: number, north: number}} metres
 */
export function toPlane(lon, lat, crs) {
  const sin = Math.sin(lat * RAD);
  const t = Math.sinh(Math.atanh(sin) - E * Math.atanh(E * sin));
  const fromMeridian = (lon - crs.centralMeridian) * RAD;
  const xi = Math.atan2(t, Math.cos(fromMeridian));
  const eta = Math.atanh(Math.sin(fromMeridian) / Math.hypot(1, t));
  let north = xi;
  let east = eta;
  ALPHA.forEach((alpha, i) => {
    const k = 2 * (i + 1);
    north += alpha * Math.sin(k * xi) * Math.cosh(k * eta);
    east += alpha * Math.cos(k * xi) * Math.sinh(k * eta);
  });
  const radius = crs.scale * RECTIFYING_RADIUS;
  return { east: crs.falseEasting + radius * east, north: crs.falseNorthing + radius * north };
}
