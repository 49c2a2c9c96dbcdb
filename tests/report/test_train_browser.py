"""The page of a run as a reader meets it, in Chromium."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.report.visits import NEEDS_CHROMIUM, Visitor
from tuner.records import EtaSearch, TrainRecord
from tuner.report import write_train

pytestmark = NEEDS_CHROMIUM


@pytest.fixture(scope="module")
def report(
    train_record: TrainRecord, search: EtaSearch, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    record = replace(train_record, eta_search=search)
    return write_train(record, tmp_path_factory.mktemp("train")).html


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 360, 1440])
def test_nothing_overflows_leaves_or_is_refused(
    visit: Visitor, report: Path, width: int, scheme: str
) -> None:
    seen = visit(report, viewport={"width": width, "height": 800}, color_scheme=scheme)
    assert seen.flaws(width) == []


def test_without_scripts_all_epochs_can_be_read(visit: Visitor, report: Path) -> None:
    page = visit(report, java_script_enabled=False).page
    page.locator("summary").first.click()
    rows = page.locator("table[data-sortable]").first.locator("tbody tr")
    assert rows.count() == 400
    assert rows.last.is_visible()


def test_epochs_are_sorted_by_accuracy(
    visit: Visitor, report: Path, train_record: TrainRecord
) -> None:
    page = visit(report).page
    page.locator("summary").first.click()
    button = page.get_by_role("button", name="validation accuracy", exact=True)
    button.click()
    button.click()
    first = page.locator("table[data-sortable] tbody tr").first.locator("td").first
    assert first.inner_text() == str(train_record.result.best_epoch)
