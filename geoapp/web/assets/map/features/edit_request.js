/** What is sent of an edit, and how it is asked for. */

import { areaWords } from "../../area_unit.js";
import { fetchJson } from "../../page.js";
import { mergeFields, newFields, splitFields } from "./edit_fields.js";
import { kindOf } from "./edit_parts.js";
import { length, polygonArea } from "./geodesic.js";
import { lengthWords } from "./measures.js";

const SIGNATURE = ["edited_by", "edit_reason", "edit_document_no"];

export const post = (address, body) =>
  fetchJson(address, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

/** Who signs, why and on what paper, as typed. */
export const signatureOf = (form) => Object.fromEntries(SIGNATURE.map((name) => [name, form.elements[name].value]));

/** Address and body of what stores the work under way. */
export function requestOf(work, form, own) {
  const signed = signatureOf(form);
  if (work.mode === "split") return ["/edits/split.json", { key: work.key, seen: work.version, line: work.line, ...splitFields.read(own), ...signed }];
  if (work.mode === "merge") return ["/edits/merge.json", { keys: work.keys, versions: work.versions, ...mergeFields.read(own), ...signed }];
  const { register, geometry } = work;
  const shape = { register, geometry, snap: form.elements.snap.checked, accept: form.elements.accept.checked };
  if (work.mode === "draw") return ["/edits/shape.json", { fields: newFields.read(own), ...shape, ...signed }];
  return ["/edits/shape.json", { key: work.key, seen: work.version, ...shape, ...signed }];
}

/** What the shape would come to: asked before anything is stored. */
export function checkOf({ register, key, mode, geometry }, form, own) {
  const fields = mode === "draw" ? newFields.read(own) : {};
  return { register, key, fields, geometry, snap: form.elements.snap.checked };
}

/** Area of a polygon, length of a line. */
export function sizeWords(geometry) {
  const kind = kindOf(geometry);
  if (kind === "polygon") return areaWords(polygonArea(geometry));
  const paths = geometry.type === "LineString" ? [geometry.coordinates] : geometry.coordinates;
  return kind === "line" ? lengthWords(paths.reduce((sum, path) => sum + length(path), 0)) : "";
}
