"""Every kind of page for readers of all abilities: axe-core finds nothing serious."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.report.accessibility import grave_violations
from tests.support.report.comparisons import names_of, runs_of
from tests.support.report.inspections import inspection_of
from tests.support.report.studies import SMALL
from tests.support.report.tunes import tuning
from tests.support.report.visits import NEEDS_CHROMIUM, Visitor
from tuner.records import EtaSearch, FindEtaRecord, TrainRecord
from tuner.report import write_comparison, write_find_eta, write_study, write_train, write_tune

pytestmark = NEEDS_CHROMIUM


@pytest.fixture(scope="module")
def pages(
    record: FindEtaRecord,
    train_record: TrainRecord,
    search: EtaSearch,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Path]:
    """Write one page of each kind, each with all it may hold."""
    folder = tmp_path_factory.mktemp("pages")
    run = replace(train_record, eta_search=search, inspection=inspection_of())
    runs = [
        *runs_of(train_record, (0.90, 0.91, 0.905)),
        *runs_of(train_record, (0.902, 0.911, 0.914), lambda_=5.0),
    ]
    written = (
        write_find_eta(record, folder),
        write_train(run, folder),
        write_comparison(runs, names_of(runs), folder),
        write_study(SMALL, folder),
        write_tune(tuning(search), folder),
    )
    return {each.html.stem: each.html for each in written}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("kind", ["find-eta", "train", "compare", "study", "report"])
def test_nothing_serious(
    visit: Visitor, pages: dict[str, Path], kind: str, width: int, scheme: str
) -> None:
    viewport = {"width": width, "height": 800}
    seen = visit(pages[kind], viewport=viewport, color_scheme=scheme)
    assert grave_violations(seen.page) == []


def test_the_check_sees_what_it_looks_for(visit: Visitor) -> None:
    seen = visit("data:text/html,<html lang=en><title>x</title><main><img src=x></main>")
    assert any(each.startswith("image-alt") for each in grave_violations(seen.page))
