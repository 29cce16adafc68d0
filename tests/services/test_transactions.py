"""Second-market transactions on the small district: what is measured, the review, alarms, files, map styles."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from geoapp.errors import ConflictError, InputError, NotFoundError, UsageError
from geoapp.reports.record_table import record_table_bytes
from geoapp.services import transaction_steps
from geoapp.services.alarms import alarm_sheet
from geoapp.services.as_of import AsOf, as_of
from geoapp.services.import_file import accept_import, stage_import
from geoapp.services.map_styles import map_style
from geoapp.services.plot_card import plot_card
from geoapp.services.transaction_steps import enter_review
from geoapp.services.transaction_tables import page_record, sheet_record, transaction_table
from geoapp.services.transactions import transaction_page, transaction_rows, transaction_sheet
from geoapp.services.workspace import Workspace
from tests.lending import Lender, lend_workspaces
from tests.services.test_projects import AGREEMENT, item
from tests.small_district import fill, write

DAY = date(2026, 3, 1)
SALE: dict[str, Any] = {
    "transaction_code": "J1", "kind": "transfer", "plot_code": "DK-A", "transferor": "示例企业甲",
    "transferee": "示例受让企业", "area_m2": 30_000.0, "gfa_m2": 9_250.0, "price_wan": 1_800.0, "unit_price": 600.0,
    "appraisal_wan": 2_500.0, "applied_on": "2026-02-01", "is_price_paid": True, "is_certificate_held": True,
    "invest_total_wan": 1_000.0, "invest_done_wan": 250.0, "agreement_code": "XY1", "responsible_body": "慈城镇",
}  # fmt: skip
LEASE: dict[str, Any] = {
    "transaction_code": "J2", "kind": "lease", "plot_code": "DK-B", "transferor": "示例企业乙", "transferee": "承租人",
    "price_wan": 50.0, "ends_on": "2026-04-01", "review": "passed", "reviewed_on": "2025-04-01",
    "signed_on": "2025-04-02",
    "is_certificate_held": False, "agreed_tax_wan_per_mu": 4.0, "agreement_code": "nowhere", "town_code": "330205103",
}  # fmt: skip
FAR = {"agreement_code": "XY1", "indicator": "far", "year": 2025, "agreed_value": 1.5, "actual_value": None}


def fill_market(workspace: Workspace) -> None:
    fill(workspace)
    write(
        workspace, agreements=[AGREEMENT], agreement_items=[item(2024, 2.0, 1.0), item(2025, 20.0, None), FAR]
    )
    write(workspace, transactions=[SALE, LEASE])


@pytest.fixture(scope="module")
def lender(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lender[Workspace]]:
    yield from lend_workspaces(tmp_path_factory, fill_market)


@pytest.fixture
def market(lender: Lender[Workspace]) -> Iterator[Workspace]:
    """The small district with a sale and a lease; the same one from test to test until a test changes it."""
    with lender.lent() as workspace:
        yield workspace


def state(workspace: Workspace) -> AsOf:
    return AsOf(workspace.store.revision(), DAY, is_now=True)


def verdicts(workspace: Workspace, code: str) -> dict[str, str]:
    found = transaction_page(workspace, state(workspace), code)
    return {hit.rule_id: hit.verdict.value for hit in (*found.admission, *found.prices)}


def test_what_is_measured_of_a_sale(market: Workspace) -> None:
    row = transaction_rows(market, state(market)).loc["J1"]
    # 18,000,000 yuan / 30,000 m2; 1,800 / 2,500 - 1; 250 / 1,000; 9,250 / 18,500; 28 days of February
    measured = [
        "computed_unit_price",
        "appraisal_off_share",
        "invested_share",
        "divided_share",
        "waiting_days",
    ]
    assert row[measured].tolist() == pytest.approx([600.0, 0.28, 0.25, 0.5, 28.0])
    # The agreement's newest year, as the transaction does not say.
    assert row[["agreed_tax_wan_per_mu", "agreed_far", "town_code"]].tolist() == [20.0, 1.5, "330205103"]
    assert row["review"] == "waiting"


def test_every_kind_is_asked_its_own_rules(market: Workspace) -> None:
    assert verdicts(market, "J1") == {
        "AD1": "no", "AD2": "no", "AD3": "no", "AD4": "no", "AD5": "no", "AD6": "no", "TR1": "no", "TR2": "yes",
    }  # fmt: skip
    # No certificate; an agreement that the register lacks; tax below 5.
    assert verdicts(market, "J2") == {"AD2": "yes", "AD4": "unknown", "AD5": "yes"}


def test_an_agreement_counts_in_force_and_with_the_transferee_only(market: Workspace) -> None:
    write(market, agreements=[AGREEMENT | {"uscc": "E1"}], transactions=[SALE | {"uscc": "E2"}])
    assert verdicts(market, "J1")["AD4"] == "yes"
    write(market, agreements=[AGREEMENT | {"status": "ended"}], transactions=[SALE])
    assert verdicts(market, "J1")["AD4"] == "yes"
    write(market, transactions=[SALE | {"agreement_code": None}])
    assert verdicts(market, "J1")["AD4"] == "yes"


def test_investment_is_that_of_the_newest_supply_where_the_transaction_does_not_say(
    market: Workspace,
) -> None:
    supply = {"plot_code": "DK-A", "invest_total_wan": 100.0}
    write(
        market,
        land_supplies=[
            supply | {"supply_code": "S1", "supplied_on": "2010-01-01", "invest_done_wan": 100.0},
            supply | {"supply_code": "S2", "supplied_on": "2020-01-01", "invest_done_wan": 24.0},
        ],
        transactions=[SALE | {"invest_total_wan": None, "invest_done_wan": None}],
    )
    assert verdicts(market, "J1")["AD3"] == "yes"
    assert transaction_rows(market, state(market)).loc["J1", "invested_share"] == 0.24


def test_a_sheet_is_chosen_by_kind_review_and_checks(market: Workspace) -> None:
    def codes(**chosen: str) -> list[str]:
        return list(transaction_sheet(market, state(market), chosen=chosen).transactions.index)

    assert codes() == ["J1", "J2"]
    assert (codes(kind="lease"), codes(review="waiting"), codes(town_code="330205103")) == (
        ["J2"],
        ["J1"],
        ["J1", "J2"],
    )
    assert (codes(check="failed"), codes(check="unknown"), codes(check="price")) == (["J2"], ["J2"], ["J1"])
    assert transaction_sheet(market, state(market)).counts == {
        "waiting": 1, "passed": 1, "conditional": 0, "refused": 0,
    }  # fmt: skip
    with pytest.raises(UsageError, match="failed（有不符合）、unknown（资料不全）、price（价格要核对）"):
        codes(check="nix")
    with pytest.raises(NotFoundError, match="没有交易“J9”"):
        transaction_page(market, state(market), "J9")


def test_alarms_of_waiting_prices_and_ends(market: Workspace) -> None:
    alarms = alarm_sheet(market, state(market), kind="transaction").alarms
    assert alarms[["key", "town_code", "days", "message"]].fillna(-1).to_numpy().tolist() == [
        ["J1", "330205103", 28.0, "准入审查自 2026-02-01 起，28 天没有结论。"],
        ["J2", "330205103", -31.0, "出租 2026-04-01 到期，还有 31 天。"],
        ["J1", "330205103", -1.0, "交易金额 1800.00 万元，评估价 2500.00 万元，相差 28.00%，超过 20.00%。"],
    ]
    write(market, transactions=[LEASE | {"transaction_code": "J3", "ends_on": "2030-04-01"}])
    renewed = alarm_sheet(market, state(market), kind="transaction").alarms
    assert "J2" not in set(renewed["key"])


def test_a_renewal_that_was_refused_renews_nothing(market: Workspace) -> None:
    write(
        market,
        transactions=[LEASE | {"transaction_code": "J3", "ends_on": "2030-04-01", "review": "refused"}],
    )
    alarms = alarm_sheet(market, state(market), kind="transaction").alarms
    assert "J2" in set(alarms["key"])


def test_a_review_taken_up_again_waits_from_then_on(market: Workspace) -> None:
    write(market, transactions=[SALE | {"review": "waiting", "reviewed_on": "2026-02-21"}])
    row = transaction_rows(market, state(market)).loc["J1"]
    assert (row["waiting_since_on"].date(), row["waiting_days"]) == (date(2026, 2, 21), 8.0)


def test_invested_share_is_of_the_newest_supply_of_the_day(market: Workspace) -> None:
    supply = {"kind": "granted", "plot_code": "DK-A", "area_m2": 1.0, "invest_total_wan": 100.0}
    supplies = [
        {"supply_code": "S1", "supplied_on": "2020-01-01", "invest_done_wan": 40.0},
        {"supply_code": "S2", "supplied_on": "2026-03-02", "invest_done_wan": 90.0},  # the day after
    ]
    write(market, land_supplies=[supply | one for one in supplies])
    write(market, transactions=[SALE | {"invest_total_wan": None, "invest_done_wan": None}])
    assert transaction_rows(market, state(market)).loc["J1", "invested_share"] == pytest.approx(0.4)


@pytest.mark.parametrize("chosen", [{"kind": "转让"}, {"review": "x"}, {"town_code": "1"}, {"check": "x"}])
def test_a_choice_that_nobody_knows_is_refused(market: Workspace, chosen: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="可用"):
        transaction_sheet(market, state(market), chosen=chosen)


FORM = {
    "review": "passed", "on": "2026-03-01", "user": "张三（示例）", "document_no": "准入1号", "reason": "",
    "seen": "waiting",
}  # fmt: skip


@pytest.fixture
def on_the_day(market: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setattr(transaction_steps, "today", lambda: DAY)
    return market


def test_an_outcome_is_a_revision_with_its_document(on_the_day: Workspace) -> None:
    revision = enter_review(on_the_day, "J1", FORM)
    assert (revision.user, revision.document_no) == ("张三（示例）", "准入1号")
    found = transaction_page(on_the_day, as_of(on_the_day), "J1")
    assert found.transaction["review"] == "passed"
    assert found.transaction["price_wan"] == 1_800.0
    assert [line["fields"]["review"] for line in found.history] == ["passed", None]
    assert found.next_outcomes == ("waiting",)
    with pytest.raises(ConflictError, match="已由别人改为“通过”（张三（示例））"):
        enter_review(on_the_day, "J1", FORM | {"review": "refused"})


@pytest.mark.parametrize(
    ("form", "complaint"),
    [
        ({"user": "", "document_no": ""}, "没有填审查人。这一步要有文号。"),
        ({"review": ""}, "没有选审查结论。"),
        ({"review": "refused"}, "这一步要写理由。"),
        ({"on": "三月"}, "“审查日期”填的是“三月”，看不懂"),
        ({"on": "2026-01-31"}, "早于现在状态的日期 2026-02-01"),
        ({"user": "长" * 101}, "审查人有 101 个字，最多 100 个"),
        ({"document_no": "长" * 101}, "“审查文号”太长"),
        ({"reason": "长" * 501}, "“审查理由”太长"),
        ({"seen": ""}, "表单没有说明是看着哪个状态填的"),
        ({"seen": "nix"}, "表单没有说明是看着哪个状态填的"),
    ],
)
def test_a_wrong_form_is_refused_whole(on_the_day: Workspace, form: dict[str, str], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        enter_review(on_the_day, "J1", FORM | form)


def test_what_is_not_met_does_not_pass(on_the_day: Workspace) -> None:
    write(on_the_day, transactions=[SALE | {"is_price_paid": False, "invest_done_wan": None}])
    with pytest.raises(InputError, match="还有不符合的（AD1 土地价款没有缴清）"):
        enter_review(on_the_day, "J1", FORM)
    enter_review(on_the_day, "J1", FORM | {"review": "conditional", "reason": "先缴清"})
    with pytest.raises(NotFoundError):
        enter_review(on_the_day, "J9", FORM)


def test_what_is_exported_comes_back_by_import(market: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "transactions.xlsx"
    table = transaction_table(market, transaction_sheet(market, state(market)))
    file.write_bytes(record_table_bytes(table, ".xlsx"))
    staged = stage_import(market, "transactions", file)
    assert staged.is_acceptable
    # The town of the plot and the waiting review are written out where the register leaves them blank.
    assert staged.summary["new"] == staged.summary["gone"] == 0
    before = market.store.read("transactions")
    accept_import(market, staged, user="tester")
    after = market.store.read("transactions")
    assert after["price_wan"].tolist() == before["price_wan"].tolist()
    assert after["review"].tolist() == ["waiting", "passed"]
    assert after["applied_on"].iloc[0] == before["applied_on"].iloc[0]


def test_plain_data_and_the_plots_card(market: Workspace) -> None:
    record = sheet_record(market, transaction_sheet(market, state(market)))
    assert record["transactions"][0]["applied_on"] == "2026-02-01"
    checks = {
        check["rule"]: check for check in page_record(transaction_page(market, state(market), "J2"))["checks"]
    }
    assert (checks["AD5"]["measured_zh"], checks["AD5"]["limit_zh"]) == ("4.00 万元/亩", "5.00 万元/亩")
    assert checks["AD4"]["verdict_zh"] == "资料不全"
    (line,) = plot_card(market, "DK-A", day=DAY).transactions
    assert (line.kind, line.parties, line.review) == ("转让", "示例企业甲 → 示例受让企业", "待审")


def test_plots_are_coloured_by_their_newest_transaction(market: Workspace) -> None:
    again = SALE | {"transaction_code": "J4", "kind": "mortgage", "applied_on": "2020-01-01"}
    write(market, transactions=[again])
    kinds = map_style(market, "plots", "transaction_kind", state(market))
    found = {item.value: item.count for item in kinds.scheme.items if item.count}
    assert found == {"transfer": 1, "lease": 1, "": 1}
    reviews = map_style(market, "plots", "transaction_review", state(market))
    assert [reviews.scheme.items[place].value for place in reviews.class_index] == ["waiting", "passed", ""]
    write(market, transactions=[SALE | {"kind": "judicial"}])
    changed = map_style(market, "plots", "transaction_kind", state(market))
    assert {item.value for item in changed.scheme.items if item.count} == {"judicial", "lease", ""}


def test_a_market_without_transactions(district: Workspace) -> None:
    sheet = transaction_sheet(district, state(district))
    assert (sheet.total, sheet.transactions.empty) == (0, True)
    assert alarm_sheet(district, state(district)).counts["transaction"] == 0
