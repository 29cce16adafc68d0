from datetime import UTC, date, datetime, timedelta

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoapp.domain.change import RegisterChange
from geoapp.domain.frame import column_dtypes, conform, empty_frame, plain_geometries, plain_values
from geoapp.domain.frame_update import share_values
from geoapp.domain.revision import RevisionKind
from geoapp.errors import GoneError, NotFoundError, StaleError
from geoapp.store.store import open_store

SQUARE = shapely.box(121.4, 29.9, 121.401, 29.901)


def test_a_new_store_is_empty(store, layers):
    assert store.revision() == 0
    assert store.revisions() == []
    assert store.register_revision("plots") == 0
    for register, layer in layers.items():
        pd.testing.assert_frame_equal(
            store.read(register), empty_frame(layer), check_index_type=False, check_names=False
        )


def test_write_then_read_gives_the_records(store, layers, squares, write):
    plots = squares(
        3, name=["甲", None, "丙"], built_on=[date(2020, 2, 29), None, None], source_row=[1, 2, 3]
    )

    write(store, plots=RegisterChange(plots))
    stored = store.read("plots")

    assert list(stored.index) == [1, 2, 3]
    assert stored.index.name == "fid"
    assert stored.crs == 4490
    pd.testing.assert_frame_equal(
        stored.reset_index(drop=True), conform(plots, layers["plots"]), check_index_type=False
    )


def test_write_gives_the_revision(store, squares):
    before = datetime.now(UTC) - timedelta(milliseconds=1)

    revision = store.write(
        {"plots": RegisterChange(squares(2))},
        kind=RevisionKind.IMPORT,
        user="张三",
        reason="年度更新",
        document_no="甬资规〔2026〕1号",
    )

    assert revision == store.revisions()[0]
    assert (revision.number, revision.kind, revision.user) == (1, RevisionKind.IMPORT, "张三")
    assert (revision.reason, revision.document_no) == ("年度更新", "甬资规〔2026〕1号")
    assert (revision.registers, revision.summary) == (("plots",), "新增 2，修改 0，移除 0")
    assert before <= revision.made_at <= datetime.now(UTC)


def test_the_same_records_again_make_no_revision(store, squares, write):
    write(store, plots=RegisterChange(squares(3)))

    assert write(store, plots=RegisterChange(squares(3, source_row=[5, 6, 7]))) is None
    assert write(store, plots=RegisterChange()) is None
    assert write(store) is None
    assert store.revision() == 1
    assert list(store.read("plots").index) == [1, 2, 3]


def test_only_differing_records_are_written(store, squares, write):
    write(store, plots=RegisterChange(squares(3)))

    revision = write(store, plots=RegisterChange(squares(4, area_m2=[0.0, 99.0, 20.0, 30.0]), [("P2",)][:0]))

    assert revision.summary == "新增 1，修改 1，移除 0"
    # P0 and P2 keep their rows 1 and 3; P1 has a new version in row 4, P3 is row 5.
    assert store.read("plots")["plot_code"].to_dict() == {1: "P0", 3: "P2", 4: "P1", 5: "P3"}


def test_every_revision_can_be_read(store, squares, write):
    write(store, plots=RegisterChange(squares(2)))
    write(store, plots=RegisterChange(squares(1, area_m2=[7.0]), removed=[("P1",)]))
    write(store, plots=RegisterChange(squares(2)))

    areas = [store.read("plots", revision=r).set_index("plot_code")["area_m2"].to_dict() for r in range(4)]

    assert areas == [{}, {"P0": 0.0, "P1": 10.0}, {"P0": 7.0}, {"P0": 0.0, "P1": 10.0}]
    assert store.read("plots") is store.read("plots", revision=3)


def test_one_revision_may_touch_several_registers(store, squares, write):
    tax = pd.DataFrame({"uscc": ["X"], "year": [2024], "tax_wan": [1.5]})

    revision = write(store, plots=RegisterChange(squares(2)), performance=RegisterChange(tax))

    assert revision.registers == ("plots", "performance")
    assert revision.summary == "地块：新增 2，修改 0，移除 0；绩效：新增 1，修改 0，移除 0"


def test_revisions_of_a_register(store, squares, write):
    tax = pd.DataFrame({"uscc": ["X"], "year": [2024], "tax_wan": [1.5]})
    write(store, plots=RegisterChange(squares(1)))
    write(store, performance=RegisterChange(tax))
    write(store, plots=RegisterChange(squares(2)))

    assert [r.number for r in store.revisions()] == [3, 2, 1]
    assert [r.number for r in store.revisions(limit=2)] == [3, 2]
    assert [r.number for r in store.revisions("plots")] == [3, 1]
    assert [r.number for r in store.revisions("plots", limit=1)] == [3]
    assert store.revisions("roads") == []
    assert [store.register_revision("plots", revision=r) for r in (0, 1, 2, 3)] == [0, 1, 1, 3]
    # Nothing touched the plots in revision 2: it is the same frame.
    assert store.read("plots", revision=2) is store.read("plots", revision=1)


