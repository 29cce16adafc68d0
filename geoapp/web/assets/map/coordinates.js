/** Where the pointer is: degrees, and metres in the working coordinate system. */

import { copyText } from "./features/clipboard.js";
import { toPlane } from "./gauss_kruger.js";

const DEGREE_DECIMALS = 6; // a tenth of a metre
const METRE_DECIMALS = 1;
const REACH_DEG = 6; // farther from its meridian a strip's eastings and northings say nothing, as on the server

/** East and north in the working system; null where it is no Gauss-Krüger plane. */
export function planePlace(view, lon, lat) {
  const crs = view.config.workingCrs;
  if (!crs || Math.abs(lat) > 85 || Math.abs(lon - crs.central_meridian_deg) > REACH_DEG) return null;
  return toPlane(lon, lat, {
    centralMeridian: crs.central_meridian_deg, falseEasting: crs.false_easting_m,
    falseNorthing: crs.false_northing_m, scale: crs.scale,
  });
}

/** A place in words: degrees, and where they can be had, metres. */
export function placeWords(view, lon, lat) {
  const plane = planePlace(view, lon, lat);
  const degrees = `经度 ${lon.toFixed(DEGREE_DECIMALS)}  纬度 ${lat.toFixed(DEGREE_DECIMALS)}`;
  if (!plane) return view.config.workingCrs ? `${degrees}  超出投影带` : degrees;
  return `${degrees}  东 ${plane.east.toFixed(METRE_DECIMALS)}  北 ${plane.north.toFixed(METRE_DECIMALS)}`;
}

/**
 * @param {import("./map_view.js").MapView} view
 * @param {HTMLOutputElement} output
 * @param {(message: string) => void} say that something was copied
 */
export function attachCoordinates(view, output, say = () => {}) {
  const container = view.map.getContainer();
  let shown = "";
  const show = (place) => {
    const { lng, lat } = place.wrap();
    shown = placeWords(view, lng, lat);
    output.textContent = `${shown}  级别 ${Number(view.map.getZoom().toFixed(1))}`;
  };
  const copy = async () => {
    const text = shown;
    say((await copyText(text)) ? `坐标已复制：${text}` : "浏览器不许复制，请手工抄录坐标。");
  };
  container.addEventListener("mousemove", (event) => show(view.map.mouseEventToLatLng(event)));
  container.addEventListener("contextmenu", (event) => {
    event.preventDefault();
    show(view.map.mouseEventToLatLng(event));
    copy();
  });
  view.map.on("moveend", () => show(view.map.getCenter()));
  if (view.config.workingCrs) output.title = `${view.config.workingCrs.name}；右键单击地图复制该处坐标`;
  output.addEventListener("click", copy);
}
