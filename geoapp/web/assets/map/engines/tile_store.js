/** Tiles fetched from the server and read, the latest kept. */

import { Tile } from "./tile.js";

const MOST_BYTES = 96 * 2 ** 20;
const FRESH_MS = 30_000; // then the server is asked again; it answers shortly where nothing changed

/** The sentence of a refusal. */
async function refusal(response) {
  const body = await response.json().catch(() => null);
  return body?.error?.message ?? `服务器没有完成请求（${response.status}）。`;
}

/**
 * Fetch one tile.
 * @param {string} address
 * @param {AbortSignal} [signal]
 * @returns {Promise<Tile>}
 */
async function fetchTile(address, signal) {
  let buffer;
  try {
    const response = await fetch(address, { signal });
    if (!response.ok) throw Object.assign(new Error(await refusal(response)), { isRefusal: true });
    buffer = await response.arrayBuffer();
  } catch (error) {
    if (error.name === "AbortError" || error.isRefusal) throw error;
    throw new Error("连接不上服务器，请检查网络后重试。");
  }
  try {
    return new Tile(buffer);
  } catch {
    throw new Error("服务器送来的图块读不出来，请重试；仍不行请与管理员联系。");
  }
}

export class TileStore {
  constructor() {
    this.tiles = new Map(); // from the least to the most recently used
    this.bytes = 0;
  }

  /** A tile at hand, or null. */
  peek(address) {
    const entry = this.tiles.get(address);
    if (!entry || performance.now() - entry.at > FRESH_MS) return null;
    this.tiles.delete(address);
    this.tiles.set(address, entry);
    return entry.tile;
  }

  async get(address, signal) {
    const kept = this.peek(address);
    if (kept) return kept;
    const tile = await fetchTile(address, signal);
    this.keep(address, tile);
    return tile;
  }

  keep(address, tile) {
    this.drop(address);
    this.tiles.set(address, { tile, at: performance.now() });
    this.bytes += tile.size;
    for (const oldest of this.tiles.keys()) {
      if (this.bytes <= MOST_BYTES) break;
      this.drop(oldest);
    }
  }

  drop(address) {
    const entry = this.tiles.get(address);
    if (!entry) return;
    this.bytes -= entry.tile.size;
    this.tiles.delete(address);
  }

  clear() {
    this.tiles.clear();
    this.bytes = 0;
  }
}
