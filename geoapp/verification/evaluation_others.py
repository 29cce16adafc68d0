"""What a year's evaluation makes of plots, and how it stands against the official result: record by record."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from geoapp.domain.evaluation import DIFFERENCE_WORDS, GRADE_NUMBERS, ITEMS, OFFICIAL
from geoapp.domain.listed import TOTAL, WHYS
from geoapp.errors import UsageError
from geoapp.verification.enterprise_land import Line, by_land, total
from geoapp.verification.evaluation import EXEMPT, Firm, YearResult, plain_evaluation
from geoapp.verification.evaluation_figures import UNGRADED
from geoapp.verification.figure import Figure, Value, with_slack
from geoapp.verification.plots import M2_PER_MU, site_area_m2
from geoapp.verification.source import Row, Source
from geoapp.verification.supplies import quotient

_SCORE_DECIMALS = 2
Values = dict[str, Value]


def evaluation_plot_figures(source: Source, year: str) -> dict[str, dict[str, Figure]]:
    """Return the figures of every plot with an enterprise in a year."""
    number = _year(year)
    return with_slack(source, lambda state: _plots(state, plain_evaluation(state, number)))


def _year(text: str) -> int:
    if not text.isdecimal():
        raise UsageError(f"指纹里的年度“{text[:20]}”不是年份。")
    return int(text)


def _plots(source: Source, found: YearResult) -> dict[str, Values]:
    firms = {firm.uscc: firm for firm in found.firms}
    sites = {row["plot_code"]: site_area_m2(source, row) for row in source.rows("plots")}
    of_firm: dict[str, list[Line]] = defaultdict(list)
    of_plot: dict[str, list[Line]] = defaultdict(list)
    for line in found.lines:
        of_firm[line.uscc].append(line)
        of_plot[line.plot_code].append(line)
    rows: dict[str, Values] = {}
    for code, lines in of_plot.items():
        shares = [_share(line, of_firm[line.uscc]) for line in lines]
        site_m2 = sites.get(code)
        main = min(lines, key=lambda line: (not line.is_owner, *by_land(line)))
        taxes = _amounts(lines, shares, firms, "tax_wan")
        site_mu = None if site_m2 is None else site_m2 / M2_PER_MU
        rows[code] = {
            "site_area_m2": site_m2,
            "enterprise_count": float(len({line.uscc for line in lines})),
            "unknown_count": float(sum(tax is None for tax in taxes)),
            "tax_wan_per_mu": quotient(total(taxes), site_mu),
            "value_added_wan_per_mu": quotient(
                total(_amounts(lines, shares, firms, "value_added_wan")), site_mu
            ),
            "grade": GRADE_NUMBERS[firms[main.uscc].grade],
        }
    return rows


def _share(line: Line, lines: Sequence[Line]) -> Value:
    """Return what share of its enterprise's land a line is."""
    if len(lines) == 1:
        return 1.0
    return quotient(line.land.used, total([other.land.used for other in lines]))


def _amounts(
    lines: Sequence[Line], shares: Sequence[Value], firms: Mapping[str, Firm], name: str
) -> list[Value]:
    """Return what of an amount of its enterprise falls to each line."""
    amounts = [firms[line.uscc].row.get(name) for line in lines]
    return [
        None if amount is None or share is None else amount * share
        for amount, share in zip(amounts, shares, strict=True)
    ]


def comparison_figures(source: Source, year: str, code: str) -> dict[str, dict[str, Figure]]:
    """Return both results of the enterprises that either has in a list (any where none is named), and the sums."""
    number = _year(year)
    return with_slack(source, lambda state: _compared(state, number, code))


def _compared(source: Source, year: int, code: str) -> dict[str, Values]:
    found, there = plain_evaluation(source, year), _official(source, year)
    here = {firm.uscc: firm for firm in found.firms}
    rows: dict[str, Values] = {}
    moves: Counter[tuple[str, str]] = Counter()
    whys: Counter[str] = Counter()
    for uscc in dict.fromkeys([*here, *there]):
        firm, other = here.get(uscc), there.get(uscc)
        lists = {firm.listed if firm else "", (other or {}).get("list") or ""}
        if code and code not in lists:
            continue
        grades = firm.grade if firm else "", (other or {}).get("grade") or ""
        scores = firm.score if firm else None, (other or {}).get("score")
        difference = None if scores[0] is None or scores[1] is None else scores[0] - scores[1]
        moves[grades[1], grades[0]] += 1
        why = _why(firm, other, difference)
        whys[DIFFERENCE_WORDS[why]] += why != ""
        rows[uscc] = {
            "grade_here": GRADE_NUMBERS[grades[0]], "grade_there": GRADE_NUMBERS[grades[1]],
            "score_here": scores[0], "score_there": scores[1], "difference": difference,
        }  # fmt: skip
    differing = sum(whys.values())
    sums: dict[str, Values] = {
        TOTAL: {"enterprise_count": float(len(rows)), "same_count": float(len(rows) - differing)}
    }
    for grade in GRADE_NUMBERS:
        sums[f"(there) {grade or UNGRADED}"] = {
            other or UNGRADED: float(moves[grade, other]) for other in GRADE_NUMBERS
        }
    if differing:
        sums[WHYS] = {words: float(count) for words, count in whys.items() if count}
    return rows | sums | _bases(source, year, found)


def _official(source: Source, year: int) -> dict[str, Row]:
    """Return the official result by enterprise; the grades that were reported where none was imported."""
    given: dict[str, Row] = {
        row["uscc"]: row
        for row in source.rows("evaluations")
        if row["year"] == year and row["source"] == OFFICIAL
    }
    reported: dict[str, Row] = {
        row["uscc"]: row
        for row in source.rows("performance")
        if row["year"] == year and row["grade"] is not None
    }
    return given or reported


def _why(firm: Firm | None, other: Row | None, difference: Value) -> str:
    """Return why the grades differ, empty where they do not: the first of the reasons that holds."""
    if firm is None or other is None:
        return "not_here" if firm is None else "not_there"
    here, there = firm.grade, other["grade"] or ""
    if here == there:
        return ""
    is_other_score = difference is None or round(difference, _SCORE_DECIMALS) != 0
    reasons = (
        ("exemption", EXEMPT in (here, there)),
        ("missing", "" in (here, there)),
        ("list", firm.listed != (other["list"] or "")),
        ("veto", firm.veto != ""),
        ("score", is_other_score),
    )
    return next((why for why, holds in reasons if holds), "limit")


def _bases(source: Source, year: int, found: YearResult) -> dict[str, Values]:
    """Return the base values and weights that the official result states, beside ours."""
    peopled = {firm.listed for firm in found.firms}
    return {
        f"(base) {row['list']}|{row['item']}": {
            "base_here": found.bases[row["list"]].get(row["item"], (None, 0))[0],
            "base_there": row["base_value"],
            "weight_here": found.weights[row["list"]].get(row["item"]),
            "weight_there": row["weight"],
        }
        for row in source.rows("evaluation_bases")
        if row["year"] == year
        and row["source"] == OFFICIAL
        and row["item"] in ITEMS
        and row["list"] in found.bases
        and row["list"] in peopled
    }
