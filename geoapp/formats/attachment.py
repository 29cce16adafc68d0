"""What an attached file is, told by its content: a PDF or a picture, and where and when a photograph was taken."""

import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from PIL import ExifTags, Image, UnidentifiedImageError

from geoapp.errors import FormatError

PDF, JPEG, PNG = "application/pdf", "image/jpeg", "image/png"
ENDINGS = {PDF: (".pdf",), JPEG: (".jpg", ".jpeg"), PNG: (".png",)}
MOST_PIXELS = 80_000_000
_PICTURES = {"JPEG": JPEG, "PNG": PNG}
_DECIMALS = 7
_UNREADABLE = (
    UnidentifiedImageError, Image.DecompressionBombWarning, Image.DecompressionBombError, OSError, SyntaxError,
    ValueError,
)  # fmt: skip
"""What Pillow raises of bytes that are no picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedFile:
    """What the content says of itself."""

    media_type: str
    lon: float | None = None
    lat: float | None = None
    """Where a photograph was taken, in degrees (WGS84)."""
    taken_on: date | None = None


def inspect_attachment(content: bytes, file_name: str) -> AttachedFile:
    """Return what an attached file is.

    Parameters
    ----------
    content : bytes
    file_name : str
        Its ending must fit the content.

    Raises
    ------
    FormatError
        It is empty, neither PDF nor JPEG nor PNG, damaged, or something other than its name says.
    """
    if not content:
        raise FormatError(f"附件“{file_name}”是空的。请重新选择文件。")
    found = AttachedFile(media_type=PDF) if _is_pdf(content) else _picture(content, file_name)
    if not file_name.lower().endswith(ENDINGS[found.media_type]):
        ending = ENDINGS[found.media_type][0]
        raise FormatError(
            f"附件“{file_name}”的内容是 {ending[1:].upper()}，与后缀不符。请改成 {ending} 再传。"
        )
    return found


def _is_pdf(content: bytes) -> bool:
    return content.startswith(b"%PDF-") and b"%%EOF" in content[-2048:]


def _picture(content: bytes, file_name: str) -> AttachedFile:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=list(_PICTURES)) as image:
                media_type, size = _PICTURES[image.format or ""], image.width * image.height
                image.verify()
            if size > MOST_PIXELS:
                raise FormatError(f"图片“{file_name}”有 {size:,} 像素，最多 {MOST_PIXELS:,}。请缩小再传。")
            with Image.open(io.BytesIO(content), formats=list(_PICTURES)) as image:
                exif = image.getexif()  # after verify a picture must be opened anew
    except _UNREADABLE as error:
        raise FormatError(
            f"附件“{file_name}”不是能用的 PDF、JPEG 或 PNG 文件（看的是内容，不是后缀）。请换一个文件。"
        ) from error
    lon, lat = _position(exif)
    return AttachedFile(media_type=media_type, lon=lon, lat=lat, taken_on=_taken_on(exif))


def _position(exif: Image.Exif) -> tuple[float | None, float | None]:
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    lat = _degrees(gps.get(ExifTags.GPS.GPSLatitude), gps.get(ExifTags.GPS.GPSLatitudeRef), "S", 90)
    lon = _degrees(gps.get(ExifTags.GPS.GPSLongitude), gps.get(ExifTags.GPS.GPSLongitudeRef), "W", 180)
    # Cameras without a fix write nought and nought.
    return (None, None) if lon is None or lat is None or (lon == 0 and lat == 0) else (lon, lat)


def _degrees(parts: Any, reference: Any, negative: str, highest: float) -> float | None:
    if not isinstance(parts, Sequence) or len(parts) != 3:
        return None
    try:
        degrees, minutes, seconds = (float(part) for part in parts)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    value = degrees + minutes / 60 + seconds / 3600
    if not 0 <= value <= highest:
        return None
    return round(-value if str(reference).strip("\0 ").upper() == negative else value, _DECIMALS)


def _taken_on(exif: Image.Exif) -> date | None:
    text = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal) or exif.get(
        ExifTags.Base.DateTime
    )
    try:
        return datetime.strptime(str(text)[:10], "%Y:%m:%d").date()  # noqa: DTZ007 - a day
    except ValueError:
        return None
