"""`geoapp explain`: how a plot's ratio comes about, step by step, as on its proof sheet."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape
from rich.table import Table

from geoapp.cli.console import wide_console
from geoapp.cli.exporting import ExportingCommand
from geoapp.cli.import_file import EXIT_FINDINGS
from geoapp.cli.options import at_option, data_dir_option, json_option
from geoapp.settings import load_settings
from geoapp.units import M2_PER_HA, MINUS, m2_to_mu, number_text

if TYPE_CHECKING:
    from geoapp.domain.far_proof import PlotProof

_UNKNOWN = "—"


@click.command("explain", cls=ExportingCommand)
@click.argument("plot_code", metavar="地块编号")
@at_option
@json_option
@data_dir_option
def explain_command(plot_code: str, *, at: str | None, as_json: bool, data_dir: Path | None) -> None:
    """说明一宗地的容积率怎样算出来：建筑、面积、算式、条款。

    内容与网页上的容积率计算书相同。退出码：0 没有问题，1 有需要核对的（如面积相差超限、层高不明），
    2 没有这宗地或用法不对。
    """
    from geoapp.reports.far_proof import proof_record
    from geoapp.services.as_of import as_of
    from geoapp.services.far_proof import far_proof
    from geoapp.services.workspace import open_workspace

    workspace = open_workspace(load_settings(data_dir=data_dir))
    with workspace.store:
        proof = far_proof(workspace, plot_code, as_of=as_of(workspace, at))
    if as_json:
        click.echo(json.dumps(proof_record(proof), ensure_ascii=False, indent=1))
    else:
        _print_proof(proof)
    if proof.findings:
        raise SystemExit(EXIT_FINDINGS)


def _print_proof(proof: "PlotProof") -> None:
    console = wide_console()
    far = _number(proof.far)
    bound = "（下限：有层高不明）" if proof.is_lower_bound else ""
    console.print(f"[bold]{escape(proof.title)}（{escape(proof.plot_code)}）容积率 {far}[/bold]{bound}")
    for table in (_buildings(proof), _floor_areas(proof), _areas(proof), _ratios(proof), _support(proof)):
        console.print(table)
    console.print(proof.support.verdict)
    console.print(_numbers(proof))
    console.print(
        f"规则与阈值日期 {proof.day}；数据截至 {proof.data_on}，第 {proof.revision} 次修订。{proof.note}"
    )
    for finding in proof.findings:
        console.print(
            f"[yellow]需要核对[/yellow] {escape(finding.title)}（{escape(finding.address)}）：{escape(finding.message)}"
        )


def _number(value: float | None, decimals: int = 2) -> str:
    return _UNKNOWN if value is None else number_text(value, f"z,.{decimals}f").replace("-", MINUS)


def _share(value: float | None, decimals: int = 1) -> str:
    return _UNKNOWN if value is None else number_text(value, f"z.{decimals}%").replace("-", MINUS)


def _table(title: str, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> Table:
    table = Table(*columns, title=title, title_justify="left")
    for row in rows:
        table.add_row(*map(escape, row))
    return table


def _buildings(proof: "PlotProof") -> Table:
    rows = [
        (
            f"{step.name}（{step.building_code}）", _number(step.storeys, 0), _number(step.storey_height_m, 1),
            _number(step.gfa_m2), _number(step.basement_m2), f"{step.storey_factor:g}", _number(step.counted_m2),
            step.formula,
        )
        for step in proof.buildings
    ]  # fmt: skip
    total = ("合计", "", "", "", "", "", _number(proof.buildings_counted_m2), "")
    columns = ("建筑物", "地上层数", "层高(米)", "建筑面积(㎡)", "地下(㎡)", "系数", "计容(㎡)", "算式")
    return _table("一、逐栋计容建筑面积", columns, [*rows, total])


def _floor_areas(proof: "PlotProof") -> Table:
    rows = [
        (
            step.label,
            _rank(step.rank),
            _number(step.gfa_m2),
            _number(step.far),
            "采用" if step.is_used else "",
        )
        for step in proof.floor_areas
    ]
    columns = ("来源", "次序", "建筑面积(㎡)", "据此的容积率", "")
    return _table("二、采用哪个建筑面积", columns, rows)


def _rank(rank: int | None) -> str:
    return f"第 {rank}" if rank else "设置未列入"


def _areas(proof: "PlotProof") -> Table:
    rows = [
        (
            step.label, _rank(step.rank), *_land(step.area_m2), _number(step.difference_m2),
            _share(step.difference_share, 2), _number(step.far),
            "采用" if step.is_used else "超限" if step.is_large else "",
        )
        for step in proof.areas
    ]  # fmt: skip
    columns = (
        "面积", "次序", "平方米", "公顷", "亩", "与采用的相差(㎡)", f"占{proof.area_difference_basis}",
        "据此的容积率", "",
    )  # fmt: skip
    return _table("三、采用哪个用地面积", columns, rows)


def _land(area_m2: float | None) -> tuple[str, str, str]:
    if area_m2 is None:
        return _UNKNOWN, _UNKNOWN, _UNKNOWN
    return _number(area_m2), _number(area_m2 / M2_PER_HA, 4), _number(m2_to_mu(area_m2))


def _ratios(proof: "PlotProof") -> Table:
    rows = [(step.label, step.words, step.formula, step.note) for step in proof.ratios]
    return _table("四、各项指标的算式", ("指标", "定义", "算式（平方米）", "说明"), rows)


def _support(proof: "PlotProof") -> Table:
    rows = [
        (
            step.label, step.formula, _share(step.cap_share), "超过上限" if step.is_above_cap else "", step.note,
        )
        for step in proof.support.shares
    ]  # fmt: skip
    columns = ("指标", "算式（平方米）", "上限", "核对", "说明")
    return _table("五、行政办公及生活服务设施（配套）", columns, rows)


def _numbers(proof: "PlotProof") -> Table:
    rows = [
        (
            number.zh, number.value_zh, number.valid_from.isoformat() if number.valid_from else _UNKNOWN,
            number.clause or number.source, number.certainty_zh,
        )
        for number in proof.numbers
    ]  # fmt: skip
    return _table("所用规则与阈值", ("规则", "取值", "自何日起", "条款", "依据"), rows)
