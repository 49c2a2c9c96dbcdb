"""The page as a reader meets it, in Chromium."""

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.support.report.visits import NEEDS_CHROMIUM, Visitor
from tuner.records import FindEtaRecord
from tuner.report import write_find_eta
from tuner.report.charts.canvas import WIDTH

pytestmark = NEEDS_CHROMIUM

SMALLEST = 10.5 * 0.833
"""Points of the smallest letters of a figure."""


@pytest.fixture(scope="module")
def report(record: FindEtaRecord, tmp_path_factory: pytest.TempPathFactory) -> Path:
    name = "<script>alert(1)</script>'\" \u2028 " + "很长的数据集名称" * 20
    data = replace(record.data, name=name, classes=("</script>", "x" * 300))
    return write_find_eta(replace(record, data=data), tmp_path_factory.mktemp("report")).html


def column(page: Page, index: int) -> list[str]:
    cells = page.locator(f"table[data-sortable] tbody td:nth-child({index})")
    return [text.strip() for text in cells.all_inner_texts()]


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_leaves_the_page_and_nothing_is_refused(
    visit: Visitor, report: Path, scheme: str, scripts: bool
) -> None:
    seen = visit(report, color_scheme=scheme, java_script_enabled=scripts)
    seen.page.wait_for_load_state("networkidle")
    outside = [url for url in seen.requests if not url.startswith("data:")]
    assert outside == [report.as_uri()]
    assert seen.complaints == []


def test_images_are_shown(visit: Visitor, report: Path) -> None:
    page = visit(report).page
    widths = page.evaluate("[...document.images].map(i => i.complete && i.naturalWidth)")
    assert widths == [round(96 * WIDTH)] * 2


def test_one_picture_serves_every_screen(visit: Visitor, report: Path) -> None:
    pages = {
        (width, scheme): visit(
            report, color_scheme=scheme, viewport={"width": width, "height": 800}
        ).page
        for scheme in ("light", "dark")
        for width in (360, 1440)
    }
    sources = {page.evaluate("document.images[0].currentSrc") for page in pages.values()}
    assert len(sources) == 1
    for width in (360, 1440):
        light, dark = (
            pages[width, scheme].locator("img").first.screenshot() for scheme in ("light", "dark")
        )
        assert light != dark


@pytest.mark.parametrize("width", [360, 1440])
def test_letters_of_a_figure_are_readable(visit: Visitor, report: Path, width: int) -> None:
    page = visit(report, viewport={"width": width, "height": 800}).page
    shown = page.evaluate("document.images[0].getBoundingClientRect().width")
    assert shown / (72 * WIDTH) * SMALLEST >= 7.5


def test_readable_without_scripts(visit: Visitor, report: Path) -> None:
    page = visit(report, java_script_enabled=False).page
    assert page.locator("h1").inner_text() == "Use η = 0.6667"
    assert page.locator("table[data-sortable] tbody tr").count() == 10
    assert page.locator("th button").count() == 0
    page.locator("summary").first.click()
    assert page.get_by_text("Median training cost over the seeds").is_visible()


def test_sorts_by_mouse(visit: Visitor, report: Path) -> None:
    seen = visit(report)
    button = seen.page.get_by_role("button", name="final cost", exact=True)
    button.click()
    costs = [float(text) for text in column(seen.page, 3)[:-1]]
    assert costs == sorted(costs)
    assert column(seen.page, 3)[-1] == "not finite"
    button.click()
    assert column(seen.page, 3)[0] == "not finite"
    headings = seen.page.locator("th[aria-sort]")
    assert headings.count() == 1
    assert headings.get_attribute("aria-sort") == "descending"
    assert seen.complaints == []


def test_sorts_by_keyboard(visit: Visitor, report: Path) -> None:
    page = visit(report).page
    button = page.get_by_role("button", name="verdict", exact=True)
    button.focus()
    page.keyboard.press("Enter")
    assert column(page, 2)[0].endswith("decreasing")
    assert button.evaluate("b => b === document.activeElement")
    page.keyboard.press("Space")
    assert column(page, 2)[0].endswith("slow")


@pytest.mark.parametrize("width", [320, 360, 768, 1440])
def test_nothing_overflows(visit: Visitor, report: Path, width: int) -> None:
    page = visit(report, viewport={"width": width, "height": 800}).page
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_hostile_names_are_text(visit: Visitor, report: Path) -> None:
    seen = visit(report)
    assert "<script>alert(1)</script>'\"" in seen.page.locator(".kind").inner_text()
    assert seen.page.locator("script").count() == 1


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("name", ["find-eta-costs.csv", "find-eta-verdicts.csv", "records.json"])
def test_data_can_be_saved(
    visit: Visitor, report: Path, record: FindEtaRecord, name: str, scripts: bool
) -> None:
    page = visit(report, java_script_enabled=scripts, accept_downloads=True).page
    with page.expect_download() as download:
        page.get_by_role("link", name=name).click()
    assert download.value.suggested_filename == name
    assert download.value.path().stat().st_size > 500


def test_dark_mode_is_dark(visit: Visitor, report: Path) -> None:
    light, dark = (visit(report, color_scheme=scheme).page for scheme in ("light", "dark"))
    color = "getComputedStyle(document.body).backgroundColor"
    assert light.evaluate(color) == "rgb(255, 255, 255)"
    assert dark.evaluate(color) == "rgb(21, 24, 28)"
    assert light.screenshot() != dark.screenshot()


def test_prints_on_white_with_all_evidence(visit: Visitor, report: Path) -> None:
    page = visit(report, color_scheme="dark").page
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("img").first.is_visible()
    assert len(page.pdf()) > 10_000
