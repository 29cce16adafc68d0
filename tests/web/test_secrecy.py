"""What roles see. Two districts differ in nothing but hidden values: whoever may not see them gets the same bytes.

Sums of large groups are the exception (`groups`): there two districts differ in what each plot pays, not in the sums of
groups that may be told.
"""

import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from copy import deepcopy
from html import unescape
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook

import geoapp
from geoapp.domain.fingerprint import Fingerprint
from geoapp.domain.sight import LEAST_SIGHT, Sight
from geoapp.domain.user import Role, read_user
from geoapp.errors import RefusedError, SetupError
from geoapp.services.area_statistics import area_statistics
from geoapp.services.as_of import as_of, workspace_at
from geoapp.services.demo import refuse_real_records
from geoapp.services.fingerprints import figures_origin
from geoapp.services.seen import seen_by
from geoapp.services.verify import refusal
from geoapp.services.workspace import Workspace
from geoapp.settings import Settings
from geoapp.web.app import create_app
from tests.services.test_projects import AGREEMENT, item
from tests.services.test_transactions import SALE
from tests.small_district import PERFORMANCE, PLOTS, box, fill, write
from tests.unguarded import unguard
from tests.web.test_people import GIVEN, TOWN, sign_in
from tests.web.test_tiles import ADDRESS

OTHER_TOWN = "330205104"
HIDDEN = {
    "performance": {"tax_wan": 7.0, "energy_tce": 77.0, "power_kwh": 777.0},
    "agreement_items": {"agreed_value": 7.0, "actual_value": 9.0},
    "micro_park_years": {"tax_wan": 7.0, "revenue_wan": 77.0},
    "transactions": {"agreed_tax_wan_per_mu": 1.0},
    "micro_parks": {"contact": "另一人", "phone": "13911111111"},
}
"""Other values of hidden fields; under them the plots' tax per 亩 falls from above every threshold to below it."""
NOISE = re.compile(
    r'nonce="[^"]*"|content="[^"]*"|name="csrf_token" value="[^"]*"|\?v=[0-9a-f]+|[?&]d=[0-9a-f]+'
)
PAGES = (
    "/plots/DK-A", "/plots/DK-A.json", "/plots/DK-A/card", "/records/performance/E1,2025", "/records/enterprises/E1",
    "/records/micro_parks/W1", "/compare?plots=DK-A,DK-B", "/search?q=1380", "/search?q=示例",
    "/layers/plots.geojson?key=DK-A", "/layers/plots/tip.json?key=DK-A",
    "/layers/plots/style.json?style=tax_wan_per_mu:policy:5", "/layers/plots/style.json?style=low_efficiency",
    "/table/plots.json?sort=tax_wan_per_mu&size=10", "/table/plots.json?sort=-tax_wan_per_mu&size=10",
    "/table/plots.json?filter=tax_wan_per_mu%20%3E%201&size=10", "/table/performance.json?size=10",
    "/table/plots.csv", "/table/micro_parks.csv", "/table/performance.csv",
    "/statistics.json", "/statistics.csv", "/statistics/quadrants.json", "/rules.json", "/rules/LE01.json?verdict=all",
    "/candidates.json", "/targets.json", "/evaluation.json", "/check.json?plots=DK-A", "/changes.json", "/sheet.json",
    "/evaluation/enterprises/E1.json",
    "/evaluation/plots.json", "/candidates/pool.json", "/candidates/plots/DK-A.json",
    "/whatif.json?plots=DK-A&mode=M01&far=2.0",
    "/ledgers.json", "/lists", "/targets", "/portfolio", "/supervision", "/supervision.json?period=2024-Q2",
    "/projects.json", "/projects", "/alarms.json", "/alarms", "/agreements.json", "/agreements",
    "/agreements.csv", "/layers/plots/style.json?style=agreement",
    "/layers/projects/style.json?style=stage&plots=tax_wan_per_mu%20%3E%201",
    "/transactions.json", "/transactions", "/transactions/J1", "/transactions.csv", "/table/transactions.csv",
    "/land-terms.json", "/land-terms", "/land-terms.csv",
    "/micro-parks.json", "/micro-parks", "/micro-parks/W1", "/micro-parks/W1.json", "/micro-parks.csv",
    "/table/micro_park_years.csv",
    "/edits/shape.json?key=DK-A", "/edits/shape.json?register=micro_parks&key=W1",
    "/table/agreement_items.json?size=10",
    ADDRESS + "?style=low_efficiency", ADDRESS + "?style=tax_wan_per_mu:policy:5",
    ADDRESS + "?filter=tax_wan_per_mu%20%3E%201",
)  # fmt: skip
"""Of every kind of thing that is told about plots and enterprises; unknown addresses are equal too, see the control."""
WORKBOOKS = (
    "/rules.xlsx", "/rules/LE01.xlsx", "/table/plots.xlsx", "/table/performance.xlsx", "/table/agreement_items.xlsx",
    "/table/transactions.xlsx", "/table/micro_parks.xlsx", "/table/micro_park_years.xlsx", "/evaluation.xlsx",
    "/evaluation/plots.xlsx", "/evaluation/official.xlsx", "/candidates.xlsx", "/land-terms.xlsx", "/agreements.xlsx",
    "/transactions.xlsx", "/micro-parks.xlsx", "/projects.xlsx", "/whatif.xlsx?plots=DK-A&mode=M01&far=2.0",
)  # fmt: skip
"""Their notes say what is unknown and wrong."""


