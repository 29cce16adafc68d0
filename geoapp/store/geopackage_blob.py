"""Geometries as GeoPackage stores them: the header "GP", srs id and envelope, then WKB; in bulk."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely

from geoapp.domain.frame import STORED_CRS, plain_geometries

_HEADER = np.dtype(
    [("magic", "S2"), ("version", "u1"), ("flags", "u1"), ("srs_id", "<i4"), ("envelope", "<f8", (4,))]
)
_FLAGS = 0b0000_0011
"""Little-endian, envelope [min x, max x, min y, max y]."""
_ENVELOPE_BYTES = (0, 32, 48, 48, 64)
_MULTI_OF: dict[int, Any] = {
    shapely.GeometryType.LINESTRING: shapely.multilinestrings,
    shapely.GeometryType.POLYGON: shapely.multipolygons,
}


def encode_geometries(geometries: np.ndarray) -> list[bytes | None]:
    """Return GeoPackage blobs; lines and polygons as multi-geometries, None for missing and empty ones."""
    stored = _as_multis(plain_geometries(geometries))
    headers = np.zeros(len(stored), dtype=_HEADER)
    headers["magic"], headers["flags"], headers["srs_id"] = b"GP", _FLAGS, STORED_CRS
    headers["envelope"] = shapely.bounds(stored)[:, [0, 2, 1, 3]]
    heads, size = headers.tobytes(), _HEADER.itemsize
    bodies = shapely.to_wkb(stored, byte_order=1)
    return [
        None if body is None else heads[i * size : (i + 1) * size] + body for i, body in enumerate(bodies)
    ]


def decode_geometries(blobs: Sequence[bytes | None]) -> np.ndarray:
    """Return the geometries of GeoPackage blobs, a single part as itself and not as a multi-geometry."""
    bodies = np.empty(len(blobs), dtype=object)
    bodies[:] = [None if blob is None else blob[_header_bytes(blob) :] for blob in blobs]
    return plain_geometries(shapely.from_wkb(bodies))


def _header_bytes(blob: bytes) -> int:
    return 8 + _ENVELOPE_BYTES[blob[3] >> 1 & 0b111]


def _as_multis(geometries: np.ndarray) -> np.ndarray:
    types = shapely.get_type_id(geometries)
    multis = geometries.copy()
    for single, build in _MULTI_OF.items():
        rows = np.flatnonzero(types == single)
        if len(rows):
            multis[rows] = build(geometries[rows], indices=np.arange(len(rows)))
    return multis
