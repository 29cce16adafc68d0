import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from geoapp.domain.issue import Severity
from geoapp.errors import FormatError
from geoapp.formats.base import RawLayer

Read = Callable[..., list[RawLayer]]
Pack = Callable[..., Path]
Parts = Callable[..., dict[str, bytes]]
NAMES = ["甬江工业地块", "前洋", None]


def named(parts: dict[str, bytes], stem: str) -> dict[str, bytes]:
    return {stem + suffix: content for suffix, content in parts.items()}


def codes(layer: RawLayer) -> list[str]:
    return [issue.code for issue in layer.issues]


def test_zip_of_gbk_without_cpg_is_read_with_its_encoding_said(
    read_file: Read, make_zip: Pack, shapefile_parts: Parts
) -> None:
    (layer,) = read_file(make_zip("a.zip", named(shapefile_parts(NAMES), "地块")))
    assert layer.name == "地块"
    assert layer.encoding == "gbk"
    assert list(layer.frame.columns) == ["名称", "MJ", "geometry"]
    assert layer.frame["名称"].tolist()[:2] == NAMES[:2]
    assert layer.frame["名称"].isna().tolist() == [False, False, True]
    assert layer.frame.index.name == "source_row"
    assert layer.frame.index.tolist() == [1, 2, 3]
    assert layer.frame.crs.to_epsg() == 4549
    assert codes(layer) == ["encoding-detected"]
    assert layer.frame.geometry.area.tolist() == [1600.0, 1600.0, 1600.0]  # 40 m x 40 m


@pytest.mark.parametrize(
    ("cpg", "actual", "found", "code"),
    [
        (b"UTF-8", "GBK", "gbk", "encoding-overruled"),
        (b"ISO-8859-1", "GBK", "gbk", "encoding-overruled"),
        (b"GBK", "UTF-8", "utf-8", "encoding-overruled"),
        (b"936", "GBK", "gbk", "encoding-detected"),
        (b"\xef\xbb\xbfUTF-8\r\n", "UTF-8", "utf-8", "encoding-detected"),
        (b"", "UTF-8", "utf-8", "encoding-detected"),
    ],
)
def test_cpg_is_believed_only_when_the_bytes_agree(
    read_file: Read, make_zip: Pack, shapefile_parts: Parts, cpg: bytes, actual: str, found: str, code: str
) -> None:
    parts = shapefile_parts(NAMES, encoding=actual) | {".cpg": cpg}
    (layer,) = read_file(make_zip("a.zip", named(parts, "x")))
    assert (layer.encoding, codes(layer)) == (found, [code])
    assert layer.frame["名称"].tolist()[:2] == NAMES[:2]


def test_language_id_of_the_dbf_names_the_encoding(
    read_file: Read, make_zip: Pack, shapefile_parts: Parts
) -> None:
    parts = shapefile_parts(["臺北產業園區"], encoding="BIG5", field="NAME")
    dbf = bytearray(parts[".dbf"])
    dbf[29] = 0x78  # code page 950
    (layer,) = read_file(make_zip("a.zip", named(parts | {".dbf": bytes(dbf)}, "x")))
    assert layer.frame["NAME"].tolist() == ["臺北產業園區"]
    assert "dbf 文件头" in layer.issues[0].message


def test_option_decides_the_encoding(read_file: Read, make_zip: Pack, shapefile_parts: Parts) -> None:
    path = make_zip("a.zip", named(shapefile_parts(["臺北產業園區"], encoding="BIG5", field="NAME"), "x"))
    (layer,) = read_file(path, encoding="BIG5")
    assert layer.frame["NAME"].tolist() == ["臺北產業園區"]


def test_text_that_decodes_as_nothing_is_refused(
    read_file: Read, make_zip: Pack, shapefile_parts: Parts
) -> None:
    parts = shapefile_parts(["abcd"], field="NAME")
    broken = parts[".dbf"].replace(b"abcd", b"\xff\xffab")
    with pytest.raises(FormatError, match="--encoding"):
        read_file(make_zip("a.zip", named(parts | {".dbf": broken}, "x")))


