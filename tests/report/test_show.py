"""Records as a notebook shows them."""

from dataclasses import replace

import pytest

from tests.support.report.pages import Reader
from tests.support.report.runs import EMPTY
from tests.support.report.studies import study, trial
from tuner.records import FindEtaRecord, StudyRecord, TrainRecord
from tuner.report import figures, show


@pytest.fixture(params=["find-eta", "train", "study"])
def every(
    request: pytest.FixtureRequest, record: FindEtaRecord, train_record: TrainRecord
) -> FindEtaRecord | TrainRecord | StudyRecord:
    kinds: dict[str, FindEtaRecord | TrainRecord | StudyRecord] = {
        "find-eta": record,
        "train": train_record,
        "study": study(trial(0), trial(1, (0.8,))),
    }
    return kinds[request.param]


def test_shows_verdict_and_key_figure(every: FindEtaRecord | TrainRecord | StudyRecord) -> None:
    shown = show(every)
    reader = Reader(shown._repr_html_())
    assert repr(shown) == shown.headline
    assert shown.headline in reader.text
    (image,) = reader.all("img")
    assert str(image["src"]).startswith("data:image/svg+xml")
    assert len(str(image["alt"])) > 40


def test_asks_for_nothing_and_runs_nothing(
    every: FindEtaRecord | TrainRecord | StudyRecord,
) -> None:
    reader = Reader(show(every).html)
    tags = {tag for tag, _ in reader.tags}
    assert not tags & {"script", "style", "link", "iframe", "object", "html", "body"}
    for _, attributes in reader.tags:
        assert not any(name.startswith("on") for name in attributes)
        assert str(attributes.get("src", "data:")).startswith("data:")
        assert "url(" not in str(attributes.get("style"))


def test_what_it_shows_is_text(train_record: TrainRecord) -> None:
    nasty = "<script>alert(1)</script>"
    result = replace(train_record.result, stop_words=nasty)
    reader = Reader(show(replace(train_record, result=result)).html)
    assert not reader.all("script")
    assert nasty in reader.text


def test_a_run_without_an_epoch(train_record: TrainRecord) -> None:
    assert repr(show(replace(train_record, result=EMPTY))) == "Nothing was learned"


def test_every_figure_can_be_had_by_name() -> None:
    assert figures.__all__ == sorted(figures.__all__)
    for name in figures.__all__:
        assert getattr(figures, name).__doc__
    record_free = {name for name in figures.__all__ if name.startswith("draw_")}
    assert {"draw_confusion", "draw_weights", "draw_values"} <= record_free
