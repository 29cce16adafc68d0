"""What roles see. Two districts differ in nothing but hidden values: whoever may not see them gets the same bytes."""

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from copy import deepcopy
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from geoapp.domain.fingerprint import Fingerprint
from geoapp.domain.sight import LEAST_SIGHT, Sight
from geoapp.domain.user import Role, read_user
from geoapp.errors import RefusedError, SetupError
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
from tests.small_district import PERFORMANCE, PLOTS, fill, write
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
    "/ledgers.json", "/lists", "/targets", "/portfolio",
    "/projects.json", "/projects", "/alarms.json", "/alarms", "/agreements.json", "/agreements",
    "/transactions.json", "/transactions", "/transactions/J1", "/transactions.csv", "/table/transactions.csv",
    "/land-terms.json", "/land-terms", "/land-terms.csv",
    "/micro-parks.json", "/micro-parks", "/micro-parks/W1", "/micro-parks/W1.json", "/micro-parks.csv",
    "/table/micro_park_years.csv",
    "/edits/shape.json?key=DK-A", "/table/agreement_items.json?size=10",
    ADDRESS + "?style=low_efficiency", ADDRESS + "?style=tax_wan_per_mu:policy:5",
    ADDRESS + "?filter=tax_wan_per_mu%20%3E%201",
)  # fmt: skip
"""Of every kind of thing that is told about plots and enterprises; unknown addresses are equal too, see the control."""


def make(folder: Path) -> Flask:
    app = create_app(Settings(data_dir=folder, sign_in_per_minute=1000))
    fill(app.extensions["geoapp"])
    plots = deepcopy(PLOTS)
    plots[1] |= {"town_code": OTHER_TOWN, "uscc": "E2"}
    rows = [{**row, "energy_tce": 10.0, "power_kwh": 100.0} for row in deepcopy(PERFORMANCE)]
    write(app.extensions["geoapp"], plots=plots, performance=rows)
    write(app.extensions["geoapp"], agreements=[AGREEMENT], agreement_items=[item(2024, 20.0, 15.0)])
    year = {"micro_park_code": "W1", "year": 2025, "tax_wan": 70.0, "revenue_wan": 700.0, "score": 80.0}
    write(app.extensions["geoapp"], micro_park_years=[year])
    write(app.extensions["geoapp"], transactions=[SALE | {"agreed_tax_wan_per_mu": 20.0}])
    for role in Role:
        people = app.extensions["geoapp_people"].accounts
        people.add(read_user(role.value, role.value, role, TOWN if role is Role.REPORTER else ""), GIVEN)
    return app


def hide_others(settings: Settings) -> None:
    """Give hidden fields other values behind the store's back: the same revisions, made at the same moments."""
    with closing(sqlite3.connect(settings.database_path)) as database, database:
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


def differing(twins: tuple[Flask, Flask], role: Role) -> set[str]:
    clients = [sign_in(app, role.value)[0] for app in twins]
    return {address for address in PAGES if len({told(client, address) for client in clients}) > 1}


def test_nothing_a_viewer_gets_depends_on_what_is_hidden(twins: tuple[Flask, Flask]) -> None:
    assert differing(twins, Role.VIEWER) == set()


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


def test_every_address_is_one(twins: tuple[Flask, Flask]) -> None:
    client, _ = sign_in(twins[0], "viewer")
    codes = {address: client.get(address).status_code for address in PAGES}
    assert {address: code for address, code in codes.items() if code not in (200, 404)} == {}
    assert sum(code == 200 for code in codes.values()) > 0.8 * len(PAGES)


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


def test_demo_does_not_open_other_records_without_signing_in(workspace: Workspace) -> None:
    with pytest.raises(SetupError, match=r"不是示意数据的记录（不是从示例数据开始的|演示不能免登录"):
        refuse_real_records(workspace)
