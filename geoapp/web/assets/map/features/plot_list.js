/** The list of plots in view. */

export function attach(_page) {}
