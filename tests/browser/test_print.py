"""The sheet: what it says, how large it is, whether it is true to scale; as a picture and on paper."""

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect
from pyproj import Geod, Transformer

from tests.browser.map_page import over, wait_until, wait_until_drawn
from tests.servers import Server

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
PX_PER_MM = 8
PLACE = "#15/29.95500/121.50000"
"""In the middle of the largest park of the demo district."""


def open_dialog(page: Page) -> None:
    wait_until_drawn(page)
    page.click("#print-tool")
    wait_until(page, "geoapp.page.printTool.sheet !== null")
    wait_until_idle(page)


def wait_until_idle(page: Page) -> None:
    page.wait_for_timeout(300)  # what was typed is waited for first
    wait_until(page, "document.getElementById('print-dialog').getAttribute('aria-busy') === null")


def choose(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        field = page.locator(f"#print-form [name={name}]")
        if field.evaluate("(node) => node.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    wait_until_idle(page)


def download(page: Page, folder: Path) -> tuple[Image.Image, str]:
    with page.expect_download() as started:
        page.click("#print-dialog [data-download]")
    started.value.save_as(folder / "sheet.png")
    return Image.open(folder / "sheet.png"), started.value.suggested_filename


def layout(page: Page) -> dict[str, Any]:
    """Where everything lies on the sheet that was made last, in millimetres."""
    return page.evaluate("geoapp.page.printTool.made.layout")


def cut(picture: Image.Image, box: dict[str, float]) -> np.ndarray:
    """Red, green, blue of the pixels of a box given in millimetres."""
    edges = [box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]]
    left, top, right, foot = (round(edge * PX_PER_MM) for edge in edges)
    return np.asarray(picture.convert("RGB"))[top:foot, left:right].astype(int)


def share_of(pixels: np.ndarray, colour: tuple[int, int, int]) -> float:
    return float((np.abs(pixels - colour).max(axis=2) <= 3).mean())


@pytest.mark.slow
def test_picture_is_the_sheet_in_twice_the_resolution(
    demo_server: Server, open_map: OpenPage, tmp_path: Path
) -> None:
    page = open_map(demo_server, f"/?layers=plots{PLACE}")
    open_dialog(page)
    choose(page, title="江北区工业地块图")
    picture, name = download(page, tmp_path)
    assert picture.size == (297 * 8, 210 * 8)
    assert picture.info["dpi"] == pytest.approx((203.2, 203.2), abs=0.01)  # 8 pixels a millimetre
    assert re.fullmatch(r"江北区工业地块图_\d{4}-\d\d-\d\d\.png", name)

    sheet = layout(page)
    frame = cut(picture, sheet["frame"])
    classes = page.evaluate("geoapp.view.layers.get('plots').look.classes")
    plain = [(look["fill"], look["fill_opacity"]) for look in classes if not look["pattern"]]
    shares = {fill: share_of(frame, over(fill, opacity, "#ffffff")) for fill, opacity in plain}
    assert max(shares.values()) > 0.05
    assert sum(share > 0.002 for share in shares.values()) >= 4
    title = cut(picture, {"x": 90, "y": 8, "width": 117, "height": 9})
    assert 0.02 < (title.max(axis=2) < 110).mean() < 0.4


@pytest.mark.slow
def test_patterns_are_on_the_sheet(demo_server: Server, open_map: OpenPage, tmp_path: Path) -> None:
    page = open_map(demo_server, f"/?layers=plots&color=low_efficiency{PLACE}")
    open_dialog(page)
    picture, _ = download(page, tmp_path)
    frame = cut(picture, layout(page)["frame"])
    classes = page.evaluate("geoapp.view.layers.get('plots').look.classes")
    (low,) = [look for look in classes if look["value"] == "yes"]
    assert low["pattern"] == "diagonal"
    plain = over(low["fill"], low["fill_opacity"], "#ffffff")
    # The pattern's strength is 0.45 of the fill's 0.8.
    inked = over(low["ink"], 0.36, "#" + "".join(f"{channel:02x}" for channel in plain))
    assert share_of(frame, plain) > 0.005
    lines = np.abs(frame - inked).max(axis=2) <= 12  # thin lines are smoothed at their edges
    assert 0.05 < lines.mean() / share_of(frame, plain) < 1


def test_sheet_of_a3_is_true_to_scale(demo_server: Server, open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(demo_server, f"/{PLACE}")
    open_dialog(page)
    choose(page, paper="A3", scale="typed", denominator="1:8000")
    picture, _ = download(page, tmp_path)
    assert picture.size == (420 * 8, 297 * 8)
    sheet = layout(page)
    bar = page.evaluate(
        """async () => {
            const { layout } = geoapp.page.printTool.made;
            const { scaleBarLayout } = await import("/assets/map/features/print_layout.js");
            return scaleBarLayout(layout.particulars.scale, 8000, layout.k);
        }"""
    )
    assert bar["meters"] == 200  # 25 mm; the next round length, 500 m, would be 62.5 mm of the 57.5 there are
    row = cut(
        picture,
        {"x": bar["x"] - 2, "y": bar["y"] + bar["height"] / 2, "width": bar["length"] + 4, "height": 0.2},
    )[0]
    dark = np.flatnonzero(row.max(axis=1) < 128)
    length_mm = (dark[-1] - dark[0] + 1) / PX_PER_MM - 0.15 * sheet[
        "k"
    ]  # the outline stands out by half its width at both ends
    assert length_mm * 8000 / 1000 == pytest.approx(bar["meters"], rel=0.005)
    assert sheet["particulars"]["scale"]["width"] >= bar["length"]


@pytest.mark.parametrize("denominator", [500, 10_000, 100_000])
def test_paper_is_true_along_parallel_and_meridian(
    demo_server: Server, open_page: OpenPage, denominator: int
) -> None:
    page = open_page(demo_server, "/healthz")
    lon, lat = 121.5, 29.95
    meters = denominator * 0.1  # 10 cm on paper
    geod = Geod(ellps="GRS80")
    targets = [geod.fwd(lon, lat, azimuth, meters)[:2] for azimuth in (90, 0, 270, 180)]
    found = page.evaluate(
        """async ([lon, lat, denominator, targets]) => {
            const { PaperFrame } = await import("/assets/map/features/print_scale.js");
            const frame = new PaperFrame({ lat, lng: lon }, denominator, 250, 250);
            return targets.map(([lng, lat]) => frame.toPaper(lat, lng));
        }""",
        [lon, lat, denominator, targets],
    )
    lengths_mm = [((p["x"] - 125) ** 2 + (p["y"] - 125) ** 2) ** 0.5 for p in found]
    assert lengths_mm == pytest.approx([100.0] * 4, rel=1e-3)


def test_grid_lines_stand_where_the_working_plane_has_them(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server, "/healthz")
    lines = page.evaluate(
        """async () => {
            const { PaperFrame } = await import("/assets/map/features/print_scale.js");
            const { planeGrid } = await import("/assets/map/features/print_grid.js");
            const frame = new PaperFrame({ lat: 29.95, lng: 121.5 }, 10000, 250, 180);
            const plane = { centralMeridian: 120, falseEasting: 500000, falseNorthing: 0, scale: 1 };
            return planeGrid(frame, plane).map((line) => ({
                ...line, ends: [line.from, line.to].map(({ x, y }) => frame.toGround(x, y)),
            }));
        }"""
    )
    transformer = Transformer.from_crs(4490, 4549, always_xy=True)
    assert len([line for line in lines if line["isUpright"]]) >= 4
    assert len([line for line in lines if not line["isUpright"]]) >= 3
    for line in lines:
        for end in line["ends"]:
            east, north = transformer.transform(end["lng"], end["lat"])
            assert (east if line["isUpright"] else north) == pytest.approx(int(line["text"]), abs=0.01)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("8000", 8000),
        ("1:10 000", 10_000),
        ("1：2万", 20_000),
        ("0.5万", 5000),
        ("100", None),
        ("abc", None),
        ("", None),
    ],
)
def test_scale_may_be_typed_in_many_ways(
    demo_server: Server, open_page: OpenPage, text: str, expected: int | None
) -> None:
    page = open_page(demo_server, "/healthz")
    typed = """async (text) => (await import("/assets/map/features/print_scale.js")).parseDenominator(text)"""
    assert page.evaluate(typed, text) == expected


