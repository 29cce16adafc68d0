"""Reading a request strictly: an unknown parameter, a wrong number or broken JSON is a 400 that says what is right."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from flask import request

from geoapp.errors import UsageError
from geoapp.services.fingerprints import SEEN
from geoapp.web.area_unit import PARAMETER

_EVERYWHERE = (PARAMETER, SEEN)


def refuse_unknown(known: Sequence[str]) -> None:
    """Refuse a request whose address has a parameter that is not among the known ones, or one twice.

    The unit for land, `unit`, is known everywhere, and so is `seen`, which fingerprints of figures without what was
    hidden from somebody have in their address; what is seen depends on who asks alone.

    Raises
    ------
    UsageError
        Names the parameter and those there are.
    """
    for name, values in request.args.lists():
        if name in (*known, *_EVERYWHERE) and len(values) > 1:
            raise UsageError(f"参数“{name}”出现了两次。请只写一次。")
        if name not in (*known, *_EVERYWHERE):
            words = f"可用：{'、'.join(known)}" if known else "这个地址没有参数"
            raise UsageError(f"不认识的参数“{name}”；{words}。")


def whole_number(name: str, *, lowest: int, highest: int, default: int | None = None) -> int:
    """Return a parameter of the address as an integer between two bounds; raises UsageError."""
    text = request.args.get(name)
    if text is None and default is not None:
        return default
    if text is None or not text.isascii() or not text.isdigit() or not lowest <= int(text) <= highest:
        raise UsageError(f"参数 {name}“{text or ''}”不正确，应为 {lowest} 到 {highest} 的整数。")
    return int(text)


def decimal_number(name: str, *, lowest: float, highest: float) -> float:
    """Return a parameter of the address as a number between two bounds; raises UsageError."""
    text = request.args.get(name, "")
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not lowest <= value <= highest:
        raise UsageError(f"参数 {name}“{text}”不正确，应为 {lowest:g} 到 {highest:g} 的数。")
    return value


def json_body(known: Sequence[str]) -> Mapping[str, Any]:
    """Return the JSON object that a request carries.

    Raises
    ------
    UsageError
        It is no JSON, no object, or has a key that is not among the known ones.
    """
    try:
        body = request.get_json(force=True, silent=True)
    except RecursionError:  # brackets nested without end
        body = None
    if not isinstance(body, dict):
        raise UsageError("请求的内容不是 JSON 对象。请按接口说明提交。")
    for name in body:
        if name not in known:
            raise UsageError(f"请求里有不认识的键“{name}”；可用：{'、'.join(known)}。")
    return body


def body_number(body: Mapping[str, Any], name: str, *, lowest: float, highest: float) -> float:
    """Return a number of a JSON body between two bounds; raises UsageError."""
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not lowest <= value <= highest:
        shown = "" if value is None else f"“{value}”"
        raise UsageError(f"“{name}”{shown}不正确，应为 {lowest:g} 到 {highest:g} 的数。")
    return float(value)


def body_text(body: Mapping[str, Any], name: str, default: str | None = None) -> str | None:
    """Return a text of a JSON body, or of the address where the body lacks it; raises UsageError."""
    value = body.get(name, request.args.get(name))
    if value is not None and not isinstance(value, str):
        raise UsageError(f"“{name}”应为文字。")
    return default if value is None else value
