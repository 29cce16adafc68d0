"""Where a key stands in a TOML text: the parser gives no line numbers, and whoever wrote the file needs one."""

import re


class TomlLines:
    """The lines of a text, to be asked for a table, a key or the n-th use of a key within an array."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()

    def words(self, table: str, key: str = "", nth: int = 0) -> str:
        r"""Return "第 n 行" of a table's header, or of the *nth* use of a key in it; empty where it is not found.

        Examples
        --------
        >>> lines = TomlLines('[a]\nunit = "m"\n[b]\nvalues = [\n  { day = 1 },\n  { day = 2 },\n]')
        >>> lines.words("b"), lines.words("b", "day", 1), lines.words("b", "unit"), lines.words("c")
        ('第 3 行', '第 6 行', '第 3 行', '')
        """
        start = self._header(table)
        if start is None:
            return ""
        found = self._uses(start, key) if key else []
        return f"第 {found[nth] if nth < len(found) else start} 行"

    def _header(self, table: str) -> int | None:
        wanted = re.compile(rf"""\s*\[\s*["']?{re.escape(table)}["']?\s*\]""")
        return next((n for n, line in enumerate(self._lines, start=1) if wanted.match(line)), None)

    def _uses(self, start: int, key: str) -> list[int]:
        """Return the line of each use of a key from a header to the next, once per use."""
        wanted = re.compile(rf"""(?<![\w-])["']?{re.escape(key)}["']?\s*=""")
        found = []
        for number, line in enumerate(self._lines[start:], start=start + 1):
            if line.startswith("["):
                break
            bare = line.split("#", 1)[0] if line.lstrip().startswith("#") else line
            found += [number] * len(wanted.findall(bare))
        return found
