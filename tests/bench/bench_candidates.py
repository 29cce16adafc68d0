"""Candidates: scores of 200,000 plots with 1,000 draws of weights, blocks, and a slider on a page of 20,000.

Run `python -m tests.bench.bench_candidates`. There is no peer to beat: the figures are set by who waits for them.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from playwright.sync_api import Route, sync_playwright
from rich.console import Console
from rich.table import Table

from geoapp.analysis.candidate_blocks import block_numbers
from geoapp.analysis.candidate_score import Draws, rank_order, scores, stability, terms_of
from geoapp.analysis.candidate_terms import TERMS
from tests.bench.synthetic import make_plots
from tests.browser.conftest import CHROMIUM_FLAGS, SIZES, launch
from tests.servers import start_server, stop_server

PLOTS, ON_PAGE, ROUNDS, GAP_M, TOP = 200_000, 20_000, 5, 12.0, 500
WEIGHTS = dict(zip(TERMS, (25, 25, 15, 10, 10, 10, 5), strict=True))
UNKNOWN_SHARE = 0.15
MOVES = 15
MOVE = """async (weight) => {
    const page = window.geoappCandidates;
    const began = performance.now();
    page.weights.numbers[0].value = String(weight);
    page.rerank();
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    return performance.now() - began;
}"""


def main() -> None:
    generator = np.random.default_rng(1)
    value = generator.random((PLOTS, len(TERMS)))
    value[generator.random(value.shape) < UNKNOWN_SHARE] = np.nan
    terms = terms_of(pd.DataFrame(value, columns=list(TERMS), index=[f"P{row:06d}" for row in range(PLOTS)]))
    draws = Draws(count=1000, spread=0.2, seed=1)
    plane = make_plots(PLOTS).geometry.to_numpy()

    def score() -> None:
        rank_order(scores(terms, WEIGHTS)["score"])
        stability(terms.value, WEIGHTS, TOP, draws)

    moves = slider_moves()
    table = Table("figure", "median", "worst", "allowed")
    for name, runs, allowed in (
        ("scores, order and 1,000 draws, 200,000 plots", timed(score), "2 s"),
        (f"blocks of 200,000 plots, gap {GAP_M:g} m", timed(lambda: block_numbers(plane, GAP_M)), "3 s"),
        ("a slider moved to repainted, 20,000 candidates", moves, "0.2 s"),
    ):
        table.add_row(name, f"{statistics.median(runs):.3f} s", f"{max(runs):.3f} s", allowed)
    Console().print(table)


def timed(run: Callable[[], Any]) -> list[float]:
    """Return how long each of several runs takes, in seconds."""
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return times


def slider_moves() -> list[float]:
    """Return how long a page of 20,000 candidates takes from a moved slider to the second frame after it, in s."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        server = start_server("demo", Path(name, "data"), Path(name, "server.log"))
        try:
            chromium = launch(playwright, CHROMIUM_FLAGS)
            page = chromium.new_page(viewport=SIZES["1440"])
            page.route("**/candidates/pool.json*", answer_pool)
            page.goto(f"{server.address}/candidates")
            page.wait_for_selector("#table tbody tr[data-plot]")
            page.wait_for_load_state("networkidle")
            return [page.evaluate(MOVE, 10 + 3 * move) / 1000 for move in range(MOVES)]
        finally:
            stop_server(server)


def answer_pool(route: Route) -> None:
    """Give the page 20,000 invented candidates in the shape of the demo's."""
    generator = np.random.default_rng(2)
    given: dict[str, Any] = route.fetch().json()
    count = len(given["code"])
    for column, values in given.items():
        if isinstance(values, list) and len(values) == count:
            given[column] = [values[row % count] for row in range(ON_PAGE)]
    given["values"] = [
        [None if share < UNKNOWN_SHARE else round(float(share), 6) for share in generator.random(ON_PAGE)]
        for _ in TERMS
    ]
    given |= {"code": [f"P{row:06d}" for row in range(ON_PAGE)], "total": ON_PAGE}
    route.fulfill(json=given)


if __name__ == "__main__":
    main()
