"""The pages, as one readable list: each module has a `blueprint` with its addresses."""

from geoapp.web.views import assets, basemap, cards, imports, layers, map, search, sheet, statistics  # noqa: A004

VIEWS = (map, cards, search, layers, sheet, statistics, imports, basemap, assets)
