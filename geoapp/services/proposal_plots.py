"""Plots that a reporter asks to have split or merged: the request of the map kept as a form's texts, and run."""

import json
from collections.abc import Mapping
from typing import Any

import shapely

from geoapp.domain.proposal import ProposedForm
from geoapp.services.edits import Saved
from geoapp.services.plot_merge import merge_plots, unite_plots
from geoapp.services.plot_split import split_plot
from geoapp.services.workspace import Workspace

_PACKED = ("codes", "values", "keys", "versions", "choices")
"""Parts of a request that are no texts: kept as JSON."""
_TEXTS = ("seen", "sharing", "code", "edited_by", "edit_reason", "edit_document_no")


def packed(body: Mapping[str, Any]) -> dict[str, str]:
    """Return a request to split or merge plots as texts, without what it is about.

    Examples
    --------
    >>> packed({"key": "A", "codes": ["A1", "A2"], "seen": 7, "edit_reason": None})
    {'codes': '["A1", "A2"]', 'seen': '7'}
    """
    found = {name: json.dumps(body[name], ensure_ascii=False) for name in _PACKED if name in body}
    return found | {name: str(body[name]) for name in _TEXTS if body.get(name) is not None}


def _unpacked(texts: Mapping[str, str]) -> dict[str, Any]:
    return {name: json.loads(text) if name in _PACKED else text for name, text in texts.items()}


def run_split(workspace: Workspace, form: ProposedForm, texts: Mapping[str, str]) -> Saved:
    """Store a plot's parts as `split_plot` does; the form's shape is the line."""
    line: Any = shapely.from_wkb(form.shape)
    return split_plot(workspace, form.key, line, _unpacked(texts))


def run_merge(workspace: Workspace, form: ProposedForm, texts: Mapping[str, str]) -> Saved:
    """Store plots as one as `merge_plots` does."""
    request = _unpacked(texts)
    return merge_plots(workspace, request["keys"], request)


def versions_now(workspace: Workspace, form: ProposedForm) -> dict[str, str]:
    """Return the text that says on which versions of the plots a merge is based: those of now."""
    codes = _unpacked(form.texts)["keys"]
    return {"versions": json.dumps(dict(unite_plots(workspace, codes).versions), ensure_ascii=False)}
