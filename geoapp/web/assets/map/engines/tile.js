/**
 * A vector tile in flat arrays: what is drawn and hit, without an object for each shape.
 *
 * Read straight from the bytes (MVT 2.1). Attributes stay in the bytes until somebody asks for them.
 */

import { PbfReader } from "/static/vendor/pbf/pbf.js";

export const EXTENT = 4096;
export const TILE_PX = 512;
export const POINT = 1;
export const LINE = 2;
export const POLYGON = 3;
const NONE = 0xffffffff;

/** A list of numbers that grows. */
class Numbers {
  constructor(ArrayType, size) {
    this.array = new ArrayType(size);
    this.length = 0;
  }

  push(value) {
    if (this.length === this.array.length) {
      const larger = new this.array.constructor(this.array.length * 2);
      larger.set(this.array);
      this.array = larger;
    }
    this.array[this.length++] = value;
  }

  end() {
    return this.array.slice(0, this.length);
  }
}

export class Tile {
  /** @param {ArrayBuffer} buffer the tile; nothing where it is empty */
  constructor(buffer) {
    this.bytes = new Uint8Array(buffer);
    this.keys = [];
    this.values = []; // offsets in the bytes
    const features = [];
    const reader = new PbfReader(this.bytes);
    for (let field; (field = reader.nextField()); ) {
      if (field === 3) readLayer(reader, this, features);
    }
    this.readFeatures(reader, features);
  }

  /** Bytes that it holds in memory, about. */
  get size() {
    return this.bytes.length + this.xy.byteLength + this.parts.byteLength + 28 * this.count + 8 * this.values.length;
  }

  readFeatures(reader, features) {
    const count = features.length;
    this.count = count;
    this.types = new Uint8Array(count);
    this.classes = new Uint8Array(count);
    this.firstPart = new Uint32Array(count + 1); // of each shape in `parts`
    this.box = new Int16Array(count * 4); // west, north, east, south of each shape
    this.tags = new Uint32Array(count); // where its attributes begin, 0 for none
    this.keyValue = new Uint32Array(count).fill(NONE); // which of the values its key is
    const xy = new Numbers(Int16Array, 1024);
    const parts = new Numbers(Uint32Array, 256); // index of the first x of each ring or line in `xy`
    const classKey = this.keys.indexOf("c");
    const nameKey = this.keys.indexOf("key");
    const numbers = new Map(); // values already read
    for (let i = 0; i < count; i += 1) {
      this.firstPart[i] = parts.length;
      reader.pos = features[i];
      const end = reader.readVarint() + reader.pos;
      let geometry = 0;
      for (let field; (field = reader.nextField(end)); ) {
        if (field === 2) this.readTags(reader, i, classKey, nameKey, numbers);
        else if (field === 3) this.types[i] = reader.readVarint();
        else if (field === 4) geometry = reader.pos;
      }
      if (!geometry) continue;
      reader.pos = geometry;
      readGeometry(reader, this.types[i], xy, parts, this.box, i);
    }
    this.firstPart[count] = parts.length;
    parts.push(xy.length);
    this.parts = parts.end();
    this.xy = xy.end();
    this.order = this.drawingOrder();
  }

  /** Shapes class by class, in each first the cells: so they are drawn, and the last is the topmost. */
  drawingOrder() {
    const { classes, count } = this;
    const place = (i) => 2 * classes[i] + (this.isCell(i) ? 0 : 1);
    const starts = new Uint32Array(513);
    for (let i = 0; i < count; i += 1) starts[place(i) + 1] += 1;
    for (let n = 0; n < 512; n += 1) starts[n + 1] += starts[n];
    const order = new Uint32Array(count);
    for (let i = 0; i < count; i += 1) order[starts[place(i)]++] = i;
    return order;
  }

  readTags(reader, i, classKey, nameKey, numbers) {
    this.tags[i] = reader.pos;
    const end = reader.readPackedEnd();
    while (reader.pos < end) {
      const key = reader.readVarint();
      const value = reader.readVarint();
      if (key === nameKey) this.keyValue[i] = value;
      if (key !== classKey) continue;
      if (!numbers.has(value)) numbers.set(value, this.value(value));
      this.classes[i] = numbers.get(value);
    }
    reader.pos = end;
  }

  /** One of the tile's attribute values. */
  value(index) {
    const reader = new PbfReader(this.bytes);
    reader.pos = this.values[index];
    const end = reader.readVarint() + reader.pos;
    let value = null;
    for (let field; (field = reader.nextField(end)); ) {
      if (field === 1) value = reader.readString();
      else if (field === 2) value = reader.readFloat();
      else if (field === 3) value = reader.readDouble();
      else if (field === 4) value = reader.readVarint(true);
      else if (field === 5) value = reader.readVarint();
      else if (field === 6) value = reader.readSVarint();
      else if (field === 7) value = reader.readBoolean();
    }
    return value;
  }

