"""The pages of `reproduce`: both languages, offline, small, complete; figures of the data."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser

from tests.support.report.accessibility import grave_violations
from tests.support.report.reproductions import EPOCHS, panel, reproduction_of, series
from tests.support.report.visits import NEEDS_CHROMIUM, Visit
from tuner.errors import InputError, OptionError
from tuner.records import (
    LANGUAGES,
    FindEtaRecord,
    ReproduceRecord,
    from_json,
    to_json,
)
from tuner.report import load_stored, show, stored_json, write_reproduce
from tuner.report.charts.article import draw_panels, panel_curves
from tuner.report.language import texts


@pytest.fixture(scope="module")
def reproduction(record: FindEtaRecord) -> ReproduceRecord:
    return reproduction_of(record)


def test_both_languages_speak_of_the_same(reproduction: ReproduceRecord) -> None:
    english, chinese = (texts(each) for each in LANGUAGES)
    assert english.words.keys() == chinese.words.keys()
    assert list(english.experiments) == list(chinese.experiments)
    for name, said in english.experiments.items():
        assert said.figures.keys() == chinese.experiments[name].figures.keys(), name
        assert set(re.findall(r"{\w+}", said.text)) == set()
    for word, text in english.words.items():
        asked = set(re.findall(r"{(\w+)}", text))
        assert asked == set(re.findall(r"{(\w+)}", chinese.words[word])), word
    chinese_letters = re.compile("[\u4e00-\u9fff]")
    assert all(chinese_letters.search(each.text) for each in chinese.experiments.values())
    assert not any(chinese_letters.search(each.text) for each in english.experiments.values())


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ('"name": "all-data"', "'new' is no experiment of this version"),
        ('"name": "test"', "'new' is no figure of all-data"),
    ],
)
def test_what_no_page_has_words_for_is_refused(
    reproduction: ReproduceRecord, now: str, said: str, tmp_path: Path
) -> None:
    text = stored_json(reproduction).decode()
    assert now in text
    file = tmp_path / "records.json"
    file.write_text(text.replace(now, '"name": "new"', 1))
    with pytest.raises(InputError, match=said):
        load_stored(file)


@pytest.mark.usefixtures("blank_figures")
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_holds_everything(
    reproduction: ReproduceRecord, language: str, tmp_path: Path
) -> None:
    written = write_reproduce(reproduction, tmp_path, language)
    page = written.html.read_text("utf-8")
    assert written.html.name == {"en": "reproduce.html", "zh": "reproduce-zh.html"}[language]
    assert [f.name for f in written.figures] == [
        f"reproduce-{each.name}.png" for each in reproduction.experiments
    ]
    said = texts(language)
    for experiment in reproduction.experiments:
        assert said.experiments[experiment.name].title in page
        for figure in experiment.findings:
            assert said.experiments[experiment.name].figures[figure.name] in page
    assert "82.27 ± 1.5" in page
    assert page.count('class="disagrees"') >= 2
    assert "default-src &#39;none&#39;" in page
    assert len(page.encode()) < 1_500_000
    again = write_reproduce(reproduction, tmp_path / "again", language)
    assert again.html.read_bytes() == page.encode()


def test_the_record_comes_back_whole(reproduction: ReproduceRecord, tmp_path: Path) -> None:
    file = tmp_path / "records.json"
    file.write_bytes(stored_json(reproduction))
    assert load_stored(file) == reproduction
    assert from_json(ReproduceRecord, stored_text(reproduction)) == reproduction
    assert "82" in show(reproduction)._repr_html_()


def stored_text(record: ReproduceRecord) -> str:
    return json.dumps(to_json(record))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: replace(series("x", 1), y=(1.0,)), "of one length"),
        (lambda: panel("a", series=(series("x", 1), series("x", 2))), "must be different"),
    ],
)
def test_a_panel_that_contradicts_itself_is_refused(make: Callable[[], object], said: str) -> None:
    with pytest.raises(OptionError, match=said):
        make()


def test_an_experiment_without_findings_is_refused(
    reproduction: ReproduceRecord, tmp_path: Path
) -> None:
    first = replace(reproduction.experiments[0], findings=())
    file = tmp_path / "records.json"
    file.write_bytes(stored_json(replace(reproduction, experiments=(first,))))
    with pytest.raises(InputError, match=r"experiments\.0\.findings: .* at least 1"):
        load_stored(file)


@pytest.mark.parametrize("place", range(4))
def test_figures_draw_every_line(reproduction: ReproduceRecord, place: int) -> None:
    experiment = reproduction.experiments[place]
    curves = panel_curves(experiment)
    assert len(curves) == len(experiment.panels) * 2 * len(EPOCHS)
    figure = draw_panels(curves, experiment.panels)
    for axes, each in zip(figure.axes, experiment.panels, strict=True):
        assert axes.get_title(loc="left").startswith(each.title)
        drawn = {line.get_gid(): line for line in axes.lines}
        for expected in each.series:
            drawn_y = np.asarray(drawn[expected.name].get_ydata())
            assert drawn_y == pytest.approx(np.array(expected.y))
        assert axes.get_ylim()[1] >= max(y for s in each.series for y in s.y[10:])
        assert axes.get_yscale() == ("log" if each.log_y else "linear")


class TestInTheBrowser:
    pytestmark = NEEDS_CHROMIUM

    @pytest.fixture
    def visit(
        self, browser: Browser, reproduction: ReproduceRecord, tmp_path: Path
    ) -> Iterator[Any]:
        opened: list[Visit] = []

        def open_page(language: str, **context: Any) -> Visit:
            address = write_reproduce(reproduction, tmp_path, language).html.as_uri()
            opened.append(Visit(browser, address, **context))
            return opened[-1]

        yield open_page
        for each in opened:
            each.context.close()

    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("width", [360, 1440])
    def test_it_fits_and_asks_for_nothing(self, visit: Any, language: str, width: int) -> None:
        opened = visit(language, viewport={"width": width, "height": 800}, color_scheme="dark")
        assert opened.page.evaluate("document.documentElement.scrollWidth") == width
        assert [r for r in opened.requests if not r.startswith(("file:", "data:"))] == []
        assert opened.complaints == []
        sizes = opened.page.evaluate("[...document.images].map(i => i.naturalWidth)")
        assert len(sizes) == 5
        assert all(sizes)
        assert grave_violations(opened.page) == []

    def test_figures_turn_dark_with_the_page(self, visit: Any) -> None:
        shots = [
            visit("en", color_scheme=scheme).page.locator("figure img").first.screenshot()
            for scheme in ("light", "dark")
        ]
        assert shots[0] != shots[1]
