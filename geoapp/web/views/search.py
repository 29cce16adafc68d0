"""The search box's answers: `/search?q=&limit=&at=`."""

from flask import Blueprint, Response, current_app, jsonify, request

from geoapp.errors import UsageError
from geoapp.services.as_of import as_of, workspace_at
from geoapp.services.search import search
from geoapp.services.workspace import Workspace
from geoapp.web.parameters import refuse_unknown

blueprint = Blueprint("search", __name__)

DEFAULT_LIMIT = 12
MOST_RESULTS = 50


@blueprint.get("/search")
def show() -> Response:
    """Give what fits the text, best first, with where to zoom."""
    refuse_unknown(("q", "limit", "at"))
    workspace: Workspace = current_app.extensions["geoapp"]
    workspace = workspace_at(workspace, as_of(workspace, request.args.get("at")))
    text = request.args.get("q", "")
    results = search(workspace, text, _limit(request.args.get("limit", str(DEFAULT_LIMIT))))
    return jsonify(query=text, results=[result.to_dict() for result in results])


def _limit(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST_RESULTS:
        raise UsageError(f"参数 limit“{text}”不正确，应为 1 到 {MOST_RESULTS} 的整数。")
    return int(text)
