"""The pages, as one readable list: each module has a `blueprint` with its addresses."""

from geoapp.web.views import assets, basemap, layers, map  # noqa: A004

VIEWS = (map, layers, basemap, assets)
