"""All rules about plots over 200,000 plots: from the facts to every verdict, and to the answer on low efficiency.

Run `python -m tests.bench.bench_rules`. The verdicts of all rules must take less than 1.5 s of processor time.
"""

import gc
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date
from functools import partial

import numpy as np
import pandas as pd

from geoapp.domain.rule import Purpose, Subject
from geoapp.rules.judgement import find_rules, low_efficiency_by_rule, rules_for, unfounded_rules, verdicts
from geoapp.services.workspace import load_policy

PLOTS, ROUNDS = 200_000, 9
MOST_S = 1.5
DAY = date(2026, 11, 23)
SHARE_MISSING = 0.1
_TEXTS = {
    "grade": ["A", "B", "C", "D"],
    "industry_code": ["3441", "2921", "3985", "2613", "C3240", "7320"],
    "problem_kinds": ["", "", "", "", "safety", "fire、safety", "default"],
    "idle_kinds": ["", "", "", "ID1", "ID2"],
    "planned_use": ["100102", "100102", "0701"],
    "low_efficiency_state": ["yes", "review", "no"],
    "low_efficiency_by_rule": ["yes", "no"],
    "low_efficiency_status": ["closed", "recognised"],
}


def make_facts(count: int, seed: int = 20_261_126) -> pd.DataFrame:
    """Return the facts that rules about plots need, a tenth of each missing."""
    rng = np.random.default_rng(seed)
    columns = {}
    for name in dict.fromkeys(name for rule in rules_for(find_rules()) for name in rule.needs):
        is_missing = rng.random(count) < SHARE_MISSING
        if name in _TEXTS:
            values = pd.Series(rng.choice(_TEXTS[name], count), dtype="str").mask(is_missing)
        elif name.startswith("is_"):
            values = pd.Series(rng.random(count) < 0.5, dtype="boolean").mask(is_missing)
        else:
            values = pd.Series(rng.lognormal(0.0, 1.0, count)).mask(is_missing)
        columns[name] = values
    return pd.DataFrame(columns)


def seconds(work: Callable[[], object]) -> float:
    gc.collect()
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> int:
    policy, facts = load_policy(), make_facts(PLOTS)
    rules = rules_for(find_rules(), subject=Subject.PLOT)
    low = rules_for(rules, purpose=Purpose.LOW_EFFICIENCY)
    supplementary = [rule.id for rule in low if rule.is_supplementary]
    answers = verdicts(facts, rules, policy, DAY)
    low_answers = answers[[rule.id for rule in low if rule.id in answers]]
    works: dict[str, Callable[[], object]] = {
        "verdicts of all rules": lambda: verdicts(facts, rules, policy, DAY),
        "verdicts of low efficiency": lambda: verdicts(facts, low, policy, DAY),
        "low efficiency of each plot": lambda: low_efficiency_by_rule(low_answers, supplementary),
        "rules without any facts": lambda: unfounded_rules(facts, answers, rules),
    }
    times = {name: [seconds(work) for _ in range(ROUNDS)] for name, work in works.items()}
    medians = {name: statistics.median(values) for name, values in times.items()}
    print(f"{len(answers.columns)} rules over {PLOTS:,} plots, processor time, median of {ROUNDS} rounds")
    for name, median in medians.items():
        print(f"  {name:30} {median * 1000:8.1f} ms")
    slowest = max((seconds(partial(verdicts, facts, [rule], policy, DAY)), rule.id) for rule in rules)
    print(f"  slowest: {slowest[1]:21} {slowest[0] * 1000:8.1f} ms")
    total = medians["verdicts of all rules"] + medians["low efficiency of each plot"]
    print(f"  total    {total * 1000:29.1f} ms   (allowed: {MOST_S * 1000:.0f} ms)")
    return 0 if total < MOST_S else 1


if __name__ == "__main__":
    sys.exit(main())
