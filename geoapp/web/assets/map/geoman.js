/** Drawing on the map with Leaflet-Geoman, fetched when someone first draws; one drawing at a time. */

import { loadVendor } from "./vendor.js";

const LOOK = { color: "#d6006e", weight: 2, fillOpacity: 0.08, dashArray: "6 4" };

/**
 * Fetch Geoman, let it speak Chinese and keep its hands off layers that did not ask for it.
 * @param {object} L Leaflet
 * @param {object} [map] made ready for drawing (map.pm)
 */
export async function loadGeoman(L, map) {
  await loadVendor("geoman/leaflet-geoman.css", "geoman/leaflet-geoman.js");
  L.PM.setOptIn(true);
  if (map && !map.pm) {
    map.options.pmIgnore = false;
    L.PM.reInitLayer(map);
  }
  map?.pm.setLang("zh");
}

/**
 * Let the user draw one shape; the promise holds its layer (on the map; the caller keeps or removes it), or null where
 * the user gave up (Escape) or took up another tool.
 * @param {import("./map_view.js").MapView} view
 * @param {"Polygon" | "Rectangle" | "Circle" | "Line" | "Marker"} shape
 * @param {{style?: object, tool?: string}} [options] look of the finished shape; tool: what view.tool says meanwhile
 */
export async function drawShape(view, shape, { style = LOOK, tool = "draw" } = {}) {
  const { L, map } = view;
  await loadGeoman(L, map);
  map.pm.disableDraw();
  view.tool = tool;
  return new Promise((resolve) => {
    let drawn = null;
    const giveUp = (event) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      event.preventDefault();
      map.pm.disableDraw();
    };
    const finish = () => {
      map.off("pm:create", keep).off("pm:drawend", finish);
      document.removeEventListener("keydown", giveUp, true);
      // After the click that finished the drawing, which must not choose a plot.
      setTimeout(() => { if (view.tool === tool) view.tool = null; });
      resolve(drawn);
    };
    const keep = ({ layer }) => { drawn = layer; };
    map.once("pm:create", keep).once("pm:drawend", () => setTimeout(finish));
    document.addEventListener("keydown", giveUp, true);
    const options = { pmIgnore: false, interactive: false };
    map.pm.enableDraw(shape, {
      continueDrawing: false, snappable: false, allowSelfIntersection: false, tooltips: true,
      pathOptions: { ...style, ...options }, templineStyle: { ...style }, hintlineStyle: { ...style },
    });
  });
}
