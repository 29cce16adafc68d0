"""Import by page: upload, check, choose fixes, accept. Nothing is stored before it is accepted."""

from typing import Any

import shapely
from flask import Blueprint, Response, current_app, jsonify, redirect, render_template, request, send_file
from werkzeug.wrappers import Response as BaseResponse

from geoapp.domain.revision import REVISION_KIND_LABELS, Revision
from geoapp.domain.user import Permission
from geoapp.errors import UsageError
from geoapp.services.import_report import staged_report
from geoapp.services.import_staged import ImportOptions, StagedImport
from geoapp.services.uploads import UploadJobs
from geoapp.services.workspace import Workspace
from geoapp.web.people import written_by
from geoapp.web.permissions import needs

blueprint = Blueprint("imports", __name__, url_prefix="/imports")

SHOWN_REVISIONS = 50
LONGEST_TEXT = 200
MAP_TOLERANCE_DEG = 1e-4


def _workspace() -> Workspace:
    return current_app.extensions["geoapp"]  # type: ignore[no-any-return]


def _jobs() -> UploadJobs:
    return current_app.extensions["geoapp_uploads"]  # type: ignore[no-any-return]


@blueprint.get("")
@needs(Permission.EDIT)
def page() -> str:
    """Show the upload form, the registers as they are, and what changed them."""
    workspace = _workspace()
    return render_template(
        "pages/imports.html",
        layers=list(workspace.layers.values()),
        chosen=request.args.get("register", "plots"),
        registers=[_register_row(workspace, register) for register in workspace.layers],
        revisions=[_revision_row(workspace, r) for r in workspace.store.revisions(limit=SHOWN_REVISIONS)],
    )


@blueprint.post("")
@needs(Permission.EDIT)
def upload() -> BaseResponse:
    """Take a file and begin to check it; a form sent before the page's script had come leads to the check too."""
    file = request.files.get("file")
    if file is None or not file.filename:
        raise UsageError("没有选择文件。请选择要导入的文件。")
    job = _jobs().start_upload(request.form.get("register", ""), file.stream, file.filename)
    address = f"/imports/{job.id}"
    if request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html":
        return redirect(address, 303)
    return jsonify(id=job.id, address=address)


@blueprint.get("/<upload_id>")
@needs(Permission.EDIT)
def check(upload_id: str) -> str:
    """Show one upload; its state follows by request."""
    job = _jobs().job(upload_id)
    return render_template(
        "pages/import.html",
        upload_id=upload_id,
        file_name=job.file_name,
        register_zh=_workspace().layer(job.register).zh,
    )


@blueprint.get("/<upload_id>.json")
@needs(Permission.EDIT)
def state(upload_id: str) -> Response:
    """Return how far an upload is, and what the check found."""
    job = _jobs().job(upload_id)
    staged = None if job.is_busy else _jobs().staged(upload_id)
    return jsonify(
        state=str(job.state),
        progress=job.progress,
        step=job.step,
        error=job.error,
        options=job.options.to_dict(),
        staged=None if staged is None else _staged_values(staged),
        done={"message": job.message, "map_address": _map_address(job.register)},
    )


@blueprint.post("/<upload_id>/options")
@needs(Permission.EDIT)
def choose(upload_id: str) -> Response:
    """Check again with other options or fixes."""
    values = request.get_json(silent=True)
    if not isinstance(values, dict):
        raise UsageError("没有收到选项。请刷新页面后再试。")
    job = _jobs().set_options(upload_id, ImportOptions.from_dict(values))
    return jsonify(state=str(job.state))


@blueprint.post("/<upload_id>/accept")
@needs(Permission.EDIT)
def accept(upload_id: str) -> Response:
    """Store a checked file as one revision."""
    values = request.get_json(silent=True) or {}
    user = written_by(_text(values, "user"))
    if not user:
        raise UsageError("没有填操作人。请填写后再接受。")
    job = _jobs().accept(
        upload_id,
        user=user,
        reason=_text(values, "reason"),
        document_no=_text(values, "document_no"),
        remove_missing=values.get("remove_missing") is True,
    )
    return jsonify(state=str(job.state))


@blueprint.post("/<upload_id>/discard")
@needs(Permission.EDIT)
def discard(upload_id: str) -> Response:
    """Forget an upload."""
    _jobs().discard(upload_id)
    return jsonify(state="discarded")


@blueprint.get("/<upload_id>/corrected")
@needs(Permission.EDIT)
def corrected(upload_id: str) -> Response:
    """Return the file with the fixes made and a column that lists what is left."""
    path, name = _jobs().corrected_file(upload_id)
    return send_file(path, as_attachment=True, download_name=name)


def _text(values: dict[str, Any], name: str) -> str:
    return str(values.get(name) or "").strip()[:LONGEST_TEXT]


def _staged_values(staged: StagedImport) -> dict[str, Any]:
    return {**staged_report(staged), "geometry": staged.geometry, "district": _district()}


def _district() -> dict[str, Any]:
    """Return the towns' outlines, for orientation."""
    workspace = _workspace()
    revision = workspace.store.register_revision("towns")
    return workspace.cache.get(("district", revision), lambda: _outlines(workspace))


def _outlines(workspace: Workspace) -> dict[str, Any]:
    shapes = workspace.store.read("towns").geometry.dropna().simplify(MAP_TOLERANCE_DEG)
    features = [
        {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(shape)} for shape in shapes
    ]
    return {"type": "FeatureCollection", "features": features}


def _map_address(register: str) -> str:
    layer = _workspace().layer(register)
    return f"/?layers={register}" if layer.has_geometry else "/"


def _register_row(workspace: Workspace, register: str) -> dict[str, Any]:
    layer = workspace.layer(register)
    latest = workspace.store.revisions(register, limit=1)
    return {
        "zh": layer.zh,
        "count": len(workspace.store.read(register)),
        "updated": _moment(latest[0]) if latest else "—",
        "source": layer.source,
    }


def _revision_row(workspace: Workspace, revision: Revision) -> dict[str, Any]:
    names = [workspace.layers[name].zh for name in revision.registers if name in workspace.layers]
    return {
        "number": revision.number,
        "made_at": _moment(revision),
        "kind": REVISION_KIND_LABELS[revision.kind],
        "registers": "、".join(names),
        "summary": revision.summary,
        "user": revision.user,
        "reason": revision.reason,
        "document_no": revision.document_no,
    }


def _moment(revision: Revision) -> str:
    """Return when a revision was made, in the clock of the machine the office shares."""
    return revision.made_at.astimezone().strftime("%Y-%m-%d %H:%M")
