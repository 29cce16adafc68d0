"""Which figures rest on rules that an office added itself, which the second path does not know.

A table is checked three times, as if those rules said no, yes and nothing of everything. What comes out the same each
time does not rest on them; of the rest nobody can say whether it is right.
"""

from collections.abc import Sequence

from geoapp.verification.checking import Checked

ROWS = "表的行"
WHOLE = "整张表"


def leave_open(checked: Checked, others: Sequence[Checked], rules: Sequence[str]) -> None:
    """Take out of an outcome what other answers of the office's own rules change, and say that it is not verified.

    Parameters
    ----------
    checked : Checked
        The outcome where they say no. Changed.
    others : sequence of Checked
        Those of the same table where they say yes, and where they cannot say.
    rules : sequence of str
        Their ids.
    """
    runs = [checked, *others]
    if len({run.refusal for run in runs}) > 1:
        checked.refusal, checked.differences, checked.figure_count = "", [], 0
        checked.verified, checked.unverified = {}, {WHOLE: None}
        _note(checked, rules)
        return
    places = dict.fromkeys(place for run in runs for place in run.computed)
    is_open = {place for place in places if len({run.computed.get(place) for run in runs}) > 1}
    columns = {run.computed[place][0]: None for run in runs for place in run.computed if place in is_open}
    settled = [found for found in checked.differences if all(found in run.differences for run in others)]
    has_other_rows = any(
        found not in settled and found.where not in is_open for run in runs for found in run.differences
    )
    if not columns and not has_other_rows:
        return
    checked.differences = settled
    checked.figure_count -= len(is_open & checked.computed.keys())
    agreed = (column for place, (column, _) in checked.computed.items() if place not in is_open)
    checked.verified = dict.fromkeys(agreed)
    checked.unverified |= columns | ({ROWS: None} if has_other_rows else {})
    _note(checked, rules)


def _note(checked: Checked, rules: Sequence[str]) -> None:
    checked.notes.append(
        f"规则 {'、'.join(rules)} 是本单位增加的，没有第二条路径：由它们而来的数不复核，列在没有重算的列里。"
    )
