"""The page of a tuning as a reader meets it, in Chromium."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.support.report.tunes import tuning
from tests.support.report.visits import NEEDS_CHROMIUM, Visitor
from tuner.records import EtaSearch
from tuner.report import write_tune
from tuner.report.summaries.tune import conclusions

pytestmark = NEEDS_CHROMIUM


@pytest.fixture(scope="module")
def report(search: EtaSearch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    record = tuning(search)
    data = replace(record.data, name="</script>\u2028\"'" + "很长的数据集名称" * 20)
    return write_tune(replace(record, data=data), tmp_path_factory.mktemp("tune")).html


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_nothing_overflows_leaves_or_is_refused(
    visit: Visitor, report: Path, width: int, scheme: str
) -> None:
    seen = visit(report, viewport={"width": width, "height": 800}, color_scheme=scheme)
    assert seen.flaws(width) == []


def test_readable_and_saved_without_scripts(
    visit: Visitor, report: Path, search: EtaSearch
) -> None:
    page = visit(report, java_script_enabled=False, accept_downloads=True).page
    concluded = conclusions(tuning(search))["overfitting"]
    assert page.get_by_text(concluded).first.is_visible()
    page.get_by_text("All 6 trials", exact=True).first.click()
    rows = page.locator("section[aria-labelledby=study] table[data-sortable] tbody tr")
    assert rows.last.is_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="records.json").click()
    assert download.value.path().stat().st_size > 500


@pytest.mark.parametrize("width", [360, 1440])
def test_figures_turn_dark_by_themselves(visit: Visitor, report: Path, width: int) -> None:
    viewport = {"width": width, "height": 800}
    light, dark = (
        visit(report, viewport=viewport, color_scheme=scheme).page.locator("img").first
        for scheme in ("light", "dark")
    )
    assert _brightness(light) > 200
    assert _brightness(dark) < 60


def _brightness(image: Any) -> float:
    """Return the mean of an image's colors as shown, 0 … 255."""
    return float(_pixels(image).mean())


def test_lines_in_the_dark_have_the_colours_for_it(visit: Visitor, report: Path) -> None:
    page = visit(report, color_scheme="dark", viewport={"width": 1440, "height": 800}).page
    image = page.locator("img").first
    assert _has(image, (0x5B, 0xB8, 0xEE))
    assert not _has(image, (0x00, 0x72, 0xB2))
    page.emulate_media(media="print")
    assert _has(image, (0x00, 0x72, 0xB2))


def _has(image: Any, color: tuple[int, int, int]) -> bool:
    return bool((abs(_pixels(image) - np.array(color)).max(axis=-1) < 8).sum() > 20)


def _pixels(image: Any) -> Any:
    return np.asarray(Image.open(BytesIO(image.screenshot())).convert("RGB")).astype(int)
