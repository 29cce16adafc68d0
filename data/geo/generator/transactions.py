"""Second-market transactions: fourteen of all kinds, some before the review, a few that do not meet a condition."""

from typing import Any

from generator.dice import Dice
from generator.plots import TOWN_NAMES, Plot

Record = dict[str, Any]
_KINDS = (
    "transfer", "transfer", "lease", "division", "transfer", "mortgage", "equity", "judicial", "transfer", "lease",
    "division", "transfer", "mortgage", "transfer",
)  # fmt: skip
_REVIEWS = (
    "passed", "passed", "passed", "conditional", "refused", "passed", "passed", "conditional", "waiting", "waiting",
    "waiting", "passed", "waiting", "waiting",
)  # fmt: skip
_APPLIED = (
    "2023-04-10", "2023-11-06", "2024-02-19", "2024-09-02", "2025-01-13", "2025-05-20", "2025-07-08", "2025-10-14",
    "2026-09-03", "2026-10-09", "2026-10-26", "2026-03-11", "2026-11-17", "2026-11-18",
)  # fmt: skip
_REASONS = {
    "conditional": "补签履约监管协议、约定亩均税收不低于准入要求后办理登记",
    "refused": "完成投资不到总投资的四分之一，也没有办理预告登记",
}
_BOUGHT = ("transfer", "division", "equity")
"""Kinds after which the transferee holds the plot."""
_OTHERS = {"mortgage": "示例银行", "lease": "示例承租企业"}
_YUAN_PER_M2 = (720, 1100)


def transaction_records(plots: list[Plot], agreements: list[Record]) -> list[Record]:
    """Return the transactions: buyers of the first ones are those of agreements, so that these can be held against."""
    own = {head["plot_code"]: head for head in agreements if head["status"] == "active"}
    by_code = {plot.code: plot for plot in plots}
    agreed = [by_code[code] for code in own]
    others = [
        p
        for p in plots
        if p.owner and p.code not in own and 8 < p.site_mu < 60 and p.fields.get("gfa_actual_m2")
    ]
    others = Dice("transactions").shuffled(others)
    sites = iter([*agreed[:7], *others])
    records = []
    for number, (kind, review, applied) in enumerate(zip(_KINDS, _REVIEWS, _APPLIED, strict=True), start=1):
        records.append(_record(number, kind, review, applied, next(sites), own))
    return records


def _record(number: int, kind: str, review: str, applied: str, plot: Plot, own: dict[str, Record]) -> Record:
    dice = Dice(f"transaction {number}")
    head = own.get(plot.code) if kind in _BOUGHT else None
    gfa_m2 = round(plot.fields.get("gfa_actual_m2") or plot.site_m2, 1)
    share = dice.between(0.2, 0.4) if kind == "division" else 1.0
    area_m2 = round(plot.site_m2 * share, 2)
    appraisal = round(area_m2 * dice.whole(*_YUAN_PER_M2) / 10_000, 0)
    price = round(appraisal * (0.62 if number in (8, 9) else dice.between(0.92, 1.12)), 0)
    if kind == "lease":
        price = round(gfa_m2 * dice.whole(140, 230) / 10_000, 1)
    record = {
        "transaction_code": f"示例交易-{applied[:4]}-{number:03d}", "kind": kind, "plot_code": plot.code,
        "transferor": f"示例原权利人{number:02d}" if head else plot.owner.name,
        "transferee": plot.owner.name if head else f"{_OTHERS.get(kind, '示例受让企业')}{number:02d}",
        "uscc": plot.owner.uscc if head else None, "town_code": plot.town_code, "area_m2": area_m2,
        "gfa_m2": round(gfa_m2 * share, 1), "price_wan": price,
        "unit_price": round(price * 10_000 / area_m2 * (1.1 if number == 12 else 1.0), 2),
        "appraisal_wan": None if kind == "lease" else appraisal, "applied_on": applied,
        "responsible_body": f"{TOWN_NAMES[plot.town_code]}（示例）",
    }  # fmt: skip
    return record | _reviewed(number, review, applied) | _conditions(number, kind, plot, head, dice)


def _reviewed(number: int, review: str, applied: str) -> Record:
    if review == "waiting":
        return {"review": review}
    year, month = int(applied[:4]), int(applied[5:7])
    done = {
        "review": review, "reviewed_on": f"{applied[:8]}28", "reviewed_by": "区二级市场专班（示例）",
        "review_document_no": f"示例准入〔{year}〕{number}号", "review_reason": _REASONS.get(review),
    }  # fmt: skip
    if review == "passed":
        done |= {
            "signed_on": f"{year + month // 12}-{month % 12 + 1:02d}-12",
            "registered_on": f"{year + month // 12}-{month % 12 + 1:02d}-25",
        }
    return done


def _conditions(number: int, kind: str, plot: Plot, head: Record | None, dice: Dice) -> Record:
    invest = round(plot.site_m2 * 0.0015 * dice.between(260, 420), 0)
    record = {
        "is_price_paid": True, "is_certificate_held": True, "invest_total_wan": invest,
        "invest_done_wan": round(invest * (0.18 if number in (5, 14) else dice.between(0.7, 1.0)), 0),
        "agreement_code": head["agreement_code"] if head else None,
        "agreed_tax_wan_per_mu": None if head else (4.0 if number == 9 else float(dice.whole(12, 28))),
        "agreed_far": None if head else dice.pick((1.2, 1.5, 2.0)),
        "agreed_invest_wan": round(plot.site_m2 * 0.0015 * dice.whole(80, 200), 0),
        "is_advance_notice": number == 14,
    }  # fmt: skip
    if number == 10:
        record["is_certificate_held"] = None
    if kind == "division":
        record |= {
            "is_independent": number != 11,
            "held_since_on": "2012-06-30" if number == 4 else "2023-03-01",
        }
    if kind == "lease":
        record["ends_on"] = "2027-01-31" if number == 3 else "2031-12-31"
    if kind == "mortgage":
        record |= {
            "ends_on": "2028-06-30", "agreed_tax_wan_per_mu": None, "agreed_far": None, "agreed_invest_wan": None,
        }  # fmt: skip
    return record
