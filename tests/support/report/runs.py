"""Runs written by hand."""

import math
from collections.abc import Sequence

from tuner.records import Epoch, Hyperparameters, Run, StopReason

Row = tuple[float, float, float, float]
"""Training cost, validation cost, training accuracy and validation accuracy of an epoch."""


def run_of(
    rows: Sequence[Row],
    *,
    etas: Sequence[float] = (),
    reason: StopReason = StopReason.EPOCHS,
    words: str = "the budget of epochs is used up",
) -> Run:
    """Return the run of these epochs, the best of them named as `tuner.training.loop` does."""
    history = tuple(
        Epoch(
            epoch=index + 1,
            eta=etas[index] if etas else 0.5,
            training_cost=row[0],
            validation_cost=row[1],
            training_metrics={"accuracy": row[2]},
            validation_metrics={"accuracy": row[3]},
            seconds=0.01,
        )
        for index, row in enumerate(rows)
    )
    sound = [each for each in history if math.isfinite(each.validation_cost)]
    best = max(sound, key=lambda each: each.validation_accuracy, default=None)
    return Run(
        settings=Hyperparameters(eta=etas[0] if etas else 0.5),
        history=history,
        best_epoch=best.epoch if best else 0,
        stop_reason=reason,
        stop_words=words,
    )


def overfitting_run(epochs: int = 400) -> Run:
    """Return the article's run: validation cost lowest near 15, accuracy best near 280, 82 %."""
    return run_of([_overfitting(k) for k in range(1, epochs + 1)])


def _overfitting(k: int) -> Row:
    training = 2 * math.exp(-k / 12) + 0.002
    validation = 0.9 + 1.4 * math.exp(-k / 4) + 0.25 * math.log1p(k / 15)
    accuracy = 0.8227 - 0.4 * math.exp(-k / 6) - 2e-8 * (k - 280) ** 2
    wiggle = 0.001 * math.sin(2.1 * k) * math.exp(-k / 150)
    return training, validation, min(1.0, 1.0 - 0.5 * math.exp(-k / 10) + 1e-6), accuracy + wiggle


HALVING = run_of(
    [(1 / k, 0.5 + 0.5 / k, 1 - 0.2 / k, 0.9 - 0.1 / k - 0.01 * (k > 6)) for k in range(1, 9)],
    etas=(0.5, 0.5, 0.5, 0.25, 0.25, 0.125, 0.0625, 0.03125),
    reason=StopReason.ETA_AT_END,
    words="η has come down to 0.031 of its start",
)
CALM = run_of([(1 / k, 1 / k, 0.96, 0.95 - 0.01 * abs(k - 3)) for k in range(1, 7)])
ONE = run_of([(0.4, 0.5, 0.9, 0.88)])
CONSTANT = run_of([(2.3, 2.3, 0.1, 0.1)] * 12, reason=StopReason.NO_IMPROVEMENT)
BROKEN = run_of(
    [(0.4, 0.5, 0.9, 0.88), (0.5, 0.6, 0.8, 0.8), (1e9, 2e9, 0.3, 0.3), (math.inf, 1e9, 0.1, 0.1),
     (math.nan, math.nan, 0.1, 0.1)],
    reason=StopReason.DIVERGED,
    words="the cost left the finite numbers in epoch 5: choose a smaller η",
)  # fmt: skip
LOST = run_of([(math.nan, math.nan, 0.1, 0.1)], reason=StopReason.DIVERGED)
EMPTY = run_of([], reason=StopReason.INTERRUPTED, words="interrupted after epoch 0")
PERFECT = run_of([(0.0, 0.0, 1.0, 1.0)] * 3)
LONG = overfitting_run(5000)
