"""Geometries as GeoPackage stores them: the header "GP", srs id and envelope, then WKB; in bulk.

Lines and polygons are geometries as multi-geometries so that a register has one type. Wrapping and unwrapping a single
part is nine bytes of WKB, which costs a third of building the geometries twice.
"""

from collections.abc import Sequence

import numpy as np
import shapely

from geoapp.domain.frame import STORED_CRS

_HEADER = np.dtype(
    [("magic", "S2"), ("version", "u1"), ("flags", "u1"), ("srs_id", "<i4"), ("envelope", "<f8", (4,))]
)
_FLAGS = 0b0000_0011
"""Little-endian, envelope [min x, max x, min y, max y]."""
_ENVELOPE_BYTES = (0, 32, 48, 48, 64)
_WRAPPERS = {
    int(single): b"\x01" + bytes([multi, 0, 0, 0]) + b"\x01\x00\x00\x00"
    for single, multi in ((shapely.GeometryType.LINESTRING, 5), (shapely.GeometryType.POLYGON, 6))
}
"""By shapely's type of the single geometry: WKB of a multi-geometry with one part, up to that part."""


def encode_geometries(geometries: np.ndarray) -> list[bytes | None]:
    """Return GeoPackage blobs of plain geometries (see `plain_geometries`); None for missing ones."""
    headers = np.zeros(len(geometries), dtype=_HEADER)
    headers["magic"], headers["flags"], headers["srs_id"] = b"GP", _FLAGS, STORED_CRS
    headers["envelope"] = shapely.bounds(geometries)[:, [0, 2, 1, 3]]
    heads, size = headers.tobytes(), _HEADER.itemsize
    bodies, types = shapely.to_wkb(geometries, byte_order=1), shapely.get_type_id(geometries).tolist()
    return [
        None if body is None else heads[i * size : (i + 1) * size] + _WRAPPERS.get(types[i], b"") + body
        for i, body in enumerate(bodies)
    ]


def decode_geometries(blobs: Sequence[bytes | None]) -> np.ndarray:
    """Return the geometries of GeoPackage blobs, a single part as itself and not as a multi-geometry."""
    bodies = np.empty(len(blobs), dtype=object)
    bodies[:] = [None if blob is None else blob[_body_start(blob) :] for blob in blobs]
    geometries: np.ndarray = shapely.from_wkb(bodies)
    return geometries


def _body_start(blob: bytes) -> int:
    start = 8 + _ENVELOPE_BYTES[blob[3] >> 1 & 0b111]
    return start + 9 if blob[start : start + 9] in _WRAPPERS.values() else start
