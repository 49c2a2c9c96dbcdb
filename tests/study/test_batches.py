import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.study.small import data_of, spec_of
from tuner.errors import InputError
from tuner.records import EtaSearch, Hyperparameters, Outcome, StopReason
from tuner.strategies.schedules import Constant
from tuner.strategies.shares import share_of
from tuner.strategies.stopping import Stopping
from tuner.study.batches import Batch, BatchFiles, EtaFile, remove_batch_files, value_at
from tuner.study.eta_cache import MOVED_BY, Etas
from tuner.trainers.native import NativeLane, NativeTrainer
from tuner.training.eta_finder import ProbePlan, find_eta
from tuner.training.loop import Training, begin, train_epoch

IRIS = data_of("iris")
TRAINER = NativeTrainer(IRIS.tuning)
ONE = Hyperparameters(eta=0.01)
OTHER = Hyperparameters(eta=0.01, lambda_=1.0)
BATCH = Batch(
    number=3,
    first=16,
    study="abc",
    params=({"lambda": 0.1 + 0.2, "hidden": "30,20"}, {"lambda": 5.0, "hidden": "15"}),
)


def trained(
    epochs: int, *, eta: float = 0.5, seed: int = 0, budget: int = 9
) -> Training[NativeLane]:
    settings = Hyperparameters(eta=eta, hidden=(4,), seed=seed)
    training = begin(TRAINER, settings, Constant(eta=eta), Stopping(epochs=budget))
    for _ in range(epochs):
        (training,) = train_epoch(TRAINER, [training])
    return training


@pytest.fixture
def files(tmp_path: Path) -> BatchFiles:
    return BatchFiles(tmp_path, IRIS.summary)


def test_a_batch_comes_back_as_it_was(files: BatchFiles) -> None:
    assert files.load_batch() is None
    files.save_batch(BATCH)
    assert files.load_batch() == BATCH
    assert [*BATCH.trials] == [16, 17]


def test_networks_come_back_as_they_were(files: BatchFiles) -> None:
    one, two, other = trained(2), trained(3, seed=1), trained(1)
    files.save((16, 0), trained(1))
    for key, training in {(16, 0): one, (17, 1): two, (15, 0): other, (18, 0): other}.items():
        files.save(key, training)
    found = files.load(BATCH)
    assert found.keys() == {(16, 0), (17, 1)}
    for before, after in ((one, found[16, 0]), (two, found[17, 1])):
        assert after.record == before.record
        for a, b in zip(before.lane.parameters.arrays, after.lane.parameters.arrays, strict=True):
            assert (a == b).all()


def test_what_cannot_be_read_counts_as_absent(files: BatchFiles, tmp_path: Path) -> None:
    files.save_batch(BATCH)
    files.save((16, 0), trained(1))
    files.save((17, 0), trained(1))
    for name in ("batch.json", "trial-16-0.safetensors"):
        path = tmp_path / name
        path.write_bytes(path.read_bytes()[:-40])
    assert files.load_batch() is None
    assert files.load(BATCH).keys() == {(17, 0)}


def test_a_batch_that_is_done_leaves_nothing(files: BatchFiles, tmp_path: Path) -> None:
    (tmp_path / "study.db").touch()
    files.save_batch(BATCH)
    files.save((16, 0), trained(1))
    (tmp_path / ".trial-17-0.safetensors.99999999-ab.part").touch()
    files.clear()
    files.clear()
    assert [path.name for path in tmp_path.iterdir()] == ["study.db"]


def test_values_count_epochs_up_to_the_rung() -> None:
    pair = [trained(6), trained(6, seed=1)]
    curves = [[epoch.validation_accuracy for epoch in training.history] for training in pair]
    assert len(set(map(tuple, curves))) == 2
    for epoch in range(1, 7):
        best = [max(curve[:epoch]) for curve in curves]
        assert value_at(pair, epoch, 0.0) == sum(best) / 2
        assert value_at(pair[:1], epoch, 0.0) == best[0]
    assert value_at(pair, 99, 0.0) == value_at(pair, 6, 0.0)


def test_a_network_counts_as_diverged_only_from_there_on() -> None:
    sound = trained(6)
    history = tuple(
        replace(epoch, training_cost=math.inf if epoch.epoch == 4 else epoch.training_cost)
        for epoch in sound.history[:4]
    )
    stopping = replace(sound.stopping, diverged=True, last_epoch=4)
    lost = replace(sound, history=history, stopping=stopping)
    assert lost.reason is StopReason.DIVERGED
    assert value_at([lost], 3, 0.0) == value_at([sound], 3, 0.0) > 0
    assert [value_at([lost], epoch, 0.0) for epoch in (4, 5)] == [0, 0]
    assert value_at([sound, lost], 4, 0.0) == 0


# Searches for η


def search(eta: float) -> EtaSearch:
    return EtaSearch(
        eta=eta,
        threshold=2 * eta,
        bracket=(2 * eta, None),
        outcome=Outcome.FOUND,
        baseline=1.0,
        judgements=(),
        probes=(),
        spent=3.0,
        seconds=0.1,
    )


def test_searches_come_back_as_they_were(tmp_path: Path) -> None:
    file = EtaFile(tmp_path, "abc")
    found = find_eta(TRAINER, Hyperparameters(eta=0.01, hidden=(4,)), plan=ProbePlan(seeds=1))
    assert file.load() == {}
    file.save({ONE: found, OTHER: search(0.1 + 0.2)})
    again = EtaFile(tmp_path, "abc").load()
    assert again[OTHER] == search(0.1 + 0.2)
    assert repr(again[ONE]).replace("nan", "inf") == repr(found).replace("nan", "inf")


