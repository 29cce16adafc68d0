/** Buffer and nearest. */

export function attach(_page) {}
