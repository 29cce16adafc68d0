/** Two maps under one curtain. */

export function attach(_page) {}