def test_searches_of_another_study_do_not_count(tmp_path: Path) -> None:
    EtaFile(tmp_path, "abc").save({ONE: search(1)})
    assert EtaFile(tmp_path, "abd").load() == {}


@pytest.mark.parametrize("damage", [b"{", b"null", b"", b"[" * 100_000])
def test_damaged_searches_are_named_with_the_way_out(tmp_path: Path, damage: bytes) -> None:
    EtaFile(tmp_path, "abc").save({ONE: search(1)})
    (tmp_path / "etas.json").write_bytes(damage)
    with pytest.raises(InputError, match=r"etas\.json: .*remove it"):
        EtaFile(tmp_path, "abc").load()


def test_an_altered_batch_or_search_is_not_used(files: BatchFiles, tmp_path: Path) -> None:
    files.save_batch(BATCH)
    EtaFile(tmp_path, "abc").save({ONE: search(1)})
    for name, was, now in (("batch.json", "5.0", "6.0"), ("etas.json", '"spent": 3', '"spent": 4')):
        text = (tmp_path / name).read_text()
        (tmp_path / name).write_text(text.replace(was, now))
        assert text != (tmp_path / name).read_text()
    assert files.load_batch() is None
    with pytest.raises(InputError, match="SHA-256"):
        EtaFile(tmp_path, "abc").load()


def test_networks_of_other_data_do_not_count(files: BatchFiles, tmp_path: Path) -> None:
    files.save((16, 0), trained(1))
    other = BatchFiles(tmp_path, replace(IRIS.summary, sha256="other"))
    assert other.load(BATCH) == {}


def test_all_of_it_goes_with_the_study(files: BatchFiles, tmp_path: Path) -> None:
    files.save_batch(BATCH)
    files.save((16, 0), trained(1))
    EtaFile(tmp_path, "abc").save({ONE: search(1)})
    remove_batch_files(tmp_path)
    assert list(tmp_path.iterdir()) == []


def etas(folder: Path, **changes: Any) -> Etas:
    return Etas(spec_of(**changes), EtaFile(folder, "abc"))


PLAIN = Hyperparameters(eta=0.01, hidden=(4,))


def test_eta_is_asked_for_without_lambda_first(tmp_path: Path) -> None:
    known = etas(tmp_path)
    settings = replace(PLAIN, lambda_=30.0)
    assert known.open_question(settings) == PLAIN
    known.learn(PLAIN, search(1.0))
    assert known.open_question(settings) == replace(PLAIN, lambda_=31.6)
    known.learn(replace(PLAIN, lambda_=31.6), search(0.25))
    assert known.open_question(settings) is None
    assert known.eta(settings, "constant") == 0.25
    assert known.eta(PLAIN, "constant") == 1.0


@pytest.mark.parametrize(
    ("found", "lambda_", "asked"),
    [
        (1.0, 0.0, 0.0),
        (1.0, MOVED_BY * 10, 0.0),
        (1.0, MOVED_BY * 10 * 1.01, 1.0),
        (2.0, MOVED_BY * 10 * 0.51, 0.316),
        (1.0, 1.7, 1.0),
        (1.0, 1.8, 3.16),
        (1.0, 5.6, 3.16),
        (1.0, 5.7, 10.0),
        (100.0, 0.02, 0.0316),
    ],
)
def test_lambda_moves_eta_where_it_shrinks_the_weights_enough(
    tmp_path: Path, found: float, lambda_: float, asked: float
) -> None:
    known = etas(tmp_path)
    known.learn(PLAIN, search(found))
    question = known.open_question(replace(PLAIN, lambda_=lambda_))
    assert (question.lambda_ if question else 0.0) == asked


def test_every_trial_of_a_shape_asks_the_same(tmp_path: Path) -> None:
    known = etas(tmp_path, seed=5)
    asked = {
        known.open_question(replace(PLAIN, seed=s, eta=0.3, lambda_=v))
        for s in (5, 6)
        for v in (0, 9)
    }
    assert asked == {replace(PLAIN, seed=5)}
    assert known.open_question(replace(PLAIN, dropout=0.5)) == replace(PLAIN, dropout=0.5, seed=5)


def test_eta_is_the_share_for_the_schedule_of_the_trial(tmp_path: Path) -> None:
    known, settings = etas(tmp_path), replace(PLAIN, optimizer="momentum")
    known.learn(settings, search(0.5))
    for schedule in ("constant", "one-cycle"):
        assert known.eta(settings, schedule) == share_of("momentum", schedule) * 1.0


def test_what_was_learned_is_kept(tmp_path: Path) -> None:
    etas(tmp_path).learn(PLAIN, search(0.75))
    assert etas(tmp_path).eta(PLAIN, "constant") == 0.75


@pytest.mark.parametrize(("given", "eta"), [(3.0, 3.0), ("search", 0.6)])
def test_an_eta_that_is_given_or_searched_is_no_question(
    tmp_path: Path, given: Any, eta: float
) -> None:
    extra = {"search": {"eta": {"low": 0.1, "high": 1}}} if given == "search" else {}
    known = etas(tmp_path, eta=given, **extra)
    settings = replace(PLAIN, eta=eta, lambda_=30.0)
    assert known.open_question(settings) is None
    assert known.eta(settings, "constant") == eta
