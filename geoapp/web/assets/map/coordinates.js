/** Longitude and latitude under the pointer, and the level of the map. */

export function attachCoordinates(view, output) {
  const container = view.map.getContainer();
  const show = (place) => {
    output.textContent = `经度 ${place.lng.toFixed(5)}  纬度 ${place.lat.toFixed(5)}  级别 ${view.map.getZoom()}`;
  };
  container.addEventListener("mousemove", (event) => show(view.map.mouseEventToLatLng(event)));
  view.map.on("moveend", () => show(view.map.getCenter()));
}
