"""The whole main job, walked once in a real Chromium: map, card, statistics, export, upload, fix, accept, map again."""

import csv
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import openpyxl
import pyogrio
import pytest
from playwright.sync_api import Page, expect
from shapely.geometry import Polygon, box

from tests.browser.conftest import OpenPage
from tests.browser.map_page import drawn_plots, wait_until, wait_until_drawn
from tests.servers import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HOSTILE = "<img src=x onerror=alert(1)>"


def make_gbk_shapefile(folder: Path) -> Path:
    """Four plots in EPSG:4549, names in GBK, no .prj, no .cpg, areas in 亩; one code twice, one bow-tie."""
    plots = gpd.GeoDataFrame(
        {
            "DKBH": ["XJ-001", "XJ-002", "XJ-003", "XJ-003"],
            "DKMC": ["测试地块一", HOSTILE, "测试地块三", "测试地块四"],
            "YDMJ": [45.0, 22.5, 30.0, 30.0],
            "JZMJ": [30_000.0, 8_000.0, 9_000.0, 9_000.0],
        },
        geometry=[
            box(644_800, 3_316_000, 645_000, 3_316_150),  # 200 m x 150 m = 30 000 m2 = 45 亩
            Polygon([(645_100, 3_316_000), (645_300, 3_316_150), (645_300, 3_316_000), (645_100, 3_316_150)]),
            box(645_400, 3_316_000, 645_600, 3_316_100),
            box(645_400, 3_316_200, 645_600, 3_316_300),
        ],
        crs=4549,
    )
    shapes = folder / "shapes"
    shapes.mkdir()
    pyogrio.write_dataframe(plots, shapes / "新增地块.shp", encoding="GBK")
    archive = folder / "新增地块.zip"
    with zipfile.ZipFile(archive, "w") as target:
        for part in sorted(shapes.iterdir()):
            if part.suffix not in (".prj", ".cpg"):
                target.write(part, part.name)
    return archive


def download(page: Page, act: Callable[[], None]) -> tuple[str, bytes]:
    with page.expect_download() as started:
        act()
    return started.value.suggested_filename, Path(started.value.path()).read_bytes()


def search_and_open(page: Page, words: str) -> None:
    """Type and press Enter at once, as people do: the answer to these words opens, not to others before."""
    page.keyboard.press("/")
    page.get_by_role("combobox", name="搜索").fill(words)
    page.keyboard.press("Enter")


@pytest.mark.slow
@pytest.mark.parametrize("size", ["1440", "1024"])
def test_main_job_from_map_to_zone_table_and_back(
    own_demo_server: Server, open_page: OpenPage, tmp_path: Path, size: str
) -> None:
    page = open_page(own_demo_server, size=size)
    wait_until_drawn(page)
    expect(page.locator(".demo-badge")).to_have_text("示意数据")

    _switch_a_layer_off_and_on(page)
    _find_a_plot_and_read_its_card(page)
    _compute_and_export(page, own_demo_server)
    _upload_fix_accept(page, own_demo_server, make_gbk_shapefile(tmp_path))
    _see_it_on_the_map(page, own_demo_server)


def _switch_a_layer_off_and_on(page: Page) -> None:
    visible = "geoapp.view.layers.get('parks').isVisible"
    eye = page.locator("label[for=eye-parks]")
    if not eye.is_visible():  # folded away on a narrow screen
        page.locator("#side-panel-toggle").click()
    assert page.evaluate(visible)
    eye.click()
    wait_until(page, f"!{visible}")
    eye.click()
    wait_until(page, visible)
    wait_until_drawn(page)


def _find_a_plot_and_read_its_card(page: Page) -> None:
    search_and_open(page, "示例企业001")
    card = page.locator("#card-panel")
    expect(card).to_contain_text("容积率")
    expect(card).to_contain_text("亩")
    expect(card).to_contain_text("示例企业001")
    wait_until(page, "location.search.includes('selected=')")


def _compute_and_export(page: Page, server: Server) -> None:
    page.get_by_role("link", name="统计").click()
    total = page.locator(".tabulator-row.row-total")
    expect(total).to_contain_text("合计")
    expect(total).to_contain_text("449")
    page.locator("select[name=zones]").select_option("parks")
    expect(page.locator("#statistics-table")).to_contain_text("投资创业中心C区")
    name, content = download(page, lambda: page.get_by_role("link", name="Excel").click())
    assert name.startswith("分区统计_园区_")
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["统计", "说明", "数据质量"]
    name, content = download(page, lambda: page.get_by_role("link", name="CSV").click())
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert (rows[-1][1], float(rows[-1][2])) == ("合计", 449)


def _upload_fix_accept(page: Page, server: Server, archive: Path) -> None:
    page.get_by_role("link", name="导入").click()
    page.wait_for_url("**/imports")  # with its script
    page.locator("select[name=register]").select_option("plots")
    page.locator("input[name=file]").set_input_files(archive)
    page.get_by_role("button", name="上传并检查").click()
    findings = page.locator("#import-findings")
    expect(findings).to_contain_text(
        "重复", timeout=30_000
    )  # the server reads and compares the whole register first
    expect(findings).to_contain_text("4549")
    expect(findings).to_contain_text("亩")
    expect(page.locator("#import-preview")).to_contain_text("测试地块一")
    expect(page.locator("#import-preview")).to_contain_text(HOSTILE)
    accept = page.get_by_role("button", name="接受并入库")
    expect(accept).to_be_disabled()
    name, content = download(page, lambda: page.get_by_role("link", name="下载改正文件").click())
    assert len(content) > 100, name
    page.locator("[data-fix=keep-last-duplicates]").click()
    expect(accept).to_be_enabled()
    expect(page.locator("#import-changes")).to_contain_text("XJ-001、XJ-002、XJ-003")
    page.locator("input[name=user]").fill("张某")
    page.locator("input[name=document_no]").fill("北区资规〔2026〕1号")
    accept.click()
    expect(page.locator("#import-done")).to_contain_text("已入库")


def _see_it_on_the_map(page: Page, server: Server) -> None:
    page.goto(server.address + "/")
    wait_until_drawn(page)
    search_and_open(page, "XJ-001")
    card = page.locator("#card-panel")
    expect(card).to_contain_text("测试地块一")
    expect(card).to_contain_text("45.00")
    wait_until_drawn(page)
    assert "XJ-001" in drawn_plots(page, 8)
    search_and_open(page, "XJ-002")
    expect(card).to_contain_text(HOSTILE)
    assert page.locator("#card-panel img").count() == 0
    page.goto(server.address + "/statistics")
    expect(page.locator(".tabulator-row.row-total")).to_contain_text("452")
    page.goto(server.address + "/imports")
    expect(page.get_by_text("北区资规〔2026〕1号")).to_be_visible()
