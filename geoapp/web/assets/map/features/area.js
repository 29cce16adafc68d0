/** Statistics of a drawn or uploaded area. */

export function attach(_page) {}
