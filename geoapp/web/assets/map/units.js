/** Areas in the unit that people use; the server's are square metres. */

/** 15 亩 are a hectare. */
export const toMu = (m2) => (m2 * 15) / 10_000;
