"""How each target's actual is computed from the registers: one entry each. A target set names them in `actual`."""

from collections.abc import Mapping

from geoapp.services.target_members import Actual
from geoapp.services.target_micro_parks import micro_parks, micro_parks_starred
from geoapp.services.target_performance import enterprise_members, growth_members, per_mu_members
from geoapp.services.target_pipeline import (
    enterprise_pipeline,
    floor_pipeline,
    land_pipeline,
    micro_park_pipeline,
)
from geoapp.services.target_recognitions import ledger_members, treated_enterprises

_LEDGER = ("plots", "projects", "project_plots", "recognitions")
_PERFORMANCE = ("plots", "enterprises", "occupancies", "performance")
_ABOVE_SCALE = "is_above_scale = TRUE"

_ALL = (
    Actual(
        id="revitalised_area", quantity="land", how="sum", history="records", registers=_LEDGER,
        measure=ledger_members("counted_m2", "area_m2", "认定面积"), pipeline=land_pipeline,
        formula="Σ 盘活台账计入面积（按认定日期，撤销为负，同一宗地不重复计）", amount_zh="计入面积",
    ),
    Actual(
        id="new_floor_area", quantity="floor", how="sum", history="records", registers=_LEDGER,
        measure=ledger_members("counted_gfa_gross_m2", "new_gfa_gross_m2", "新增建筑面积"),
        pipeline=floor_pipeline, formula="Σ 盘活台账计入的新增建筑面积（毛增量：新建、加建合计，不减拆除）",
        amount_zh="计入新增建筑面积",
    ),
    Actual(
        id="new_floor_area_net", quantity="floor", how="sum", history="records", registers=_LEDGER,
        measure=ledger_members("counted_gfa_net_m2", "new_gfa_net_m2", "净增建筑面积"),
        formula="Σ 盘活台账计入的净增建筑面积（改造后减改造前）", amount_zh="计入净增建筑面积",
    ),
    Actual(
        id="treated_enterprises", quantity="count", how="sum", history="records",
        registers=(*_LEDGER, "occupancies", "enterprises"), measure=treated_enterprises,
        pipeline=enterprise_pipeline, formula="盘活台账已认定地块上的企业家数，一家只计一次，计在首次认定之日",
        amount_zh="家数",
    ),
    Actual(
        id="micro_parks", quantity="count", how="sum", history="revisions", registers=("micro_parks",),
        measure=micro_parks, pipeline=micro_park_pipeline, formula="小微企业园台账里计入状态的个数", amount_zh="个数",
    ),
    Actual(
        id="micro_parks_four_star", quantity="count", how="sum", history="revisions", registers=("micro_parks",),
        measure=micro_parks_starred, formula="小微企业园台账里计入状态、达到星级下限的个数", amount_zh="个数",
    ),
    Actual(
        id="tax_per_mu", quantity="wan_per_mu", how="ratio", history="years", registers=_PERFORMANCE,
        measure=per_mu_members("tax_wan"), formula="Σ 评价税收 ÷ Σ 用地面积，规上企业的宗地，两者都已知的",
        amount_zh="评价税收", weight_zh="用地面积(亩)", hides_amount=True, map_filter=_ABOVE_SCALE,
        group_sum=("tax_per_mu", "zone_tax_above_scale_wan_per_mu"),
    ),
    Actual(
        id="value_added_per_mu", quantity="wan_per_mu", how="ratio", history="years", registers=_PERFORMANCE,
        measure=per_mu_members("value_added_wan"), formula="Σ 工业增加值 ÷ Σ 用地面积，规上企业的宗地，两者都已知的",
        amount_zh="工业增加值(万元)", weight_zh="用地面积(亩)", map_filter=_ABOVE_SCALE,
        group_sum=("value_added_per_mu", "zone_value_added_above_scale_wan_per_mu"),
    ),
    Actual(
        id="value_added_rate", quantity="share", how="ratio", history="years", registers=_PERFORMANCE,
        measure=enterprise_members("value_added_wan", "output_wan"),
        formula="Σ 工业增加值 ÷ Σ 工业总产值，规上企业", amount_zh="工业增加值(万元)", weight_zh="工业总产值(万元)",
    ),
    Actual(
        id="rd_share", quantity="share", how="ratio", history="years", registers=_PERFORMANCE,
        measure=enterprise_members("rd_wan", "revenue_wan"), formula="Σ 研发经费支出 ÷ Σ 营业收入，规上企业",
        amount_zh="研发经费支出(万元)", weight_zh="营业收入(万元)",
    ),
    Actual(
        id="productivity_growth", quantity="share", how="growth", history="years", registers=_PERFORMANCE,
        measure=growth_members("value_added_wan", "staff"),
        formula="（Σ 工业增加值 ÷ Σ 年平均职工人数）比上年的增长，两年都有记录的规上企业，现价",
        amount_zh="工业增加值(万元)", weight_zh="职工人数(人)",
    ),
)  # fmt: skip
ACTUALS: Mapping[str, Actual] = {actual.id: actual for actual in _ALL}
QUANTITIES: Mapping[str, str] = {actual.id: actual.quantity for actual in _ALL}
