/** Going to a coordinate or a code. */

export function attach(_page) {}
