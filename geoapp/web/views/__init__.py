"""The pages, as one readable list: each module has a `blueprint` with its addresses."""

from geoapp.web.views import (
    assets,
    basemap,
    cards,
    changes,
    compare,
    imports,
    layers,
    ledgers,
    map,  # noqa: A004
    map_work,
    proofs,
    rules,
    search,
    sheet,
    statistics,
    table,
    targets,
)

VIEWS = (
    map,
    map_work,
    cards,
    proofs,
    compare,
    search,
    layers,
    table,
    sheet,
    statistics,
    targets,
    ledgers,
    rules,
    changes,
    imports,
    basemap,
    assets,
)