def overlaps(a: dict[str, float], b: dict[str, float]) -> bool:
    return (
        a["x"] < b["x"] + b["width"] - 0.01
        and b["x"] < a["x"] + a["width"] - 0.01
        and a["y"] < b["y"] + b["height"] - 0.01
        and b["y"] < a["y"] + a["height"] - 0.01
    )


LONG = "江北区二次开发潜力地块（容积率低于一且亩均税收低于五万元）分布及控制线关系示意图"


@pytest.mark.parametrize("paper", ["A4", "A3"])
@pytest.mark.parametrize("is_landscape", [True, False])
@pytest.mark.parametrize("rows", [None, 1, 9, 30, 80])
def test_nothing_lies_on_anything_else(
    demo_server: Server, open_page: OpenPage, paper: str, is_landscape: bool, rows: int | None
) -> None:
    page = open_page(demo_server, "/healthz")
    legend = rows and [{"isHeading": i % 9 == 0, "text": f"第{i}类（示例图例文字）"} for i in range(rows)]
    content = {
        "paper": paper, "isLandscape": is_landscape, "title": LONG, "subtitle": "副标题", "marks": ["内部使用 示意图"],
        "legend": legend, "hasGrid": True,
        "particulars": [f"数据日期：2026年11月{day}日，制图单位：江北区自然资源和规划局" for day in range(1, 7)],
        "notes": ["显示条件：" + "容积率小于一，" * 40, "备注：无"],
    }  # fmt: skip
    sheet = page.evaluate(
        """async (content) => {
            const { sheetLayout } = await import("/assets/map/features/print_layout.js");
            const { textMeasure } = await import("/assets/map/features/print_text.js");
            const measure = textMeasure();
            const layout = sheetLayout(content, measure);
            const set = (line) => ({ ...line, width: measure(line.text, line.size) });
            return { ...layout, notes: layout.notes.map(set), lines: layout.particulars.lines.map(set) };
        }""",
        content,
    )
    width, height = sheet["page"]["width"], sheet["page"]["height"]
    boxes = [sheet["outer"], sheet["particulars"]["box"]]
    boxes += [
        {"x": line["x"], "y": line["y"] - line["size"], "width": line["width"], "height": line["size"]}
        for line in sheet["notes"]
    ]
    boxes += [sheet["legend"]["box"]] if legend else []
    for i, box in enumerate(boxes):
        assert box["x"] >= 5
        assert box["y"] >= 5
        assert box["x"] + box["width"] <= width - 5
        assert box["y"] + box["height"] <= height - 5
        assert not any(overlaps(box, other) for other in boxes[i + 1 :])
    assert all(line["x"] + line["width"] <= width - 5 for line in sheet["lines"])
    assert max(line["y"] for line in sheet["title"]) < sheet["outer"]["y"]
    assert sheet["frame"]["width"] > 0.5 * width
    assert sheet["frame"]["height"] > 0.3 * height
    if legend:
        legend_box = sheet["legend"]["box"]
        foot = legend_box["y"] + legend_box["height"]
        assert all(row["y"] + row["height"] <= foot + 0.01 for row in sheet["legend"]["rows"])
        assert sheet["legend"]["left"] == 0 or rows == 80