  /** The key of a shape; null for a cell that sums up several. */
  key(i) {
    const index = this.keyValue[i];
    if (index === NONE) return null;
    this.keyTexts ??= new Map();
    if (!this.keyTexts.has(index)) this.keyTexts.set(index, this.value(index));
    return this.keyTexts.get(index);
  }

  hasKey(key) {
    this.keySet ??= new Set(Array.from(this.keyValue.filter((index) => index !== NONE), (index) => this.value(index)));
    return this.keySet.has(key);
  }

  isCell(i) {
    return this.keyValue[i] === NONE;
  }

  /** All attributes of a shape. */
  properties(i) {
    const properties = {};
    if (!this.tags[i]) return properties;
    const reader = new PbfReader(this.bytes);
    reader.pos = this.tags[i];
    const end = reader.readVarint() + reader.pos;
    while (reader.pos < end) {
      const name = this.keys[reader.readVarint()];
      properties[name] = this.value(reader.readVarint());
    }
    return properties;
  }

  /**
   * The topmost shape at a place, -1 for none.
   * @param {number} x in the tile's units
   * @param {number} y
   * @param {{edge: boolean, reach: number}} how edge: only the outline counts; reach: of outlines, lines and points
   */
  at(x, y, { edge, reach }) {
    for (let n = this.count - 1; n >= 0; n -= 1) {
      const i = this.order[n];
      const b = 4 * i;
      if (x < this.box[b] - reach || y < this.box[b + 1] - reach || x > this.box[b + 2] + reach || y > this.box[b + 3] + reach) continue;
      if (this.types[i] === POLYGON && !edge ? this.holds(i, x, y) : this.isNear(i, x, y, reach)) return i;
    }
    return -1;
  }

  /** Whether a polygon holds a point: rays cross holes and parts alike. */
  holds(i, x, y) {
    const { xy, parts } = this;
    let isInside = false;
    for (let part = this.firstPart[i]; part < this.firstPart[i + 1]; part += 1) {
      const start = parts[part];
      const end = parts[part + 1];
      for (let a = start, b = end - 2; a < end; b = a, a += 2) {
        const ay = xy[a + 1];
        const by = xy[b + 1];
        if (ay > y !== by > y && x < ((xy[b] - xy[a]) * (y - ay)) / (by - ay) + xy[a]) isInside = !isInside;
      }
    }
    return isInside;
  }

  isNear(i, x, y, reach) {
    const { xy, parts } = this;
    const isRing = this.types[i] === POLYGON;
    const most = reach * reach;
    for (let part = this.firstPart[i]; part < this.firstPart[i + 1]; part += 1) {
      const start = parts[part];
      const end = parts[part + 1];
      if (this.types[i] === POINT) {
        for (let a = start; a < end; a += 2) if ((xy[a] - x) ** 2 + (xy[a + 1] - y) ** 2 <= most) return true;
        continue;
      }
      for (let a = start, b = isRing ? end - 2 : start; a < end; b = a, a += 2) {
        if (distance2(x, y, xy[a], xy[a + 1], xy[b], xy[b + 1]) <= most) return true;
      }
    }
    return false;
  }
}

/** Square of the distance of a point from a segment. */
function distance2(x, y, ax, ay, bx, by) {
  const dx = bx - ax;
  const dy = by - ay;
  const length2 = dx * dx + dy * dy;
  const share = length2 ? Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / length2)) : 0;
  return (ax + share * dx - x) ** 2 + (ay + share * dy - y) ** 2;
}

/** Note where a layer's features and values begin; a second layer in one tile is not ours. */
function readLayer(reader, tile, features) {
  const end = reader.readVarint() + reader.pos;
  for (let field; (field = reader.nextField(end)); ) {
    if (field === 2) features.push(reader.pos);
    else if (field === 3) tile.keys.push(reader.readString());
    else if (field === 4) tile.values.push(reader.pos);
  }
}

/** Read commands: move to, line to, close; coordinates are differences. */
function readGeometry(reader, type, xy, parts, box, i) {
  const end = reader.readPackedEnd();
  let [x, y, left, command, isFirst] = [0, 0, 0, 0, true];
  let [west, north, east, south] = [32767, 32767, -32768, -32768];
  while (reader.pos < end) {
    if (left === 0) {
      const integer = reader.readVarint();
      command = integer & 7;
      left = integer >> 3;
    }
    left -= 1;
    if (command === 7) continue;
    const dx = reader.readVarint();
    const dy = reader.readVarint();
    x += (dx >> 1) ^ -(dx & 1);
    y += (dy >> 1) ^ -(dy & 1);
    if (command === 1 && (type !== POINT || isFirst)) parts.push(xy.length); // the points of one record stay together
    isFirst = false;
    xy.push(x);
    xy.push(y);
    if (x < west) west = x;
    if (x > east) east = x;
    if (y < north) north = y;
    if (y > south) south = y;
  }
  box.set([west, north, east, south], 4 * i);
}
