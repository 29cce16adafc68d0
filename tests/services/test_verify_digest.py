"""The digest's sums of alarms against the second path."""

import json
from datetime import date
from pathlib import Path

from geoapp.domain.digest import Digest, DigestTable
from geoapp.reports.digest import digest_record, digest_xlsx
from geoapp.services.as_of import as_of
from geoapp.services.digest import digest_of
from geoapp.services.verify import Verifier
from geoapp.services.workspace import Workspace
from geoapp.verification.checking import Checked


def verified(workspace: Workspace, path: Path) -> Checked:
    verifier = Verifier(workspace)
    return verifier.verify(verifier.of_files([path])[0])


def test_every_sum_of_the_demos_digest_is_computed_again(demo_workspace: Workspace, tmp_path: Path) -> None:
    digest = digest_of(demo_workspace, as_of(demo_workspace))
    assert [table.title for table in digest.sums] == ["预警按镇街", "预警按责任单位"]
    book, data = tmp_path / "周报.xlsx", tmp_path / "周报.json"
    book.write_bytes(digest_xlsx(digest))
    record = digest_record(digest)
    data.write_text(json.dumps(record), "utf-8")
    for path in (book, data):
        found = verified(demo_workspace, path)
        assert (found.refusal, [difference.text for difference in found.differences]) == ("", [])
        assert found.is_complete
        assert found.figure_count == 8 * sum(
            len(table.rows) for table in digest.sums
        )  # seven kinds and the total


def test_a_sum_or_a_row_that_is_not_right_is_found(demo_workspace: Workspace, tmp_path: Path) -> None:
    record = digest_record(digest_of(demo_workspace, as_of(demo_workspace)))
    record["tables"][0]["rows"][0][1] += 1
    del record["tables"][1]["rows"][-1]
    path = tmp_path / "周报.json"
    path.write_text(json.dumps(record), "utf-8")
    texts = [difference.where for difference in verified(demo_workspace, path).differences]
    assert any("缺少 1 行" in text for text in texts)
    assert any("预警按镇街[0]" in text and "项目逾期" in text for text in texts)


def test_a_digest_of_no_known_state_has_no_fingerprint() -> None:
    table = DigestTable("预警按镇街", ("镇街", "合计"), (("慈城镇", 1),), is_of_sums=True)
    digest = Digest(
        district="江北区", since=date(2026, 2, 22), day=date(2026, 3, 1), sentences=(), tables=(table,),
        notes=("数据修订号 1。",),
    )  # fmt: skip
    assert digest.fingerprint is None
    assert digest.closing == ("数据修订号 1。",)
    assert "fingerprint" not in digest_record(digest)
