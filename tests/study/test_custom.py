"""A study of any trainer's networks: the same trials as our own path gives, resumable."""

from pathlib import Path
from typing import Any

import pytest
from sklearn.neural_network import MLPClassifier

from tests.support.study.small import data_of, spec_of, trials_of, undisturbed
from tests.support.trainers.fake import FakeTrainer
from tuner.errors import InputError
from tuner.execution.base import Callbacks
from tuner.metrics import METRICS
from tuner.records import DataSummary, Hyperparameters, StudySummary
from tuner.study.coordinator import StudyProgress
from tuner.study.custom import run_study_with
from tuner.study.optuna_storage import default_url
from tuner.study.studies import run_study, stored_study
from tuner.trainers.native import NativeTrainer
from tuner.trainers.sklearn import SklearnTrainer


class DescribedNative(NativeTrainer):
    """Our networks, seen as anybody's."""

    @property
    def summary(self) -> DataSummary:
        return data_of("iris").summary


class DescribedFake(FakeTrainer):
    summary = data_of("iris").summary


def native() -> DescribedNative:
    return DescribedNative(data_of("iris").tuning)


def run(trainer: Any, folder: Path, **changes: Any) -> StudySummary:
    summary, complete = run_study_with(trainer, spec_of(**changes), folder)
    assert complete
    return summary


def test_our_networks_through_the_protocol_give_the_trials_of_our_own_path(tmp_path: Path) -> None:
    """η searches, rungs, pruning and seeds are all those of `study run`."""
    assert trials_of(run(native(), tmp_path)) == undisturbed()


@pytest.mark.parametrize("metric", ["accuracy", "log-loss"])
def test_a_network_that_diverges_counts_as_on_our_own_path(tmp_path: Path, metric: str) -> None:
    search = {"eta": {"choices": [0.5, 1e38]}}
    spec = spec_of(
        trials=4, batch=4, rungs=[], eta="search", search=search, train={"metric": metric}
    )
    ours, _ = run_study(spec, data_of("iris"), tmp_path / "ours")
    through, _ = run_study_with(native(), spec, tmp_path / "protocol")
    lost = [trial for trial in through.trials if trial.diverged]
    assert lost
    score = METRICS[metric].score
    assert all(score(lost[0].value) <= score(trial.value) for trial in through.trials)
    assert [trial.value for trial in through.trials] == [trial.value for trial in ours.trials]


class Killed(BaseException):
    pass


@pytest.mark.parametrize("at", ["training to epoch 2", "training 3 networks", ""])
def test_it_goes_on_after_a_kill(tmp_path: Path, at: str) -> None:
    def kill(progress: StudyProgress) -> None:
        if progress.doing.startswith(at) and len(progress.trials) >= 6:
            raise Killed

    with pytest.raises(Killed):
        run_study_with(native(), spec_of(), tmp_path, callbacks=Callbacks(watch=kill))
    assert len(stored_study(default_url(tmp_path), "small").trials) in {6, 12}
    assert trials_of(run(native(), tmp_path)) == undisturbed()


def test_it_stops_when_asked_and_goes_on(tmp_path: Path) -> None:
    asked = iter([False, False, True])
    callbacks = Callbacks[StudyProgress](stop_asked=lambda: next(asked))
    summary, complete = run_study_with(native(), spec_of(), tmp_path, callbacks=callbacks)
    assert (complete, summary.trials) == (False, ())
    assert trials_of(run(native(), tmp_path)) == undisturbed()


def test_other_data_are_refused(tmp_path: Path) -> None:
    run(native(), tmp_path)
    other = SklearnTrainer(MLPClassifier(), data_of("iris").tuning)
    with pytest.raises(InputError, match=r"small: what is stored differs: data\.sha256 was"):
        run_study_with(other, spec_of(), tmp_path)


def test_a_trainer_of_any_kind_will_do(tmp_path: Path) -> None:
    """The bowl is flattest, and its accuracy highest, where λ is least."""
    summary = run(
        DescribedFake(), tmp_path, objectives=["validation_accuracy", "parameters"], rungs=[]
    )
    best = summary.best
    assert best is not None
    assert best.values[1] == 1


def test_the_searched_settings_reach_the_model(tmp_path: Path) -> None:
    sizes = []

    def build(s: Hyperparameters) -> MLPClassifier:
        sizes.append(s.hidden)
        return MLPClassifier(s.hidden, solver="sgd")

    trainer = SklearnTrainer(build, data_of("iris").tuning)
    summary = run(trainer, tmp_path, eta=0.1, trials=4, batch=4, train={"epochs": 2}, rungs=[])
    drawn = {trial.params["hidden"] for trial in summary.trials}
    assert drawn == set(sizes)
    assert len(drawn) > 1
