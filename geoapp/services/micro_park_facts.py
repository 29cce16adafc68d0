"""What is known of each micro-enterprise park: its own fields, how much is let, what the criteria ask."""

import numpy as np
import pandas as pd

from geoapp.analysis.intensity import ratio
from geoapp.analysis.micro_parks import occupancy_share
from geoapp.services.as_of import AsOf
from geoapp.services.workspace import Workspace

MICRO_PARKS, YEARS = "micro_parks", "micro_park_years"
NOBODY = ("无", "没有")
"""What stands in the ledger where nobody runs a park."""


def micro_park_facts(workspace: Workspace, state: AsOf) -> pd.DataFrame:
    """Return what the rules of recognition are asked over.

    Parameters
    ----------
    workspace : Workspace
    state : AsOf

    Returns
    -------
    DataFrame indexed by micro_park_code, in the order of codes
        The register's fields without the shape; occupancy_share, small_micro_share (0 to 1), has_boundary, has_operator
        (boolean; missing where the operator is blank). Missing is unknown.
    """
    stored = workspace.store.read(MICRO_PARKS, revision=state.revision)
    has_boundary = stored.geometry.notna().astype("boolean")
    own = pd.DataFrame(stored.drop(columns="geometry")).assign(has_boundary=has_boundary)
    own = own.set_index("micro_park_code", drop=False).sort_index(kind="stable").rename_axis(None)
    count = own["enterprise_count"].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    small = own["small_micro_count"].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    counts = pd.DataFrame({"all": count, "small": small}, index=own.index)
    return own.assign(
        enterprise_count=counts["all"],
        star_level=own["star_level"].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan),
        occupancy_share=occupancy_share(own["leased_area_m2"], own["leasable_area_m2"]),
        small_micro_share=ratio(counts["small"], counts["all"]),
        has_operator=(~own["operator"].isin(NOBODY)).astype("boolean").mask(own["operator"].isna()),
    )
