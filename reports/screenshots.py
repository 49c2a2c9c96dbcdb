"""Take the pictures of a report of `tune` that the README shows, and copy figures beside them.

`python reports/screenshots.py REPORT.html [FIGURE.png …]` writes to `reports/gallery`; it needs
Chromium.
"""

import shutil
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

GALLERY = Path(__file__).parent / "gallery"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
COLORS = 128
"""In a picture: as many as its lines and letters need."""

MOST = 150_000
"""Bytes of a picture."""


def main(report: Path, *figures: Path) -> None:
    """Take all pictures of one report, and copy the figures."""
    for figure in figures:
        _keep(figure.stem, figure.read_bytes())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = _opened(browser, report, width=1040, height=1060)
        _keep("tune-report", page.screenshot())
        for section in ("overfitting", "study", "final"):
            shown = page.locator(f"section[aria-labelledby={section}] figure").first
            _keep(f"tune-{section}", shown.locator("picture").screenshot())
        phone = _opened(browser, report, width=390, height=1060, color_scheme="dark")
        _keep("tune-phone", phone.screenshot())
        browser.close()


def _opened(browser: Browser, report: Path, *, width: int, height: int, **context: Any) -> Page:
    page = browser.new_page(viewport={"width": width, "height": height}, **context)
    page.goto(report.resolve().as_uri())
    return page


def _keep(name: str, screenshot: bytes) -> None:
    """Write a screenshot with few colours, which keeps it small."""
    picture, target = Image.open(BytesIO(screenshot)).convert("RGB"), GALLERY / f"{name}.png"
    picture.quantize(COLORS, dither=Image.Dither.NONE).save(target, optimize=True)
    if target.stat().st_size > MOST:
        sys.exit(f"{target}: has {target.stat().st_size} bytes, more than {MOST}.")
    sys.stdout.write(f"{target}\n")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