def test_removing_what_is_not_there_changes_nothing(store, squares, write):
    write(store, plots=RegisterChange(squares(1)))

    assert write(store, plots=RegisterChange(removed=[("P9",)])) is None


def test_a_record_cannot_be_stored_and_withdrawn_at_once(store, squares, write):
    write(store, plots=RegisterChange(squares(1)))

    with pytest.raises(ValueError, match="both to be stored and withdrawn"):
        write(store, plots=RegisterChange(squares(1, area_m2=[5.0]), [("P0",)]))
    assert store.revision() == 1


@pytest.mark.parametrize(
    ("register", "columns", "geometry"),
    [
        ("plots", {"plot_code": ["A"]}, SQUARE.exterior),
        ("plots", {"plot_code": ["A"]}, shapely.GeometryCollection([SQUARE, SQUARE.exterior])),
        ("projects", {"code": ["A"]}, shapely.MultiPoint([(121.4, 29.9), (121.5, 29.9)])),
        ("roads", {"code": ["A"], "seen_on": [date(2024, 5, 1)]}, SQUARE),
    ],
)
def test_another_type_of_geometry_is_refused(store, write, register, columns, geometry):
    records = gpd.GeoDataFrame(columns, geometry=[geometry], crs=4490)

    with pytest.raises(ValueError, match=f"{register}: holds .*, got {geometry.geom_type}"):
        write(store, **{register: RegisterChange(records)})


def test_geometry_is_stored_flat_and_empty_as_missing(store, write, squares):
    plots = squares(2)
    plots.geometry = [shapely.force_3d(SQUARE, 4.0), shapely.Polygon()]

    write(store, plots=RegisterChange(plots))

    assert store.read("plots").geometry.tolist() == [SQUARE, None]
    assert not store.read("plots").has_z.any()


def test_a_flaw_in_one_register_keeps_all_out(store, squares, write):
    tax = pd.DataFrame({"uscc": ["X", "X"], "year": [2024, 2024], "tax_wan": [1.5, 2.5]})

    with pytest.raises(ValueError, match="key is there twice"):
        write(store, plots=RegisterChange(squares(2)), performance=RegisterChange(tax))

    assert store.revision() == 0
    assert store.read("plots").empty


def test_a_ledger_without_geometry_keeps_the_geometry(store, squares, write):
    write(store, plots=RegisterChange(squares(2)))

    write(store, plots=RegisterChange(pd.DataFrame({"plot_code": ["P1"], "name": ["乙"]})))

    plot = store.record("plots", ("P1",)).fields
    assert (plot["name"], plot["area_m2"]) == ("乙", 10.0)
    assert plot["geometry"].equals(squares(2).geometry.iloc[1])


def test_progress_runs_from_nothing_to_all(store, squares):
    shares = []

    store.write(
        {"plots": RegisterChange(squares(12_000))}, kind=RevisionKind.IMPORT, user="u", progress=shares.append
    )

    # Three chunks of 5000, 5000, 2000 rows, and the commit.
    assert shares == pytest.approx([0, 0.95 * 5 / 12, 0.95 * 10 / 12, 0.95, 1.0])


def test_stopping_from_the_progress_undoes_everything(store, squares):
    class StoppedError(Exception):
        pass

    def stop(share: float) -> None:
        if share > 0.5:
            raise StoppedError

    with pytest.raises(StoppedError):
        store.write(
            {"plots": RegisterChange(squares(12_000))}, kind=RevisionKind.IMPORT, user="u", progress=stop
        )
    assert store.revision() == 0
    assert store.read("plots").empty


def test_unknown_registers_and_revisions_are_named(store, squares, write):
    for ask in (store.read, store.register_revision, store.revisions):
        with pytest.raises(NotFoundError, match="没有台账“plot”；可用：plots、projects"):
            ask("plot")
    with pytest.raises(NotFoundError, match="没有台账“plot”"):
        write(store, plot=RegisterChange(squares(1)))
    for revision in (-1, 1):
        with pytest.raises(NotFoundError, match="最新是第 0 次修订"):
            store.read("plots", revision=revision)


# One record


