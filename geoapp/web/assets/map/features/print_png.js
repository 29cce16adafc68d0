/** The size on paper inside a PNG file, so that a word processor places the sheet in its true scale. */

const SIGNATURE_LENGTH = 8;
const HEADER_LENGTH = 25; // the chunk IHDR, which comes first

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

/** Check sum of a chunk (PNG 1.2, annex D). */
function crc32(bytes) {
  let c = 0xffffffff;
  for (const byte of bytes) c = TABLE[(c ^ byte) & 0xff] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

/** The chunk pHYs: pixels per metre in both directions. */
function resolutionChunk(pixelsPerMeter) {
  const chunk = new Uint8Array(21);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, 9);
  chunk.set([0x70, 0x48, 0x59, 0x73], 4);
  view.setUint32(8, pixelsPerMeter);
  view.setUint32(12, pixelsPerMeter);
  chunk[16] = 1;
  view.setUint32(17, crc32(chunk.subarray(4, 17)));
  return chunk;
}

/**
 * A PNG file that says how large it is on paper.
 * @param {Blob} png as the browser makes it, without a size
 * @param {number} pixelsPerMm
 * @returns {Blob}
 */
export function withResolution(png, pixelsPerMm) {
  const start = SIGNATURE_LENGTH + HEADER_LENGTH;
  return new Blob([png.slice(0, start), resolutionChunk(Math.round(pixelsPerMm * 1000)), png.slice(start)], { type: "image/png" });
}
