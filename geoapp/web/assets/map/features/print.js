/** Paper and picture. */

export function attach(_page) {}
