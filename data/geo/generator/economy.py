"""Enterprises, where they are, and their figures of three years."""

import math
from dataclasses import dataclass, field
from typing import Any

from generator.dice import Dice, normal_quantiles
from generator.ground import M2_PER_MU
from generator.places import PARKS, SCATTERED
from generator.plots import Plot

_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_INVENTED = "91330205DEM0"
"""No organisation code begins like this."""
_TAX_MEDIAN_WAN_PER_MU, _TAX_SPREAD = 18.0, 1.05
_TAX_GROWTH = {2023: 0.94, 2024: 0.97, 2025: 1.0}
_ABOVE_SCALE_MU = 9_900.0
"""Land of the enterprises above scale: 170-200 亿 value added at 177 万元/亩."""
_ABOVE_SCALE_TAX_WAN_PER_MU = 42.5
"""Their area-weighted mean in 2025."""
_INDUSTRIES = {estate.name: estate.industry_codes for estate in (*PARKS, *SCATTERED)}
AWKWARD_ENTERPRISE = '示例企业013 “A&B”<精密>"金属"'


@dataclass
class Enterprise:
    """An enterprise while the district is being made."""

    uscc: str
    name: str
    industry_code: str
    is_tenant: bool
    tax_wan_per_mu: float = 0.0
    """In 2025."""
    is_above_scale: bool = False
    status: str = "operating"
    land_m2: float = 0.0
    occupancies: list[dict[str, Any]] = field(default_factory=list)
    grades: dict[int, str] = field(default_factory=dict)

    @property
    def land_mu(self) -> float:
        """Land it uses, in 亩."""
        return self.land_m2 / M2_PER_MU


def uscc(number: int) -> str:
    """Return an invented 统一社会信用代码 with a right check digit."""
    body = f"{_USCC_INVENTED}{number:05d}"
    total = sum(_USCC_ALPHABET.index(sign) * pow(3, place, 31) for place, sign in enumerate(body))
    return body + _USCC_ALPHABET[(31 - total % 31) % 31]


def settle(plots: list[Plot]) -> list[Enterprise]:
    """Return the enterprises, each on its plots, with tax per 亩 and scale; sets each plot's owner."""
    enterprises = _owners(plots) + _tenants(plots)
    dice = Dice("names")
    for number, enterprise in enumerate(enterprises, start=1):
        enterprise.uscc, enterprise.name = uscc(number), f"示例企业{number:03d}"
        if dice.chance(0.04):
            enterprise.status = dice.pick(("halted", "halted", "halted", "relocated"))
    enterprises[12].name = AWKWARD_ENTERPRISE
    _give_tax(enterprises)
    for enterprise in enterprises:
        for occupancy in enterprise.occupancies:
            occupancy["uscc"] = enterprise.uscc
    return enterprises


def _owners(plots: list[Plot]) -> list[Enterprise]:
    """Settle an owner on every plot but a few; some own two neighbouring ones."""
    dice = Dice("owners")
    owners: list[Enterprise] = []
    for number, plot in enumerate(plots):
        before = plots[number - 1]
        if dice.chance(0.022):
            continue
        if dice.chance(0.08) and before.owner and before.estate == plot.estate:
            plot.owner = before.owner
        else:
            plot.owner = Enterprise("", "", dice.pick(_INDUSTRIES[plot.estate]), is_tenant=False)
            owners.append(plot.owner)
        _occupy(plot.owner, plot, "owner", plot.site_m2, f"{plot.fields['built_year']}-07-01")
    return owners


def _tenants(plots: list[Plot]) -> list[Enterprise]:
    """Settle tenants on about every fourth plot; the owner's part shrinks by theirs."""
    dice = Dice("tenants")
    tenants = []
    for plot in plots:
        if not plot.owner or not dice.chance(0.26):
            continue
        for _ in range(dice.whole(1, 3)):
            tenant = Enterprise("", "", dice.pick(_INDUSTRIES[plot.estate]), is_tenant=True)
            area_m2 = round(plot.site_m2 * dice.between(0.07, 0.2), 2)
            _occupy(tenant, plot, "tenant", area_m2, f"{dice.whole(2017, 2023)}-{dice.whole(1, 12):02d}-01")
            _give_up(plot.owner, plot, area_m2)
            tenants.append(tenant)
    return tenants


def _occupy(enterprise: Enterprise, plot: Plot, role: str, area_m2: float, from_on: str) -> None:
    enterprise.land_m2 += area_m2
    enterprise.occupancies.append(
        {"plot_code": plot.code, "uscc": "", "role": role, "area_m2": round(area_m2, 2), "from_on": from_on}
    )


def _give_up(owner: Enterprise, plot: Plot, area_m2: float) -> None:
    owner.land_m2 -= area_m2
    own = next(occupancy for occupancy in owner.occupancies if occupancy["plot_code"] == plot.code)
    own["area_m2"] = round(own["area_m2"] - area_m2, 2)


def _give_tax(enterprises: list[Enterprise]) -> None:
    """Give each enterprise its tax per 亩, and make those above scale that are large and pay much."""
    dice = Dice("tax")
    quantiles = dice.shuffled(normal_quantiles(len(enterprises)))
    rank = {}
    for number, (enterprise, z) in enumerate(zip(enterprises, quantiles, strict=True)):
        enterprise.tax_wan_per_mu = _TAX_MEDIAN_WAN_PER_MU * math.exp(_TAX_SPREAD * z)
        rank[number] = 0.9 * math.log(enterprise.land_mu) + 0.45 * z + dice.normal(0, 0.6)
    land_mu = 0.0
    for number in sorted(rank, key=rank.__getitem__, reverse=True):
        if land_mu >= _ABOVE_SCALE_MU:
            break
        enterprises[number].is_above_scale = True
        land_mu += enterprises[number].land_mu
    _steady_mean([e for e in enterprises if e.is_above_scale])


def _steady_mean(above_scale: list[Enterprise]) -> None:
    """Stretch the upper tail until the area-weighted mean is what the plan reports."""
    wanted = _ABOVE_SCALE_TAX_WAN_PER_MU * sum(e.land_mu for e in above_scale)
    upper = [e for e in above_scale if e.tax_wan_per_mu > 2 * _TAX_MEDIAN_WAN_PER_MU]
    lower_sum = sum(e.tax_wan_per_mu * e.land_mu for e in above_scale if e not in upper)
    factor = (wanted - lower_sum) / sum(e.tax_wan_per_mu * e.land_mu for e in upper)
    for enterprise in upper:
        enterprise.tax_wan_per_mu *= factor


def enterprise_record(enterprise: Enterprise) -> dict[str, Any]:
    """Return the enterprise as a record of its register."""
    names = ("uscc", "name", "industry_code", "is_above_scale", "status")
    record = {name: getattr(enterprise, name) for name in names}
    if enterprise.status != "operating":
        dice = Dice(f"status of {enterprise.uscc}")
        record["status_on"] = f"{dice.whole(2023, 2026)}-{dice.whole(1, 10):02d}-01"
    return record


def tax_in(enterprise: Enterprise, year: int) -> float:
    """Return the tax of a year in 万元, without that year's ups and downs."""
    return enterprise.tax_wan_per_mu * enterprise.land_mu * _TAX_GROWTH[year]
