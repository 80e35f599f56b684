"""Draw the application's icons into assets/ from one mark, with the Chromium that the tests use."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

from playwright.async_api import async_playwright

ASSETS = Path(__file__).resolve().parents[1] / "assets"
BUBBLE = (
    "M13 9.5h22a6.5 6.5 0 0 1 6.5 6.5v12a6.5 6.5 0 0 1-6.5 6.5H23.2l-7.4 5.6c-.8.6-1.9 0-1.9-1v-4.7"
    "A6.5 6.5 0 0 1 6.5 28V16A6.5 6.5 0 0 1 13 9.5Z"
)
LETTER = "M14.8 28.5v-13l9.2 8.6 9.2-8.6v13"


def mark(corner: float, scale: float) -> str:
    """The mark on its ground; `corner` rounds the ground, `scale` sizes what stands on it (48 units wide)."""
    at = 24 - 24 * scale
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48">
<defs><linearGradient id="g" x1="0" y1="0" x2="1" y2="1">
<stop stop-color="#7c7cf0"/><stop offset="1" stop-color="#4a46c0"/></linearGradient></defs>
<rect width="48" height="48" rx="{corner}" fill="url(#g)"/>
<g transform="translate({at:.2f} {at:.2f}) scale({scale})"><path d="{BUBBLE}" fill="#fff"/>
<path d="{LETTER}" fill="none" stroke="#514dcc" stroke-width="4" stroke-linecap="round" stroke-linejoin="round"/></g>
</svg>
"""


async def main() -> None:
    (ASSETS / "mark.svg").write_text(mark(12, 0.86))
    sizes = (
        ("icon-192", 192, mark(11, 0.84)),
        ("icon-512", 512, mark(11, 0.84)),
        ("icon-maskable", 512, mark(0, 0.64)),
    )
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, size, drawing in sizes:
            page = await browser.new_page(viewport={"width": size, "height": size})
            await page.set_content(f"<style>body{{margin:0}}svg{{width:{size}px;display:block}}</style>{drawing}")
            await page.screenshot(path=ASSETS / f"{name}.png", omit_background=True)
        await browser.close()


asyncio.run(main())
