"""Attached files are what their content says, and photographs say where they were taken."""

import io
from datetime import date

import pytest
from PIL import ExifTags, Image

from geoapp.errors import FormatError
from geoapp.formats.attachment import inspect_attachment

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def picture(kind: str = "JPEG", gps: dict[int, object] | None = None, taken: str = "") -> bytes:
    image, exif = Image.new("RGB", (8, 6), "white"), Image.Exif()
    if gps is not None:
        exif.get_ifd(ExifTags.IFD.GPSInfo).update(gps)
    if taken:
        exif[ExifTags.Base.DateTime] = taken
    content = io.BytesIO()
    image.save(content, kind, exif=exif)
    return content.getvalue()


def test_a_photograph_says_where_and_when() -> None:
    gps = {1: "N", 2: (29.0, 58.0, 55.2), 3: "E", 4: (121.0, 28.0, 12.0)}
    found = inspect_attachment(picture(gps=gps, taken="2026:02:03 10:00:00"), "a.JPG")
    # 29 + 58/60 + 55.2/3600 = 29.982; 121 + 28/60 + 12/3600 = 121.47
    assert (found.media_type, found.lon, found.lat) == ("image/jpeg", 121.47, 29.982)
    assert found.taken_on == date(2026, 2, 3)


@pytest.mark.parametrize(
    "gps",
    [
        None,
        {1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)},
        {1: "N", 2: (99.0, 0.0, 0.0), 3: "E", 4: (121.0, 0.0, 0.0)},
        {1: "N", 2: (29.0, 0.0), 3: "E", 4: (121.0, 0.0, 0.0)},
    ],
)
def test_a_position_that_is_none_is_left_out(gps: dict[int, object] | None) -> None:
    found = inspect_attachment(picture(gps=gps, taken="nonsense"), "a.jpeg")
    assert (found.lon, found.lat, found.taken_on) == (None, None, None)


def test_south_and_west_are_negative() -> None:
    found = inspect_attachment(
        picture(gps={1: "S", 2: (1.0, 0.0, 0.0), 3: "W", 4: (2.0, 30.0, 0.0)}), "a.jpg"
    )
    assert (found.lon, found.lat) == (-2.5, -1.0)


def test_pdf_and_png_are_known_by_content() -> None:
    assert inspect_attachment(PDF, "会审纪要.pdf").media_type == "application/pdf"
    assert inspect_attachment(picture("PNG"), "a.png").media_type == "image/png"


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "a.pdf", "是空的"),
        (b"MZ\x90\x00 a program", "a.pdf", "不是能用的 PDF、JPEG 或 PNG"),
        (b"<html><script>alert(1)</script>", "a.png", "不是能用的"),
        (b"%PDF-1.4 cut off", "a.pdf", "不是能用的"),
        (picture("GIF"), "a.png", "不是能用的"),
        (picture("PNG")[:60], "a.png", "不是能用的"),
        (picture("PNG"), "a.pdf", "内容是 PNG，与后缀不符"),
        (PDF, "a.jpg", "内容是 PDF，与后缀不符"),
    ],
)
def test_a_false_type_is_refused(content: bytes, name: str, words: str) -> None:
    with pytest.raises(FormatError, match=words):
        inspect_attachment(content, name)
