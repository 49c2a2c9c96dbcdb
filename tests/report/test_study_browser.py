"""The page of a study as a reader meets it, in Chromium."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.report.test_study_figures import EVERY
from tests.support.report.visits import NEEDS_CHROMIUM, Visitor
from tuner.report import write_study

pytestmark = NEEDS_CHROMIUM

RICH = EVERY["rich"]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = replace(RICH.data, name="</script>\u2028" + "很长的数据集名称" * 20)
    return write_study(replace(RICH, data=data), tmp_path_factory.mktemp("study")).html


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 360, 1440])
def test_nothing_overflows_leaves_or_is_refused(
    visit: Visitor, report: Path, width: int, scheme: str
) -> None:
    seen = visit(report, viewport={"width": width, "height": 800}, color_scheme=scheme)
    assert seen.flaws(width) == []


def test_without_scripts_all_trials_can_be_read(visit: Visitor, report: Path) -> None:
    page = visit(report, java_script_enabled=False).page
    rows = page.locator("table[data-sortable]").last.locator("tbody tr")
    assert rows.count() == 20
    assert rows.last.is_visible()


def test_trials_are_sorted_by_accuracy(visit: Visitor, report: Path) -> None:
    page = visit(report).page
    trials = page.locator("table[data-sortable]").last
    button = trials.get_by_role("button", name="validation accuracy", exact=True)
    button.click()
    button.click()
    first = trials.locator("tbody tr").first.locator("td")
    assert first.nth(0).inner_text() == "19"
    assert "pruned" in first.nth(1).inner_text()


@pytest.mark.parametrize("name", ["study-trials.csv", "study-curves.csv", "records.json"])
def test_data_can_be_saved(visit: Visitor, report: Path, name: str) -> None:
    page = visit(report, accept_downloads=True).page
    with page.expect_download() as download:
        page.get_by_role("link", name=name).click()
    assert download.value.suggested_filename == name
    assert download.value.path().stat().st_size > 500
