"""The page that compares, as a reader meets it, in Chromium."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.report.comparisons import runs_of
from tests.support.report.inspections import inspection_of
from tests.support.report.visits import NEEDS_CHROMIUM, Visitor
from tuner.records import TrainRecord
from tuner.report import write_comparison, write_train

pytestmark = NEEDS_CHROMIUM

NASTY = "<script>alert(1)</script>'\" \u2028 " + "很长的名称" * 20


@pytest.fixture(scope="module")
def reports(train_record: TrainRecord, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Write a comparison and a run that was looked into, with hostile names."""
    folder = tmp_path_factory.mktemp("compare")
    runs = [
        *runs_of(train_record, (0.90, 0.91, 0.905)),
        *runs_of(train_record, (0.912, 0.921, 0.914), lambda_=5.0, hidden=(9,), dropout=0.5),
    ]
    data = replace(train_record.data, classes=(NASTY, "</script>", *"23456789"))
    run = replace(train_record, data=data, inspection=inspection_of())
    return {
        "compare": write_comparison(runs, [NASTY, *"bcdef"], folder).html,
        "train": write_train(run, folder).html,
    }


@pytest.mark.parametrize("kind", ["compare", "train"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 360, 1440])
def test_nothing_overflows_leaves_or_is_refused(
    visit: Visitor, reports: dict[str, Path], kind: str, width: int, scheme: str
) -> None:
    seen = visit(reports[kind], viewport={"width": width, "height": 800}, color_scheme=scheme)
    assert seen.flaws(width) == []


def test_all_settings_can_be_shown_without_scripts(
    visit: Visitor, reports: dict[str, Path]
) -> None:
    page = visit(reports["compare"], java_script_enabled=False).page
    shared = page.get_by_text("batch size", exact=True)
    assert not shared.is_visible()
    page.get_by_text("Show the settings that are the same for all").click()
    assert shared.is_visible()


def test_results_are_sorted_by_accuracy(visit: Visitor, reports: dict[str, Path]) -> None:
    page = visit(reports["compare"]).page
    page.get_by_role("button", name="validation accuracy", exact=True).click()
    first = page.locator("table[data-sortable] tbody tr").first.locator("td").first
    assert first.inner_text() == "A"
    assert page.locator("h1").inner_text().startswith("B (")
