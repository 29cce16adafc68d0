"""The pointer on the map: where a place lies on the screen, and how shapes are drawn."""

from collections.abc import Callable
from typing import Any

import shapely
from playwright.sync_api import Page

from tests.browser.map_page import wait_until
from tests.servers import Server

OpenPage = Callable[..., Page]
Place = tuple[float, float]


def open_ready(open_page: OpenPage, server: Server, path: str = "/", size: str = "1440") -> Page:
    page = open_page(server, path, size=size)
    wait_until(page, "Boolean(window.geoapp) && geoapp.view.engine !== null && geoapp.view.isSettled")
    return page


def show(page: Page, lon: float, lat: float, zoom: int = 15) -> None:
    page.evaluate(
        "([lon, lat, zoom]) => void geoapp.view.map.setView([lat, lon], zoom, { animate: false })",
        [lon, lat, zoom],
    )
    wait_until(page, "geoapp.view.isSettled")


def pixel(page: Page, lon: float, lat: float) -> Place:
    x, y = page.evaluate(
        """([lon, lat]) => {
            const { map } = geoapp.view;
            const box = map.getContainer().getBoundingClientRect();
            const point = map.latLngToContainerPoint([lat, lon]);
            return [box.left + point.x, box.top + point.y];
        }""",
        [lon, lat],
    )
    return x, y


def place(page: Page, x: float, y: float) -> Place:
    """Return the longitude and latitude of a point of the screen."""
    lon, lat = page.evaluate(
        """([x, y]) => {
            const { lng, lat } = geoapp.view.map.mouseEventToLatLng({ clientX: x, clientY: y });
            return [lng, lat];
        }""",
        [x, y],
    )
    return lon, lat


def middle(page: Page) -> tuple[int, int]:
    box = page.locator("#map_main").bounding_box()
    assert box is not None
    return round(box["x"] + box["width"] / 2), round(box["y"] + box["height"] / 2)


def around(page: Page, *steps: tuple[int, int]) -> list[tuple[int, int]]:
    """Return points of the screen by their distance from the middle of the map, in pixels."""
    x, y = middle(page)
    return [(x + dx, y + dy) for dx, dy in steps]


def drag(page: Page, start: tuple[int, int], end: tuple[int, int]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=3)
    page.mouse.up()


def draw_corners(page: Page, points: list[tuple[int, int]]) -> None:
    for point in points[:-1]:
        page.mouse.click(*point)
    page.mouse.dblclick(*points[-1])


def call(page: Page, module: str, function: str, *arguments: Any) -> Any:
    return page.evaluate(
        "([module, name, values]) => import(module).then((found) => found[name](...values))",
        [f"/assets/map/{module}", function, list(arguments)],
    )


def box_of(page: Page, selector: str) -> shapely.Polygon:
    box = page.locator(selector).first.bounding_box()
    assert box is not None
    return shapely.box(box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"])
