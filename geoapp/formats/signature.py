"""What a file is by its first bytes, whatever its name says; used to refuse with the right words."""

from pathlib import Path

_HEAD_BYTES = 4096
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "ZIP 压缩包"),
    (b"PK\x05\x06", "空的 ZIP 压缩包"),
    (b"Rar!", "RAR 压缩包"),
    (b"7z\xbc\xaf\x27\x1c", "7z 压缩包"),
    (b"\x1f\x8b", "gzip 压缩包"),
    (b"SQLite format 3\x00", "SQLite/GeoPackage 数据库"),
    (b"\x00\x01\x00\x00Standard Jet DB", "Access 数据库（.mdb）"),
    (b"\x00\x01\x00\x00Standard ACE DB", "Access 数据库（.accdb）"),
    (b"\xd0\xcf\x11\xe0", "旧版 Office 文件（.xls/.doc）"),
    (b"AC10", "DWG 图纸"),
    (b"II*\x00", "TIFF 影像"),
    (b"MM\x00*", "TIFF 影像"),
    (b"\x89PNG", "PNG 图片"),
    (b"\xff\xd8\xff", "JPEG 图片"),
    (b"%PDF", "PDF 文件"),
    (b"PAR1", "Parquet 文件"),
    (b"PMTiles", "PMTiles 瓦片包"),
    (b"\x00\x00\x27\x0a", "shapefile 的 .shp 或 .shx"),
)
_MARKUP: tuple[tuple[bytes, str], ...] = (
    (b"<ogrvrtdatasource", "VRT（指向别的数据的说明文件）"),
    (b"<vrtdataset", "VRT（指向别的数据的说明文件）"),
    (b"<ogrwfsdatasource", "网络服务的连接文件"),
    (b"<gdal_wms", "网络服务的连接文件"),
    (b"<wfs:", "网络服务的返回文件"),
    (b"<gpx", "GPX 轨迹"),
    (b"<html", "网页（HTML）"),
    (b"<!doctype html", "网页（HTML）"),
    (b"<kml", "KML"),
    (b"opengis.net/gml", "GML"),
    (b"<?xml", "XML 文件"),
)


def read_head(path: Path, byte_count: int = _HEAD_BYTES) -> bytes:
    """Return the first bytes of a file; nothing for a folder or an unreadable file."""
    try:
        with path.open("rb") as stream:
            return stream.read(byte_count)
    except OSError:
        return b""


def describe_content(path: Path) -> str:
    r"""Return in Chinese what a file's first bytes say it is.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "plots.zip")
    ...     _ = file.write_bytes(b"Rar!\x1a")
    ...     describe_content(file)
    'RAR 压缩包'
    """
    head = read_head(path)
    if not head:
        return "空文件"
    for start, name in _SIGNATURES:
        if head.startswith(start):
            return name
    lowered = head.lower()
    for part, name in _MARKUP:
        if part in lowered:
            return name
    if b"\x00" in head:
        return "不认识的二进制文件"
    return "文本文件"
