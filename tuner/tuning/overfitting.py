"""The first steps: whether there is anything to learn, which η, what overfitting looks like.

Article, sections "How to choose hyperparameters", "Learning rate" and "Overfitting and
regularisation": begin with a quick signal, and leave early stopping off so that overfitting shows.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tuner.data import TuningData
from tuner.execution.base import Executor, run_all
from tuner.execution.tasks import FindEta, TrainTo
from tuner.records import (
    EtaSearch,
    Hyperparameters,
    Means,
    Overfitting,
    Record,
    Run,
    Signal,
    Strategy,
)
from tuner.stats import is_as_good, newcombe
from tuner.strategies.plans import policies
from tuner.trainers.native import NativeTrainer
from tuner.training.eta_finder import ProbePlan, find_eta
from tuner.training.loop import begin, train
from tuner.tuning.jobs import OnFirst, Pace, first_of

SIGNAL_EXAMPLES, SIGNAL_EPOCHS = 1_000, 10
LOOK_EPOCHS, LOOK_SHARE = 20, 0.08
"""Epochs of the look at overfitting, and the share of the budget that it may take."""

ETA_STEPS = 600
"""Steps of a probe at the most: this η serves to look around, and is found again at the end."""

SMALL = 2_000
"""With fewer examples a mini-batch is the article's 10 for every kind of network."""

FEW = 0.25
"""Share of the training examples below which a look does not speak for all of them.

On MNIST (784-300-10, m = 32, 20 seconds for two seeds) images shifted by a pixel give 98.78 % on
validation data and distorted ones 98.55; on 2,000 of them, the look, 94.7 and 94.9.
"""

SLOW = {"dropout", "distort"}
"""Means that take two to three times the epochs."""

ARTICLE_DECAY = 1e-4
"""λ/n of the article's L2; for L1 a tenth of it pulls as hard on a weight of 0.1."""

LOOK = Strategy(epochs=LOOK_EPOCHS, patience=None, schedule="planned", until=0.03)
"""With η halved in the second half networks can be told apart; at constant η they leap about."""

Change = Callable[[Hyperparameters, int], Hyperparameters]

WAYS: Mapping[str, Change] = {
    "l2": lambda s, n: replace(s, lambda_=ARTICLE_DECAY * n),
    "l1": lambda s, n: replace(s, lambda_=ARTICLE_DECAY / 10 * n, regularization="l1"),
    "dropout": lambda s, _: replace(s, dropout=0.5),
    "shift": lambda s, _: replace(s, expansion="shift"),
    "distort": lambda s, _: replace(s, expansion="distort"),
}
"""The means against overfitting that are compared, and what each does to the settings."""


FRESH = ("shift", "distort")
"""Those that change images anew in every epoch."""


@dataclass(frozen=True, kw_only=True)
class Searches(Record):
    """The η searches of a step, by the kind of network."""

    found: Mapping[str, EtaSearch]


def kinds(data: TuningData, *, article: bool, seed: int) -> dict[str, Hyperparameters]:
    """Return the kinds of network to begin with, by name; η is where the search for it begins."""
    hidden = (100,) if data.train.x.shape[1] >= 64 else (30,)
    sigmoid = Hyperparameters(eta=0.01, hidden=hidden, seed=seed)
    if article:
        return {"sigmoid": sigmoid}
    sigmoid = replace(sigmoid, batch_size=32 if data.train.n >= SMALL else 10)
    return {"sigmoid": sigmoid, "relu": replace(sigmoid, activation="relu", cost="log-likelihood")}


def quick_signal(data: TuningData, seed: int) -> Signal:
    """Train a small network on little data, to see whether it beats chance."""
    few = first_of(data, SIGNAL_EXAMPLES)
    trainer = NativeTrainer(few)
    settings = Hyperparameters(eta=0.01, hidden=(30,), seed=seed)
    settings = replace(settings, eta=find_eta(trainer, settings, plan=ProbePlan(seeds=1)).eta)
    plan = policies(settings.eta, Strategy(epochs=SIGNAL_EPOCHS, patience=None))
    (trained,) = train(trainer, [begin(trainer, settings, *plan)])
    frequent = np.bincount(few.train.y).argmax()
    return Signal(
        run=trained.record,
        n_train=few.train.n,
        chance=float((data.validation.y == frequent).mean()),
    )


