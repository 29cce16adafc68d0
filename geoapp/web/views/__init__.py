"""The pages, as one readable list: each module has a `blueprint` with its addresses."""

from geoapp.web.views import assets

VIEWS = (assets,)
