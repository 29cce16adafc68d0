/** The state of the map in the address: #zoom/lat/lon, and layers, color, selected where not default. */

const WRITE_DELAY_MS = 300;
const NONE = "none";

/**
 * @param {string} hash such as "#14/29.95000/121.50000"
 * @returns {{zoom: number, lat: number, lon: number} | null}
 */
export function parsePlace(hash) {
  const parts = hash.replace(/^#/, "").split("/").map(Number);
  if (parts.length !== 3 || !parts.every(Number.isFinite)) return null;
  const [zoom, lat, lon] = parts;
  if (zoom < 0 || zoom > 22 || Math.abs(lat) > 85 || Math.abs(lon) > 180) return null;
  return { zoom, lat, lon };
}

/** @returns {string} such as "#14/29.95000/121.50000" */
export function formatPlace({ zoom, lat, lon }) {
  return `#${zoom}/${lat.toFixed(5)}/${lon.toFixed(5)}`;
}

/**
 * What an address says; null where it says nothing.
 * @param {URL} address
 */
export function readState(address) {
  const query = address.searchParams;
  const selected = query.get("selected")?.match(/^([a-z_]+):(.+)$/s);
  const layers = query.get("layers");
  return {
    place: parsePlace(address.hash),
    layers: layers === null ? null : layers.split(",").filter((id) => id && id !== NONE),
    color: query.get("color"),
    selected: selected ? { register: selected[1], key: selected[2] } : null,
  };
}

/**
 * The address of a state. Parameters that equal the defaults are left out.
 * @param {URL} present whose other parameters stay
 */
export function addressOf(state, defaults, present) {
  const address = new URL(present);
  const set = (name, value) => (value === null ? address.searchParams.delete(name) : address.searchParams.set(name, value));
  const isDefault = [...state.layers].sort().join() === [...defaults.layers].sort().join();
  set("layers", isDefault ? null : state.layers.join(",") || NONE);
  set("color", state.color === defaults.color ? null : state.color);
  set("selected", state.selected ? `${state.selected.register}:${state.selected.key}` : null);
  // Commas, colons and slashes are allowed in a query and easier to read.
  address.search = address.search.replaceAll("%2C", ",").replaceAll("%3A", ":").replaceAll("%2F", "/");
  address.hash = formatPlace(state.place);
  return address.toString();
}

/** Keeps the address in step with the map and the map with the address. */
export class Permalink {
  /**
   * @param {() => object} read the present state
   * @param {(state: object) => void} apply a state from the address
   * @param {object} defaults layers and color
   */
  constructor(read, apply, defaults) {
    this.read = read;
    this.defaults = defaults;
    this.parts = new Map();
    window.addEventListener("popstate", () => {
      clearTimeout(this.timer);
      const address = new URL(window.location.href);
      this.applyParts(address);
      apply(readState(address));
    });
  }

  /**
   * Let a feature keep its state in a query parameter of its own.
   * @param {string} name of the parameter
   * @param {{read: () => string | null, apply: (text: string | null) => void}} part null where not set
   */
  addPart(name, part) {
    this.parts.set(name, part);
  }

  applyParts(address) {
    for (const [name, part] of this.parts) part.apply(address.searchParams.get(name));
  }

  /** Replace the address shortly; moves and switches leave no trail. */
  writeSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.write("replaceState"), WRITE_DELAY_MS);
  }

  /** Add to the history at once, so that the back button undoes a choice. */
  push() {
    clearTimeout(this.timer);
    this.write("pushState");
  }

  /** The present state as an address, to copy or keep. */
  get address() {
    const present = new URL(window.location.href);
    for (const [name, part] of this.parts) {
      const text = part.read();
      if (text === null || text === "") present.searchParams.delete(name);
      else present.searchParams.set(name, text);
    }
    return addressOf(this.read(), this.defaults, present);
  }

  write(method) {
    const { address } = this;
    if (address !== window.location.href) window.history[method](null, "", address);
  }
}
