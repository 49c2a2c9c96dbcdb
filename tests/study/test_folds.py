"""Studies on folds: a trial's value and its rungs are means over folds."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import tuner
from tests.support.study.small import data_of, run, spec_of
from tuner.data.folds import folds_of
from tuner.errors import InputError, OptionError
from tuner.execution.base import Callbacks
from tuner.records import StudySummary, to_json
from tuner.strategies.plans import policies
from tuner.study.studies import run_study
from tuner.trainers.native import NativeTrainer
from tuner.training.loop import begin, train

FOLDED: dict[str, Any] = {"folds": 3, "trials": 6, "batch": 6, "rungs": [3], "eta": 0.5}


def without_times(summary: StudySummary) -> Any:
    return [{**to_json(trial), "seconds": 0} for trial in summary.trials]


def test_a_trial_is_worth_its_mean_over_folds_and_so_are_its_rungs(tmp_path: Path) -> None:
    spec = spec_of(**FOLDED, seeds=2)
    found = run(spec, tmp_path)
    folds = folds_of(data_of("iris"), 3)
    complete = [trial for trial in found.trials if trial.state == "complete"]
    assert 0 < len(complete) < len(found.trials)
    for trial in complete[:2]:
        settings, strategy = spec.resolve(found.stored_params(trial))
        bests, firsts = [], []
        for seed in (0, 1):
            for fold in folds:
                trainer = NativeTrainer(fold.tuning)
                alone = replace(settings, eta=0.5, seed=seed)
                (done,) = train(trainer, [begin(trainer, alone, *policies(0.5, strategy))])
                bests.append(done.record.best_validation_accuracy)
                firsts.append(max(e.validation_accuracy for e in done.history[:3]))
        assert list(trial.network_values) == bests
        assert trial.value == pytest.approx(sum(bests) / 6)
        assert trial.rungs[3] == pytest.approx(sum(firsts) / 6)


def test_workers_and_interruptions_change_nothing(tmp_path: Path) -> None:
    spec = spec_of(**FOLDED)
    once = without_times(run(spec, tmp_path / "once"))
    assert without_times(run(spec, tmp_path / "two", workers=2)) == once
    asked: Iterator[bool] = iter([False, True])
    stopped = Callbacks[Any](stop_asked=lambda: next(asked, True))
    _, complete = run_study(spec, data_of("iris"), tmp_path / "cut", callbacks=stopped)
    assert not complete
    assert without_times(run(spec, tmp_path / "cut")) == once


def test_other_folds_are_another_study(tmp_path: Path) -> None:
    run(spec_of(**FOLDED), tmp_path)
    with pytest.raises(InputError, match=r"data\.folds was 3 and is 4"):
        run(spec_of(**{**FOLDED, "folds": 4}), tmp_path)


def test_the_report_speaks_of_folds_and_the_model_is_their_committee() -> None:
    study = tuner.search("iris", {"lambda_": [0.0, 1.0]}, folds=3, trials=2, epochs=3, eta=0.5)
    assert study.record.data.folds == 3
    assert "95 % CI over 3 folds" in [name for name, _ in study.verdict.facts]
    assert len(study.model.members) == 3


def test_more_folds_than_examples_of_a_class(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="folds is 41 but class 'setosa' has only 40"):
        run(spec_of(**{**FOLDED, "folds": 41}), tmp_path)
    with pytest.raises(InputError, match="folds must be at least 2 but is 1"):
        spec_of(**{**FOLDED, "folds": 1})
