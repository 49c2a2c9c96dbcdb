import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.report.test_stored import put
from tests.support.report.pages import Reader
from tests.support.report.runs import BROKEN, run_of
from tests.support.report.studies import large
from tests.support.report.tunes import ORDER, tuning
from tuner.errors import InputError
from tuner.records import EtaSearch, Shortfall, TuneRecord
from tuner.report import ReportFiles, load_stored, show, stored_json, write_tune
from tuner.report.checks.tune import PLANNED, tune_warnings
from tuner.report.frames.tune import (
    final_differences,
    final_table,
    finalists,
    judged_table,
    means_table,
    plain_and_chosen,
    steps_table,
)
from tuner.report.summaries.base import STEP_TITLES
from tuner.report.summaries.training import tune_diagnoses
from tuner.report.summaries.tune import conclusions

NASTY = "<script>alert(1)</script> </script> \"'&amp; \u2028 {{ 7*7 }} 手写数字数据集"

only_text = pytest.mark.usefixtures("blank_figures")


@pytest.fixture(scope="module")
def tuned(search: EtaSearch) -> TuneRecord:
    return tuning(search)


@pytest.fixture(scope="module")
def files(tuned: TuneRecord, tmp_path_factory: pytest.TempPathFactory) -> ReportFiles:
    return write_tune(tuned, tmp_path_factory.mktemp("tune"))


def test_the_same_record_gives_the_same_bytes(
    tuned: TuneRecord, files: ReportFiles, tmp_path: Path
) -> None:
    again = write_tune(tuned, tmp_path)
    for one, other in zip((files.html, *files.figures), (again.html, *again.figures), strict=True):
        assert one.read_bytes() == other.read_bytes(), one.name


def page(record: TuneRecord, folder: Path) -> str:
    return write_tune(record, folder).html.read_text("utf-8")


@only_text
def test_the_evidence_stands_in_the_order_of_the_work(
    tuned: TuneRecord, files: ReportFiles
) -> None:
    assert files.html.name == "report.html"
    names = [path.stem for path in files.figures]
    assert names == [
        "eta-sigmoid-costs", "eta-relu-costs", "overfitting-gap", "overfitting-accuracy",
        "study-map", "study-importance", "study-lambda", "study-hidden", "study-history",
        "study-curves", "eta-again-costs", "final-differences", "final-accuracy", "model-curves",
        "train-confusion", "train-mistakes", "train-weights",
    ]  # fmt: skip
    text = Reader(files.html.read_text("utf-8")).text
    places = [text.index(said) for said in conclusions(tuned).values()]
    assert places == sorted(places)
    for part in (
        "440fcabf73cc",
        "OpenBLAS 0.3.30",
        "python -m tuner tune",
        "budget",
        "records.json",
    ):
        assert part in text


def test_rebuilt_from_its_record_byte_for_byte(
    files: ReportFiles, tuned: TuneRecord, tmp_path: Path
) -> None:
    html = files.html.read_text("utf-8")
    path = tmp_path / "records.json"
    path.write_bytes(Reader(html).downloads()["records.json"])
    stored = load_stored(path)
    assert isinstance(stored, TuneRecord)
    assert stored_json(stored) == stored_json(tuned) == path.read_bytes()
    assert page(stored, tmp_path / "b") == html


def test_a_long_tuning_stays_small_and_its_names_appear_as_text(
    tuned: TuneRecord, tmp_path: Path
) -> None:
    data = replace(tuned.data, name=NASTY, classes=(NASTY, *tuned.data.classes[1:]))
    record = replace(
        tuned,
        data=data,
        command=NASTY,
        files={NASTY: NASTY},
        study=large(500, 100, 3),
    )
    html = page(record, tmp_path)
    reader = Reader(html)
    assert len(html.encode()) < 2_000_000
    assert len(reader.all("script")) == 1
    assert "<script>alert" not in html
    assert reader.text.count(NASTY) >= 5
    assert not re.search(r"\bnan\b|\binf\b", reader.text.lower())


