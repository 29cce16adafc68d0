"""Two plots side by side: `/compare?plots=A,B`."""

from flask import Blueprint, current_app, render_template, request

from geoapp.services.plot_comparison import compare_plots
from geoapp.services.plot_facts import LOW_EFFICIENCY_WORDS
from geoapp.services.workspace import Workspace
from geoapp.web.parameters import refuse_unknown

blueprint = Blueprint("compare", __name__)


@blueprint.get("/compare")
def page() -> str:
    """Show the page."""
    refuse_unknown(("plots",))
    workspace: Workspace = current_app.extensions["geoapp"]
    return render_template(
        "pages/compare.html",
        comparison=compare_plots(workspace, request.args.get("plots", "")),
        low_efficiency_words=LOW_EFFICIENCY_WORDS,
    )
