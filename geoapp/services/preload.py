"""What the first visitor would wait for, computed while nobody is there yet."""

import contextlib
import logging
import time

import numpy as np

from geoapp.analysis.class_breaks import warm_up as warm_up_class_breaks
from geoapp.errors import NotFoundError
from geoapp.services.alarms import alarm_count
from geoapp.services.as_of import AsOf, as_of
from geoapp.services.demo import shows_demo_data
from geoapp.services.heap import return_memory
from geoapp.services.map_layers import district_bounds, map_layers
from geoapp.services.map_tiles import class_index, tileset
from geoapp.services.plot_answers import answer_all
from geoapp.services.plot_facts import today
from geoapp.services.record_faults import record_faults
from geoapp.services.revitalisation import ledger_words, revitalisation_ledger
from geoapp.services.workspace import Workspace

_PAUSE_S = 1.0
"""Before the long reading: who opened the page while the server started gets the map first."""
_BREATH_S = 0.05
"""Between the pieces of a long work: visitors go first."""

logger = logging.getLogger(__name__)


def preload(workspace: Workspace) -> None:
    """Make what the map page needs first: shapes and classes of every register, then the panel's figures.

    Shapes and classes come first and, where they were kept, from disk: tiles are then answered at once, even while the
    registers themselves are still being read.
    """
    begin = time.monotonic()
    state = as_of(workspace)
    drawn = [layer for layer in workspace.layers.values() if layer.has_geometry]
    for layer in drawn:
        tileset(workspace, layer, state.revision)
        return_memory()  # what reading left where no shapes were kept, before the facts take theirs
        class_index(workspace, layer, "", state)
    time.sleep(_PAUSE_S)
    for layer in drawn:
        workspace.store.read(layer.id)
    return_memory()
    map_layers(workspace, today())
    return_memory()
    district_bounds(workspace)
    shows_demo_data(workspace)
    alarm_count(workspace)
    _count_ledgers(workspace, state)
    _look_for_faults(workspace, state)
    warm_up_class_breaks()
    return_memory()
    logger.debug("ready for the first visitor after %.1f s", time.monotonic() - begin)


def preload_figures(workspace: Workspace) -> None:
    """Make what pages show of plots to people who may not see everything: their figures are made apart.

    Rules are asked about every plot, so that no card waits for the first answer about its neighbours.
    """
    state = as_of(workspace)
    with contextlib.suppress(NotFoundError):  # a number of the rule book does not hold yet
        class_index(workspace, workspace.layer("plots"), "", state)
        alarm_count(workspace)
        for _ in answer_all(workspace, state):
            time.sleep(_BREATH_S)
    return_memory()


def _count_ledgers(workspace: Workspace, state: AsOf) -> None:
    """Count every revitalisation ledger: `/ledgers` and the targets wait for that."""
    with contextlib.suppress(NotFoundError):  # a number of the rule book does not hold yet
        for ledger in ledger_words(workspace):
            revitalisation_ledger(workspace, ledger, state)


def _look_for_faults(workspace: Workspace, state: AsOf) -> None:
    """Look through plots and buildings: afterwards the line under a table asks only for what an edit touched."""
    return_memory()
    plots = workspace.store.read("plots", revision=state.revision)
    with contextlib.suppress(NotFoundError):  # a number of the rule book does not hold yet
        record_faults(workspace, "plots", state, np.arange(len(plots)))
