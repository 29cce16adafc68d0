"""What `geoapp verify` says about the chains."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from geoapp.domain.chain import ChainReport

_SHOWN = 20


def print_chains(reports: "list[ChainReport]") -> None:
    """Print what came of each chain."""
    for report in reports:
        verdict = "不符" if report.findings else "相符"
        click.echo(
            f"{verdict} {report.zh}的链：{report.link_count} 环，{report.row_count} 行，"
            f"{len(report.findings)} 处不符。链尾 {report.head[:16] or '—'}"
        )
        for found in report.findings[:_SHOWN]:
            click.echo(f"  {found.text}")
        if len(report.findings) > _SHOWN:
            click.echo(f"  另有 {len(report.findings) - _SHOWN} 处，用 --json 查看。")
        if report.begun_with:
            click.echo(
                f"  说明：链建立于 {report.begun_at[:10]}，第 {report.begun_with} 号及以前的内容按当时所见补记，"
                "补记之前的改动查不出。"
            )
