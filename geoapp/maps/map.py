"""folium with our own files and without its scripts: what a Jinja page needs to show a map.

A default folium map asks ten files of five other hosts, runs jQuery and writes styles into the page. These classes
emit only calls into our own script modules, each with its settings as JSON, so that a page under a strict
Content-Security-Policy can place them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import folium
from branca.element import Figure
from folium.elements import JSCSSMixin
from folium.template import Template
from markupsafe import Markup

Bounds = tuple[float, float, float, float]
"""West, south, east, north in degrees."""
Links = tuple[tuple[str, str], ...]
"""Names and addresses of scripts or style sheets."""


@dataclass(frozen=True, slots=True)
class MapParts:
    """The three pieces of a map, safe to place into a page."""

    header: Markup
    """Links to style sheets and scripts."""
    html: Markup
    script: Markup
    """Body of a script of type module that has imported our map module as `geoapp`."""


class DistrictMap(folium.Map):
    """A Leaflet map made by our own module: no tiles, no jQuery, no inline style, no global variable."""

    _template = Template(
        """
        {%- macro html(this, kwargs) -%}
        <div class="district-map" id="{{ this.get_name()|e }}" role="application" tabindex="0"
             aria-label="{{ this.label|e }}"></div>
        {%- endmacro -%}
        {%- macro script(this, kwargs) -%}
        const {{ this.get_name() }} = geoapp.createMap({{ this.get_name()|tojson }}, {{ this.config|tojson }});
        {%- endmacro -%}
        """
    )
    default_js: Links = (("leaflet", "/static/vendor/leaflet/leaflet.js"),)
    default_css: Links = (
        ("leaflet_css", "/static/vendor/leaflet/leaflet.css"),
        ("map_css", "/assets/map.css"),
        ("layers_css", "/assets/map/layers.css"),
    )

    def __init__(
        self,
        map_id: str,
        *,
        bounds: Bounds,
        label: str,
        version: str = "",
        config: Mapping[str, Any] | None = None,
    ) -> None:
        west, south, east, north = bounds
        super().__init__(location=((south + north) / 2, (west + east) / 2), tiles=None)
        self._name, self._id = "map", map_id
        self.label = label
        self.config = {"bounds": [[south, west], [north, east]], **(config or {})}
        if version:  # own lists on the instance: the class's are shared by all requests
            self.default_js = tuple((name, f"{url}?v={version}") for name, url in type(self).default_js)
            self.default_css = tuple((name, f"{url}?v={version}") for name, url in type(self).default_css)


class _ModuleCall(JSCSSMixin):
    """One call of our map module on the map it is added to, with settings as JSON."""

    method = ""
    _template = Template(
        """
        {%- macro script(this, kwargs) -%}
        geoapp.{{ this.method }}({{ this._parent.get_name() }}, {{ this.config|tojson }});
        {%- endmacro -%}
        """
    )

    def __init__(self, name: str, config: Mapping[str, Any]) -> None:
        super().__init__()
        self._name, self._id = self.method, name
        self.config = dict(config)


class RegisterLayer(_ModuleCall):
    """One register on the map. It is drawn from vector tiles of the part in view; no shape is embedded."""

    method = "addRegister"

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__(config["id"], config)


class BasemapLayer(_ModuleCall):
    """The picture under the map."""

    method = "addBasemap"

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__("basemap", config)


def map_parts(district_map: DistrictMap, layers: Sequence[_ModuleCall] = ()) -> MapParts:
    """Return the pieces of a map with its layers, lowest first."""
    for layer in layers:
        layer.add_to(district_map)
    figure: Figure = district_map.get_root()
    figure.header._children.pop("meta_http", None)  # the page states its encoding itself
    figure.render()
    return MapParts(*(Markup(part.render()) for part in (figure.header, figure.html, figure.script)))  # noqa: S704
