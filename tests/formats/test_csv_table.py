import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geoapp.domain.layer import Field, Layer
from geoapp.errors import FormatError, UsageError
from geoapp.formats import csv_table
from geoapp.formats.base import ReadOptions, WriteOptions, reader_for, writer_for

TEXT = "地块编号,地块名称,用地面积(亩)\r\nA-1,示例地块甲,12.5\r\nA-2,示例地块乙,8\r\n合计,,20.5\r\n"


def read(path, **options):
    (layer,) = csv_table.read(path, ReadOptions(**options))
    return layer


def plots():
    layer_fields = (
        Field(name="plot_code", dtype="string", zh="地块编号", en="Plot"),
        Field(name="area_reg_m2", dtype="number", unit="m2", zh="登记面积", en="Area"),
    )
    return Layer(
        id="plots", zh="地块", en="Plots", geometry="polygon", key=("plot_code",), fields=layer_fields
    )


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("gbk", "gbk"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
    ],
)
def test_encoding_is_found(tmp_path, encoding, found):
    path = tmp_path / "台账.csv"
    path.write_bytes(TEXT.encode(encoding))
    layer = read(path)
    assert layer.encoding == found
    assert layer.name == "台账"
    assert layer.frame["地块名称"].tolist() == ["示例地块甲", "示例地块乙"]
    assert layer.frame.index.tolist() == [2, 3]
    assert layer.units == {"用地面积(亩)": "mu"}


