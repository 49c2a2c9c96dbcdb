"""What is chosen against overfitting, from tables of accuracies and gaps."""

import pytest

from tuner.data import load
from tuner.records import Hyperparameters, Regularizer, Run, StopReason
from tuner.tuning.steps.learning_rate import network_kinds
from tuner.tuning.steps.overfitting import better_kind, choice, regularizers_for
from tuner.tuning.tasks import first_of


def tried(**accuracies: tuple[float, float]) -> list[Regularizer]:
    """Regularizers by name, each with its accuracy and gap."""
    run = Run(
        settings=Hyperparameters(eta=0.1),
        history=(),
        best_epoch=0,
        stop_reason=StopReason.EPOCHS,
        stop_words="",
    )
    return [Regularizer(name=n, run=run, value=a, gap=g) for n, (a, g) in accuracies.items()]


TABLE = {"none": (0.95, 0.05), "l2": (0.951, 0.05), "l1": (0.94, 0.04), "dropout": (0.93, 0.01)}


@pytest.mark.parametrize(
    ("changes", "patient", "expected"),
    [
        pytest.param({}, False, "l2", id="nothing is clearly better than L2"),
        pytest.param({"none": (0.953, 0.05)}, False, "l2", id="not even no means at all"),
        pytest.param({"dropout": (0.97, 0.01)}, False, "dropout", id="clearly better"),
        pytest.param({"l1": (0.97, 0.03)}, True, "l1", id="patience does not matter to L1"),
        pytest.param(
            {"shift": (0.98, 0.01), "distort": (0.96, 0.0)}, False, "shift", id="in a hurry"
        ),
        pytest.param(
            {"shift": (0.98, 0.01), "distort": (0.96, 0.0)}, True, "distort", id="with patience"
        ),
        pytest.param(
            {"shift": (0.98, 0.01), "distort": (0.90, 0.0)}, True, "shift", id="it must keep up"
        ),
    ],
)
def test_what_the_search_goes_on_with(
    changes: dict[str, tuple[float, float]], patient: bool, expected: str
) -> None:
    table = tried(**TABLE | changes)
    assert table[choice(table, 2_000, patient=patient)].name == expected


@pytest.mark.parametrize(
    ("relu", "on_all", "expected"),
    [
        (0.946, True, "relu"),
        (0.944, True, "sigmoid"),
        (0.944, False, "relu"),
        (0.920, False, "sigmoid"),
    ],
)
def test_which_kind_goes_on(relu: float, on_all: bool, expected: str) -> None:
    plain = tried(sigmoid=(0.95, 0.0), relu=(relu, 0.0))
    assert better_kind(plain, 2_000, on_all=on_all).name == expected


@pytest.mark.parametrize(
    ("n", "article", "patient", "expected"),
    [
        (4_000, True, False, "l2 l1 dropout"),
        (500, True, False, "l2 l1"),
        (500, True, True, "l2 l1 dropout"),
        (500, False, False, "l2 l1 shift"),
        (500, False, True, "l2 l1 dropout shift distort"),
        (4_000, False, False, "l2 l1 dropout shift distort"),
    ],
)
def test_what_is_tried(n: int, article: bool, patient: bool, expected: str) -> None:
    data = load("mnist-5k").tuning
    assert regularizers_for(data, n, article=article, patient=patient) == expected.split()


def test_a_part_of_the_data_holds_every_class() -> None:
    data = load("mnist-5k").tuning
    part = first_of(data, 50, n_validation=100)
    assert part.train.n == 50
    assert set(part.train.y) == set(part.validation.y) == set(range(10))


def test_few_examples_keep_the_mini_batch_of_the_article() -> None:
    iris, digits = load("iris").tuning, load("mnist-5k").tuning
    assert {s.batch_size for s in network_kinds(iris, article=False, seed=0).values()} == {10}
    assert {s.batch_size for s in network_kinds(digits, article=False, seed=0).values()} == {32}
    assert [*network_kinds(digits, article=True, seed=0)] == ["sigmoid"]
