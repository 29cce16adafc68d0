"""The unit for land that a reader chose: of the address, else of the cookie that the page's head writes, else 亩."""

from flask import Flask, Response, g, has_request_context, request

from geoapp.errors import UsageError
from geoapp.units import AREA_UNIT_LABELS, DEFAULT_UNIT, SHOWN_UNITS, shown_unit

COOKIE = "geoapp_unit"
PARAMETER = "unit"


def init_app(app: Flask) -> None:
    """Refuse an address with another unit than those there are, and tell caches that pages depend on the cookie."""

    @app.before_request
    def check_unit() -> None:
        export_unit()

    @app.after_request
    def vary(response: Response) -> Response:
        if response.mimetype == "text/html":
            response.vary.add("Cookie")
        return response


def page_unit() -> str:
    """Return the unit for land on the page being made: mu, ha or m2."""
    if not has_request_context():
        return DEFAULT_UNIT
    if "page_unit" not in g:
        g.page_unit = _page_unit()
    unit: str = g.page_unit
    return unit


def _page_unit() -> str:
    kept = request.cookies.get(COOKIE, "")
    try:
        return shown_unit(request.args.get(PARAMETER) or (kept if kept in SHOWN_UNITS else None))
    except UsageError:  # the page that says so has a unit too
        return DEFAULT_UNIT


def page_unit_zh() -> str:
    """Return its word: 亩."""
    return AREA_UNIT_LABELS[page_unit()]


def use_file_unit() -> None:
    """Let what this answer says be in the unit of files, whatever the reader chose for pages: see `export_unit`."""
    g.page_unit = export_unit()


def asked_unit() -> str | None:
    """Return the unit that the address asks for; None where it says nothing. Raises UsageError like `export_unit`."""
    return export_unit() if request.args.get(PARAMETER) else None


def export_unit() -> str:
    """Return the unit of a file or of data: what the address says, else mu; the same address is the same file.

    Raises
    ------
    UsageError
        The address says another word.
    """
    return shown_unit(request.args.get(PARAMETER))
