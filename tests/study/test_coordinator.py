import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.study.small import data_of, run, spec_of, trials_of, undisturbed
from tuner.errors import MissingExtraError
from tuner.execution.base import Callbacks
from tuner.records import StudySummary, Trial, Value
from tuner.storage.checkpoints import load_checkpoint
from tuner.study import coordinator
from tuner.study.coordinator import StudyProgress
from tuner.study.optuna_storage import connected, default_url
from tuner.study.sampling import sample_batch
from tuner.study.studies import run_study, stored_studies, stored_study
from tuner.study.trials import finished_trial

ETA: dict[str, Any] = {"eta": 0.5}
"""Where it is not the subject how η is found: that takes half the time of a small study."""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> StudySummary:
    return run(spec_of(), tmp_path_factory.mktemp("small"))


def batches(summary: StudySummary) -> list[list[Trial]]:
    numbers = sorted({trial.batch for trial in summary.trials})
    return [[t for t in summary.trials if t.batch == n] for n in numbers]


def test_trials_come_in_batches(small: StudySummary) -> None:
    assert [trial.number for trial in small.trials] == list(range(14))
    assert [len(batch) for batch in batches(small)] == [6, 6, 2]
    assert [t.batch_size for t in small.trials] == [6] * 12 + [2] * 2
    n = data_of("iris").tuning.train.n
    drawn = sample_batch(spec_of(), [], 0, 6, n)
    assert [small.stored_params(trial) for trial in small.trials[:6]] == drawn