def make(folder: Path) -> Flask:
    app = create_app(Settings(data_dir=folder, sign_in_per_minute=1000))
    fill(app.extensions["geoapp"])
    add_people(app)
    plots = deepcopy(PLOTS)
    plots[1] |= {"town_code": OTHER_TOWN, "uscc": "E2"}
    rows = [{**row, "energy_tce": 10.0, "power_kwh": 100.0} for row in deepcopy(PERFORMANCE)]
    write(app.extensions["geoapp"], plots=plots, performance=rows)
    write(app.extensions["geoapp"], agreements=[AGREEMENT], agreement_items=[item(2024, 20.0, 15.0)])
    year = {"micro_park_code": "W1", "year": 2025, "tax_wan": 70.0, "revenue_wan": 700.0, "score": 80.0}
    write(app.extensions["geoapp"], micro_park_years=[year])
    write(app.extensions["geoapp"], transactions=[SALE | {"agreed_tax_wan_per_mu": 20.0}])
    return app


def add_people(app: Flask) -> None:
    for role in Role:
        people = app.extensions["geoapp_people"].accounts
        people.add(read_user(role.value, role.value, role, TOWN if role is Role.REPORTER else ""), GIVEN)


def change(settings: Settings, *statements: str) -> None:
    """Change records behind the store's back: the same revisions, made at the same moments."""
    with closing(sqlite3.connect(settings.database_path)) as database, database:
        unguard(database)
        for statement in statements:
            assert database.execute(statement).rowcount


def hide_others(settings: Settings) -> None:
    """Give hidden fields other values behind the store's back."""
    with closing(sqlite3.connect(settings.database_path)) as database, database:
        unguard(database)
        for register, values in HIDDEN.items():
            assigned = ", ".join(f"{name} = ?" for name in values)
            database.execute(f"UPDATE {register}_rows SET {assigned}", tuple(values.values()))  # noqa: S608 ours


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, Flask]]:
    folder = tmp_path_factory.mktemp("twins")
    first = make(folder / "a")
    shutil.copytree(folder / "a", folder / "b", ignore=shutil.ignore_patterns("cache"))
    other = Settings(data_dir=folder / "b", sign_in_per_minute=1000)
    hide_others(other)
    second = create_app(other)
    yield first, second
    for app in (first, second):
        app.extensions["geoapp"].store.close()


def told(client: FlaskClient, address: str) -> tuple[int, bytes | str]:
    answer = client.get(address)
    if address.startswith("/tiles"):
        return answer.status_code, answer.data
    return answer.status_code, NOISE.sub("", answer.text)


def differing(twins: tuple[Flask, Flask], role: Role, addresses: tuple[str, ...] = PAGES) -> set[str]:
    clients = [sign_in(app, role.value)[0] for app in twins]
    return {address for address in addresses if len({told(client, address) for client in clients}) > 1}


