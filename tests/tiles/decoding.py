"""A decoder of vector tiles that forgives nothing, written from the specification and not from our encoder.

The bytes are parsed by the protocol buffer classes of `mapbox_vector_tile`; the commands are walked here because its
own decoder mends and hides what must not be there.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from mapbox_vector_tile.Mapbox import vector_tile_pb2
from numpy.typing import NDArray

from geoapp.tiles import TileSet, build_tileset

Z, X, Y = 14, 13_722, 6_763
"""A tile of the district at a zoom of full detail; at Z + 1 it has four children."""


@dataclass(frozen=True)
class Feature:
    id: int | None
    kind: int
    properties: dict
    rings: list[list[tuple[int, int]]]

    @property
    def shape(self) -> shapely.Geometry:
        """The polygon, without mending."""
        shells: list[list] = []
        for ring in self.rings:
            if signed_area(ring) > 0:
                shells.append([ring])
            else:
                shells[-1].append(ring)
        return shapely.MultiPolygon([(rings[0], rings[1:]) for rings in shells])


def signed_area(ring: list[tuple[int, int]]) -> float:
    """The surveyor's formula, as the specification writes it."""
    following = ring[1:] + ring[:1]
    return sum(x * v - u * y for (x, y), (u, v) in zip(ring, following, strict=True)) / 2


def decoded(content: bytes) -> list[Feature]:
    """Return the features of a tile with one layer."""
    tile = vector_tile_pb2.tile()
    tile.ParseFromString(content)
    assert len(tile.layers) == 1
    layer = tile.layers[0]
    assert (layer.version, layer.extent) == (2, 4096)
    assert len(set(layer.keys)) == len(layer.keys)
    return [_feature(layer, feature) for feature in layer.features]


def layer_name(content: bytes) -> str:
    tile = vector_tile_pb2.tile()
    tile.ParseFromString(content)
    return str(tile.layers[0].name)


def _feature(layer: object, feature: object) -> Feature:
    assert len(feature.tags) % 2 == 0
    properties = {}
    for key, value in zip(feature.tags[::2], feature.tags[1::2], strict=True):
        field, content = layer.values[value].ListFields()[0]
        assert len(layer.values[value].ListFields()) == 1
        assert field.name in ("string_value", "uint_value")
        properties[layer.keys[key]] = content
    number = feature.id if feature.HasField("id") else None
    return Feature(number, feature.type, properties, _rings(feature.type, list(feature.geometry)))


def _rings(kind: int, commands: list[int]) -> list[list[tuple[int, int]]]:
    assert commands
    rings, x, y, at = [], 0, 0, 0
    while at < len(commands):
        command, count = commands[at] & 7, commands[at] >> 3
        at += 1
        assert count > 0
        if command == 7:
            assert (kind, count) == (3, 1)
            continue
        if command == 1:
            assert kind == 1 or count == 1
            rings.append([])
        else:
            assert command == 2
            assert kind != 1
        for _ in range(count):
            x, y = x + _signed(commands[at]), y + _signed(commands[at + 1])
            at += 2
            if command == 2:
                assert (x, y) != rings[-1][-1]
            rings[-1].append((x, y))
    _check(kind, rings)
    return rings


def _check(kind: int, rings: list[list[tuple[int, int]]]) -> None:
    if kind == 1:
        assert len(rings) == 1
    if kind == 2:
        assert all(len(ring) > 1 for ring in rings)
    if kind == 3:
        assert signed_area(rings[0]) > 0
        for ring in rings:
            assert len(ring) > 2
            assert ring[0] != ring[-1]
            assert signed_area(ring) != 0


def _signed(number: int) -> int:
    return (number >> 1) ^ -(number & 1)


def lonlat(points: NDArray, z: int = Z, x: int = X, y: int = Y) -> NDArray:
    """Return degrees of points (n, 2) in units of a tile."""
    world = (np.asarray(points, dtype=float) / 4096 + [x, y]) / 2**z
    longitude = world[:, 0] * 360 - 180
    latitude = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * world[:, 1]))))
    return np.stack([longitude, latitude], axis=1)


def placed(shape: shapely.Geometry, z: int = Z, x: int = X, y: int = Y) -> shapely.Geometry:
    """Return in degrees a shape given in units of a tile."""
    return shapely.transform(shape, lambda points: lonlat(points, z, x, y))


def one(shape: shapely.Geometry | None, **place: int) -> TileSet:
    """Return a tile set of one shape in tile units, id 7, key "K"."""
    shape = None if shape is None else placed(shape, **place)
    return build_tileset(np.array([shape]), np.array([7]), ["K"], np.array([100.0]), name="plots")


def features_of(tiles: TileSet, z: int = Z, x: int = X, y: int = Y, **given: NDArray) -> list[Feature]:
    """Return the features of a tile, none if it has no bytes; every class is 0 unless given."""
    classes = given.pop("classes", np.zeros(tiles.row_count, np.uint8))
    content = tiles.encode(z, x, y, classes=classes, **given)
    return decoded(content) if content else []