@pytest.mark.slow
def test_legend_lists_only_what_is_seen(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server, f"/{PLACE}")
    open_dialog(page)
    words = "geoapp.page.printTool.sheet.layout.legend.rows.map((row) => row.text)"
    whole = set(page.evaluate(words))
    assert {"工业地块（容积率分级）", "0.6 以下", "工业集聚区控制线", "园区"} <= whole
    choose(page, scale="500")
    part = set(page.evaluate(words))
    assert part < whole
    assert "镇街" not in part  # the frame lies inside one town, whose border is nowhere near


def test_legend_has_every_register_that_is_drawn(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server, f"/?layers=plots,buildings{PLACE}")
    open_dialog(page)
    words = "geoapp.page.printTool.sheet.layout.legend.rows.map((row) => row.text)"
    choose(page, scale="typed", denominator="20000")  # level 14.6: buildings, shown from 15 on, are drawn
    assert "建筑物（用途）" in page.evaluate(words)
    choose(page, denominator="25000")  # level 14.3
    assert "建筑物（用途）" not in page.evaluate(words)


@pytest.mark.slow
def test_sheet_says_filter_day_unit_and_selection(two_days_server: Server, open_page: OpenPage) -> None:
    page = open_page(two_days_server, f"/?at=2025-07-01&filter=far%20%3C%201{PLACE}")
    wait_until_drawn(page)
    page.evaluate(
        """async () => {
            const { keys } = await (await fetch("/table/plots/keys.json?limit=3")).json();
            geoapp.view.selection.set(keys);
        }"""
    )
    wait_until(page, "geoapp.view.selection.size === 3")
    open_dialog(page)
    choose(page, unit="示例测绘院", remark="仅供会商")
    lines = page.evaluate(
        """(() => {
            const { particulars, notes, legend } = geoapp.page.printTool.sheet.layout;
            return [...particulars.lines, ...notes, ...legend.rows].map(({ text }) => text);
        })()"""
    )
    text = "\n".join(lines)
    assert "数据截至：2025年7月1日（最近修订 2025年6月30日）" in text.replace("\n", "")
    assert "制图单位：示例测绘院" in text
    assert "EPSG:4549" in text
    assert "备注：仅供会商" in text
    assert "选中的地块" in text
    assert re.search(r"显示条件：.*容积率", text)
    page.reload()
    open_dialog(page)
    assert page.input_value("#print-form [name=unit]") == "示例测绘院"