@pytest.mark.slow
@pytest.mark.no_cover  # asks many addresses; what each says is tested with its page
def test_nothing_a_viewer_gets_depends_on_what_is_hidden(twins: tuple[Flask, Flask]) -> None:
    assert differing(twins, Role.VIEWER) == set()


@pytest.mark.slow
@pytest.mark.no_cover  # asks many addresses; what each says is tested with its page
def test_to_an_editor_the_same_addresses_tell_of_it(twins: tuple[Flask, Flask]) -> None:
    """The control: were these equal for everybody, the test above would show nothing."""
    found = differing(twins, Role.EDITOR)
    assert {
        "/plots/DK-A.json",
        "/table/plots.csv",
        "/statistics.json",
        "/agreements.json",
        "/alarms.json",
        "/transactions.json",
        "/micro-parks.json",
        ADDRESS + "?filter=tax_wan_per_mu%20%3E%201",
    } <= found
    assert "/table/plots.json?sort=tax_wan_per_mu&size=10" in found


def workbook_texts(client: FlaskClient, address: str) -> list[tuple[object, ...]]:
    """Return all cells of all sheets; two workbooks of the same cells differ in when they were made."""
    answer = client.get(address)
    assert answer.status_code == 200, address
    sheets = load_workbook(BytesIO(answer.data))
    return [row for sheet in sheets for row in sheet.iter_rows(values_only=True)]


@pytest.mark.slow
@pytest.mark.no_cover  # asks many addresses; what each says is tested with its page
def test_nothing_in_a_viewers_workbooks_depends_on_what_is_hidden(twins: tuple[Flask, Flask]) -> None:
    """With the data-quality lines in their notes; the control is what an editor is told."""
    found = {}
    for role in (Role.VIEWER, Role.EDITOR):
        first, second = (sign_in(app, role.value)[0] for app in twins)
        found[role] = {
            address for address in WORKBOOKS
            if workbook_texts(first, address) != workbook_texts(second, address)
        }  # fmt: skip
    assert found[Role.VIEWER] == set()
    assert {"/rules.xlsx", "/table/plots.xlsx", "/agreements.xlsx", "/evaluation.xlsx"} <= found[Role.EDITOR]


def test_what_is_hidden_is_not_called_missing(twins: tuple[Flask, Flask]) -> None:
    alarms = {
        role: sign_in(twins[0], role.value)[0].get("/alarms.json").json["alarms"]
        for role in (Role.VIEWER, Role.EDITOR)
    }
    kinds = {
        role: {one["kind"] for one in told if one["register"] == "agreements"}
        for role, told in alarms.items()
    }
    assert kinds == {Role.VIEWER: set(), Role.EDITOR: {"agreement"}}


def test_agreements_kept_or_not_is_no_zero_to_who_may_not_know(twins: tuple[Flask, Flask]) -> None:
    # One agreement of 20 with 15 reached: missed to an editor, to a viewer neither missed nor kept.
    clients = {role: sign_in(twins[0], role.value)[0] for role in (Role.VIEWER, Role.EDITOR)}
    counts = {role: client.get("/agreements.json").json["counts"] for role, client in clients.items()}
    assert (counts[Role.EDITOR]["missed"], counts[Role.EDITOR]["unknown"]) == (1, 0)
    assert (counts[Role.VIEWER]["missed"], counts[Role.VIEWER]["unknown"]) == (None, None)
    page = clients[Role.VIEWER].get("/agreements").text
    assert "约定值和实际值不公开，不列达到与否" in page
    assert "未达约定 0" not in page
    notes = {role: client.get("/alarms.json").json["hidden"] for role, client in clients.items()}
    assert notes[Role.EDITOR] == ""
    assert "不表示其余都达到约定" in notes[Role.VIEWER]
    assert notes[Role.VIEWER] in unescape(clients[Role.VIEWER].get("/alarms").text)


def test_every_address_is_one(twins: tuple[Flask, Flask]) -> None:
    client, _ = sign_in(twins[0], "viewer")
    codes = {address: client.get(address).status_code for address in PAGES}
    refused = {
        address for address in PAGES if re.search("(filter|sort|style|plots)=-?tax_wan_per_mu", address)
    }
    assert {address for address, code in codes.items() if code not in (200, 404)} == refused
    assert {codes[address] for address in refused} == {400}
    assert sum(code == 200 for code in codes.values()) > 0.8 * len(PAGES)


