"""The whole order of work on small data: what it leaves, and that it does not depend on how."""

import itertools
import json
import shutil
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tuner.data import Dataset, from_arrays, load
from tuner.execution.base import Callbacks
from tuner.execution.opening import open_executor
from tuner.metrics import METRICS
from tuner.records import TuneProgress, TuneRecord, from_json, to_json
from tuner.report import write_tune
from tuner.report.measure import Measure
from tuner.storage.models import load_model
from tuner.study.spec import read_spec
from tuner.tuning.parts import trainer_of
from tuner.tuning.pipeline import MODEL, SETTINGS, WORK, Tuned, tune
from tuner.tuning.request import TuneRequest

PLANS = (
    *("identity", "look-plan", "paces", "search-plan", "probe-plan"),
    *("confirmation-plan", "confirmation-plan-2", "confirmation-plan-3"),
)
"""What the clock decides; all else follows from it."""

REQUEST = TuneRequest(budget=1, seed=3, source="iris")


def tuned(
    folder: Path, *, workers: int = 1, callbacks: Callbacks[TuneProgress] = Callbacks()
) -> Tuned | None:
    data = load("iris", seed=3)
    with closing(open_executor(trainer_of(data), workers)) as crew:
        return tune(data, REQUEST, folder, executor=crew, callbacks=callbacks)


def take_plan(source: Path, target: Path) -> None:
    (target / WORK).mkdir(parents=True)
    files = [source / WORK / f"{name}.json" for name in PLANS]
    for file in (*files, *(source / WORK).glob("kind-*.json")):
        if file.exists():
            shutil.copy(file, target / WORK)


def timeless(record: TuneRecord) -> Any:
    """A record without what depends on the clock."""

    def stripped(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: stripped(v) for k, v in value.items() if k not in ("seconds", "spent")}
        return [stripped(v) for v in value] if isinstance(value, list) else value

    return json.loads(json.dumps(stripped(to_json(record))))


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Tuned]:
    folder = tmp_path_factory.mktemp("done")
    found = tuned(folder)
    assert found
    return folder, found


def test_every_step_has_its_evidence(done: tuple[Path, Tuned]) -> None:
    record = done[1].record
    assert [step.name for step in record.steps] == [
        *("signal", "eta", "overfitting", "study", "eta-again", "final", "test")
    ]
    assert sum(step.seconds for step in record.steps) <= record.seconds
    assert record.test.openings == 1
    assert record.final.winner in record.final.tied
    assert {m.name for m in record.overfitting.tried} == {"none", "l2", "l1", "dropout"}
    assert record.settings.eta == record.eta_again.eta


def test_the_model_is_what_the_record_says(done: tuple[Path, Tuned]) -> None:
    folder, found = done
    model, data = load_model(folder / MODEL), load("iris", seed=3)
    committee = found.record.final.committee
    assert committee is not None
    assert model.weights == committee.weights
    assert model.temperature == committee.temperature
    test = data.open_test(*model.preprocessings)
    assert model.accuracy(test.x, test.y) == found.record.test.value
    assert model.validation_accuracy == committee.metrics["accuracy"]


def test_the_settings_file_is_a_study_file(done: tuple[Path, Tuned]) -> None:
    folder, found = done
    spec = read_spec(folder / SETTINGS)
    assert spec.eta == found.record.settings.eta
    assert spec.train.epochs == found.record.final.strategy.epochs
    assert spec.data.split_seed == 3


def test_the_same_plan_gives_the_same_with_two_workers(
    done: tuple[Path, Tuned], tmp_path: Path
) -> None:
    take_plan(done[0], tmp_path)
    again = tuned(tmp_path, workers=2)
    assert again
    assert timeless(again.record) == timeless(done[1].record)
    assert (tmp_path / MODEL).read_bytes() == (done[0] / MODEL).read_bytes()
    assert (tmp_path / SETTINGS).read_bytes() == (done[0] / SETTINGS).read_bytes()


