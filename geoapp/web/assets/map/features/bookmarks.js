/** Views kept in this browser. */

export function attach(_page) {}
