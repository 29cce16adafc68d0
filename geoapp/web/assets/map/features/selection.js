/** Choosing many plots. */

export function attach(_page) {}
