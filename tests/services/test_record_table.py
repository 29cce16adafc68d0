from datetime import date

import pytest

from geoapp.errors import UsageError
from geoapp.services.as_of import AsOf, as_of
from geoapp.services.record_table import TablePage, chosen_rows, keys_in_view, table_page
from geoapp.services.records import record_frame
from geoapp.services.table_export import record_table
from geoapp.services.workspace import Workspace
from geoapp.services.zone_statistics import zone_statistics
from tests.small_district import box, write

NOW = AsOf(1, date(2026, 3, 1), is_now=False)
AROUND = (121.4, 29.9, 121.6, 30.0)


def keys_of(page: TablePage) -> list[str]:
    return [row["key"] for row in page.rows]


# FAR: A 0.8, B 1.5, C unknown. Site area in 亩: A 45, B 43.5, C 44.98.
@pytest.mark.parametrize(
    ("sort", "keys"),
    [
        ("", ["DK-A", "DK-B", "DK/C"]),
        ("far", ["DK-A", "DK-B", "DK/C"]),
        ("-far", ["DK-B", "DK-A", "DK/C"]),
        ("-容积率", ["DK-B", "DK-A", "DK/C"]),
        ("site_area_mu", ["DK-B", "DK/C", "DK-A"]),
        ("in_kx1,-site_area_mu", ["DK/C", "DK-B", "DK-A"]),
        ("name", ["DK-B", "DK-A", "DK/C"]),
        ("-name", ["DK-A", "DK-B", "DK/C"]),
        ("term_end_on", ["DK-A", "DK-B", "DK/C"]),
    ],
)
def test_pages_are_sorted_with_missing_values_last_and_equal_ones_by_key(
    district: Workspace, sort: str, keys: list[str]
) -> None:
    assert keys_of(table_page(district, "plots", NOW, sort=sort)) == keys


def test_days_are_sorted_as_days(workspace: Workspace) -> None:
    days = {"P1": "2030-01-01", "P2": "1999-12-31", "P3": None}
    write(
        workspace,
        plots=[{"plot_code": code, "term_end_on": day, "geometry": box(0)} for code, day in days.items()],
    )
    assert keys_of(table_page(workspace, "plots", NOW, sort="term_end_on")) == ["P2", "P1", "P3"]
    assert keys_of(table_page(workspace, "plots", NOW, sort="-term_end_on")) == ["P1", "P2", "P3"]
    assert table_page(workspace, "plots", NOW, columns="term_end_on").rows == [
        {"key": "P1", "term_end_on": "2030-01-01"},
        {"key": "P2", "term_end_on": "1999-12-31"},
        {"key": "P3", "term_end_on": None},
    ]


def test_pages_hold_each_record_once(district: Workspace) -> None:
    pages = [table_page(district, "plots", NOW, page=number, size=2, sort="-far") for number in (1, 2, 3)]
    assert [keys_of(page) for page in pages] == [["DK-B", "DK-A"], ["DK/C"], []]
    assert {(page.total, page.last_page) for page in pages} == {(3, 2)}
    empty = table_page(district, "plots", NOW, filter_text="far > 9")
    assert (empty.rows, empty.total, empty.last_page) == ([], 0, 1)


# In the order of falling FAR: B, A, C, two to a page; with FAR above 0.9 there is only B.
@pytest.mark.parametrize(
    ("key", "filter_text", "page", "keys"),
    [
        ("DK-A", None, 1, ["DK-B", "DK-A"]),
        ("DK/C", None, 2, ["DK/C"]),
        ("DK-A", "far > 0.9", 0, []),
        ("DK-Z", None, 0, []),
    ],
)
def test_page_that_a_record_is_on(
    district: Workspace, key: str, filter_text: str | None, page: int, keys: list[str]
) -> None:
    found = table_page(
        district, "plots", NOW, filter_text=filter_text, page=1, size=2, sort="-far", around=key
    )
    assert (found.page, keys_of(found)) == (page, keys)


