import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from geoapp.analysis.revitalised import (
    area_in_projects,
    revitalised_area,
)

DOING, PLANNED = ["P05", "P06", "P12"], ["P00", "P04"]
PLOTS = pd.Series({"A": 10_000.0, "B": 20_000.0})


def record(plot, area, *, project=None, gross=None, net=None, ledger="JX_TL", on="2024-05-01"):
    return {
        "plot_code": plot, "area_m2": area, "project_code": project, "new_gfa_gross_m2": gross,
        "new_gfa_net_m2": net, "ledger": ledger, "recognised_on": on,
    }  # fmt: skip


COLUMNS = list(record("A", 1))


def records(*rows):
    frame = pd.DataFrame(list(rows), columns=COLUMNS)
    numbers = dict.fromkeys(["area_m2", "new_gfa_gross_m2", "new_gfa_net_m2"], float)
    texts = dict.fromkeys(["plot_code", "project_code", "ledger"], "str")
    return frame.astype(numbers | texts | {"recognised_on": "datetime64[s]"})


def in_projects(*rows):
    frame = pd.DataFrame(list(rows), columns=["project_code", "plot_code", "area_m2", "stage"])
    return frame.astype({"project_code": "str", "plot_code": "str", "area_m2": float, "stage": "str"})


def test_area_in_projects_goes_by_stage():
    rows = in_projects(
        ("1", "A", 4e3, "P06"), ("2", "A", 1e3, "P12"), ("3", "A", 9e3, "P00"), ("4", "A", 9e3, "PX")
    )
    # P06 and P12: 4000 + 1000; the planned and the stopped ones do not count
    assert area_in_projects(rows, records(), DOING, PLOTS.index).to_dict() == {"A": 5_000, "B": 0}
    assert area_in_projects(rows, records(), PLANNED, PLOTS.index)["A"] == 9_000


def test_what_a_project_had_recognised_is_no_longer_under_way():
    rows = in_projects(("1", "A", 4e3, "P08"), ("2", "A", 3e3, "P06"))
    had = records(record("A", 4_000, project="1"), record("A", 500, project="9"))
    # project 1: 4000 - 4000 = 0; project 2: 3000
    assert area_in_projects(rows, had, DOING, PLOTS.index)["A"] == 3_000


def test_a_project_of_unknown_area_leaves_the_plot_unknown():
    rows = in_projects(("1", "A", None, "P06"))
    assert np.isnan(area_in_projects(rows, records(), DOING, PLOTS.index)["A"])


def test_no_projects_have_no_area():
    assert area_in_projects(in_projects(), records(), DOING, PLOTS.index).tolist() == [0, 0]


def series(*values):
    return pd.Series([float(v) for v in values], index=[f"plot {i}" for i in range(len(values))])


def test_the_three_together_never_exceed_the_plot():
    result = revitalised_area(series(6_000), series(6_000), series(6_000), series(10_000)).iloc[0]
    # 6000 recognised, 10000 - 6000 = 4000 under way, nothing left to plan
    assert result.tolist() == [6_000, 4_000, 0]


def test_unknown_plot_area_limits_nothing():
    result = revitalised_area(series(6_000), series(6_000), series(6_000), series(np.nan)).iloc[0]
    assert result.tolist() == [6_000, 6_000, 6_000]


def test_unknown_stays_unknown_beside_what_is_known():
    result = revitalised_area(series(np.nan), series(np.nan), series(6_000), series(10_000)).iloc[0]
    assert np.isnan(result["recognised_m2"])
    assert np.isnan(result["doing_m2"])
    assert result["planned_m2"] == 6_000


AREA = st.floats(0, 1e6)


@given(AREA, AREA, AREA, AREA)
def test_the_three_sum_to_at_most_the_plot(recognised, doing, planned, plot):
    result = revitalised_area(series(min(recognised, plot)), series(doing), series(planned), series(plot))
    assert result.to_numpy().sum() <= plot * (1 + 1e-12)
    assert (result.to_numpy() >= 0).all()