def test_a_tuning_with_little_to_show_has_a_page(tuned: TuneRecord, tmp_path: Path) -> None:
    final = tuned.final
    settings = final.candidates[1].runs[2].settings
    one = replace(final.candidates[1], runs=(replace(BROKEN, settings=settings),))
    alone = replace(final, candidates=(one,), best=0, winner=0, differences=())
    test = replace(tuned.test, over_seeds=(0.1,), metrics={"accuracy": 0.1})
    record = replace(tuned, final=alone, test=test, inspection=None, steps=())
    text = Reader(page(record, tmp_path)).text
    assert "one candidate only" in text


def test_candidates_are_compared_at_one_epoch(tuned: TuneRecord) -> None:
    frame = final_table(tuned)
    assert frame["role"].tolist() == ["tied", "winner", "behind"]
    assert frame["contender"].tolist() == ["A", "B", "C"]
    runs = tuned.final.candidates[1].runs
    until = [max(each.validation_accuracy for each in run.history[:8]) for run in runs]
    assert frame["value"][1] == pytest.approx(sum(until) / 3)
    assert frame["value"][1] < runs[0].best_validation_accuracy
    nearest, farthest = final_differences(tuned)
    assert (nearest.second, farthest.second) == ("B", "C")
    assert (nearest.clear, farthest.clear) == (False, True)
    a = tuned.final.candidates[0].runs
    assert nearest.differences == pytest.approx(
        [max(e.validation_accuracy for e in x.history) - y for x, y in zip(a, until, strict=True)]
    )
    assert [each.name for each in finalists(tuned)] == [
        "λ = 1, hidden = 100", "λ = 0.3, hidden = 30", "λ = 0.02, hidden = 30,20",
    ]  # fmt: skip


def test_overfitting_is_drawn_with_and_without(tuned: TuneRecord) -> None:
    assert [each.letter for each in plain_and_chosen(tuned)] == ["A", "B", "C"]
    frame = means_table(tuned)
    assert frame["chosen"].tolist() == [False, False, True, False]
    assert frame["means"].tolist() == [
        "sigmoid, no regularization", "relu, no regularization",
        "sigmoid, L2 regularization, λ = 5", "sigmoid, dropout 0.5",
    ]  # fmt: skip


def test_the_test_is_told_for_the_model_and_over_seeds(tuned: TuneRecord) -> None:
    frame = judged_table(tuned)
    assert frame["what"].tolist() == [
        "the model: accuracy",
        *(f"one network, seed {seed}" for seed in range(3)),
        "mean of the networks",
    ]
    assert frame["value"].iloc[-1] == pytest.approx(0.9563333)
    assert frame["low"].iloc[-1] < 0.955
    assert frame["high"].iloc[-1] > 0.958


def test_the_model_is_the_winner_s_run_of_the_seed_named(tuned: TuneRecord) -> None:
    model = tuned.model_record
    assert model.settings == tuned.settings
    assert model.result == tuned.final.candidates[1].runs[2]


def test_a_notebook_shows_it(tuned: TuneRecord) -> None:
    assert repr(show(tuned)).startswith("Test accuracy 95.80 %")


SOUND = {"W502"}


def codes(record: TuneRecord) -> set[str]:
    return {each.code for each in tune_warnings(record) if each.code.startswith("W5")}


def judged(**changes: Any) -> Callable[[TuneRecord], TuneRecord]:
    return lambda record: replace(record, test=replace(record.test, **changes))


@pytest.mark.parametrize(
    ("change", "more"),
    [
        (lambda record: record, set()),
        (judged(openings=2), {"W501"}),
        (judged(metrics={"accuracy": 0.9}), {"W505"}),
        (lambda record: replace(record, left_out=(Shortfall(what="dropout"),)), {"W504"}),
        (lambda record: replace(record, seconds=66.1), {"W506"}),
        (lambda record: replace(record, signal=replace(record.signal, chance=0.9)), {"W507"}),
    ],
)
def test_warnings(
    tuned: TuneRecord, change: Callable[[TuneRecord], TuneRecord], more: set[str]
) -> None:
    assert codes(change(tuned)) == SOUND | more


def test_warnings_of_few_seeds_and_no_tie(tuned: TuneRecord) -> None:
    final = tuned.final
    few = tuple(replace(each, runs=each.runs[:2]) for each in final.candidates)
    assert codes(replace(tuned, final=replace(final, candidates=few, seed=1))) == SOUND | {"W503"}
    alone = replace(final, candidates=final.candidates[1:2], differences=(), best=0, winner=0)
    assert codes(replace(tuned, final=alone)) == set()


