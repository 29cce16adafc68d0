"""Checking that the past is as it was written: the chain of revisions, and what was told of it outside."""

from contextlib import closing

from geoapp.domain.chain import ChainReport
from geoapp.services.fingerprints import installation_id, revision_link
from geoapp.services.publishing import published_fingerprints
from geoapp.services.workspace import Workspace
from geoapp.store.users import open_users

_MEANING = "数据库从较早的备份恢复过，或末尾的修订被删除"


def check_chains(workspace: Workspace) -> list[ChainReport]:
    """Return what comes of checking every chain of an installation.

    Whoever can write to the file can make the whole chain anew, or cut its end off without a trace in it. That is
    found as far as somebody outside knows better: fingerprints of exports, and events around people, which are in a
    file of their own, carry the link of their revision.
    """
    report = workspace.store.check_chain()
    installation = installation_id(workspace.store)
    for name, fingerprint in published_fingerprints(workspace.settings):
        origin = fingerprint.origin
        if origin.installation == installation:
            compare_link(workspace, report, origin.revision, origin.link, f"导出“{name}”")
    if not workspace.settings.people_path.is_file():
        return [report]
    with closing(open_users(workspace.settings.people_path)) as people:
        for revision, link in people.anchors():
            compare_link(workspace, report, revision, link, "人员事件")
        return [report, people.check_events()]


def anchor_of(workspace: Workspace) -> str:
    """Return the newest revision and the start of its link, as events around people note it: 37:c3ab..."""
    number = workspace.store.revision()
    return f"{number}:{revision_link(workspace, number)}" if number else ""


def compare_link(workspace: Workspace, report: ChainReport, revision: int, link: str, witness: str) -> None:
    """Add a finding where something outside knew another link of a revision, or a revision that is not there."""
    newest = workspace.store.revision()
    if revision > newest:
        words = f"{witness}记着第 {revision} 次修订，这里最新只到第 {newest} 次：{_MEANING}。"
        report.find(revision, f"第 {revision} 次修订", words)
    elif link and link != revision_link(workspace, revision):
        words = f"{witness}记下的链是 {link}，这里是 {revision_link(workspace, revision)}：此前的历史被整个改写过。"
        report.find(revision, f"第 {revision} 次修订", words)
