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
from tests.support.report.visits import NEEDS_CHROMIUM, Visit
from tuner.errors import InputError, OptionError
from tuner.records import (
    LANGUAGES,
    Agreement,
    Claim,
    ExperimentRecord,
    FindEtaRecord,
    Finding,
    Hyperparameters,
    Panel,
    ReproduceRecord,
    Series,
    Strategy,
    Trained,
    from_json,
    to_json,
)
from tuner.report import load_stored, show, stored_json, write_reproduce
from tuner.report.charts.article import draw_panels, panel_curves
from tuner.report.language import texts

EPOCHS = tuple(float(i) for i in range(1, 41))


def finding(name: str, **changes: Any) -> Finding:
    known = Finding(
        name=name,
        unit="percent",
        claim=Claim.NEAR,
        published=82.27,
        limit=1.5,
        values=(82.0, 83.0, 81.0),
        measured=82.0,
        interval=(79.52, 84.48),
        agreement=Agreement.AGREES,
    )
    return replace(known, **changes)


def series(name: str, start: float) -> Series:
    y = tuple(start + 10 * (1 - 0.9**x) for x in EPOCHS)
    return Series(
        name=name, x=EPOCHS, y=y, low=tuple(v - 1 for v in y), high=tuple(v + 1 for v in y)
    )


def panel(title: str, **changes: Any) -> Panel:
    lines = (series("λ = 0", 72), series("L2", 76))
    return replace(Panel(title=title, x_title="epochs", series=lines), **changes)


@pytest.fixture(scope="module")
def reproduction(record: FindEtaRecord) -> ReproduceRecord:
    """Return a record with an experiment for each number of panels, and every verdict."""
    trained = Trained(
        name="L2",
        settings=Hyperparameters(eta=0.5, lambda_=0.1),
        strategy=Strategy(epochs=400, patience=None),
        n_train=1000,
        copies=0,
        seeds=3,
        epochs=(400, 400, 400),
    )
    figures = texts("en").experiments
    verdicts = [*Agreement] * 4
    experiments = [
        ExperimentRecord(
            name=name,
            findings=tuple(
                finding(each, agreement=verdict)
                for each, verdict in zip(figures[name].figures, verdicts, strict=False)
            ),
            panels=tuple(panel(f"panel {i}", log_y=i == 3) for i in range(count)),
            trained=(trained,),
            test_openings=1,
        )
        for name, count in (("all-data", 1), ("l2-small", 2), ("round-1", 3), ("overfitting", 4))
    ]
    threshold = ExperimentRecord(
        name="threshold",
        findings=tuple(finding(each, unit="number") for each in figures["threshold"].figures),
        panels=(),
        trained=(),
        test_openings=0,
        eta_search=record.result,
    )
    return ReproduceRecord(
        command="python -m tuner reproduce --data mnist",
        data=record.data,
        environment=record.environment,
        seed=0,
        published_data=True,
        experiments=(*experiments, threshold),
        omitted=(),
        test_openings=4,
        seconds=12.5,
    )


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