def test_warnings_of_model_and_study_hold_too(tuned: TuneRecord) -> None:
    every = [each.code for each in tune_warnings(tuned)]
    assert {"W106", "W304"} <= set(every)
    assert not PLANNED & set(every)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put("final", "winner", value=3), "final: winner must be one of the 3 from 0 but is 3"),
        (put("final", "best", value=-1), "final: best must be one of the 3 from 0 but is -1"),
        (
            put("final", "differences", 0, "candidate", value=9),
            "candidate of a difference must be",
        ),
        (
            put("final", "seed", value=7),
            r"seed must be one of the winner's, \[0, 1, 2\] but",
        ),
        (put("overfitting", "chosen", value=4), "overfitting: chosen must be one of the 4"),
        (put("test", "metrics", "accuracy", value=1.5), "accuracy must be from 0 to 1 but is 1.5"),
        (put("signal", "run", "best_epoch", value=99), r"signal\.run: best_epoch must be one of"),
        (
            put("final", "candidates", 1, "runs", 0, "history", 2, "epoch", value=9),
            r"final\.candidates\.1\.runs\.0: epochs of history must be",
        ),
        (put("eta_again", "probes", 0, "costs", value=[1.0]), r"eta_again\.probes\.0"),
        (put("study", "result", "trials", 0, "state", value="running"), r"trials\.0\.state"),
        (put("inspection", "confusion", value=[]), r"inspection\.confusion"),
    ],
)
def test_a_broken_tuning_is_one_line(
    tuned: TuneRecord, change: Callable[[Any], None], message: str, tmp_path: Path
) -> None:
    document = json.loads(stored_json(tuned))
    assert document["kind"] == "tune"
    change(document)
    path = tmp_path / "records.json"
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match=message) as caught:
        load_stored(path)
    assert "\n" not in str(caught.value)


def test_every_step_has_a_name(tuned: TuneRecord) -> None:
    assert tuple(STEP_TITLES) == ORDER == tuple(step.name for step in tuned.steps)


@only_text
def test_what_candidates_were_compared_by_is_what_stands_in_their_table(
    tuned: TuneRecord, tmp_path: Path
) -> None:
    compared = ((0.951, 0.952, 0.953), (0.947, 0.948, 0.949), (0.89, 0.891, 0.892))
    candidates = tuple(
        replace(each, compared=shares)
        for each, shares in zip(tuned.final.candidates, compared, strict=True)
    )
    record = replace(tuned, final=replace(tuned.final, candidates=candidates))
    html = page(record, tmp_path)
    table = Reader(html[html.index("What was compared") :]).text
    assert "accuracy of the weights averaged over the half epoch after epoch 8" in table
    for accuracy in ("95.20 %", "94.80 %", "89.10 %"):
        assert accuracy in table
    assert "The curves below show each network as it was trained" in html
    assert "weights averaged" not in page(tuned, tmp_path / "not averaged")


def test_the_page_and_the_terminal_have_one_clock(tuned: TuneRecord) -> None:
    last = steps_table(tuned).iloc[-1]
    assert [last["step"], last["seconds"]] == ["All steps", tuned.seconds]


def test_what_tune_tried_itself_is_not_suggested(tuned: TuneRecord) -> None:
    run = run_of([(1 / k, 0.3 + k / 9, 1.0, 0.8) for k in range(1, 40)])
    runs = tuned.final.candidates[1].runs
    overfit = replace(run, settings=runs[2].settings)
    winner = replace(tuned.final.candidates[1], runs=(*runs[:2], overfit))
    candidates = (tuned.final.candidates[0], winner, tuned.final.candidates[2])
    record = replace(tuned, final=replace(tuned.final, candidates=candidates))
    (found,) = tune_diagnoses(record)
    assert found.evidence
    for tried in ("--dropout", "--lambda", "--patience", "--hidden", "find-eta"):
        assert tried not in " ".join(found.suggestions)
    assert any("More training data" in each for each in found.suggestions)