def test_history_lists_versions_newest_first(store, squares, write):
    write(store, plots=RegisterChange(squares(2)))
    write(store, plots=RegisterChange(squares(2, area_m2=[0.0, 11.0])))
    write(store, plots=RegisterChange(removed=[("P1",)]))

    versions = store.history("plots", ("P1",))

    assert [(v.fid, v.from_revision, v.to_revision, v.fields["area_m2"]) for v in versions] == [
        (3, 2, 3, 11.0),
        (2, 1, 2, 10.0),
    ]
    assert list(versions[0].fields) == [
        *("plot_code", "name", "area_m2", "storeys", "is_open", "built_on", "list"),
        *("is_demo", "source_file", "source_row", "geometry"),
    ]


def test_a_record_is_plain_values(store, write):
    road = gpd.GeoDataFrame(
        {"code": ["G1"], "seen_on": [date(2024, 5, 1)]},
        geometry=[shapely.LineString([(121.4, 29.9), (121.5, 29.9)])],
        crs=4490,
    )
    write(store, roads=RegisterChange(road))

    found = store.record("roads", ("G1", date(2024, 5, 1)))

    assert found.to_revision is None
    assert found.fields == {
        "code": "G1", "seen_on": date(2024, 5, 1), "is_demo": False, "source_file": None, "source_row": None,
        "geometry": road.geometry.iloc[0],
    }  # fmt: skip


def test_a_withdrawn_record_is_gone_and_an_unknown_one_not_found(store, squares, write):
    write(store, plots=RegisterChange(squares(1)))
    write(store, plots=RegisterChange(removed=[("P0",)]))

    with pytest.raises(GoneError, match="“地块”的记录“P0”已在第 2 次修订移除"):
        store.record("plots", ("P0",))
    with pytest.raises(NotFoundError, match="“地块”没有记录“P9”"):
        store.record("plots", ("P9",))


@pytest.mark.parametrize("key", [("X",), ("X", "去年"), ("X", 2024, "x")])
def test_a_key_that_no_record_can_have_is_not_found(store, key):
    with pytest.raises(NotFoundError, match="“绩效”的编号应由 uscc、year 组成"):
        store.record("performance", key)


def test_a_key_from_an_address_is_text(store, write):
    write(store, performance=RegisterChange(pd.DataFrame({"uscc": ["X"], "year": [2024], "tax_wan": [1.5]})))

    assert store.record("performance", ("X", "2024")).fields["tax_wan"] == 1.5


def test_a_record_that_came_back_is_there(store, squares, write):
    write(store, plots=RegisterChange(squares(1)))
    write(store, plots=RegisterChange(removed=[("P0",)]))
    write(store, plots=RegisterChange(squares(1)))

    assert store.record("plots", ("P0",)).from_revision == 3
    assert [v.from_revision for v in store.history("plots", ("P0",))] == [3, 1]


# Whatever is written is read


def _boxes(west, south, is_holed):
    shell = shapely.box(west, south, west + 0.01, south + 0.01)
    hole = shapely.box(west + 0.002, south + 0.002, west + 0.004, south + 0.004)
    return shell.difference(hole) if is_holed else shell


polygons = st.builds(_boxes, st.floats(-180, 179), st.floats(-90, 89), st.booleans())
multipolygons = st.tuples(polygons, polygons).map(shapely.MultiPolygon)
records = st.fixed_dictionaries(
    {
        "plot_code": st.text(min_size=1),
        "name": st.none() | st.text(),
        "area_m2": st.none() | st.floats(allow_nan=False),
        "storeys": st.none() | st.integers(-(2**63), 2**63 - 1),
        "is_open": st.none() | st.booleans(),
        "built_on": st.none() | st.dates(),
        "list": st.none() | st.just(""),
        "is_demo": st.booleans(),
        "geometry": st.none() | polygons | multipolygons,
    }
)


@pytest.mark.slow
@settings(deadline=None, max_examples=40)
@given(st.lists(records, min_size=1, unique_by=lambda record: record["plot_code"]))
def test_what_is_written_is_read(tmp_path_factory, layers, written):
    layer = layers["plots"]
    frame = pd.DataFrame(written)
    for name, dtype in column_dtypes(layer).items():
        if name in frame:
            frame[name] = pd.Series([record[name] for record in written], dtype=dtype)
    plots = gpd.GeoDataFrame(frame, geometry=[record["geometry"] for record in written], crs=4490)
    path = tmp_path_factory.mktemp("store") / "x.gpkg"

    with open_store(path, layers) as store:
        store.write({"plots": RegisterChange(plots)}, kind=RevisionKind.IMPORT, user="u")
        assert store.write({"plots": RegisterChange(plots)}, kind=RevisionKind.IMPORT, user="u") is None
    with open_store(path, layers) as reopened:
        stored = reopened.read("plots")

    for name in ("plot_code", "name", "area_m2", "storeys", "is_open", "built_on", "list", "is_demo"):
        assert plain_values(stored[name]) == [record[name] for record in written]
    expected = plain_geometries(np.array([record["geometry"] for record in written], dtype=object))
    assert all(
        shapely.equals_identical(a, b) or a is b for a, b in zip(stored.geometry, expected, strict=True)
    )


