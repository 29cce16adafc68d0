"""Performance agreements: `/agreements`, agreed against actual."""

from flask import Blueprint, Response, current_app, jsonify, render_template, request

from geoapp.errors import UsageError
from geoapp.services.agreement_tables import agreement_record
from geoapp.services.agreements import AGREEMENTS, ITEMS, AgreementSheet, agreement_sheet
from geoapp.services.as_of import AsOf, as_of
from geoapp.services.workspace import Workspace
from geoapp.web.parameters import refuse_unknown
from geoapp.web.quality import quality_line

blueprint = Blueprint("agreements", __name__)

CHOICES = {"": "全部", "missed": "未达约定", "unknown": "没有填实际值"}
ROWS_SHOWN = 500


def _workspace() -> Workspace:
    return current_app.extensions["geoapp"]  # type: ignore[no-any-return]


def _state() -> AsOf:
    return as_of(_workspace(), request.args.get("at"))


def _sheet() -> AgreementSheet:
    refuse_unknown(("at", "town", "only"))
    only = request.args.get("only", "")
    if only not in CHOICES:
        raise UsageError(f"参数 only“{only[:20]}”不认识；可用：missed、unknown，或不写。")
    return agreement_sheet(_workspace(), _state(), town_code=request.args.get("town", ""), only=only)


@blueprint.get("/agreements")
def page() -> str:
    """Show the agreements."""
    sheet = _sheet()
    heads, items = _workspace().layer(AGREEMENTS), _workspace().layer(ITEMS)
    return render_template(
        "pages/agreements.html",
        sheet=sheet,
        state=_state(),
        choices=CHOICES,
        only=request.args.get("only", ""),
        town=request.args.get("town", ""),
        quality=quality_line(
            _workspace(), _state(), AGREEMENTS, keys=[head["agreement_code"] for head in sheet.agreements]
        ),
        rows_shown=ROWS_SHOWN,
        kinds=heads.field("kind").code_labels,
        statuses=heads.field("status").code_labels,
        indicators=items.field("indicator").code_labels,
    )


@blueprint.get("/agreements.json")
def data() -> Response:
    """Give the agreements as data."""
    return jsonify(agreement_record(_workspace(), _sheet()))
