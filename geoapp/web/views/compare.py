"""Two plots side by side: `/compare?plots=A,B&at=`."""

from flask import Blueprint, current_app, render_template, request

from geoapp.services.as_of import as_of, workspace_at
from geoapp.services.plot_comparison import compare_plots
from geoapp.services.plot_facts import LOW_EFFICIENCY_WORDS
from geoapp.services.workspace import Workspace
from geoapp.web.parameters import refuse_unknown
from geoapp.web.quality import quality_line

blueprint = Blueprint("compare", __name__)


@blueprint.get("/compare")
def page() -> str:
    """Show the page."""
    refuse_unknown(("plots", "at"))
    workspace: Workspace = current_app.extensions["geoapp"]
    state = as_of(workspace, request.args.get("at"))
    seen = workspace_at(workspace, state)
    comparison = compare_plots(seen, request.args.get("plots", ""), day=state.day)
    return render_template(
        "pages/compare.html",
        comparison=comparison,
        quality=quality_line(workspace, state, keys=[card.plot_code for card in comparison.cards]),
        low_efficiency_words=LOW_EFFICIENCY_WORDS,
        state=state,
    )
