"""Models of a user's own by the verbs: which trainer they get, what is refused, what comes out."""

import random
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import SGDClassifier

import tuner
from tests.support.trainers.toy import through_pickle
from tuner.errors import DataError, OptionError, TunerError
from tuner.records import FindEtaRecord, StudyRecord, TrainRecord
from tuner.report import load_stored
from tuner.settings import FIRST_ETA, Hyperparameters
from tuner.storage import RECORDS
from tuner.trainers.own import own_trainer
from tuner.training.eta_finder import ProbePlan

torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed (extra: torch)")
nn = torch.nn
pytestmark = [pytest.mark.torch, pytest.mark.usefixtures("blank_figures")]

SHORT = ProbePlan(seeds=1, epochs=1, least_steps=12, checkpoints=6)
LOSS = nn.functional.cross_entropy


def make(s: Mapping[str, Any]) -> Any:
    return nn.Sequential(nn.Linear(4, s["width"]), nn.ReLU(), nn.Linear(s["width"], 3))


@pytest.fixture(scope="module")
def iris() -> tuner.Dataset:
    return tuner.load("iris")


def test_find_eta_train_and_search_take_a_function_that_makes_a_model(
    iris: tuner.Dataset, tmp_path: Path
) -> None:
    own: dict[str, Any] = {"model": make, "loss": LOSS, "params": {"width": 6}}
    found = tuner.find_eta(iris, optimizer=torch.optim.SGD, plan=SHORT, **own)
    run = tuner.train(iris, eta=found, epochs=3, lambda_=0.1, **own)
    space = {"width": tuner.IntRange(2, 9), "lambda_": tuner.LogRange(0.01, 10)}
    study = tuner.search(iris, space, model=make, loss=LOSS, trials=3, eta=found.eta, epochs=2)

    assert run.settings == Hyperparameters(eta=found.eta, lambda_=0.1, own={"width": 6})
    assert run.model[0].out_features == 6
    assert study.best.params.keys() == {"width", "lambda_"}
    width = study.best.params["width"]
    assert isinstance(width, int)
    assert (
        study.best.parameters == 8 * width + 3 == sum(p.numel() for p in study.model.parameters())
    )
    for result, kind in ((found, FindEtaRecord), (run, TrainRecord), (study, StudyRecord)):
        page = result.report(tmp_path / kind.__name__)
        stored = load_stored(page.with_name(RECORDS))
        assert isinstance(stored, kind)
        assert stored == result.record
        assert stored.data == iris.summary
        text = page.read_text("utf-8")
        assert "width" in text
        assert "sigmoid" not in text, "our networks' defaults say nothing of this model"
    assert "model=make, loss=cross_entropy" in found.record.command


def test_a_study_of_one_s_own_model_goes_on(iris: tuner.Dataset, tmp_path: Path) -> None:
    def run(trials: int) -> Any:
        space = {"width": [3, 5], "deep": [True, False], "share": tuner.Range(0, 1)}
        return tuner.search(
            iris,
            space,
            model=make,
            params={"fixed": "a"},
            trials=trials,
            eta=0.1,
            epochs=1,
            batch=2,
            folder=tmp_path,
        )

    first, again = run(2), run(4)
    assert again.trials[:2] == first.trials
    assert len(again.trials) == 4
    assert isinstance(again.trials[-1].params["deep"], bool)
    assert isinstance(again.trials[-1].params["share"], float)
    assert again.record.plan.network["fixed"] == "a"


@pytest.mark.long
def test_trials_do_not_depend_on_the_workers(iris: tuner.Dataset) -> None:
    """The function is one of this test: it is sent as it is."""
    wide = 2

    def local(s: Mapping[str, Any]) -> Any:
        return nn.Sequential(nn.Linear(4, wide * s["width"]), nn.Linear(wide * s["width"], 3))

    space = {"width": [2, 4], "lambda_": tuner.LogRange(0.01, 1)}
    one, two = (
        tuner.search(
            iris, space, model=local, loss=LOSS, trials=3, eta=0.1, epochs=2, workers=workers
        )
        for workers in (1, 2)
    )
    assert [t.curves for t in one.trials] == [t.curves for t in two.trials]
    assert [t.params for t in one.trials] == [t.params for t in two.trials]


def test_a_trainer_pickles_with_functions_that_no_module_has(iris: tuner.Dataset) -> None:
    wide = 5
    trainer = tuner.TorchTrainer(lambda _: nn.Linear(4, 3 if wide else 0), iris)
    sent, settings = through_pickle(trainer), Hyperparameters(eta=0.1)
    here, there = (t.advance([t.start(settings)], 7) for t in (trainer, sent))
    assert trainer.measure(here, "validation") == sent.measure(there, "validation")


class Unsendable:
    def __init__(self) -> None:
        self.generator = (i for i in range(3))

    def __call__(self, _: Any) -> Any:
        return nn.Linear(4, 3)


def test_a_model_that_cannot_be_sent_is_one_line(iris: tuner.Dataset) -> None:
    space = {"lambda_": [0.0, 1.0]}
    with pytest.raises(OptionError, match=r"cannot be sent to worker processes \(.*workers=1"):
        tuner.search(iris, space, model=Unsendable(), loss=LOSS, trials=2, eta=0.1, workers=2)


def test_an_estimator_gets_its_own_trainer(iris: tuner.Dataset) -> None:
    for model in (SGDClassifier(loss="log_loss"), lambda _: SGDClassifier(loss="log_loss")):
        run = tuner.train(iris, model=model, eta=0.01, epochs=2)
        assert run.settings.own == {}
        assert run.record.result.history[0].training_cost > 0