def test_columns_wanted_rounded_as_shown(district: Workspace) -> None:
    page = table_page(
        district, "plots", NOW, filter_text="far > 1", columns="site_area_mu, 亩均税收, far, far"
    )
    assert page.rows == [{"key": "DK-B", "site_area_mu": 43.5, "tax_wan_per_mu": 1.15, "far": 1.5}]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sort": "tax_wan"}, "“tax_wan”不能用"),
        ({"sort": "a,b,c,d,e,f"}, "最多 5 个"),
        ({"columns": "geometry"}, "“geometry”不能用"),
        ({"filter_text": "far <"}, "还缺内容"),
    ],
)
def test_what_the_table_cannot_do_is_refused(
    district: Workspace, options: dict[str, str], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        table_page(district, "plots", NOW, **options)  # type: ignore[arg-type]


def test_list_of_the_plots_in_view_has_the_largest_first(district: Workspace) -> None:
    found = keys_in_view(district, "plots", NOW, box=AROUND, limit=2)
    assert (found.total, [record["key"] for record in found.records]) == (3, ["DK-A", "DK/C"])
    first = found.records[0]
    assert {name: first[name] for name in ("name", "far", "site_area_mu")} == {
        "name": "示例地块甲", "far": 0.8, "site_area_mu": 45.0,
    }  # fmt: skip
    west, south, east, north = record_frame(district, "plots", NOW).loc[["DK-A"]].total_bounds
    assert west < first["lon"] < east
    assert south < first["lat"] < north


def test_view_takes_in_what_it_meets_and_the_filter_allows(district: Workspace) -> None:
    west_half_of_a = (121.49, 29.9, 121.501, 30.0)
    found = keys_in_view(district, "plots", NOW, box=west_half_of_a, limit=9)
    assert [record["key"] for record in found.records] == ["DK-A"]
    assert keys_in_view(district, "plots", NOW, box=west_half_of_a, filter_text="far > 1", limit=9).total == 0
    assert keys_in_view(district, "plots", NOW, filter_text="far > 1", limit=9).total == 1
    zones = keys_in_view(district, "control_zones", NOW, box=AROUND, limit=9)
    assert [record["name"] for record in zones.records] == ["示例产业园", "挨着的社区"]
    with pytest.raises(UsageError, match="没有图形"):
        keys_in_view(district, "performance", NOW, limit=9)


def test_plot_without_a_shape_is_in_no_view(workspace: Workspace) -> None:
    write(workspace, project_plots=[{"project_code": "X", "plot_code": "P", "geometry": None}])
    assert keys_in_view(workspace, "project_plots", NOW, limit=9).total == 0


@pytest.mark.parametrize("filter_text", ["", "far < 1", "NOT in_control_line", "grade IS NULL OR far > 2"])
def test_table_file_list_and_statistics_take_in_the_same_plots(
    demo_workspace: Workspace, filter_text: str
) -> None:
    state = as_of(demo_workspace)
    pages, number = [], 1
    while True:
        page = table_page(
            demo_workspace, "plots", state, filter_text=filter_text, page=number, size=100, columns="far"
        )
        pages += keys_of(page)
        if number >= page.last_page:
            break
        number += 1
    file = record_table(demo_workspace, "plots", state, filter_text=filter_text, columns="site_area_mu")
    listed = keys_in_view(demo_workspace, "plots", state, filter_text=filter_text, limit=10_000)
    total = zone_statistics(demo_workspace, filter_text=filter_text).rows.loc["(total)"]
    assert len(set(pages)) == len(pages) == page.total == total["plot_count"]
    assert pages == list(file.rows.index)
    assert set(pages) == {record["key"] for record in listed.records}
    assert file.rows["site_area_mu"].sum() * 10_000 / 15 == pytest.approx(total["site_area_m2"], rel=1e-12)


def test_file_says_what_it_rests_on(district: Workspace) -> None:
    table = record_table(district, "plots", NOW, filter_text="far < 1", columns="name,far", has_geometry=True)
    assert table.filter_zh == "容积率 小于 1"
    assert table.is_filtered
    assert table.is_demo
    assert table.geometry_type == "polygon"
    assert table.sources[0].startswith("工业地块：")
    assert list(table.rows.columns) == ["name", "far", "geometry"]
    whole = record_table(district, "plots", AsOf(1, NOW.day, is_now=True, note="按现在"), filter_text="TRUE")
    assert (whole.is_filtered, whole.filter_zh, whole.notes) == (False, "全部地块", ("按现在",))
    assert "geometry" not in whole.rows


def test_rows_chosen_without_a_filter_are_all(district: Workspace) -> None:
    assert chosen_rows(district, "plots", NOW).tolist() == [0, 1, 2]


def test_land_comes_in_the_unit_asked_for_and_floors_stay(district: Workspace) -> None:
    names = "site_area_mu,site_area_m2,area_reg_m2,gfa_counted_m2"
    (row,) = table_page(district, "plots", NOW, filter_text="far > 1", columns=names, unit="ha").rows
    # 29 000 m2 / 10 000; the column in m2 beside the one in 亩 stays what it is
    assert row == {
        "key": "DK-B", "site_area_mu": 2.9, "site_area_m2": 29_000.0, "area_reg_m2": 2.9, "gfa_counted_m2": 43_500.0,
    }  # fmt: skip


def test_file_says_its_unit(district: Workspace) -> None:
    table = record_table(district, "recognitions", NOW, columns="area_m2,new_gfa_gross_m2", unit="mu")
    assert [info.label for info in table.fields] == ["认定面积(亩)", "新增建筑面积(平方米)"]
    assert table.rows["area_m2"].tolist() == [6.0, 45.0]  # 4 000 and 30 000 m2
    as_stored = record_table(district, "recognitions", NOW, columns="area_m2")
    assert as_stored.rows["area_m2"].tolist() == [4_000.0, 30_000.0]