def test_a_frame_brought_up_from_an_older_one_equals_one_read_whole(store, path, layers, squares, write):
    write(store, plots=RegisterChange(squares(20)))
    old = store.read("plots")  # kept; what follows is read on top of it
    change = squares(21, area_m2=[float(number) if number == 3 else number * 10.0 for number in range(21)])
    write(store, plots=RegisterChange(change))
    brought_up = store.read("plots")

    with open_store(path, layers) as other:
        whole = other.read("plots")
        pd.testing.assert_frame_equal(brought_up, whole)
        pd.testing.assert_frame_equal(old, other.read("plots", revision=1))
    # A change leaves P3 in its place; what is new comes last.
    assert list(whole["plot_code"]) == [f"P{number}" for number in range(21)]


@pytest.mark.parametrize("is_kept", [True, False])
def test_a_record_withdrawn_and_stored_again_takes_its_old_place(
    store, path, layers, squares, write, *, is_kept
):
    write(store, plots=RegisterChange(squares(20)))
    write(store, plots=RegisterChange(None, [("P7",), ("P12",)]))
    if is_kept:  # else all is read whole
        store.read("plots")
    back = squares(22).iloc[[21, 12, 20]]
    write(store, plots=RegisterChange(back))

    codes = [f"P{number}" for number in range(20) if number != 7]
    assert list(store.read("plots")["plot_code"]) == [*codes, "P21", "P20"]
    with open_store(path, layers) as other:
        pd.testing.assert_frame_equal(store.read("plots"), other.read("plots"))
        assert list(other.read("plots", revision=2)["plot_code"]) == [code for code in codes if code != "P12"]


def test_columns_that_an_edit_leaves_alone_are_not_copied(store, squares, write):
    write(store, plots=RegisterChange(squares(20)))
    old = store.read("plots")
    write(
        store, plots=RegisterChange(squares(20, area_m2=[1.5, *(number * 10.0 for number in range(1, 20))]))
    )
    new = store.read("plots")

    shared = [share_values(new[name].array, old[name].array) for name in ("plot_code", "name", "built_on")]
    assert shared == [True] * 3
    assert not share_values(new["area_m2"].array, old["area_m2"].array)
    assert (old["area_m2"].iloc[0], new["area_m2"].iloc[0]) == (0.0, 1.5)


def test_a_withdrawn_record_is_gone_from_a_frame_brought_up(store, layers, squares, write):
    write(store, plots=RegisterChange(squares(20)))
    store.read("plots")
    write(store, plots=RegisterChange(None, [("P7",)]))

    assert "P7" not in set(store.read("plots")["plot_code"])
    assert len(store.read("plots")) == 19


def test_edit_of_the_version_seen_is_written(store, squares, write):
    write(store, plots=RegisterChange(squares(2)))
    change = RegisterChange(squares(1, name=["改名"]), seen={("P0",): 1})
    assert store.record("plots", ("P0",)).from_revision == 1
    write(store, plots=change)
    assert store.record("plots", ("P0",)).from_revision == 2


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        ({("P1",): 7}, "被第 1 次修订改过"),
        ({("P1",): 0}, "已经有了（第 1 次修订）"),
        ({("P9",): 1}, "已被移除"),
    ],
)
def test_edit_of_a_version_that_no_longer_holds_is_refused_whole(store, squares, write, seen, words):
    write(store, plots=RegisterChange(squares(2)))
    with pytest.raises(StaleError, match=words) as refusal:
        write(store, plots=RegisterChange(squares(2, name=["改名", "改名"]), seen=seen))
    assert (refusal.value.register, refusal.value.key) == ("plots", *seen)
    assert store.revision() == 1


def test_two_edits_of_one_version_one_is_refused(store, squares, write):
    write(store, plots=RegisterChange(squares(1)))
    write(store, plots=RegisterChange(squares(1, name=["甲"]), seen={("P0",): 1}))
    with pytest.raises(StaleError):
        write(store, plots=RegisterChange(squares(1, name=["乙"]), seen={("P0",): 1}))
    assert store.read("plots")["name"].tolist() == ["甲"]
