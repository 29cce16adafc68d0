"""The pages, as one readable list: each module has a `blueprint` with its addresses."""

from geoapp.web.views import assets, basemap, cards, imports, layers, map, map_work, search, sheet, statistics  # noqa: A004

VIEWS = (map, map_work, cards, search, layers, sheet, statistics, imports, basemap, assets)
