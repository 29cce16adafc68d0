/** The table under the map. */

export function attach(_page) {}