def test_the_weaker_half_of_a_batch_is_pruned_at_each_rung(small: StudySummary) -> None:
    """The rule once more, from what is stored of each trial alone."""
    for batch in batches(small):
        going = {trial.number: trial for trial in batch}
        for rung in (2, 5):
            assert all(rung in trial.rungs for trial in going.values())
            ranked = sorted(going, key=lambda n: (-going[n].rungs[rung], n))
            best = set(ranked[: -(-len(ranked) // 2)])
            stopped = {n for n, t in going.items() if ended_by(t, rung)}
            pruned = going.keys() - best - stopped
            for number in pruned:
                trial = going.pop(number)
                assert (trial.state, max(trial.rungs)) == ("pruned", rung)
                assert trial.epochs == (rung,)
                assert trial.stop_reason == ("pruned",)
        for trial in going.values():
            assert (trial.state, sorted(trial.rungs)) == ("complete", [2, 5, 12])
            assert trial.stop_reason != ("pruned",)


def ended_by(trial: Trial, rung: int) -> bool:
    """Whether the trial's network stopped by itself at or before a rung."""
    reasons, epochs = trial.stop_reason, trial.epochs
    return bool(reasons != ("pruned",) and max(epochs) <= rung)


def test_both_states_occur(small: StudySummary) -> None:
    counts = small.counts
    assert counts["complete"] > 0 < counts["pruned"]
    assert (sum(counts.values()), counts["failed"]) == (14, 0)


def test_a_value_is_the_best_validation_accuracy_so_far(small: StudySummary) -> None:
    for trial in small.trials:
        (value,) = trial.values
        assert value == trial.rungs[max(trial.rungs)]
        assert (value,) == trial.network_values
        at_rungs = [trial.rungs[rung] for rung in sorted(trial.rungs)]
        assert at_rungs == sorted(at_rungs)
        assert 0 < value <= 1


def test_what_is_known_of_each_trial(small: StudySummary) -> None:
    for trial in small.trials:
        (epochs,), (best,) = trial.epochs, trial.best_epoch
        assert 1 <= best <= epochs <= 12
        assert trial.eta > 0
        assert trial.seconds > 0
        assert trial.diverged is False
        assert trial.batch == trial.number // 6
        (curve,) = trial.curves
        assert (len(curve), max(curve), curve.index(max(curve)) + 1) == (
            epochs,
            *trial.values,
            best,
        )


def test_lambda_moves_eta_in_some_trials(small: StudySummary) -> None:
    of_shape = [t.eta for t in small.trials if t.params["hidden"] == (8,)]
    assert len(set(of_shape)) > 1


def test_the_best_is_the_first_of_the_highest(small: StudySummary) -> None:
    complete = [trial for trial in small.trials if trial.state == "complete"]
    highest = max(trial.values[0] for trial in complete)
    assert small.best == next(trial for trial in complete if trial.values[0] == highest)


def test_what_is_stored_is_what_was_returned(tmp_path: Path) -> None:
    summary = run(spec_of(**ETA), tmp_path)
    assert stored_study(default_url(tmp_path), "small") == summary
    assert stored_studies(default_url(tmp_path)) == [summary]
    with connected(default_url(tmp_path)) as storage:
        trials = storage.get_all_trials(0 + storage.get_study_id_from_name("small"))
    assert all(t.datetime_start and t.datetime_complete for t in trials)


# One trial at a time


def only(tmp_path: Path, **changes: Any) -> Sequence[Trial]:
    return run(spec_of(**changes), tmp_path).trials


def test_a_trial_that_stopped_by_itself_is_complete_though_it_ranks_low(tmp_path: Path) -> None:
    trials = only(
        tmp_path,
        eta=1e-5,
        train={"epochs": 12, "patience": 1, "warm_up": 0},
        rungs=[6, 9],
        keep=0.01,
    )
    early = [t for t in trials if max(t.epochs) < 6]
    low = [t for t in early if t.values[0] < max(b.values[0] for b in trials[:6])]
    assert low
    for trial in early:
        assert trial.state == "complete"
        assert sorted(trial.rungs) == [6, 9, 12]
        assert trial.stop_reason == ("no-improvement",)


def test_a_trial_that_diverges_is_told_the_worst_value_and_marked(tmp_path: Path) -> None:
    trials = only(
        tmp_path,
        eta="search",
        network={"hidden": [8], "activation": "relu"},
        search={"eta": {"choices": [0.1, 1e30]}},
        sampler="random",
    )
    lost = [trial for trial in trials if trial.params["eta"] == 1e30]
    sound = [trial for trial in trials if trial.params["eta"] == 0.1]
    assert lost
    assert sound
    for trial in lost:
        assert trial.state == "complete"
        assert trial.values == (0.0,)
        assert set(trial.rungs.values()) == {0.0}
        assert trial.diverged is True
        assert trial.stop_reason == ("diverged",)
    for trial in sound:
        assert trial.values[0] > 0
        assert trial.diverged is False


def test_a_given_eta_is_used_and_no_other_sought(tmp_path: Path) -> None:
    trials = only(tmp_path, eta=0.25, trials=4)
    assert {trial.eta for trial in trials} == {0.25}
    assert not (tmp_path / "etas.json").exists()


def test_a_searched_eta_is_the_one_used(tmp_path: Path) -> None:
    eta = {"low": 0.01, "high": 1, "log": True}
    trials = only(tmp_path, eta="search", search={"eta": eta}, trials=4)
    assert all(trial.eta == trial.params["eta"] for trial in trials)
    assert len({trial.eta for trial in trials}) == 4


def test_several_seeds_give_their_mean(tmp_path: Path) -> None:
    trials = only(tmp_path, seeds=3, trials=6, **ETA)
    for trial in trials:
        accuracies = trial.network_values
        assert len(accuracies) == 3
        assert trial.values[0] == sum(accuracies) / 3
    assert any(len(set(trial.network_values)) > 1 for trial in trials)
    complete = [trial for trial in trials if trial.state == "complete"]
    assert all("pruned" not in trial.stop_reason for trial in complete)


def test_the_first_of_several_seeds_is_the_one_of_a_single(tmp_path: Path) -> None:
    changes = {"trials": 3, "batch": 3, "rungs": [], **ETA}
    (tmp_path / "one").mkdir()
    several = only(tmp_path / "three", seeds=3, **changes)
    single = only(tmp_path / "one", seeds=1, **changes)
    for one, three in zip(single, several, strict=True):
        assert one.params == three.params
        assert one.network_values == three.network_values[:1]


def test_two_objectives_give_two_values_and_no_pruning(tmp_path: Path) -> None:
    trials = only(tmp_path, objectives=["validation_accuracy", "parameters"], rungs=[], **ETA)
    sizes: dict[Value, int] = {(4,): 4 * 5 + 5 * 3, (8,): 8 * 5 + 9 * 3, (6, 4): 30 + 28 + 15}
    assert {trial.params["hidden"] for trial in trials} == {*sizes}
    for trial in trials:
        accuracy, parameters = trial.values
        assert trial.state == "complete"
        assert 0 < accuracy <= 1
        assert parameters == sizes[trial.params["hidden"]]


def test_training_time_as_an_objective(tmp_path: Path) -> None:
    for trial in only(
        tmp_path, objectives=["validation_accuracy", "seconds"], rungs=[], trials=3, **ETA
    ):
        assert trial.values[1] == trial.seconds > 0


def test_a_grid_ends_with_its_last_point(tmp_path: Path) -> None:
    search = {"lambda": {"choices": [0, 0.1, 1]}, "hidden": {"choices": [[4], [8]]}}
    spec = spec_of(sampler="grid", search=search, trials=50, batch=4)
    summary = run(spec, tmp_path)
    points = [tuple(trial.params.values()) for trial in summary.trials]
    assert len(points) == len(set(points)) == 6
    assert run(spec, tmp_path) == summary


@pytest.mark.parametrize("sampler", ["random", pytest.param("gp", marks=pytest.mark.torch)])
def test_other_samplers_run_a_study(tmp_path: Path, sampler: str) -> None:
    if sampler == "gp":
        pytest.importorskip("torch", reason="sampler = gp needs PyTorch")
    trials = only(tmp_path, sampler=sampler, trials=9, batch=3)
    assert len({str(trial.params) for trial in trials}) == 9


def test_without_pytorch_gp_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'eta-tuner\[torch\]'"):
        run(spec_of(sampler="gp"), tmp_path)


@pytest.mark.parametrize("schedule", ["constant", "halving"])
def test_strategies_can_be_searched(tmp_path: Path, schedule: str) -> None:
    search = {"schedule": {"choices": ["constant", "halving"]}, "patience": {"choices": [1, 3]}}
    trials = only(tmp_path, search=search, rungs=[], sampler="grid")
    chosen = [trial for trial in trials if trial.params["schedule"] == schedule]
    assert {trial.params["patience"] for trial in chosen} == {1, 3}
    reasons = {reason for trial in chosen for reason in trial.stop_reason}
    assert ("no-improvement" in reasons) is (schedule == "constant")


# Watched and stopped


def test_whoever_watches_sees_the_trials_come(tmp_path: Path) -> None:
    seen: list[StudyProgress] = []
    run(spec_of(), tmp_path, callbacks=Callbacks(watch=seen.append))
    told = [len(progress.trials) for progress in seen]
    assert told == sorted(told)
    assert {0, 6, 12, 14} < set(told)  # batches end there; some trials end before their batch
    assert {progress.target for progress in seen} == {14}
    doing = " ".join(progress.doing for progress in seen)
    assert "finding η" in doing
    assert "to epoch 5" in doing
    unmeasured, *left = [progress.seconds_left for progress in seen]
    assert unmeasured is None
    assert all(
        seconds is not None and (seconds > 0) == (len(progress.trials) < 14)
        for seconds, progress in zip(left, seen[1:], strict=True)
    )


@pytest.mark.parametrize(
    "looks", [0, 462, 500, *(pytest.param(n, marks=pytest.mark.long) for n in (1, 100, 468, 637))]
)
def test_a_study_stopped_at_any_moment_goes_on_to_the_same_end(tmp_path: Path, looks: int) -> None:
    asked = iter([False] * looks)
    callbacks = Callbacks[StudyProgress](stop_asked=lambda: next(asked, True))
    summary, complete = run_study(spec_of(), data_of("iris"), tmp_path, callbacks=callbacks)
    assert complete is False
    assert trials_of(summary) == undisturbed()[: len(summary.trials)]
    assert trials_of(run(spec_of(), tmp_path)) == undisturbed()


def test_a_stop_that_is_asked_for_at_the_end_of_a_batch_begins_nothing_new(tmp_path: Path) -> None:
    seen: list[str] = []
    callbacks = Callbacks[StudyProgress](
        watch=lambda progress: seen.append(progress.doing), stop_asked=lambda: seen[-1:] == [""]
    )
    run_study(spec_of(), data_of("iris"), tmp_path, callbacks=callbacks)
    assert seen[-1] == ""


def test_a_stop_is_heard_within_a_search_for_eta(tmp_path: Path) -> None:
    seen: list[str] = []
    callbacks = Callbacks[StudyProgress](
        watch=lambda progress: seen.append(progress.doing), stop_asked=lambda: len(seen) == 2
    )
    run_study(spec_of(), data_of("iris"), tmp_path, callbacks=callbacks)
    assert seen == ["finding η (3 to go)", "finding η (4 to go)"], "one was found, the next begun"
    assert len(json.loads((tmp_path / "etas.json").read_text())["content"]["searches"]) == 1


def test_a_finished_study_is_left_as_it_is(tmp_path: Path) -> None:
    summary = run(spec_of(**ETA), tmp_path)
    callbacks = Callbacks[StudyProgress](stop_asked=lambda: True)
    assert run_study(spec_of(**ETA), data_of("iris"), tmp_path, callbacks=callbacks) == (
        summary,
        True,
    )
    assert not list(tmp_path.glob("trial-*"))
    assert not (tmp_path / "batch.json").exists()


@pytest.mark.parametrize(
    "steps", [[8, 14], *(pytest.param(s, marks=pytest.mark.long) for s in ([6, 14], [3, 8, 14]))]
)
def test_a_target_raised_in_steps_gives_the_same_each_time(
    tmp_path: Path, steps: list[int]
) -> None:
    ends = []
    for attempt in ("one", "two"):
        for trials in steps:
            summary = run(spec_of(**ETA), tmp_path / attempt, trials=trials)
            assert len(summary.trials) == trials
        ends.append(trials_of(summary))
    assert ends[0] == ends[1]
    assert (ends[0] == undisturbed(**ETA)) is (steps == [6, 14])


def test_without_its_files_a_batch_told_in_part_is_drawn_again(tmp_path: Path) -> None:
    class KilledError(Exception):
        pass

    told = iter(range(99))

    def finished(*args: Any, **named: Any) -> Any:
        if next(told) == 8:
            raise KilledError
        return finished_trial(*args, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coordinator, "finished_trial", finished)
        with pytest.raises(KilledError):
            run(spec_of(**ETA), tmp_path)
    for path in tmp_path.iterdir():
        if path.name != "study.db":
            path.unlink()
    assert len(stored_study(default_url(tmp_path), "small").trials) == 8
    assert trials_of(run(spec_of(**ETA), tmp_path)) == undisturbed(**ETA)


# A long rung is trained in slices


@pytest.fixture
def one_epoch_a_slice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coordinator, "SLICE_SECONDS", 0.0)


@pytest.mark.usefixtures("one_epoch_a_slice")
def test_slices_change_nothing_and_are_seen(tmp_path: Path) -> None:
    seen: list[str] = []
    callbacks = Callbacks[StudyProgress](watch=lambda progress: seen.append(progress.doing))
    assert trials_of(run(spec_of(**ETA), tmp_path, callbacks=callbacks)) == undisturbed(**ETA)
    assert {"training to epoch 12, now at 6", "training to epoch 12, now at 7"} <= set(seen)


@pytest.mark.usefixtures("one_epoch_a_slice")
def test_trials_are_stored_as_they_end_not_at_the_end_of_their_batch(tmp_path: Path) -> None:
    stored: list[int] = []

    def watch(_: StudyProgress) -> None:
        with connected(default_url(tmp_path)) as storage:
            stored.append(len(storage.get_all_trials(storage.get_study_id_from_name("small"))))

    spec = spec_of(trials=6, rungs=[], seed=2, train={"epochs": 30, "patience": 1}, **ETA)
    run(spec, tmp_path, callbacks=Callbacks(watch=watch))  # the first of its trials end first
    assert set(stored) - {0, 6}


@pytest.mark.usefixtures("one_epoch_a_slice")
def test_a_study_stopped_within_a_rung_goes_on_from_its_last_slice(tmp_path: Path) -> None:
    seen: list[str] = []
    callbacks = Callbacks[StudyProgress](
        watch=lambda progress: seen.append(progress.doing),
        stop_asked=lambda: seen[-1:] == ["training to epoch 12, now at 6"],
    )
    summary, complete = run_study(spec_of(**ETA), data_of("iris"), tmp_path, callbacks=callbacks)
    assert (complete, summary.trials) == (False, ())
    stored = [load_checkpoint(path)[0] for path in tmp_path.glob("trial-*.safetensors")]
    assert max(len(network.history) for network in stored) in {6, 7}
    assert trials_of(run(spec_of(**ETA), tmp_path)) == undisturbed(**ETA)
