/** Measuring. */

export function attach(_page) {}
