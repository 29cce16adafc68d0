"""What a printed map says about itself."""

from datetime import date

import pytest

from geoapp.errors import NotFoundError
from geoapp.services.as_of import as_of
from geoapp.services.plot_facts import today
from geoapp.services.sheet import sheet_facts
from geoapp.services.workspace import Workspace
from tests.small_district import fill, write


def test_sheet_tells_the_day_of_the_newest_change_and_the_working_crs(workspace: Workspace) -> None:
    facts = sheet_facts(fill(workspace), ["plots", "towns"], as_of(workspace))
    assert facts.data_on == today()
    assert facts.as_of_on is None
    assert facts.crs == "EPSG:4549（CGCS2000 3度带 中央经线120°）"
    assert facts.is_demo  # plot A is marked as invented
    assert facts.district_name == "江北区"


def test_without_data_there_is_no_data_day(workspace: Workspace) -> None:
    facts = sheet_facts(workspace, [], as_of(workspace))
    assert facts.to_dict()["data_on"] is None
    assert not facts.is_demo


def test_register_that_is_still_empty_has_no_data_day(workspace: Workspace) -> None:
    write(workspace, plots=[{"plot_code": "DK-A", "geometry": None}])
    assert sheet_facts(workspace, ["parks"], as_of(workspace)).data_on is None
    assert sheet_facts(workspace, ["parks", "plots"], as_of(workspace)).data_on == today()


def test_sheet_as_of_a_day_before_the_data_says_so(workspace: Workspace) -> None:
    facts = sheet_facts(fill(workspace), ["plots"], as_of(workspace, "2020-01-01"))
    assert facts.data_on is None
    assert facts.as_of_on == date(2020, 1, 1)


def test_unknown_register_is_refused(workspace: Workspace) -> None:
    with pytest.raises(NotFoundError, match="nowhere"):
        sheet_facts(workspace, ["nowhere"], as_of(workspace))
