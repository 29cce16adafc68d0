"""Whatever carries records or figures away is in the audit: each address of the application is asked."""

import io
import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from geoapp.domain.people_event import EventKind, PeopleEvent
from geoapp.domain.user import Role, read_user
from geoapp.settings import Settings
from geoapp.store.people_events import EventFilter
from geoapp.web.app import create_app
from geoapp.web.record_keeping import NO_RECORDS, PAGE_DATA
from tests.formats.test_attachment import PDF
from tests.services.test_candidates import plot
from tests.services.test_transactions import SALE
from tests.small_district import fill, write
from tests.web.test_people import GIVEN, TOWN, accounts, post, sign_in

ENTRY = {"year": 2025, "list": "L4", "subject_kind": "plot", "subject_code": "DK-A", "status": "checking"}
PARK = {"micro_park_code": "XW1", "name": "示例小微园"}
OFFICIAL = {"uscc": "E1", "year": 2024, "source": "official", "list": "above_scale_industry", "grade": "A"}
VALUES = {
    "register": "plots", "plot_code": "DK-A", "project_code": "X1", "uscc": "E1", "zones": "towns",
    "zone_key": "330205103", "ledger": "ZRZY_CL", "year": "2025", "list_code": "L4", "subject": "DK-A",
    "code": "J1", "rule_id": "LE05", "number_id": "list_transitions", "number": "1", "set_id": "plan_2021_2025",
    "indicator_id": "tax_per_mu", "zoom": "10", "x": "1", "y": "1", "key": "DK-A", "filename": "geoapp.css",
}  # fmt: skip
"""What stands for each part of an address."""
OWN_VALUES = {
    "micro_parks": {"code": "XW1"},
    "candidates": {"plot_code": "DK-N"},
    "static": {"filename": "vendor/versions.sha256"},
}
QUERIES = {
    "map_work.labels": "bbox=121.4,29.9,121.6,30&zoom=15", "map_work.nearest": "lon=121.5&lat=29.95",
    "map_work.position_of_point": "lon=121.5&lat=29.95", "map_work.tip": "key=DK-A",
    "map_work.style": "style=grade", "map_work.goto": "q=DK-A", "layers.show": "key=DK-A",
    "map_edits.shape": "key=DK-A", "sheet.show": "layers=plots", "check.data": "project=X1",
    "whatif.export": "plots=DK-A&mode=M01&far=2", "statistics.trend": "figure=far", "portfolio.export": "area=1",
    "compare.page": "plots=DK-A,DK-B",
}  # fmt: skip
NO_ANSWER = {"basemap.tile", "basemap.compare_tile"}
"""Pictures of a background map that the office does not have here; nobody's records."""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    app = create_app(Settings(data_dir=tmp_path_factory.mktemp("taken"), sign_in_per_minute=1000))
    workspace = fill(app.extensions["geoapp"])
    write(workspace, plots=[plot("DK-N", 1_000)])
    write(workspace, transactions=[SALE], list_entries=[ENTRY], micro_parks=[PARK], evaluations=[OFFICIAL])
    write(workspace, projects=[{"project_code": "X1", "name": "甲", "stage": "P06", "town_code": TOWN}])
    accounts(app).add(read_user("reporter", "某填报", Role.REPORTER, TOWN), GIVEN)
    accounts(app).add(read_user("administrator", "某管理", Role.ADMINISTRATOR, ""), GIVEN)
    yield app
    workspace.store.close()


@pytest.fixture(scope="module")
def client(app: Flask) -> FlaskClient:
    return sign_in(app, "administrator")[0]


