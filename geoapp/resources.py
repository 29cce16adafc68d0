"""Where the files live that ship with geoapp: registers, templates, policy, demo data."""

import copy
import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from geoapp.errors import SetupError

PACKAGE_DIR = Path(__file__).resolve().parent
CHECKOUT_DIR = PACKAGE_DIR.parent


def resource_dir(name: str) -> Path:
    """Return the folder *name* ("layers", "templates", "data/geo"), the checkout's before the wheel's.

    The checkout comes first because an editable install also leaves stale copies under `_share`.
    """
    in_checkout = CHECKOUT_DIR / name
    if (CHECKOUT_DIR / "pyproject.toml").is_file() and in_checkout.is_dir():
        return in_checkout
    in_wheel = PACKAGE_DIR / "_share" / name
    if in_wheel.is_dir():
        return in_wheel
    raise SetupError(f"安装不完整：找不到资源目录 {name}（{in_wheel}）。请重新安装 geoapp。")


def resource_files(name: str, pattern: str, site_dir: Path | None = None) -> dict[str, Path]:
    """Return the files of a resource folder by stem; those of the site's own folder replace ours.

    Parameters
    ----------
    name : str
        A resource folder, see `resource_dir`; "policy" is the package's own.
    pattern : str
        A glob such as "*.toml".
    site_dir : Path, optional
        The site's data folder; `<site_dir>/<name>` is looked through as well.
    """
    base = PACKAGE_DIR / name if (PACKAGE_DIR / name).is_dir() else resource_dir(name)
    folders = [base] + ([site_dir / name] if site_dir else [])
    return {path.stem: path for folder in folders for path in sorted(folder.glob(pattern))}


def read_text(path: Path) -> str:
    """Return a text file's content; raises SetupError where it is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SetupError(f"{path.name} 不是 UTF-8 编码的文本：{error}。请另存为 UTF-8。") from error


class TomlFile(NamedTuple):
    """A TOML file as it was read: equal ones say the same, so that what is made from them is made once."""

    name: str
    text: str

    def content(self) -> dict[str, Any]:
        """Return what it says, the caller's own to change; raises SetupError where it is no TOML."""
        try:
            return copy.deepcopy(_parsed(self.text))
        except tomllib.TOMLDecodeError as error:
            raise SetupError(f"{self.name} {_toml_place(str(error))}写法不对，读不下去：{error}") from error


def read_toml_file(path: Path) -> TomlFile:
    """Return a TOML file's name and text; raises SetupError where it is not UTF-8."""
    try:
        return TomlFile(path.name, path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise SetupError(
            f"{path.name} 不是 UTF-8 编码（第 {error.start + 1} 个字节）。请另存为 UTF-8。"
        ) from error


def read_toml(path: Path) -> dict[str, Any]:
    """Return a TOML file's content, the caller's own to change.

    The file is read each time, the same text parsed once.

    Raises
    ------
    SetupError
        It is not valid UTF-8 TOML; names the file and where.
    """
    return read_toml_file(path).content()


_TOML_PLACE = re.compile(r"line (\d+), column (\d+)")


def _toml_place(message: str) -> str:
    """Return in Chinese where the parser stopped.

    Examples
    --------
    >>> _toml_place("Invalid value (at line 13, column 8)"), _toml_place("Unclosed array (at end of document)")
    ('第 13 行第 8 列', '文件末尾')
    """
    found = _TOML_PLACE.search(message)
    return f"第 {found[1]} 行第 {found[2]} 列" if found else "文件末尾"


@lru_cache(maxsize=256)
def _parsed(text: str) -> dict[str, Any]:
    return tomllib.loads(text)


def refuse_unknown_keys(mapping: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    """Raise SetupError naming *where* and the first key of *mapping* that is not among *known*."""
    for key in mapping:
        if key not in known:
            raise SetupError(f"{where}：不认识的键“{key}”；可用的键：{'、'.join(known)}。")
