"""Compiled: taking features out of arrays in another order."""

import numpy as np
from numpy.typing import NDArray

from geoapp.compiling import kernel


@kernel
def gathered_shapes(
    xs: NDArray,
    ys: NDArray,
    zooms: NDArray,
    ring_start: NDArray,
    ring_is_outer: NDArray,
    feature_start: NDArray,
    features: NDArray,
) -> tuple[NDArray, NDArray, NDArray, NDArray, NDArray, NDArray]:
    """Return vertices, their zooms, ring starts, shells and feature starts of *features*, in their order."""
    ring_count = vertex_count = 0
    for feature in features:
        first, last = feature_start[feature], feature_start[feature + 1]
        ring_count += last - first
        vertex_count += ring_start[last] - ring_start[first]
    new_xs = np.empty(vertex_count, np.int32)
    new_ys = np.empty(vertex_count, np.int32)
    new_zooms = np.empty(vertex_count, np.uint8)
    new_ring_start = np.empty(ring_count + 1, np.int32)
    new_is_outer = np.empty(ring_count, np.uint8)
    new_feature_start = np.empty(len(features) + 1, np.int32)
    ring = vertex = 0
    for place in range(len(features)):
        new_feature_start[place] = ring
        for old_ring in range(feature_start[features[place]], feature_start[features[place] + 1]):
            new_ring_start[ring] = vertex
            new_is_outer[ring] = ring_is_outer[old_ring]
            for old_vertex in range(ring_start[old_ring], ring_start[old_ring + 1]):
                new_xs[vertex] = xs[old_vertex]
                new_ys[vertex] = ys[old_vertex]
                new_zooms[vertex] = zooms[old_vertex]
                vertex += 1
            ring += 1
    new_feature_start[len(features)] = ring
    new_ring_start[ring] = vertex
    return new_xs, new_ys, new_zooms, new_ring_start, new_is_outer, new_feature_start


@kernel
def gathered_bytes(content: NDArray, start: NDArray, items: NDArray) -> tuple[NDArray, NDArray]:
    """Return the runs of bytes of *items*, in their order, and where each starts (with the end last)."""
    new_start = np.zeros(len(items) + 1, np.int32)
    for place in range(len(items)):
        new_start[place + 1] = new_start[place] + start[items[place] + 1] - start[items[place]]
    new_content = np.empty(new_start[-1], np.uint8)
    for place in range(len(items)):
        begin = start[items[place]]
        for offset in range(new_start[place + 1] - new_start[place]):
            new_content[new_start[place] + offset] = content[begin + offset]
    return new_content, new_start