@pytest.mark.parametrize("patience", [5, 7])
def test_stopped_again_and_again_it_comes_to_the_same(
    done: tuple[Path, Tuned], tmp_path: Path, patience: int
) -> None:
    """Each go ends, or stops after it has looked `patience` times at whether to stop."""
    take_plan(done[0], tmp_path)
    goes, found = 0, None
    while found is None:
        looks = itertools.chain([False] * patience, itertools.repeat(True))
        found = tuned(tmp_path, callbacks=Callbacks(stop_asked=partial(next, looks)))
        goes += 1
        assert goes < 60
    assert goes > 1
    assert timeless(found.record) == timeless(done[1].record)
    assert found.record.test.openings == 1
    assert (tmp_path / MODEL).read_bytes() == (done[0] / MODEL).read_bytes()


def two_clouds(n: int, d: int, *, share: float, seed: int = 0) -> Dataset:
    rng = np.random.default_rng(seed)
    y = rng.random(n) < share
    x = rng.standard_normal((n, d))
    x[:, :2] += 2.0 * y[:, None]
    return from_arrays(x, np.where(y, "yes", "no"))


@pytest.mark.parametrize(
    ("data", "least"),
    [
        pytest.param(two_clouds(60, 4, share=0.5), 0.6, id="n = 60"),
        pytest.param(two_clouds(400, 5, share=0.08), 0.85, id="imbalanced"),
        pytest.param(two_clouds(600, 200, share=0.5), 0.7, id="mostly noise"),
    ],
)
def test_it_copes_with_small_and_awkward_data(data: Dataset, least: float, tmp_path: Path) -> None:
    found = tune(data, TuneRequest(budget=1), tmp_path, executor=open_executor(trainer_of(data)))
    assert found
    assert found.record.test.value >= least
    assert data.test_openings == 1


def test_images_are_expanded_where_that_helps(tmp_path: Path) -> None:
    digits = load("digits")
    found = tune(
        digits,
        TuneRequest(budget=4, source="digits"),
        tmp_path,
        executor=open_executor(trainer_of(digits)),
    )
    assert found
    tried = {means.name for means in found.record.overfitting.tried}
    assert {"shift", "distort"} <= tried
    assert found.record.test.value > 0.7


def test_the_article_keeps_to_its_own_means(tmp_path: Path) -> None:
    digits = load("digits")
    request = TuneRequest(budget=2, source="digits", article=True)
    found = tune(digits, request, tmp_path, executor=open_executor(trainer_of(digits)))
    assert found
    s = found.record.settings
    assert (s.activation, s.cost, s.expansion, s.batch_size) == (
        *("sigmoid", "cross-entropy", "none"),
        10,
    )


def numbers(n: int = 150) -> Dataset:
    rng = np.random.default_rng(1)
    x = rng.standard_normal((n, 3))
    y = 500 + 40 * x[:, 0] - 30 * x[:, 1] ** 2 + rng.standard_normal(n)
    return from_arrays(x, y, task="regression")


@pytest.mark.parametrize(
    ("data", "metric"),
    [
        pytest.param(numbers(), "auto", id="numbers"),
        pytest.param(numbers(), "r2", id="r2"),
        pytest.param(two_clouds(200, 3, share=0.3), "log-loss", id="log-loss"),
        pytest.param(two_clouds(200, 3, share=0.3), "auc", id="auc"),
    ],
)
def test_it_tunes_by_any_metric_and_reports_it(data: Dataset, metric: str, tmp_path: Path) -> None:
    request = TuneRequest(budget=1, metric=metric)
    found = tune(data, request, tmp_path, executor=open_executor(trainer_of(data)))
    assert found
    record, wanted = found.record, "rmse" if metric == "auto" else metric
    assert {record.final.metric, record.test.metric, record.study.result.metric} == {wanted}
    assert all(run.metric == wanted for each in record.final.candidates for run in each.runs)
    assert record.signal.has_signal(data.validation.n)
    low, high = record.test.value_interval
    assert low <= record.test.value <= high
    score = METRICS[wanted].score
    assert score(record.test.value) > score(record.signal.chance)
    assert record.final.committee is not None
    assert sum(each.weight for each in record.final.candidates) == pytest.approx(1)
    document = json.dumps(to_json(record))
    assert json.dumps(to_json(from_json(TuneRecord, document))) == document
    written = write_tune(record, tmp_path / "page")
    assert Measure(wanted).text(record.test.value) in written.html.read_text("utf-8")