def test_a_field_that_the_role_may_not_see_can_neither_be_used_nor_be_called_unknown(
    twins: tuple[Flask, Flask],
) -> None:
    style = "style=tax_wan_per_mu:quantile:5"
    uses = (
        "/table/plots.json?filter=tax_wan_per_mu%20%3E%201", "/table/plots.json?sort=-tax_wan_per_mu",
        "/table/plots.json?columns=tax_wan_per_mu", "/table/plots.csv?filter=tax_wan_per_mu%20%3E%201",
        "/table/plots/keys.json?filter=tax_wan_per_mu%20IS%20NULL", "/filter.json?filter=tax_wan_per_mu%20%3E%201",
        f"/layers/plots/style.json?{style}", f"{ADDRESS}?{style}", ADDRESS + "?filter=tax_wan_per_mu%20%3E%201",
        "/statistics.json?filter=tax_wan_per_mu%20%3E%201",
    )  # fmt: skip
    status = {Role.VIEWER: 400, Role.REPORTER: 200, Role.EDITOR: 200}  # a reporter sees the own town's
    for role, expected in status.items():
        client, _ = sign_in(twins[0], role.value)
        names = [field["name"] for field in client.get("/table/plots/fields.json").json["fields"]]
        assert ("tax_wan_per_mu" in names) == (expected == 200)
        assert {use: client.get(use).status_code for use in uses} == dict.fromkeys(uses, expected)
    client, _ = sign_in(twins[0], "viewer")
    refusals = {json.loads(client.get(use).data)["error"]["message"] for use in uses}
    assert refusals == {"字段“tax_wan_per_mu”不能用。请从字段表里选。"}


@pytest.fixture
def workspace(twins: tuple[Flask, Flask]) -> Workspace:
    return twins[0].extensions["geoapp"]


def test_reporter_sees_the_own_towns_enterprises_and_no_others(workspace: Workspace) -> None:
    # E1 holds plot A of the own town; E2 and E3 use it too; only plot B, of the other town, has nobody else.
    seen = seen_by(workspace, Sight("internal", TOWN)).store.read("performance")
    assert seen.loc[seen["uscc"] == "E1", "tax_wan"].notna().all()
    other = seen_by(workspace, Sight("internal", OTHER_TOWN)).store.read("performance")
    assert other.loc[other["uscc"] == "E2", "tax_wan"].notna().all()
    nowhere = seen_by(workspace, Sight("internal", "330205999")).store.read("performance")
    assert nowhere["tax_wan"].isna().all()
    assert nowhere["grade"].notna().all()


def test_a_state_of_another_day_is_seen_no_better(workspace: Workspace) -> None:
    seen = seen_by(workspace, LEAST_SIGHT)
    then = workspace_at(seen, as_of(seen, f"2099-01-01@{workspace.store.revision()}"))
    assert then.store.read("performance")["tax_wan"].isna().all()
    assert all(version.fields["phone"] is None for version in then.store.history("micro_parks", ("W1",)))
    assert workspace.store.read("performance")["tax_wan"].notna().any()


def test_through_a_lens_nothing_can_be_written(workspace: Workspace) -> None:
    with pytest.raises(RefusedError, match="不能直接改台账"):
        write(seen_by(workspace, LEAST_SIGHT), performance=deepcopy(PERFORMANCE))


def test_figures_made_without_what_is_hidden_are_not_taken_for_wrong_ones(workspace: Workspace) -> None:
    seen, state = seen_by(workspace, LEAST_SIGHT), as_of(workspace)
    origins = [
        figures_origin(one, "/statistics", {"zones": "towns"}, state.revision, state.day)
        for one in (workspace, seen)
    ]
    assert [origin.query for origin in origins] == [
        (("zones", "towns"),),
        (("zones", "towns"), ("seen", "public")),
    ]
    refusals = [refusal(workspace, Fingerprint(origin=origin, unit="mu", digest="")) for origin in origins]
    assert refusals[0] == ""
    assert "隐去了税收、能耗等，不能核对" in refusals[1]


