"""The digest's sums of alarms against the second path."""

import json
import re
from datetime import date
from pathlib import Path

import docx
import pytest

from geoapp.domain.digest import Digest, DigestTable
from geoapp.errors import FormatError, UsageError
from geoapp.reports.digest import digest_docx, digest_record, digest_xlsx
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
    book, data, document = (tmp_path / f"周报.{ending}" for ending in ("xlsx", "json", "docx"))
    book.write_bytes(digest_xlsx(digest))
    document.write_bytes(digest_docx(digest))
    record = digest_record(digest)
    data.write_text(json.dumps(record), "utf-8")
    for path in (book, data, document):
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


def test_a_number_changed_in_the_word_document_is_found(demo_workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "周报.docx"
    path.write_bytes(digest_docx(digest_of(demo_workspace, as_of(demo_workspace))))
    document = docx.Document(str(path))
    towns = next(table for table in document.tables if table.cell(0, 0).text == "镇街")
    town, label, cell = towns.cell(1, 0).text, towns.cell(0, 1).text, towns.cell(1, 1)
    cell.text = str(int(cell.text) + 5)
    document.save(str(path))
    found = verified(demo_workspace, path).differences
    assert [difference.where for difference in found] == [f"表“预警按镇街”第 2 行第 2 列（{town}，{label}）"]


def test_empty_lines_in_the_word_document_do_not_matter(demo_workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "周报.docx"
    path.write_bytes(digest_docx(digest_of(demo_workspace, as_of(demo_workspace))))
    document = docx.Document(str(path))
    for table in document.tables:
        table._element.addprevious(document.add_paragraph(" ")._element)
    document.save(str(path))
    found = verified(demo_workspace, path)
    assert (found.refusal, [difference.text for difference in found.differences]) == ("", [])


def test_a_digest_without_alarms_is_verified(workspace: Workspace, tmp_path: Path) -> None:
    """An empty installation: its document says 没有 where the tables of sums would be."""
    path = tmp_path / "周报.docx"
    path.write_bytes(digest_docx(digest_of(workspace, as_of(workspace))))
    assert not docx.Document(str(path)).tables
    found = verified(workspace, path)
    assert (found.refusal, found.differences, found.figure_count) == ("", [], 0)


def test_word_documents_that_are_no_digest_are_refused(demo_workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "通知.docx"
    document = docx.Document()
    document.add_paragraph("关于印发通知")
    document.save(str(path))
    with pytest.raises(UsageError, match="没有指纹"):
        verified(demo_workspace, path)
    path.write_bytes(b"not a document")
    with pytest.raises(FormatError, match="不是完整的导出文件"):
        verified(demo_workspace, path)


def test_a_fingerprint_of_another_table_in_a_word_document_is_refused(
    demo_workspace: Workspace, tmp_path: Path
) -> None:
    digest = digest_of(demo_workspace, as_of(demo_workspace))
    assert digest.fingerprint is not None
    path = tmp_path / "规则.docx"
    document = docx.Document()
    document.add_paragraph(re.sub(r"/alarms(?=\S*)", "/rules", digest.fingerprint.text))
    document.save(str(path))
    with pytest.raises(UsageError, match="规则库没有 Word 文件"):
        verified(demo_workspace, path)


def test_a_digest_of_no_known_state_has_no_fingerprint() -> None:
    table = DigestTable("预警按镇街", ("镇街", "合计"), (("慈城镇", 1),), is_of_sums=True)
    digest = Digest(
        district="江北区", since=date(2026, 2, 22), day=date(2026, 3, 1), sentences=(), tables=(table,),
        notes=("数据修订号 1。",),
    )  # fmt: skip
    assert digest.fingerprint is None
    assert digest.closing == ("数据修订号 1。",)
    assert "fingerprint" not in digest_record(digest)
