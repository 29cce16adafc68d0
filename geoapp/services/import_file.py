"""Importing a file: staged first (read, matched, repaired, checked, compared), stored only when accepted."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import geopandas as gpd

from geoapp.analysis.crs_verdict import CRS_HOW_LABELS
from geoapp.domain.change import RegisterChange
from geoapp.domain.issue import Issue
from geoapp.domain.revision import Revision, RevisionKind
from geoapp.errors import FormatError, UsageError
from geoapp.formats.base import WriteOptions, writer_for
from geoapp.services.import_fixes import refuse_unknown_fixes
from geoapp.services.import_source import read_source
from geoapp.services.import_staged import ImportOptions, Report, StagedImport
from geoapp.services.import_staging import stage_layer
from geoapp.services.workspace import Workspace


def stage_import(
    workspace: Workspace,
    register: str,
    path: Path,
    *,
    file_name: str | None = None,
    options: ImportOptions | None = None,
    day: date | None = None,
    progress: Report | None = None,
) -> StagedImport:
    """Read a file for a register and find out everything about it; nothing is stored.

    Parameters
    ----------
    workspace : Workspace
        The installation.
    register : str
        Id of the register.
    path : Path
        The file.
    file_name : str, optional
        What the user calls it; the path's own name by default.
    options : ImportOptions, optional
        What the user says about the file, and the fixes chosen.
    day : date, optional
        Day whose rule book holds; today by default.
    progress : callable, optional
        Called with the share done and the step in Chinese.

    Returns
    -------
    StagedImport

    Raises
    ------
    NotFoundError
        No such register.
    FormatError
        The file cannot be read as what it claims to be, or must not be read.
    CrsError, UsageError
        An option names something that does not exist.
    """
    layer, options, report = workspace.layer(register), options or ImportOptions(), progress or _silent
    refuse_unknown_fixes(options.fixes)
    report(0.0, "读取文件")
    source = read_source(path, layer, encoding=options.encoding, wanted=options.layer)
    staged = StagedImport(
        layer=layer,
        file_name=file_name or path.name,
        format=source.format,
        options=options,
        layers=source.names,
        issues=source.issues,
    )
    if source.raw is None:
        staged.needs = ("layer",)
        return staged
    day = day or date.today()  # noqa: DTZ011  the office's own day
    stage_layer(workspace, staged, source.raw, is_shapefile=source.is_shapefile, day=day, report=report)
    return staged


def accept_import(
    workspace: Workspace,
    staged: StagedImport,
    *,
    user: str,
    reason: str = "",
    document_no: str = "",
    remove_missing: bool = False,
    progress: Callable[[float], None] | None = None,
) -> Revision | None:
    """Store a staged import as one revision.

    Parameters
    ----------
    workspace : Workspace
        The installation.
    staged : StagedImport
        Acceptable, see `StagedImport.is_acceptable`.
    user, reason, document_no : str
        For the history; what was detected and which fixes were chosen is added to the reason.
    remove_missing : bool
        Withdraw the register's records that the file does not have.
    progress : callable, optional
        Called with shares from 0 to 1.

    Returns
    -------
    Revision or None
        None where nothing changes.

    Raises
    ------
    UsageError
        It has errors or open questions, or would withdraw every record.
    """
    if not staged.is_acceptable or staged.comparison is None:
        raise UsageError(f"“{staged.file_name}”还有没解决的错误，没有入库。请先修复。")
    change = RegisterChange(upserts=staged.frame, removed=staged.comparison.gone if remove_missing else ())
    return workspace.store.write(
        {staged.register: change},
        kind=RevisionKind.IMPORT,
        user=user,
        reason=_recorded_reason(reason, staged),
        document_no=document_no,
        progress=progress,
    )


def write_corrected_file(staged: StagedImport, path: Path) -> list[Issue]:
    """Write the staged records with the fixes applied and a column 问题, in the format of the path's ending.

    Raises
    ------
    FormatError
        No writer for such a file, or there are no records to write.
    """
    if staged.corrected is None:
        raise FormatError("还没有读出记录，没有改正文件可写。请先选定图层。")
    return writer_for(path).write(
        path, staged.corrected, WriteOptions(layer=staged.layer, title=staged.layer.zh)
    )


def corrected_name(staged: StagedImport) -> str:
    """Return the name a corrected file should have: a GeoPackage where there is geometry, else a spreadsheet."""
    stem = Path(staged.file_name).stem
    return f"{stem}_改正.gpkg" if isinstance(staged.corrected, gpd.GeoDataFrame) else f"{stem}_改正.xlsx"


def _silent(share: float, step: str) -> None:
    """Report to nobody."""


def _recorded_reason(reason: str, staged: StagedImport) -> str:
    facts = [f"导入 {staged.file_name}"]
    if staged.crs is not None:
        facts.append(f"坐标系 {staged.crs.name}（{CRS_HOW_LABELS[staged.crs.how]}）")
    if staged.encoding:
        facts.append(f"编码 {staged.encoding}")
    facts += [f"修复：{fix.label}" for fix in staged.fixes if fix.is_applied]
    recorded = "；".join(facts)
    return f"{reason}（{recorded}）" if reason else recorded
