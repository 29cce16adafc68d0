"""The small district with a record or two on every list, so that each list's figures can be worked out by hand."""

from geoapp.services.workspace import Workspace
from tests.services.test_micro_parks import PARKS, YEARS
from tests.services.test_projects import AGREEMENT, NOTES, STAGES, item
from tests.services.test_transactions import FAR, LEASE, SALE
from tests.small_district import PLOTS, write

TOWN = "330205103"


def fill_lists(workspace: Workspace) -> Workspace:
    """Add terms, agreements, transactions, parks, stages, entries of two lists and an official result of 2025."""
    write(
        workspace,
        plots=[
            {**PLOTS[0], "right_type": "granted", "term_end_on": "2027-03-01"},
            {**PLOTS[1], "right_type": "granted", "term_end_on": "2026-02-28"},
            {**PLOTS[2], "right_type": "allocated"},
        ],
        agreements=[AGREEMENT, AGREEMENT | {"agreement_code": "XY2", "town_code": None}],
        agreement_items=[item(2024, 2.0, 1.0), item(2025, 20.0, None), FAR, item(2025, 20.0, 15.0, "XY2")],
        transactions=[SALE, LEASE],
        micro_parks=PARKS,
        micro_park_years=YEARS,
        project_stages=STAGES,
        project_notes=NOTES,
        projects=[
            {"project_code": "X1", "name": "甲厂拆建", "stage": "P06", "mode": "M01", "town_code": TOWN,
             "area_m2": 10_000.0, "invest_total_wan": 5_000.0, "updated_on": "2025-12-01"},
        ],
        list_entries=[
            {"year": 2026, "list": "L4", "subject_kind": "plot", "subject_code": "DK-A", "status": "checking",
             "status_on": "2026-01-05", "deadline_on": "2026-02-01", "town_code": TOWN},
            {"year": 2026, "list": "L1", "subject_kind": "enterprise", "subject_code": "E1", "status": "suspected"},
        ],
        evaluations=[
            {"uscc": "E1", "year": 2025, "source": "official", "list": "above_scale", "grade": "D", "score": 41.5},
            {"uscc": "E9", "year": 2025, "source": "official", "list": "above_scale", "grade": "B", "score": 80.0},
        ],
        evaluation_bases=[
            {"year": 2025, "source": "official", "list": "above_scale", "item": "tax_per_mu", "base_value": 20.0,
             "weight": 30.0},
        ],
    )  # fmt: skip
    return workspace