@pytest.fixture(scope="module")
def values(app: Flask, client: FlaskClient) -> dict[str, str]:
    """What has to be made first: a file proposed and attached, a checked upload, a kept scenario."""
    note = {"kind": "progress", "noted_on": "2026-02-01", "text": "进场"}
    sent = post(
        sign_in(app, "reporter")[0], "/projects/X1/notes", **note, files=(io.BytesIO(PDF), "纪要.pdf")
    )
    assert sent.location == "/proposals/1"
    attached = {"file": (io.BytesIO(PDF), "纪要.pdf"), "caption": "会议"}
    assert post(client, "/projects/X1/attachments", **attached).status_code == 303
    digest = re.search(r"/projects/X1/attachments/([0-9a-f]{64})", client.get("/projects/X1").text)[1]
    table = "地块编号,地块名称\nDK-A,一\nDK-A,二\n".encode()
    upload = post(client, "/imports", register="plots", file=(io.BytesIO(table), "地块.csv")).json["id"]
    app.extensions["geoapp_uploads"].wait(upload)
    kept = post(client, "/scenarios?plots=DK-A&mode=M01&far=2", name="甲", author="张")
    return VALUES | {"digest": digest, "upload_id": upload, "ids": kept.location.partition("ids=")[2]}


def addresses(rule: Rule, values: dict[str, str]) -> list[str]:
    """Return an address for each kind of file that a rule gives."""
    own = values | OWN_VALUES.get(rule.endpoint.partition(".")[0], {})
    query = f"ids={own['ids']}" if rule.endpoint == "whatif.export_kept" else QUERIES.get(rule.endpoint, "")
    suffixes = re.search(r"<any\(([^)]*)\):suffix>", rule.rule)
    rules = [rule.rule]
    if suffixes:
        rules = [rule.rule.replace(suffixes[0], suffix.strip()) for suffix in suffixes[1].split(",")]
    filled = [re.sub(r"<(?:\w+:)?(\w+)>", lambda part: own[part[1]], address) for address in rules]
    return [f"{address}?{query}".rstrip("?") for address in filled]


def last_taken(app: Flask) -> PeopleEvent | None:
    wanted = EventFilter(kinds=(EventKind.EXPORTED,))
    return next(iter(accounts(app).store.events(wanted, limit=1)), None)


def is_page(content_type: str) -> bool:
    return content_type.startswith(("text/html", "text/css", "image/svg+xml", "application/octet-stream"))


@pytest.mark.slow
@pytest.mark.no_cover  # asks many addresses; what each says is tested with its page
def test_every_file_and_every_data_is_in_the_audit_or_on_the_list_of_what_pages_show(
    app: Flask, client: FlaskClient, values: dict[str, str]
) -> None:
    shown: set[str] = set()
    for rule in app.url_map.iter_rules():
        if "GET" not in rule.methods or rule.endpoint in NO_ANSWER:
            continue
        for address in addresses(rule, values):
            before = last_taken(app)
            answer = client.get(address)
            after = last_taken(app)
            assert answer.status_code in (200, 302, 404 if is_page(answer.content_type) else 200), address
            if answer.status_code != 200 or is_page(answer.content_type) or rule.endpoint in NO_RECORDS:
                assert after == before, address
                continue
            assert after != before, f"{rule.endpoint} {address}"
            assert after.reason == f"GET {address}"
            assert (after.actor, after.after) == ("某管理（administrator）", "含内部字段，受限字段参与计算")
            asked_by_page = client.get(address, headers={"X-CSRFToken": "of the page"})
            assert asked_by_page.status_code == 200
            is_shown = last_taken(app) == after
            assert is_shown == (rule.endpoint in PAGE_DATA), rule.endpoint
            shown |= {rule.endpoint} if is_shown else set()
    assert shown == set(PAGE_DATA)  # nothing on the list that is not there


def test_an_attachment_shown_in_the_page_is_taken_too(
    app: Flask, client: FlaskClient, values: dict[str, str]
) -> None:
    address = f"/projects/X1/attachments/{values['digest']}"
    answer = client.get(address)
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert last_taken(app).reason == f"GET {address}"


def test_what_is_not_given_is_not_taken(app: Flask, client: FlaskClient) -> None:
    before = last_taken(app)
    assert client.get("/transactions/J9.json").status_code == 404
    assert client.head("/transactions.json").status_code == 200
    assert app.test_client().get("/transactions.json").status_code == 401
    assert last_taken(app) == before