TAX_WAN = {"330205103": (60, 60, 60, 120), "330205104": (30, 60, 90), "330205105": (30,)}
"""Of each town's plots, one enterprise above scale on each, 20000 m2 (30 亩) each.

Tax per 亩 is 300 ÷ 120 = 2.5, 180 ÷ 90 = 2, 30 ÷ 30 = 1, in total 510 ÷ 240 = 2.125. The last town has one plot only;
total less first would tell of it if the second were told, so that is kept back as well.
"""
TAX = "/statistics.json?show=tax_per_mu"
FIGURES = ("zone_tax_wan_per_mu", "zone_tax_above_scale_wan_per_mu", "known_tax_percent")
NOTHING = {"330205103": None, "330205104": None, "330205105": None, "(outside)": None, "(total)": None}
TOTAL_ONLY = {"(outside)": None, "(total)": 2.125}


def make_groups(folder: Path) -> Flask:
    app = create_app(Settings(data_dir=folder, sign_in_per_minute=1000))
    add_people(app)
    taxes = [(town, tax) for town, of_town in TAX_WAN.items() for tax in of_town]
    write(
        app.extensions["geoapp"],
        towns=[
            {"town_code": town, "name": f"示例镇{town[-1]}", "kind": "镇", "geometry": box(1_000.0 * number, 1_000)}
            for number, town in enumerate(TAX_WAN)
        ],
        plots=[
            {
                "plot_code": f"P{number}", "town_code": town, "uscc": f"G{number}", "area_reg_m2": 20_000.0,
                "geometry": box(1_000.0 * list(TAX_WAN).index(town) + 100 * number, 90),
            }
            for number, (town, _) in enumerate(taxes)
        ],
        enterprises=[
            {"uscc": f"G{number}", "name": f"示例企业{number}", "is_above_scale": True}
            for number in range(len(taxes))
        ],
        performance=[
            {"uscc": f"G{number}", "year": 2025, "tax_wan": float(tax)} for number, (_, tax) in enumerate(taxes)
        ],
    )  # fmt: skip
    return app


@pytest.fixture(scope="module")
def groups(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, Flask]]:
    """Two districts: in the second a plot of the town that is too small pays 30 more, one of the next town 30 less."""
    folder = tmp_path_factory.mktemp("groups")
    first = make_groups(folder / "a")
    shutil.copytree(folder / "a", folder / "b", ignore=shutil.ignore_patterns("cache"))
    other = Settings(data_dir=folder / "b", sign_in_per_minute=1000)
    change(
        other,
        "UPDATE performance_rows SET tax_wan = tax_wan + 30 WHERE uscc = 'G7'",
        "UPDATE performance_rows SET tax_wan = tax_wan - 30 WHERE uscc = 'G4'",
    )
    second = create_app(other)
    yield first, second
    for app in (first, second):
        app.extensions["geoapp"].store.close()


def tax_per_mu(client: FlaskClient, query: str = "") -> dict[str, float | None]:
    answer = client.get(TAX + query).json
    return {row["zone"]: row["zone_tax_wan_per_mu"] for row in answer["rows"]}