def examples_for_look(
    data: TuningData, starts: Mapping[str, Hyperparameters], budget: float, workers: int
) -> int:
    """Return how many examples the look at overfitting can train on within its share of budget."""
    few = first_of(data, SIGNAL_EXAMPLES)
    settings = [*starts.values()][-1]
    pace = Pace(settings, min(0.1, budget / 500))(NativeTrainer(few)) / few.train.n
    runs = 7 if data.image_shape else 5
    affordable = LOOK_SHARE * budget * workers / (runs * LOOK_EPOCHS * pace)
    return int(min(data.train.n, max(SIGNAL_EXAMPLES, affordable)))


def find_etas(starts: Mapping[str, Hyperparameters], n: int, workers: Executor) -> Searches:
    """Find η for each kind of network on the first n examples."""
    plan = ProbePlan(most_steps=ETA_STEPS, seeds=1)
    found = run_all(workers, [OnFirst(n, FindEta(settings, plan)) for settings in starts.values()])
    return Searches(found=dict(zip(starts, found, strict=True)))


def look_at_overfitting(
    data: TuningData,
    starts: Mapping[str, Hyperparameters],
    n: int,
    *,
    article: bool,
    patient: bool,
    workers: Executor,
) -> Overfitting:
    """Train with early stopping off, plainly and with each means, and choose what to go on with.

    Parameters
    ----------
    data
        Training and validation part.
    starts
        Each kind of network, with its η.
    n
        Examples to train on.
    article
        Whether to leave out expanded data.
    patient
        Whether the final networks will train for long. Then changed images that keep up with the
        plain network are judged by the gap: where it is narrow there is room to learn more.
    workers
        Where to train.
    """
    looked_at = first_of(data, n)
    trainer, n_validation = NativeTrainer(looked_at), looked_at.validation.n

    def trained(all_settings: Sequence[Hyperparameters]) -> list[Run]:
        beginnings = [begin(trainer, s, *policies(s.eta, LOOK)) for s in all_settings]
        tasks = [OnFirst(n, TrainTo((each,), LOOK_EPOCHS)) for each in beginnings]
        return [result.record for (result,) in run_all(workers, tasks)]

    plain = [_means("none", run) for run in trained([*starts.values()])]
    better = _better_kind(plain, n_validation, on_all=n == data.train.n).run.settings
    ways = _ways(data, n, article=article, patient=patient)
    changed = trained([WAYS[way](better, n) for way in ways])
    tried = (*plain, *(_means(way, run) for way, run in zip(ways, changed, strict=True)))
    return Overfitting(n_train=n, tried=tried, chosen=_choice(tried, n_validation, patient=patient))


def _better_kind(plain: Sequence[Means], n_validation: int, *, on_all: bool) -> Means:
    """Choose rectified neurons where they are as good; on a part, where they are not clearly worse.

    On more examples than it was looked at they gain, for they take fewer epochs.
    """
    first, last = plain[0], plain[-1]
    if on_all:
        return last if is_as_good(last.accuracy, first.accuracy, n_validation) else first
    return first if _is_clearly_better(first, last, n_validation) else last


def _is_clearly_better(one: Means, other: Means, n_validation: int) -> bool:
    return newcombe(one.accuracy, other.accuracy, (n_validation, n_validation))[0] > 0


def _ways(data: TuningData, n: int, *, article: bool, patient: bool) -> list[str]:
    """Return what to try; what takes many epochs where they are there.

    What that is good for on a few of many examples it is not in the few epochs that all of them
    get.
    """
    pictures = data.image_shape is not None and not article
    slow = patient or n >= data.train.n * FEW
    return [w for w in WAYS if (pictures or w not in FRESH) and (slow or w not in SLOW)]


def _means(name: str, run: Run) -> Means:
    last = run.history[-max(1, LOOK_EPOCHS // 5) :]
    accuracy = float(np.mean([epoch.validation_accuracy for epoch in last]))
    training = float(np.mean([epoch.training_accuracy for epoch in last]))
    return Means(name=name, run=run, accuracy=accuracy, gap=training - accuracy)


def _choice(tried: Sequence[Means], n_validation: int, *, patient: bool) -> int:
    """Choose the best, but L2 where that is as good: λ is searched whatever is chosen."""
    best = max(range(len(tried)), key=lambda i: tried[i].accuracy)
    if patient and tried[best].name in FRESH:
        plain = next(m for m in reversed(tried) if m.name == "none")
        rivals = [i for i, m in enumerate(tried) if m.name in FRESH]
        keep_up = [i for i in rivals if not _is_clearly_better(plain, tried[i], n_validation)]
        return min(keep_up, key=lambda i: tried[i].gap)
    (l2,) = (i for i, means in enumerate(tried) if means.name == "l2")
    return l2 if is_as_good(tried[l2].accuracy, tried[best].accuracy, n_validation) else best
