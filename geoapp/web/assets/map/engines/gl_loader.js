/** Fetch MapLibre GL, its worker and its Leaflet plugin, when they are needed and not before. */

const FOLDER = "/static/vendor/maplibre-gl/";
let loading = null;

function addScript(address) {
  return new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement("script"), { src: address });
    script.addEventListener("load", resolve);
    script.addEventListener("error", () => reject(new Error("绘图程序没有下载到")));
    document.head.append(script);
  });
}

function addStyle(address) {
  return new Promise((resolve, reject) => {
    const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: address });
    link.addEventListener("load", resolve);
    link.addEventListener("error", () => reject(new Error("绘图程序没有下载到")));
    document.head.append(link);
  });
}

async function load() {
  await Promise.all([addStyle(`${FOLDER}maplibre-gl.css`), addScript(`${FOLDER}maplibre-gl.js`)]);
  window.maplibregl.setWorkerUrl(`${FOLDER}maplibre-gl-worker.js`);
  await addScript(`${FOLDER}leaflet-maplibre-gl.js`);
}

/** Load once; a failed load may be tried again. */
export function loadMapLibre() {
  loading ??= load().catch((error) => {
    loading = null;
    throw error;
  });
  return loading;
}
