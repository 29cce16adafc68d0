"""Files to take along: their content type, and a name in Chinese beside one in plain letters."""

from urllib.parse import quote

from flask import Response, make_response

CONTENT_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "geojson": "application/geo+json",
    "gpkg": "application/geopackage+sqlite3",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


def file_response(content: bytes, suffix: str, *, name: str, name_ascii: str) -> Response:
    """Return a file to be saved under a name.

    Parameters
    ----------
    content : bytes
    suffix : str
        A key of CONTENT_TYPES.
    name, name_ascii : str
        With the suffix; the second one in plain letters.
    """
    response = make_response(content)
    response.content_type = CONTENT_TYPES[suffix]
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"{name_ascii}\"; filename*=UTF-8''{quote(name)}"
    )
    return response


def shown_response(content: bytes, media_type: str, *, name: str) -> Response:
    """Return a file that somebody sent in: browsers may show it, must not guess what it is and run nothing of it."""
    response = make_response(content)
    response.content_type = media_type
    response.headers["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(name)}"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'none'"
    return response