def test_text_cut_within_a_character_is_read_and_said(
    read_file: Read, make_zip: Pack, shapefile_parts: Parts
) -> None:
    parts = shapefile_parts(["江" * 200])  # 400 bytes of GBK, cut at 254 = 127 characters
    header = struct.unpack_from("<H", parts[".dbf"], 8)[0]
    dbf = bytearray(parts[".dbf"])
    dbf[header + 1 : header + 1 + 254] = ("a" + "江" * 127).encode("gbk")[:254]
    (layer,) = read_file(make_zip("a.zip", named(parts | {".dbf": bytes(dbf)}, "x")))
    assert layer.frame["名称"].tolist() == [
        "a" + "江" * 126
    ]  # 1 + 252 bytes; the last one was half a character
    cut = next(issue for issue in layer.issues if issue.code == "text-cut")
    assert (cut.row, cut.field) == (1, "名称")


def test_several_shapefiles_in_folders_with_upper_case_suffixes_become_several_layers(
    read_file: Read, make_zip: Pack, shapefile_parts: Parts
) -> None:
    upper = {suffix.upper(): content for suffix, content in shapefile_parts(["甲"]).items()}
    members = named(upper, "数据/地块") | named(shapefile_parts(["乙"]), "数据/园区")
    members |= named(shapefile_parts(["丙"]), "旧/园区")
    path = make_zip("a.zip", members)
    assert [layer.name for layer in read_file(path)] == ["地块", "园区", "园区_2"]
    (layer,) = read_file(path, layer="园区")
    assert layer.frame["名称"].tolist() == ["乙"]
    with pytest.raises(FormatError, match="地块、园区"):
        read_file(path, layer="没有")


def test_other_data_beside_a_shapefile_is_said_to_be_left_out(
    read_file: Read, make_zip: Pack, shapefile_parts: Parts
) -> None:
    path = make_zip(
        "a.zip", named(shapefile_parts(["甲"]), "x") | {"plots.geojson": b"{}", "inner.zip": b"PK"}
    )
    (layer,) = read_file(path)
    assert codes(layer)[0] == "member-skipped"
    assert "plots.geojson" in layer.issues[0].message


def test_bare_shapefile_is_read_with_its_companions(
    read_file: Read, tmp_path: Path, shapefile_parts: Parts
) -> None:
    folder = tmp_path / "a!b;c?d"  # characters that mean something to GDAL's file names
    folder.mkdir()
    for suffix, content in shapefile_parts(NAMES).items():
        (folder / f"地块{suffix.upper()}").write_bytes(content)
    (layer,) = read_file(folder / "地块.SHP")
    assert (layer.name, len(layer.frame)) == ("地块", 3)


def test_missing_shx_is_rebuilt_and_said(read_file: Read, make_zip: Pack, shapefile_parts: Parts) -> None:
    parts = shapefile_parts(NAMES)
    whole = read_file(make_zip("a.zip", named(parts, "x")))[0]
    for index in (None, b"", parts[".shx"][:110]):
        changed = dict(parts)
        del changed[".shx"]
        if index is not None:
            changed[".shx"] = index
        (layer,) = read_file(make_zip("b.zip", named(changed, "x")))
        assert layer.issues[0].code == "shx-rebuilt"
        assert layer.issues[0].severity is Severity.WARNING
        assert layer.frame.geometry.geom_equals(whole.frame.geometry).all()


def test_missing_dbf_or_shp_is_refused_naming_it(
    read_file: Read, make_zip: Pack, shapefile_parts: Parts
) -> None:
    parts = shapefile_parts(["甲"])
    for missing, word in ((".dbf", "缺少同名的 .dbf"), (".shp", "缺少 .shp 文件")):
        rest = {suffix: content for suffix, content in parts.items() if suffix != missing}
        with pytest.raises(FormatError, match=word):
            read_file(make_zip("a.zip", named(rest, "地块")))


