/** The map of /changes and /check/swap: plots in the colour and with the mark of their kind, over outlines of zones or lines. */
import { el, fetchJson, formatNumber } from "./page.js";
import { showQuality } from "./table_quality.js";

const box = document.getElementById("changes-map");
const quality = document.getElementById("table-quality");
const note = document.getElementById("changes-map-note");
const LABELS_FROM_PX = 26; // a smaller plot has no room for its mark

/** Colour, dash and mark by kind, as in the legend. */
function readKinds() {
  const kinds = new Map();
  for (const entry of document.querySelectorAll(".legend-entry")) {
    kinds.set(entry.dataset.kind, { color: entry.dataset.color, dash: entry.dataset.dash ?? null, mark: entry.querySelector(".change-mark").textContent });
  }
  return kinds;
}

function draw(answer) {
  const kinds = readKinds();
  const map = L.map(box, { attributionControl: false, zoomSnap: 0.25, preferCanvas: true });
  L.geoJSON(answer.zones, { interactive: false, style: { color: box.dataset.outline ?? "#7a8794", weight: box.dataset.outline ? 2 : 1, fill: false } }).addTo(map);
  const shapes = new Map();
  const layer = L.geoJSON(answer.features.filter((feature) => feature.geometry), {
    style: ({ properties: { kind } }) => ({
      color: kinds.get(kind)?.color, weight: 1.5, fillColor: kinds.get(kind)?.color, fillOpacity: 0.65, dashArray: kinds.get(kind)?.dash,
    }),
    onEachFeature: (feature, shape) => {
      const { name, words } = feature.properties;
      shape.bindTooltip(el("span", {}, `${name || feature.id}：${words}`), { sticky: true });
      shape.on("click", () => showRow(feature.id));
      shapes.set(feature.id, shape);
    },
  }).addTo(map);
  const bounds = layer.getLayers().length ? layer.getBounds() : L.geoJSON(answer.zones).getBounds();
  if (bounds.isValid()) map.fitBounds(bounds, { padding: [16, 16], maxZoom: 17, animate: false });
  const marks = L.layerGroup().addTo(map);
  const drawMarks = () => mark(map, marks, layer, kinds);
  map.on("moveend", drawMarks);
  drawMarks();
  return { map, shapes };
}

/** Write the mark of its kind on each plot that has room for it, above the others where the page asks for all: colour is never alone. */
function mark(map, marks, layer, kinds) {
  marks.clearLayers();
  const seen = map.getBounds();
  for (const shape of layer.getLayers()) {
    const bounds = shape.getBounds();
    const [a, b] = [map.latLngToLayerPoint(bounds.getNorthWest()), map.latLngToLayerPoint(bounds.getSouthEast())];
    const hasRoom = Math.min(b.x - a.x, b.y - a.y) >= LABELS_FROM_PX;
    if (!seen.intersects(bounds) || !(hasRoom || box.dataset.marks === "all")) continue;
    const text = kinds.get(shape.feature.properties.kind)?.mark ?? "";
    const icon = L.divIcon({ className: "changes-map-mark", html: el("span", {}, text), iconSize: [20, 20], iconAnchor: hasRoom ? [10, 10] : [10, 12 + (b.y - a.y) / 2 + 8] });
    L.marker(bounds.getCenter(), { icon, interactive: false, keyboard: false }).addTo(marks);
  }
}

/** Go to a plot's row, or to its page where the row is not on this one. */
function showRow(code) {
  const row = document.querySelector(`tr[data-plot="${CSS.escape(code)}"]`);
  if (!row) {
    const day = box.dataset.after;
    window.location.assign(`/plots/${code.split("/").map(encodeURIComponent).join("/")}${day ? `?at=${day}` : ""}`);
    return;
  }
  for (const other of document.querySelectorAll("tr.shown")) other.classList.remove("shown");
  row.classList.add("shown");
  row.scrollIntoView({ block: "center" });
  row.querySelector("a").focus({ preventScroll: true });
}

function listen({ map, shapes }) {
  for (const row of document.querySelectorAll(".changes-records tr[data-plot]")) {
    const shape = shapes.get(row.dataset.plot);
    if (!shape) continue;
    const button = el("button", { type: "button", class: "changes-locate", title: "在旁边的图上定位", "aria-label": `在图上定位 ${row.dataset.plot}`, onclick: () => {
      map.fitBounds(shape.getBounds(), { padding: [60, 60], maxZoom: 17, animate: false });
      shape.openTooltip();
      box.scrollIntoView({ block: "nearest" });
    } }, "◎");
    row.querySelector("th").prepend(button);
  }
}

async function start() {
  try {
    const answer = await fetchJson(box.dataset.address);
    const without = answer.features.filter((feature) => !feature.geometry).length;
    const words = [];
    if (answer.features.length < answer.total) words.push(`共 ${formatNumber(answer.total, 0)} 宗，图上是其中最大的 ${formatNumber(answer.features.length, 0)} 宗，请按种类或分区细看。`);
    if (without) words.push(`${formatNumber(without, 0)} 宗没有图形。`);
    words.push(box.dataset.note);
    note.textContent = words.join("");
    listen(draw(answer));
  } catch (error) {
    note.textContent = error.message;
  }
}

if (box) start();
if (quality) showQuality(new URLSearchParams(quality.dataset.query));
