"""What towns, parks and zones are called, as of a revision."""

from geoapp.services.workspace import Workspace


def place_names(workspace: Workspace, register: str, revision: int) -> dict[str, str]:
    """Return the names of a register's records by code, in the register's order.

    Parameters
    ----------
    workspace : Workspace
    register : str
        One with a key of one part and the field "name": towns, parks, control_zones.
    revision : int
    """
    records = workspace.store.read(register, revision=revision)
    codes = records[workspace.layer(register).key[0]]
    return dict(zip(codes.astype("str"), records["name"].astype("str"), strict=True))