@pytest.mark.parametrize("suffix", [".shp", ".dbf"])
def test_truncated_part_is_refused_not_read_in_part(
    read_file: Read, make_zip: Pack, shapefile_parts: Parts, suffix: str
) -> None:
    parts = shapefile_parts(NAMES)
    parts[suffix] = parts[suffix][:-60]
    with pytest.raises(FormatError, match="不完整"):
        read_file(make_zip("a.zip", named(parts, "x")))


def test_counts_that_differ_are_refused(read_file: Read, make_zip: Pack, shapefile_parts: Parts) -> None:
    parts = shapefile_parts(NAMES) | {".dbf": shapefile_parts(["甲"])[".dbf"]}
    with pytest.raises(FormatError, match=r"3 个图形.*1 条记录"):
        read_file(make_zip("a.zip", named(parts, "x")))


@pytest.mark.parametrize(
    ("suffix", "content"),
    [(".shp", b"<OGRVRTDataSource/>" + bytes(100)), (".dbf", b"abc"), (".dbf", bytes(100)), (".shp", b"")],
)
def test_part_that_is_something_else_is_refused(
    read_file: Read, make_zip: Pack, shapefile_parts: Parts, suffix: str, content: bytes
) -> None:
    with pytest.raises(FormatError, match=r"不是有效的|不完整"):
        read_file(make_zip("a.zip", named(shapefile_parts(NAMES) | {suffix: content}, "x")))


def test_index_cannot_be_rebuilt_from_damaged_records(
    read_file: Read, make_zip: Pack, shapefile_parts: Parts
) -> None:
    parts = shapefile_parts(["甲"])
    del parts[".shx"]
    shp = bytearray(parts[".shp"])
    shp[104:108] = struct.pack(">i", 2**30)
    with pytest.raises(FormatError, match="图形记录已损坏"):
        read_file(make_zip("a.zip", named(parts | {".shp": bytes(shp)}, "x")))


@pytest.mark.parametrize("prj", [None, b"garbage", b'LOCAL_CS["unknown",UNIT["metre",1]]'])
def test_missing_or_meaningless_prj_gives_no_crs_and_a_note(
    read_file: Read, make_zip: Pack, shapefile_parts: Parts, prj: bytes | None
) -> None:
    parts = shapefile_parts(["甲"], crs=None)
    if prj is not None:
        parts[".prj"] = prj
    (layer,) = read_file(make_zip("a.zip", named(parts, "x")))
    assert layer.frame.crs is None
    assert "crs-missing" in codes(layer)


def test_deleted_records_are_left_out_and_rows_keep_their_numbers(
    read_file: Read, make_zip: Pack, shapefile_parts: Parts
) -> None:
    parts = shapefile_parts(["甲", "乙", "丙"])
    dbf = bytearray(parts[".dbf"])
    header, record = struct.unpack_from("<HH", dbf, 8)
    dbf[header + record] = ord("*")
    (layer,) = read_file(make_zip("a.zip", named(parts | {".dbf": bytes(dbf)}, "x")))
    assert layer.frame.index.tolist() == [1, 3]
    assert layer.frame["名称"].tolist() == ["甲", "丙"]


def test_columns_of_the_same_name_stay_apart(read_file: Read, make_zip: Pack, shapefile_parts: Parts) -> None:
    parts = shapefile_parts(["甲", "乙"], field="MK")
    dbf = bytearray(parts[".dbf"])
    dbf[32:34] = b"MJ"
    (layer,) = read_file(make_zip("a.zip", named(parts | {".dbf": bytes(dbf)}, "x")))
    assert list(layer.frame.columns) == ["MJ", "MJ_2", "geometry"]
    assert layer.frame["MJ"].tolist() == ["甲", "乙"]
    assert np.allclose(layer.frame["MJ_2"], [1.0, 2.0])