def test_basemap_lies_under_the_registers(
    two_days_server: Server, open_page: OpenPage, tmp_path: Path
) -> None:
    page = open_page(two_days_server, f"/?layers=none{PLACE}")
    open_dialog(page)
    picture, _ = download(page, tmp_path)
    frame = cut(picture, layout(page)["frame"])
    assert share_of(frame, (200, 220, 190)) > 0.9
    lines = page.evaluate("geoapp.page.printTool.made.layout.particulars.lines.map(({ text }) => text)")
    assert "底图：影像甲" in lines


def test_basemap_that_is_not_given_is_left_out_with_a_note(
    two_days_server: Server, open_page: OpenPage
) -> None:
    page = open_page(two_days_server, f"/?layers=plots{PLACE}")
    wait_until_drawn(page)
    page.route("**/basemap/**", lambda route: route.fulfill(status=204))
    open_dialog(page)
    expect(page.locator("#print-dialog [data-error]")).to_contain_text("图中未绘底图")


def test_what_the_tools_drew_is_on_the_sheet(
    demo_server: Server, open_page: OpenPage, tmp_path: Path
) -> None:
    page = open_page(demo_server, f"/?layers=none{PLACE}")
    wait_until_drawn(page)
    page.evaluate(
        """async () => {
            const { drawGeometry } = await import("/assets/map/features/draw.js");
            const ring = [[121.495, 29.95], [121.505, 29.95], [121.505, 29.96], [121.495, 29.96], [121.495, 29.95]];
            drawGeometry(geoapp.view, { type: "Polygon", coordinates: [ring] }, { color: "#0000ff", fill: false });
        }"""
    )
    open_dialog(page)
    picture, _ = download(page, tmp_path)
    frame = cut(picture, layout(page)["frame"])
    assert (np.abs(frame - (0, 0, 255)).max(axis=2) < 60).sum() > 500
    words = "geoapp.page.printTool.{}.layout.legend.rows.map(({{ text }}) => text)"
    assert "标绘的图形" in page.evaluate(words.format("made"))
    page.get_by_role("button", name="关闭出图").click()
    page.evaluate("void geoapp.view.map.setView([29.90, 121.40], 16, { animate: false })")  # 10 km away
    open_dialog(page)
    assert "标绘的图形" not in page.evaluate(words.format("sheet"))


