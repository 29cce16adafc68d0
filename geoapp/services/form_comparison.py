"""Forms of many fields against what others changed since they were shown: only what the author changed is theirs."""

import json
from collections.abc import Mapping

from geoapp.errors import ConflictError, InputError

SEEN = "seen"


def seen_text(shown: Mapping[str, str]) -> str:
    """Return what a form shows, by name, to be sent back with it as "seen"."""
    return json.dumps(dict(shown), ensure_ascii=False, sort_keys=True)


def moved_texts(form: Mapping[str, str], now: Mapping[str, str], labels: Mapping[str, str]) -> dict[str, str]:
    """Return the texts that differ from what the form showed.

    Parameters
    ----------
    form : mapping
        As typed, with "seen", see `seen_text`.
    now : mapping
        What a form made now would show; no other names are looked at.
    labels : mapping
        What the fields are called.

    Raises
    ------
    InputError
        The form does not say what it showed: no page of ours made it.
    ConflictError
        Somebody else changed one of them since, to something else.
    """
    seen = _read_seen(form.get(SEEN, ""))
    moved = {
        name: form[name].strip() for name in now if name in form and form[name].strip() != seen.get(name, "")
    }
    overtaken = [name for name, text in moved.items() if now[name] not in (seen.get(name, ""), text)]
    if overtaken:
        said = "；".join(
            f"“{labels[name]}”现在是{_quoted(now[name])}，您填的是{_quoted(moved[name])}"
            for name in overtaken
        )
        raise ConflictError(f"没有登记：您打开之后别人改过——{said}。仍要按您填的改，请核对后再提交。")
    return moved


def own_texts(form: Mapping[str, str]) -> dict[str, str]:
    """Return a refused form's texts to be shown again, without those that its author left as they were shown."""
    try:
        seen = _read_seen(form.get(SEEN, ""))
    except InputError:
        return dict(form)
    return {name: text for name, text in form.items() if name not in seen or text.strip() != seen[name]}


def _read_seen(text: str) -> dict[str, str]:
    try:
        seen = json.loads(text)
    except ValueError:
        seen = None
    if not isinstance(seen, dict) or not all(isinstance(value, str) for value in seen.values()):
        raise InputError(
            "没有登记：表单没有说明填的时候看到的是什么（seen），不是从现在的页面提交的。请核对现在的内容再提交。"
        )
    return seen


def _quoted(text: str) -> str:
    return f"“{text[:40]}”" if text else "空白"
