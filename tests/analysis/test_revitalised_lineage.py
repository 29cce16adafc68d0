import pandas as pd

from geoapp.analysis.revitalised_lineage import heirs, parse_lineage, to_current_plots


def test_projects_on_plots_that_are_gone_go_to_the_plots_made_from_them() -> None:
    # 祖 8 -> 老 -> 甲 6, 乙 2; 丙 is known to nobody and stays
    pairs = heirs(
        parse_lineage(pd.Series({"甲": "老", "乙": "老", "老": "祖"})), pd.Series({"甲": 6.0, "乙": 2.0})
    )
    members = pd.DataFrame({"plot_code": ["祖", "甲", "丙"], "area_m2": [8.0, 1.0, 5.0]})
    found = to_current_plots(members, pairs, pd.Index(["甲", "乙"]))
    assert found.groupby("plot_code")["area_m2"].sum().to_dict() == {"丙": 5, "乙": 2, "甲": 7}


def test_a_plot_of_unknown_area_is_taken_as_of_the_mean_size() -> None:
    pairs = heirs(parse_lineage(pd.Series({"甲": "老", "乙": "老", "丙": "祖"})), pd.Series({"甲": 6.0}))
    assert pairs.set_index("successor")["share"].to_dict() == {"甲": 0.5, "乙": 0.5, "丙": 1}