def pages_of(pdf: bytes) -> list[tuple[int, int]]:
    """Width and height of a PDF's pages, in whole millimetres."""
    boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", pdf)
    assert len(boxes) == len(re.findall(rb"/Type\s*/Page\b", pdf))
    return [(round(float(w) / 72 * 25.4), round(float(h) / 72 * 25.4)) for w, h in boxes]


@pytest.mark.parametrize(
    ("paper", "orientation", "size"),
    [("A4", "portrait", (210, 297)), ("A3", "landscape", (420, 297))],
)
def test_print_gives_one_page_of_the_paper(
    demo_server: Server, open_page: OpenPage, paper: str, orientation: str, size: tuple[int, int]
) -> None:
    page = open_page(demo_server, f"/{PLACE}")
    page.evaluate(
        "void (window.print = () => { window.printed = true; })"
    )  # the headless one never comes back
    open_dialog(page)
    choose(page, paper=paper, orientation=orientation)
    page.click("#print-dialog [data-print]")
    wait_until(page, "window.printed === true")
    pdf = page.pdf(prefer_css_page_size=True)
    assert pages_of(pdf) == [size]
    width, height = size[0] * PX_PER_MM, size[1] * PX_PER_MM
    assert re.search(rb"/Subtype\s*/Image", pdf)
    assert f"/Width {width}".encode() in pdf
    assert f"/Height {height}".encode() in pdf

    # Another choice: what was prepared is gone, the browser's own command prints the preview.
    choose(page, title="另一张图")
    pdf = page.pdf(prefer_css_page_size=True)
    assert pages_of(pdf) == [size]
    assert f"/Width {width}".encode() not in pdf


def test_plain_page_prints_as_one_map(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server)
    wait_until_drawn(page)
    assert pages_of(page.pdf(prefer_css_page_size=True)) == [(297, 210)]
    wait_until_drawn(page)
    assert page.evaluate(
        "geoapp.view.map.getSize().x === document.querySelector('.district-map').clientWidth"
    )


def test_long_work_says_how_far_it_is_and_can_be_cancelled(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server, f"/{PLACE}")
    open_dialog(page)
    page.evaluate("geoapp.view.tiles.clear()")
    held: list[Route] = []
    page.route("**/tiles/**", lambda route: held.append(route))  # noqa: PLW0108 - no signature to be looked at
    page.click("#print-dialog [data-download]")
    expect(page.locator("#print-dialog [data-status]")).to_contain_text("正在出图")
    page.click("#print-dialog [data-cancel]")
    expect(page.locator("#print-dialog [data-status]")).to_have_text("已取消。")
    expect(page.locator("#print-dialog [data-cancel]")).to_be_hidden()
    expect(page.locator("#print-dialog [data-download]")).to_be_enabled()
    assert held


