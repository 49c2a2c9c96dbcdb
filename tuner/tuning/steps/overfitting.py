"""Step 3: what overfitting looks like, and which regularizer helps against it.

Article, section "Overfitting and regularization": leave early stopping off at first, so that
overfitting shows.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from tuner.data import TuningData
from tuner.execution.base import run_all
from tuner.execution.tasks import TrainTo
from tuner.metrics import METRICS, SHARES
from tuner.records import Hyperparameters, Overfitting, Regularizer, Run
from tuner.stats import is_as_good, newcombe
from tuner.strategies.plans import policies
from tuner.trainers.native import NativeTrainer
from tuner.training.loop import begin
from tuner.tuning.budget import FEWEST_SHARE, LOOK, LOOK_EPOCHS, is_long
from tuner.tuning.state import Context, State
from tuner.tuning.steps.learning_rate import EtaSearches, examples_to_look_at, kinds_in
from tuner.tuning.tasks import OnFirst, first_of

ARTICLE_DECAY = 1e-4
"""λ/n of the article's L2; for L1 a tenth of it pulls as hard on a weight of 0.1."""

Change = Callable[[Hyperparameters, int], Hyperparameters]

REGULARIZERS: Mapping[str, Change] = {
    "l2": lambda s, n: replace(s, lambda_=ARTICLE_DECAY * n),
    "l1": lambda s, n: replace(s, lambda_=ARTICLE_DECAY / 10 * n, regularization="l1"),
    "dropout": lambda s, _: replace(s, dropout=0.5),
    "shift": lambda s, _: replace(s, expansion="shift"),
    "distort": lambda s, _: replace(s, expansion="distort"),
}
"""What is tried against overfitting, and what each does to the settings of n training examples."""

AUGMENTATIONS = ("shift", "distort")
"""Those that change images anew in every epoch."""

SLOW = {"dropout", "distort"}
"""Those that take two to three times the epochs."""


def look_at_overfitting(state: State, context: Context) -> Overfitting:
    """Train with early stopping off, plainly and with each regularizer, and choose one."""
    data, n = context.tuning, examples_to_look_at(context)
    looked_at, patient = first_of(data, n), is_long(context.request.budget)
    trainer, n_validation = NativeTrainer(looked_at), looked_at.validation.n

    def trained(all_settings: Sequence[Hyperparameters]) -> list[Run]:
        look = context.strategy(LOOK)
        beginnings = [begin(trainer, s, *policies(s.eta, look)) for s in all_settings]
        tasks = [OnFirst(n, TrainTo((each,), LOOK_EPOCHS)) for each in beginnings]
        return [result.record for (result,) in run_all(context.executor, tasks)]

    found = state[EtaSearches].found
    starts = [replace(s, eta=found[kind].eta) for kind, s in kinds_in(context).items()]
    worst = METRICS[context.metric].worst(looked_at.validation.y)
    plain = [measured("none", run, worst) for run in trained(starts)]
    better = better_kind(plain, n_validation, on_all=n == data.train.n).run.settings
    names = regularizers_for(data, n, article=context.request.article, patient=patient)
    changed = trained([REGULARIZERS[name](better, n) for name in names])
    tried = (*plain, *(measured(n, run, worst) for n, run in zip(names, changed, strict=True)))
    return Overfitting(n_train=n, tried=tried, chosen=choice(tried, n_validation, patient=patient))


def base_settings(state: State) -> Hyperparameters:
    """Return the settings that the search goes on with."""
    look = state[Overfitting]
    return look.tried[look.chosen].run.settings


def measured(name: str, run: Run, worst: float) -> Regularizer:
    """Return what a regularizer did in a run, over the last fifth of its epochs.

    A network that left the finite numbers counts as the worst there is.
    """
    last = run.history[-max(1, LOOK_EPOCHS // 5) :]
    value = float(np.mean([epoch.validation_metrics[run.metric] for epoch in last]))
    gap = float(np.mean([epoch.gap(run.metric) for epoch in last]))
    if not (math.isfinite(value) and math.isfinite(gap)):
        value, gap = worst, 0.0
    return Regularizer(name=name, run=run, value=value, gap=gap)


def better_kind(plain: Sequence[Regularizer], n_validation: int, *, on_all: bool) -> Regularizer:
    """Choose rectified neurons where they are as good; on a part, where they are not clearly worse.

    On more examples than that part they gain, for they take fewer epochs.
    """
    first, last = plain[0], plain[-1]
    if on_all:
        return last if _keeps_up(last, first, n_validation) else first
    return first if _is_clearly_better(first, last, n_validation) else last


def _score(each: Regularizer) -> float:
    return METRICS[each.run.metric].score(each.value)


def _keeps_up(one: Regularizer, best: Regularizer, n_validation: int) -> bool:
    """Return whether one lies at most a standard error below the best."""
    if METRICS[best.run.metric].bounds == SHARES:
        return is_as_good(_score(one), _score(best), n_validation)
    return _score(best) - _score(one) <= _error(best, n_validation)


def _is_clearly_better(one: Regularizer, other: Regularizer, n_validation: int) -> bool:
    if METRICS[one.run.metric].bounds == SHARES:
        return newcombe(one.value, other.value, (n_validation, n_validation))[0] > 0
    return _score(one) - _score(other) > 2.8 * _error(one, n_validation)


def _error(each: Regularizer, n_validation: int) -> float:
    """Return about the standard error of a mean loss: that of the RMSE of normal errors."""
    return abs(each.value) / math.sqrt(2 * n_validation)


def regularizers_for(data: TuningData, n: int, *, article: bool, patient: bool) -> list[str]:
    """Return what to try; the slow ones for long budgets, or on a fair share of the examples.

    What they are good for does not show on a few of many examples in the few epochs of this step.

    Parameters
    ----------
    data
        Training and validation part.
    n
        Training examples of this step.
    article
        Whether to leave out augmentation.
    patient
        Whether the candidates will train for long.
    """
    augmented = data.image_shape is not None and not article
    slow = patient or n >= data.train.n * FEWEST_SHARE
    return [
        name
        for name in REGULARIZERS
        if (augmented or name not in AUGMENTATIONS) and (slow or name not in SLOW)
    ]


def choice(tried: Sequence[Regularizer], n_validation: int, *, patient: bool) -> int:
    """Return the index of the best, but of L2 where that is as good: λ is searched anyway.

    Where the candidates will train for long, augmentation that is not clearly worse than the plain
    network is judged by the gap: where that is narrow there is room to learn more.
    """
    best = max(range(len(tried)), key=lambda i: _score(tried[i]))
    if patient and tried[best].name in AUGMENTATIONS:
        plain = next(each for each in reversed(tried) if each.name == "none")
        rivals = [i for i, each in enumerate(tried) if each.name in AUGMENTATIONS]
        keep_up = [i for i in rivals if not _is_clearly_better(plain, tried[i], n_validation)]
        return min(keep_up, key=lambda i: tried[i].gap)
    (l2,) = (i for i, each in enumerate(tried) if each.name == "l2")
    return l2 if _keeps_up(tried[l2], tried[best], n_validation) else best
