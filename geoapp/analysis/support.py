"""Support facilities of an industrial plot (行政办公及生活服务设施): shares, and which caps apply.

Source: 国土资发〔2008〕24号 and 自然资发〔2023〕72号 for the shares, 北区政发〔2022〕29号 for the raised caps.
"""

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportConditions:
    """What decides on the raised caps; None where it is not known."""

    is_existing: bool | None
    """Something stands on the plot already."""
    is_inside: bool | None
    """In a control line."""
    has_grade: bool | None
    """Of the grades that raise the caps."""
    is_large: bool | None
    """Of the least area or more."""

    @property
    def is_raised(self) -> bool | None:
        """Whether the raised caps apply: an existing project, inside, or of good grade and large enough."""
        return all_of(self.is_existing, any_of(self.is_inside, all_of(self.has_grade, self.is_large)))


def all_of(*answers: bool | None) -> bool | None:
    """Return the answers joined by "and", where None is not known.

    Examples
    --------
    >>> all_of(True, None), all_of(False, None), all_of(True, True)
    (None, False, True)
    """
    if False in answers:
        return False
    return None if None in answers else True


def any_of(*answers: bool | None) -> bool | None:
    """Return the answers joined by "or", where None is not known.

    Examples
    --------
    >>> any_of(True, None), any_of(False, None), any_of(False, False)
    (True, None, False)
    """
    if True in answers:
        return True
    return None if None in answers else False


def support_conditions(
    *,
    is_existing: bool | None,
    is_inside: bool | None,
    grade: str | None,
    area_mu: float | None,
    grades: Collection[str],
    least_area_mu: float,
) -> SupportConditions:
    """Return how a plot answers the conditions of the raised caps.

    Parameters
    ----------
    is_existing, is_inside : bool or None
        None where not known.
    grade : str or None
        Of the performance evaluation.
    area_mu : float or None
        Site area in 亩.
    grades, least_area_mu
        The policy's.

    Examples
    --------
    >>> support_conditions(
    ...     is_existing=True, is_inside=False, grade="B", area_mu=50.0, grades=["A", "B"], least_area_mu=50.0
    ... ).is_raised
    True
    """
    return SupportConditions(
        is_existing=is_existing,
        is_inside=is_inside,
        has_grade=None if grade is None else grade in grades,
        is_large=None if area_mu is None else area_mu >= least_area_mu,
    )


def share_of(part: float | None, whole: float | None) -> float | None:
    """Return a part over its whole; None where either is unknown or the whole is not above zero.

    Examples
    --------
    >>> share_of(700.0, 10_000.0), share_of(700.0, 0.0), share_of(None, 1.0)
    (0.07, None, None)
    """
    return None if part is None or whole is None or whole <= 0 else part / whole


def allotted_land_m2(floor_share: float | None, site_area_m2: float | None) -> float | None:
    """Return the land of support facilities that share a building: their share of floor area times the site.

    Examples
    --------
    >>> allotted_land_m2(0.1, 30_000.0), allotted_land_m2(None, 30_000.0)
    (3000.0, None)
    """
    return None if floor_share is None or site_area_m2 is None else floor_share * site_area_m2