def test_map_is_moved_under_the_frame_by_keys_and_pointer(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server, f"/{PLACE}")
    open_dialog(page)
    choose(page, scale="10000")
    center = "geoapp.page.printTool.sheet.frame.center"
    before = page.evaluate(center)
    page.focus("#print-preview")
    page.keyboard.press("ArrowRight")
    wait_until_idle(page)
    after = page.evaluate(center)
    assert after["lng"] - before["lng"] == pytest.approx(
        100 / 96_500, rel=0.01
    )  # 10 mm at 1:10,000; metres a degree
    assert after["lat"] == pytest.approx(before["lat"], abs=1e-6)
    box = page.locator("#print-preview").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 300, steps=4)
    page.mouse.up()
    wait_until_idle(page)
    assert (
        page.evaluate(center)["lat"] > before["lat"]
    )  # the map went down: the frame shows what lies further north
    page.click("#print-dialog [data-recenter]")
    wait_until_idle(page)
    assert page.evaluate(center)["lng"] == pytest.approx(before["lng"])


def test_scale_that_is_none_is_said_in_words(demo_server: Server, open_page: OpenPage) -> None:
    page = open_page(demo_server)
    open_dialog(page)
    choose(page, scale="typed", denominator="一百")
    expect(page.locator("#print-scale-error")).to_contain_text("200 到 2 000 000")
    choose(page, denominator="20000")
    expect(page.locator("#print-scale-error")).to_be_hidden()
    expect(page.locator("#print-dialog [data-extent]")).to_contain_text("1:20 000")


@pytest.mark.parametrize("size", ["1440", "1024"])
def test_dialog_fits_the_screen_and_gives_the_focus_back(
    demo_server: Server, open_page: OpenPage, size: str
) -> None:
    page = open_page(demo_server, size=size)
    wait_until_drawn(page)
    page.keyboard.press("Control+p")
    wait_until(page, "geoapp.page.printTool.sheet !== null")
    box = page.locator("#print-preview").bounding_box()
    desk = page.locator("[data-desk]").bounding_box()
    assert box is not None
    assert desk is not None
    assert box["x"] >= desk["x"]
    assert box["x"] + box["width"] <= desk["x"] + desk["width"]
    assert box["y"] + box["height"] <= desk["y"] + desk["height"]
    page.keyboard.press("Escape")
    expect(page.locator("#print-dialog")).to_be_hidden()
    expect(page.locator("#print-tool")).to_be_focused()


def test_picture_can_be_read_again(demo_server: Server, open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(demo_server, f"/?layers=none{PLACE}")
    open_dialog(page)
    download(page, tmp_path)
    Image.open(io.BytesIO((tmp_path / "sheet.png").read_bytes())).verify()  # every chunk's check sum


def test_legend_names_selected_plots_only_where_one_is_on_the_sheet(
    demo_server: Server, open_page: OpenPage
) -> None:
    page = open_page(demo_server, f"/?layers=plots{PLACE}")
    wait_until_drawn(page)
    page.evaluate(
        """async () => {
            const { plots } = await (await fetch("/table/plots/keys.json?limit=2000")).json();
            window.largest = plots[0];
            const far = ({ lat, lon }) => Math.hypot(lat - largest.lat, lon - largest.lon);
            window.farthest = plots.reduce((a, b) => (far(b) > far(a) ? b : a));
            geoapp.view.selection.set([farthest.key]);
        }"""
    )
    open_dialog(page)
    words = "geoapp.page.printTool.sheet.layout.legend.rows.map((row) => row.text)"
    look_at = "geoapp.page.printTool.moveTo(geoapp.view.L.latLng(largest.lat, largest.lon))"
    choose(page, scale="500")
    page.evaluate(look_at)
    wait_until_idle(page)
    assert "选中的地块" not in page.evaluate(words)
    page.evaluate("geoapp.view.selection.add([largest.key])")
    for denominator in ("500", "200"):  # at the latter the sheet shows 50 m: it lies inside the largest plot
        choose(page, scale="typed", denominator=denominator)
        assert "选中的地块" in page.evaluate(words)
    page.evaluate("geoapp.view.selection.set([farthest.key])")
    page.evaluate("geoapp.page.printTool.moveTo(null)")
    choose(page, scale="district")
    assert "选中的地块" in page.evaluate(words)
