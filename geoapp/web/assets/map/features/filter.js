/** The filter panel. */

export function attach(_page) {}
