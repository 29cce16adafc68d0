from geoapp.domain.toml_lines import TomlLines

TEXT = """# unit = "x"
[first]
unit = "m"  # unit = here too

["second one"]
# unit = "commented out"
values = [{ day = 1, value = 2 }, { day = 3, value = 4 }]
"unit" = "m2"
"""


def test_a_table_is_found_by_its_header() -> None:
    lines = TomlLines(TEXT)
    assert (lines.words("first"), lines.words("second one"), lines.words("third")) == (
        "第 2 行",
        "第 5 行",
        "",
    )


def test_a_key_is_found_in_its_own_table_only() -> None:
    lines = TomlLines(TEXT)
    assert (lines.words("first", "unit"), lines.words("second one", "unit")) == ("第 3 行", "第 8 行")


def test_the_nth_use_of_a_key_counts_within_a_line() -> None:
    assert [TomlLines(TEXT).words("second one", "day", nth) for nth in (0, 1, 2)] == [
        "第 7 行",
        "第 7 行",
        "第 5 行",
    ]


def test_nothing_is_found_in_an_empty_text() -> None:
    assert TomlLines("").words("first", "unit") == ""
