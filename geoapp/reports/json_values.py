"""Values as JSON can say them."""

import math
from collections.abc import Mapping
from datetime import date
from typing import Any


def json_value(value: Any) -> Any:
    """Return what JSON can say: NaN becomes null, a day or time its ISO form, in mappings and lists as well.

    Examples
    --------
    >>> json_value({"far": math.nan, "days": (date(2026, 1, 31),)})
    {'far': None, 'days': ['2026-01-31']}
    """
    if isinstance(value, Mapping):
        return {str(key): json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return None if math.isnan(value) else float(value)
    return value