def test_viewer_gets_the_sums_of_large_groups_and_of_no_others(groups: tuple[Flask, Flask]) -> None:
    client, _ = sign_in(groups[0], "viewer")
    answer = client.get(TAX).json
    rows = {row["zone"]: row for row in answer["rows"]}
    assert [rows["330205103"][name] for name in FIGURES] == [2.5, 2.5, 100.0]
    assert [rows["(total)"][name] for name in FIGURES] == [2.125, 2.125, 100.0]
    for town in ("330205104", "330205105"):
        assert [rows[town][name] for name in FIGURES] == [None, None, None]
        assert rows[town]["withheld"] == list(FIGURES)
    assert "withheld" not in rows["330205103"]
    assert any("不少于 3 家企业" in words and "不足 3 家的不公开" in words for words in answer["findings"])
    csv = client.get("/statistics.csv?show=tax_per_mu").text.splitlines()
    assert csv[0].split(",")[2:5] == ["亩均税收(万元/亩)", "规上亩均税收(万元/亩)", "税收已知率(%)"]
    assert [line.split(",")[2:5] for line in csv[1:4]] == [["2.5", "2.5", "100.0"], [""] * 3, [""] * 3]
    assert "亩均税收、规上亩均税收、税收已知率" in csv[2]
    sheet = load_workbook(BytesIO(client.get("/statistics.xlsx?show=tax_per_mu").data))["统计"]
    cells = {str(row[0]): row[1] for row in sheet.iter_rows(min_row=6, max_col=2, values_only=True)}
    assert [cells[name] for name in ("示例镇3", "示例镇4", "示例镇5", "合计")] == [
        2.5,
        "不公开",
        "不公开",
        2.125,
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("&membership=largest", NOTHING | TOTAL_ONLY),
        ("&zones=control_zones", TOTAL_ONLY),
        ("&filter=area_reg_m2%20%3E%201", NOTHING),
        ("&filter=plot_code%20%3C%3E%20'P7'", NOTHING),
        ("&at=2099-01-01", {"330205103": 2.5, "330205104": None, "330205105": None, **TOTAL_ONLY}),
        ("&at=2026-01-31@1", NOTHING),
    ],
)
def test_other_tables_do_not_lead_round_it(
    groups: tuple[Flask, Flask], query: str, expected: dict[str, float | None]
) -> None:
    """Another division, filter or day could differ from the one that is told by a single plot."""
    assert tax_per_mu(sign_in(groups[0], "viewer")[0], query) == expected


def test_drawn_area_and_trend_do_not_lead_round_it(groups: tuple[Flask, Flask]) -> None:
    workspace = seen_by(groups[0].extensions["geoapp"], LEAST_SIGHT)
    area = workspace.store.read("towns").geometry.union_all()
    figures = area_statistics(workspace, area, as_of(workspace)).rows.loc["area"]
    assert figures["plot_count"] == 8
    assert figures[["zone_tax_wan_per_mu", "zone_tax_above_scale_wan_per_mu"]].isna().all()
    trend = sign_in(groups[0], "viewer")[0].get("/statistics/trend.json?figure=zone_tax_wan_per_mu").json
    values = {zone["zone"]: zone["values"] for zone in trend["zones"]}
    assert values["330205103"] == [None, 2.5]  # end of 2025, now
    assert values["330205105"] == [None, None]


GROUP_PAGES = (
    TAX, "/statistics.json", "/statistics.csv", "/statistics.geojson", TAX + "&membership=centroid",
    TAX + "&filter=tax_wan_per_mu%20%3E%201", "/statistics/trend.json?figure=zone_tax_wan_per_mu",
    "/statistics/quadrants.json", "/plots/P7.json", "/plots/P7/card", "/table/plots.csv", "/targets.json",
    "/rules.json", "/sheet.json", "/candidates.json", "/records/performance/G7,2025",
    "/table/plots.json?sort=-tax_wan_per_mu&size=10", "/layers/plots/style.json?style=tax_wan_per_mu:policy:5",
    ADDRESS + "?style=tax_wan_per_mu:policy:5",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.no_cover  # asks many addresses; what each says is tested with its page
def test_of_what_is_kept_back_only_the_sum_is_told(groups: tuple[Flask, Flask]) -> None:
    assert differing(groups, Role.VIEWER, GROUP_PAGES) == set()
    assert {TAX, "/table/plots.csv", "/plots/P7.json"} <= differing(groups, Role.EDITOR, GROUP_PAGES)


def test_town_reporter_gets_the_own_town_and_no_sums_of_others(groups: tuple[Flask, Flask]) -> None:
    own_only = NOTHING | {"330205103": 2.5, "(total)": 2.5}
    assert tax_per_mu(sign_in(groups[0], "reporter")[0]) == own_only


def test_what_stands_behind_a_sight_is_read_where_groups_are_judged_only() -> None:
    source = Path(geoapp.__file__).parent
    readers = [
        path.name for path in source.rglob("*.py") if re.search(r"\.behind\b", path.read_text("utf-8"))
    ]
    assert readers == ["group_figures.py"]


def test_demo_does_not_open_other_records_without_signing_in(workspace: Workspace) -> None:
    with pytest.raises(SetupError, match=r"不是示意数据的记录（不是从示例数据开始的|演示不能免登录"):
        refuse_real_records(workspace)