def test_the_random_state_stays_as_it_is(iris: tuner.Dataset) -> None:
    before = torch.get_rng_state(), random.getstate(), repr(np.random.get_state())  # noqa: NPY002
    own_trainer(lambda _: nn.Linear(4, 3), iris, Hyperparameters(eta=FIRST_ETA), {})
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (random.getstate(), repr(np.random.get_state())) == before[1:]  # noqa: NPY002


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"loss": LOSS}, "loss is for a model of your own: give model= too."),
    ({"params": {"width": 3}}, "params is for a model of your own: give model= too."),
    ({"optimizer": torch.optim.SGD}, "optimizer is for a model of your own: give model= too."),
    ({"model": "mlp"}, "model is a str but must be a PyTorch module"),
    ({"model": SGDClassifier(), "loss": LOSS}, "loss is for PyTorch: leave it out"),
    ({"model": make}, "settings hold no 'width': give it in params, or search it"),
    ({"model": make, "params": {"witdh": 3}}, "do you mean witdh?"),
    ({"model": make, "params": {"hidden": 3}}, "params.hidden is a setting of ours"),
    ({"model": make, "params": {"a b": 3}}, "'a b' is no name"),
    ({"model": make, "params": {"width": nn.ReLU}}, "params.width must be a finite n"),
]


@pytest.mark.parametrize(("given", "line"), WRONG, ids=[line[:40] for _, line in WRONG])
def test_what_is_given_wrong_is_one_clear_line(
    iris: tuner.Dataset, given: dict[str, Any], line: str
) -> None:
    with pytest.raises(TunerError) as caught:
        tuner.find_eta(iris, plan=SHORT, **given)
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


WRONG_SPACE: list[tuple[dict[str, Any], str]] = [
    ({"width": 3}, "search.width must be a Range, LogRange, IntRange or a list"),
    ({"width": [3]}, "search.own.width.choices must be a list of at least 2."),
    ({"width": [3, None]}, "search.own.width.choices.1 must be a number, a text, true or false"),
    ({"width": tuner.IntRange(9, 3)}, "search.own.width: low must be below high"),
    ({"wide net": [3, 4]}, "search.own: 'wide net' is no name"),
    ({"epochs": [3, 4]}, "search.own.epochs is a setting of ours"),
]


@pytest.mark.parametrize(("space", "line"), WRONG_SPACE, ids=[line for _, line in WRONG_SPACE])
def test_a_wrong_dimension_is_one_clear_line(
    iris: tuner.Dataset, space: dict[str, Any], line: str
) -> None:
    with pytest.raises(TunerError) as caught:
        tuner.search(iris, space, model=make, trials=2, eta=0.1, epochs=1)
    assert line in str(caught.value)


def test_a_dimension_of_one_s_own_is_refused_where_no_model_knows_it() -> None:
    with pytest.raises(TunerError, match=r"search\.width is not a key of a study"):
        tuner.search("iris", {"width": [3, 4]}, trials=2, eta=0.1, epochs=1)
    spec = tuner.StudySpec(name="s", search={"own": {"width": [3, 4]}}, trials=2, eta=0.1)
    assert tuner.StudySpec(**spec.document()) == spec
    with pytest.raises(TunerError, match=r"search\.own\.width is for a model of your own"):
        tuner.search("iris", spec)


@pytest.mark.parametrize(
    ("optimizer", "akin"),
    [
        (torch.optim.SGD, "sgd"),
        (partial(torch.optim.SGD, momentum=0.5), "momentum"),
        (partial(torch.optim.SGD, momentum=0.5, nesterov=True), "nesterov"),
        (torch.optim.AdamW, "adamw"),
        (partial(torch.optim.Adam, betas=(0.8, 0.9)), "adamw"),
    ],
)
def test_the_share_of_the_threshold_is_that_of_the_optimizer(
    iris: tuner.Dataset, optimizer: Any, akin: str
) -> None:
    run = tuner.train(iris, model=nn.Linear(4, 3), optimizer=optimizer, eta=0.01, epochs=1)
    assert run.settings.optimizer == akin


def test_numbers_are_predicted_and_reported(tmp_path: Path) -> None:
    x = np.linspace(-1, 1, 50, dtype=np.float32)[:, None]
    y = 3 * x[:, 0] + 1
    data = ((x[::2], y[::2]), (x[1::2], y[1::2]))
    found = tuner.find_eta(data, model=nn.Linear(1, 1), plan=SHORT)
    run = tuner.train(data, model=nn.Linear(1, 1), eta=found, epochs=40, folder=tmp_path)
    assert run.record.metric == "rmse"
    assert run.record.validation_value < 0.1
    assert load_stored(tmp_path / RECORDS) == run.record
    assert "RMSE" in run.report(tmp_path).read_text("utf-8")
    with pytest.raises(TunerError, match="target is numbers, but a study needs classes"):
        tuner.search(data, {"lambda_": [0.0, 1.0]}, model=nn.Linear(1, 1), trials=2)


def test_data_and_model_that_do_not_fit_are_refused_at_once(iris: tuner.Dataset) -> None:
    with pytest.raises(DataError, match=r"the model fails on inputs of \(7, 4\)"):
        own_trainer(nn.Linear(5, 3), iris, Hyperparameters(eta=FIRST_ETA), {})
