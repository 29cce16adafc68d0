"""Files to take along: their content type, and a name in Chinese beside one in plain letters."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from flask import Response, make_response

from geoapp.domain.listed import ListKind
from geoapp.domain.record_table import RecordTable
from geoapp.reports.record_table import record_export_name, record_export_name_ascii, record_table_bytes
from geoapp.services.publishing import publish_list
from geoapp.services.workspace import Workspace

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


def table_response(table: RecordTable, suffix: str) -> Response:
    """Return a table as a file to be saved under the name that says what of it, and of which day."""
    return file_response(
        record_table_bytes(table, f".{suffix}"),
        suffix,
        name=record_export_name(table, f".{suffix}"),
        name_ascii=record_export_name_ascii(table, f".{suffix}"),
    )


def list_response(
    workspace: Workspace, kind: ListKind, record: Mapping[str, Any], table: RecordTable, suffix: str
) -> Response:
    """Return a list's table as a file, and note that it was given out.

    Parameters
    ----------
    workspace : Workspace
    kind : ListKind
    record : mapping
        The list as data, of which the figures are kept.
    table : RecordTable
    suffix : str
        A key of CONTENT_TYPES.
    """
    publish_list(workspace.settings, kind, record, record_export_name(table, f".{suffix}"))
    return table_response(table, suffix)


def shown_response(content: bytes, media_type: str, *, name: str) -> Response:
    """Return a file that somebody sent in: browsers may show it, must not guess what it is and run nothing of it."""
    response = make_response(content)
    response.content_type = media_type
    response.headers["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(name)}"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'none'"
    return response
