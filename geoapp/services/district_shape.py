"""The land of all towns as one shape, made once per state of their register."""

import shapely

from geoapp.services.workspace import Workspace


def district_shape(workspace: Workspace) -> shapely.Geometry | None:
    """Return the land of all towns; None where none has a shape."""
    number = workspace.store.register_revision("towns")

    def unite() -> shapely.Geometry | None:
        shapes = workspace.store.read("towns")["geometry"].dropna().to_numpy()
        united = shapely.union_all(shapes) if len(shapes) else None
        if united is not None:
            shapely.prepare(united)
        return united

    return workspace.cache.get(("district_shape", number), unite)
