/** The question which plots are meant, and what they add up to. */

import { fetchJson } from "../../page.js";

const POST = { method: "POST", headers: { "Content-Type": "application/json" } };

/**
 * Post a question under the present filter and day.
 * @param {import("../map_view.js").MapView} view
 * @param {string} address
 * @param {object} what
 * @param {RequestInit} [options]
 */
export function ask(view, address, what, options = {}) {
  const { filter, at } = view.query ?? {};
  const body = { ...what, ...(filter ? { filter } : {}), ...(at ? { at } : {}) };
  return fetchJson(address, { ...POST, body: JSON.stringify(body), ...options });
}

/**
 * Ask which plots a shape, or a list of codes, means, and for their sums.
 * @param {import("../map_view.js").MapView} view
 * @param {object} what keys, geometry or circle; far_target
 * @returns {Promise<{keys: string[], summary: object}>}
 */
export const askSelection = (view, what, options) => ask(view, "/plots/selection.json", what, options);

/** A shape that was drawn, as the server takes it. */
export const asked = ({ geometry, circle }) => (circle ? { circle } : { geometry });
