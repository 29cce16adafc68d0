"""What browser tests do with the map, whichever engine draws it."""

import base64
import time
from typing import Any

from playwright.sync_api import Page

PATIENCE_S = 20


def wait_until(page: Page, expression: str) -> None:
    """Wait for a condition; Playwright's own wait evaluates text in the page, which its policy forbids."""
    deadline = time.monotonic() + PATIENCE_S
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, f"waited in vain for {expression}"
        page.wait_for_timeout(20)


def wait_until_drawn(page: Page) -> None:
    """Wait until everything in view is on the screen and nothing is on its way."""
    wait_until(page, "Boolean(window.geoapp) && geoapp.view.isSettled")


def drawn_plots(page: Page, step: int) -> set[str]:
    """Keys of the plots that the pointer finds on the screen, asked every *step* pixels."""
    return set(
        page.evaluate(
            """(step) => {
                const { view } = geoapp;
                const size = view.map.getSize();
                const keys = new Set();
                for (let x = 1; x < size.x; x += step) {
                    for (let y = 1; y < size.y; y += step) {
                        const hit = view.featuresAt([x, y]).find(({ register }) => register === "plots");
                        if (hit) keys.add(hit.key);
                    }
                }
                return [...keys];
            }""",
            step,
        )
    )


def plot_in_view(page: Page) -> dict[str, Any]:
    """Code and name of a plot that lies whole in the view and has no hatch, and where on the screen it is."""
    return page.evaluate(
        """async () => {
            const { view } = geoapp;
            const { map, L } = view;
            const bounds = map.getBounds();
            const answer = await fetch(`/table/plots/keys.json?bbox=${bounds.toBBoxString()}&limit=200`);
            for (const key of (await answer.json()).keys) {
                const feature = (await (await fetch(`/layers/plots.geojson?key=${key}`)).json()).features[0];
                const box = L.geoJSON(feature).getBounds();
                if (!bounds.contains(box)) continue;
                const point = map.latLngToContainerPoint(box.getCenter());
                const [top] = view.featuresAt(point);
                if (top?.key !== key || view.layers.get("plots").look.classes[top.properties.c].pattern) continue;
                const frame = map.getContainer().getBoundingClientRect();
                return { key, label: feature.properties.label, x: frame.left + point.x, y: frame.top + point.y };
            }
            throw new Error("no plot lies whole and free in the view");
        }"""
    )


def show_plot(page: Page, zoom: int) -> None:
    """Move the map to a plot and wait until it is drawn."""
    page.evaluate(
        """async (zoom) => {
            const { map, L } = geoapp.view;
            const { keys } = await (await fetch("/table/plots/keys.json?limit=1")).json();
            const feature = (await (await fetch(`/layers/plots.geojson?key=${keys[0]}`)).json()).features[0];
            map.setView(L.geoJSON(feature).getBounds().getCenter(), zoom, { animate: false });
        }""",
        zoom,
    )
    wait_until_drawn(page)


def only_plots(page: Page) -> None:
    page.evaluate("void geoapp.page.panel.setVisible(['plots'])")
    wait_until_drawn(page)


def colour_at(page: Page, x: float, y: float) -> tuple[int, int, int]:
    """Red, green and blue of a pixel of the screen."""
    picture = page.screenshot(clip={"x": x - 1, "y": y - 1, "width": 3, "height": 3})
    red, green, blue = page.evaluate(
        """async (text) => {
            const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
            const picture = await createImageBitmap(new Blob([bytes]));
            const context = Object.assign(document.createElement("canvas"), { width: 3, height: 3 }).getContext("2d");
            context.drawImage(picture, 0, 0);
            return [...context.getImageData(1, 1, 1, 1).data].slice(0, 3);
        }""",
        base64.b64encode(picture).decode(),
    )
    return red, green, blue


def wait_for_colour(page: Page, x: float, y: float, expected: tuple[int, int, int]) -> None:
    """Wait until a pixel has a colour, to within rounding."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        seen = colour_at(page, x, y)
        if max(abs(one - other) for one, other in zip(seen, expected, strict=True)) <= 3:
            return
        assert time.monotonic() < deadline, f"{seen} at {x}, {y}, expected {expected}"
        page.wait_for_timeout(50)


def over(colour: str, opacity: float, background: str = "#e6eaee") -> tuple[int, int, int]:
    """Return what a colour looks like through which the map's ground shines.

    >>> over("#ffffff", 0.5, "#000000")
    (128, 128, 128)
    """
    top, ground = (tuple(int(text[i : i + 2], 16) for i in (1, 3, 5)) for text in (colour, background))
    red, green, blue = (round(a * opacity + b * (1 - opacity)) for a, b in zip(top, ground, strict=True))
    return red, green, blue
