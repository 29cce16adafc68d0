"""Second-market transactions: `/transactions`, `/transactions/<code>`, the outcome of a review and the files."""

from collections.abc import Mapping
from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response as AnyResponse

from geoapp.domain.frame import plain_records
from geoapp.domain.listed import TRANSACTIONS as DEAL_LIST
from geoapp.domain.user import Permission
from geoapp.errors import ConflictError, InputError, NotFoundError
from geoapp.services.as_of import AsOf, as_of
from geoapp.services.compliance_words import verdict_words
from geoapp.services.transaction_facts import TRANSACTIONS
from geoapp.services.transaction_steps import enter_review
from geoapp.services.transaction_tables import page_record, sheet_record, transaction_table
from geoapp.services.transactions import (
    CHECKS,
    CHOICES,
    TransactionSheet,
    transaction_page,
    transaction_sheet,
)
from geoapp.services.workspace import Workspace
from geoapp.web.area_unit import asked_unit
from geoapp.web.downloads import list_response
from geoapp.web.map_links import map_of_plots
from geoapp.web.parameters import refuse_unknown
from geoapp.web.people import written_by
from geoapp.web.permissions import needs
from geoapp.web.quality import quality_line, with_quality

blueprint = Blueprint("transactions", __name__)

ROWS_SHOWN = 500


def _workspace() -> Workspace:
    return current_app.extensions["geoapp"]  # type: ignore[no-any-return]


def _state() -> AsOf:
    return as_of(_workspace(), request.args.get("at"))


def _sheet() -> TransactionSheet:
    refuse_unknown(("at", *CHOICES))
    chosen = {name: request.args.get(name, "") for name in CHOICES}
    return transaction_sheet(_workspace(), _state(), chosen=chosen)


def _codes() -> dict[str, Mapping[str, str]]:
    layer = _workspace().layer(TRANSACTIONS)
    return {name: layer.field(name).code_labels for name in ("kind", "review")}


@blueprint.get("/transactions")
def page() -> str:
    """Show the transactions that are asked for."""
    sheet = _sheet()
    plots = list(dict.fromkeys(sheet.transactions["plot_code"]))
    return render_template(
        "pages/transactions.html",
        sheet=sheet,
        state=_state(),
        rows=plain_records(sheet.transactions.head(ROWS_SHOWN)),
        codes=_codes(),
        checks=CHECKS,
        quality=_quality(sheet),
        query=sheet.chosen,
        map_address=map_of_plots(plots, _state(), table="plots", color="transaction_review"),
    )


def _quality(sheet: TransactionSheet) -> dict[str, Any]:
    return quality_line(_workspace(), _state(), TRANSACTIONS, keys=list(sheet.transactions.index))


@blueprint.get("/transactions.json")
def data() -> Response:
    """Give the transactions as data."""
    return jsonify(sheet_record(_workspace(), _sheet()))


@blueprint.get("/transactions.<any(csv, xlsx):suffix>")
def export(suffix: str) -> Response:
    """Give the transactions as a file."""
    sheet = _sheet()
    table = transaction_table(_workspace(), sheet, asked_unit())
    table = with_quality(table, suffix, lambda: [_quality(sheet)])
    return list_response(_workspace(), DEAL_LIST, sheet_record(_workspace(), sheet), table, suffix)


@blueprint.get("/transactions/<path:code>")
def show(code: str) -> str:
    """Show one transaction with its checks and the form of the review."""
    refuse_unknown(("at",))
    return _page(code, {}, "")


@blueprint.get("/transactions/<path:code>.json")
def record(code: str) -> Response:
    """Give one transaction with its checks as data."""
    refuse_unknown(("at",))
    return jsonify(page_record(transaction_page(_workspace(), _state(), code)))


def _page(code: str, typed: Mapping[str, str], complaint: str) -> str:
    found = transaction_page(_workspace(), _state(), code)
    sheet = transaction_sheet(_workspace(), _state())
    return render_template(
        "pages/transaction.html",
        found=found,
        transaction=found.transaction,
        state=_state(),
        codes=_codes(),
        town_names=sheet.town_names,
        verdict_words=verdict_words,
        typed=typed,
        complaint=complaint,
        quality=quality_line(_workspace(), _state(), TRANSACTIONS, keys=[code]),
        map_address=map_of_plots([found.transaction["plot_code"]], _state()),
    )


@blueprint.post("/transactions/<path:code>/review")
@needs(Permission.EDIT)
def review(code: str) -> AnyResponse | tuple[str, int]:
    """Store the outcome of a review."""
    typed = {name: request.form.get(name, "") for name in request.form}
    typed["user"] = written_by(typed.get("user", ""))
    try:
        revision = enter_review(_workspace(), code, typed)
    except NotFoundError:
        raise
    except InputError as error:
        return _page(code, typed, str(error)), 409 if isinstance(error, ConflictError) else 422
    flash(f"已存为第 {revision.number} 次修订。")
    return redirect(url_for("transactions.show", code=code), 303)
