"""A small picture of a proposal's shapes: as they were when it was sent, as proposed, and the plots around."""

import shapely

from geoapp.domain.proposal import ProposedForm
from geoapp.services.project_map import PictureFrame, ProjectMap, picture
from geoapp.services.proposal_changes import GEOMETRY, fields_now
from geoapp.services.record_key import find_key
from geoapp.services.workspace import Workspace


def proposal_map(workspace: Workspace, form: ProposedForm) -> ProjectMap:
    """Return the picture of a proposal: its shapes before and after, else where the plots it is about lie.

    Kinds of outlines: neighbour, before, after, plot.
    """
    outlines: list[tuple[str, str, shapely.Geometry]] = [
        (kind, change.key, shapely.from_wkb(text))
        for change in form.changes
        if change.name == GEOMETRY
        for kind, text in (("before", change.before), ("after", change.after))
        if text
    ]
    outlines = outlines or [("plot", code, shape) for code, shape in _plots(workspace, form)]
    if not outlines:
        return ProjectMap()
    frame = PictureFrame(tuple(shapely.total_bounds([shape for _, _, shape in outlines])))
    plots, own = workspace.store.read("plots"), {code for _, code, _ in outlines}
    near = plots[shapely.intersects(plots.geometry.to_numpy(), frame.box()) & ~plots["plot_code"].isin(own)]
    around = [
        ("neighbour", code, shape) for code, shape in zip(near["plot_code"], near.geometry, strict=True)
    ]
    return picture(frame, [*around, *outlines])


def _plots(workspace: Workspace, form: ProposedForm) -> list[tuple[str, shapely.Geometry]]:
    """Return the plots that a form is about: itself, its subject's, or its project's."""
    codes = {change.key for change in form.changes if change.register == "plots"}
    if form.register == "projects":
        members = workspace.store.read("project_plots")
        codes |= set(members.loc[(members["project_code"] == form.record_key).to_numpy(bool), "plot_code"])
    elif form.key:
        key = find_key(workspace, workspace.layer(form.register), form.key)
        fields = fields_now(workspace, form.register, key) or {}
        codes |= {str(fields[name]) for name in ("plot_code", "subject_code") if fields.get(name)}
    plots = workspace.store.read("plots")
    own = plots[plots["plot_code"].isin(codes).to_numpy(bool) & plots.geometry.notna().to_numpy(bool)]
    return list(zip(own["plot_code"], own.geometry, strict=True))