def test_encoding_that_is_asked_for_is_used(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("編號,面積\r\n甲,1\r\n".encode("big5"))
    assert list(read(path, encoding="big5").frame.columns) == ["編號", "面積"]
    with pytest.raises(UsageError, match="klingon"):
        read(path, encoding="klingon")


@pytest.mark.parametrize("separator", [",", ";", "\t", "，", "|"])
def test_separator_is_found(tmp_path, separator):
    path = tmp_path / "a.csv"
    lines = [["编号", "名称", "面积"], ["A-1", "甲", "1.5"], ["A-2", "乙", "2.5"]]
    path.write_text("\n".join(separator.join(line) for line in lines), encoding="utf-8")
    assert read(path).frame["面积"].tolist() == ["1.5", "2.5"]


def test_separator_inside_quotes_does_not_count(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('name;note\nA;"1,2,3"\nB;"4,5,6"\n', encoding="utf-8")
    assert read(path).frame["note"].tolist() == ["1,2,3", "4,5,6"]


def test_tsv_is_split_at_tabs(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text("编号\t说明\nA\t一,二\n", encoding="utf-8")
    assert read(path).frame["说明"].tolist() == ["一,二"]
    assert reader_for(path).id == "csv"


def test_line_breaks_in_quotes_belong_to_the_cell(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('编号,说明\nA,"一\n二"\nB,三\n', encoding="utf-8")
    frame = read(path).frame
    assert frame["说明"].tolist() == ["一\n二", "三"]
    assert frame.index.tolist() == [2, 3]  # rows as a spreadsheet shows them, not lines


def test_unpaired_quote_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('编号,说明\nA,"一\nB,三\n', encoding="utf-8")
    with pytest.raises(FormatError, match="引号没有配对"):
        read(path)


def test_odd_quotes_are_read_and_said(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('编号,说明\nA,"一"二\n', encoding="utf-8")
    layer = read(path)
    assert layer.frame["说明"].tolist() == ["一二"]
    assert "quotes-odd" in [issue.code for issue in layer.issues]


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf\r\n", b"\x00\x00"])
def test_empty_file_is_refused(tmp_path, content):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(FormatError, match="空文件"):
        read(path)


def test_binary_file_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n\x001,2\n")
    with pytest.raises(FormatError, match="二进制"):
        read(path)


def test_file_without_header_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("1,2.5\n3,4.5\n", encoding="utf-8")
    with pytest.raises(FormatError, match="表头"):
        read(path)


def test_writing_gives_labels_and_a_byte_order_mark(tmp_path):
    path = tmp_path / "out.csv"
    frame = pd.DataFrame(
        {"plot_code": ["A-1", None], "area_reg_m2": [1200.5, np.nan], "note": ["甲", "乙,丙"]}
    )
    assert csv_table.write(path, frame, WriteOptions(layer=plots())) == []
    expected = '\ufeff地块编号,登记面积(平方米),note\r\nA-1,1200.5,甲\r\n,,"乙,丙"\r\n'
    assert path.read_bytes().decode("utf-8") == expected
    assert writer_for(path).id == "csv"


def test_writing_in_gbk_when_asked(tmp_path):
    path = tmp_path / "out.csv"
    csv_table.write(path, pd.DataFrame({"名称": ["甲"]}), WriteOptions(encoding="gbk"))
    assert path.read_bytes() == "名称\r\n甲\r\n".encode("gbk")


def test_characters_that_gbk_lacks_are_said(tmp_path):
    frame = pd.DataFrame({"名称": ["甲\U00020000"]})
    (issue,) = csv_table.write(tmp_path / "out.csv", frame, WriteOptions(encoding="gbk"))
    assert (issue.code, "\U00020000" in issue.message) == ("encoding-replaced", True)


def test_formulas_are_guarded_and_come_back(tmp_path):
    path = tmp_path / "out.csv"
    cells = ["=1+1", "+SUM(A1)", "-2+3", "@x", "-5", "+3.5", "-", "-1,200.5", "'=x", "甲=乙", "-5%"]
    (issue,) = csv_table.write(path, pd.DataFrame({"note": cells}), WriteOptions())
    assert issue.code == "formula-guarded"
    written = path.read_text(encoding="utf-8-sig").splitlines()[1:]
    expected = ["'=1+1", "'+SUM(A1)", "'-2+3", "'@x", "-5", "+3.5", "-", '"-1,200.5"', "''=x", "甲=乙", "-5%"]
    assert written == expected
    assert read(path).frame["note"].tolist() == cells


def test_values_are_written_plainly(tmp_path):
    path = tmp_path / "out.csv"
    frame = pd.DataFrame(
        {
            "date": pd.Series(pd.to_datetime(["2023-06-01", None, "2023-06-01 08:30"], format="ISO8601")),
            "flag": pd.array([True, None, False], dtype="boolean"),
            "count": pd.array([1, None, 3], dtype="Int64"),
            "codes": pd.Series([["P1", "P2"], np.array(["P3"]), None], dtype=object),
        }
    )
    csv_table.write(path, frame, WriteOptions())
    assert path.read_text(encoding="utf-8-sig").splitlines()[1:] == [
        "2023-06-01,是,1,P1；P2",
        ",,,P3",
        "2023-06-01 08:30:00,否,3,",
    ]


def test_geometry_goes_out_as_wkt_and_comes_back(tmp_path):
    path = tmp_path / "out.csv"
    square = shapely.box(640000, 3316000, 640100, 3316100)
    frame = gpd.GeoDataFrame({"code": ["A", "B"], "经度": ["x", "y"]}, geometry=[square, None], crs=4549)
    (issue,) = csv_table.write(path, frame, WriteOptions())
    assert issue.code == "geometry-as-wkt"
    back = read(path).frame
    assert list(back.columns) == ["code", "经度_原表", "经度", "纬度", "geometry"]
    assert shapely.hausdorff_distance(back.geometry[2], square) < 0.0001
    assert back.geometry[3] is None
    inside = gpd.GeoSeries(
        gpd.points_from_xy(back["经度"].astype(float), back["纬度"].astype(float)), crs=4490
    )
    assert square.contains(inside.to_crs(4549)[0])


def test_geometry_without_crs_goes_out_as_it_stands(tmp_path):
    path = tmp_path / "out.csv"
    frame = gpd.GeoDataFrame({"code": ["A"]}, geometry=[shapely.Point(640000, 3316000)])
    (issue,) = csv_table.write(path, frame, WriteOptions())
    assert issue.severity == "warning"
    assert path.read_text(encoding="utf-8-sig").splitlines() == ["code,WKT", "A,POINT (640000 3316000)"]


@given(
    st.lists(
        st.text(
            st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zs", "Zl", "Zp"]), min_size=1, max_size=8
        ),
        min_size=1,
        max_size=5,
    )
)
def test_texts_come_back_as_they_were(tmp_path_factory, texts):
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    frame = pd.DataFrame({"编号": [f"K{i}" for i in range(len(texts))], "说明": texts})
    csv_table.write(path, frame, WriteOptions())
    back = csv_table.read(path, ReadOptions())[0].frame
    kept = [None if pd.isna(value) else value for value in back["说明"]]
    assert kept == [None if text.startswith("#") and text in {"#REF!", "#N/A"} else text for text in texts]
