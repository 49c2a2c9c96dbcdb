"""How a budget of time is shared among the steps: every share and constant, and the plans.

A plan is a record of what the clock decided. The pipeline stores it before it is followed, and all
results follow from the data, the request and the plans alone.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tuner.records import Hyperparameters, Record, Strategy
from tuner.trainers.batches import steps_in

# The report

REPORT_SECONDS, REPORT_SHARE, REPORT_MOST = 5.5, 0.02, 10.0
"""Seconds of the budget kept back for the report, and a share of it (at most so many seconds).

With 4.5 seconds kept back, a budget of 15 seconds took 17 on two cores.
"""

LONG_BUDGET_SECONDS = 240.0
"""From this budget on there are more candidates, and regularizers that pay off late are tried."""

# The sanity check

SANITY_EXAMPLES, SANITY_EPOCHS, SANITY_HIDDEN = 1_000, 10, (30,)
"""A network of the article's size on so many examples: a fraction of a second."""

# Overfitting

LOOK_EPOCHS, LOOK_SHARE = 20, 0.08
"""Epochs of each network that shows overfitting, and the share of the budget for all of them."""

LOOK = Strategy(epochs=LOOK_EPOCHS, patience=None, schedule="planned", until=0.03)
"""Early stopping is off so that overfitting shows. η is halved in the second half: at constant η
accuracies are too noisy to rank."""

LOOK_VALIDATION = 2_000
"""Validation examples that these networks are measured on."""

LOOK_PACE_SECONDS, LOOK_PACE_SHARE = 0.1, 1 / 500
"""Time to measure the pace of one of these networks: seconds at most, and share of the budget."""

FEWEST_SHARE = 0.25
"""Share of the training examples below which such a network does not speak for all of them.

On MNIST (784-300-10, m = 32, 20 seconds for two seeds) images shifted by a pixel give 98.78 % on
validation data and distorted ones 98.55; on 2,000 examples 94.7 and 94.9.
"""

ETA_STEPS = 600
"""Steps of a probe at the most: η is found again at the end."""

# The search of λ and size

SIZES = (10, 30, 60, 100, 200, 300, 500, 800, 1200)
"""Hidden neurons to choose from."""

FEW_INPUTS, LARGEST_OF_FEW, SMALLEST_OF_MANY = 64, 300, 30
"""With fewer inputs than this networks are no larger, with as many or more no smaller."""

PACE_SECONDS, PACE_SHARE = 0.3, 1 / 300
"""Time to measure the pace of each size: seconds at most, and share of the budget."""

SEARCH_ENDS, SEARCH_ENDS_AUGMENTED, SEARCH_ENDS_LONG = 0.36, 0.28, 0.3
"""Share of the budget at which the search is to have ended; less where images are augmented, for
then more epochs help for long; the last for long budgets."""

SEARCH_ENDS_FOLDS = 0.25
"""The same where a committee of folds follows, which is worth more than a longer search."""

SEARCH_LEAST_SHARE = 0.1
"""Share of the budget that the search gets even when the steps before it took too long."""

Rungs = tuple[int, int]

PATTERNS: tuple[tuple[Rungs, int], ...] = (((5, 15), 40), ((3, 8), 20), ((2, 5), 10), ((1, 3), 6))
"""Rungs and most epochs of a trial, from thorough to hasty."""

FRACTIONS = (1, 2, 4, 8)
"""Where time is short, trials train on a half, a quarter or an eighth of the examples."""

FEWEST_EXAMPLES = 5_000
"""Trials on a part of the examples have at least so many."""

SEARCH_VALIDATION = 5_000
"""Validation examples by which trials on a part of the examples are ranked."""

BATCH, MOST_BATCHES = 8, 6
"""Trials drawn together, and how many times."""

DECAYS, DECAYS_AUGMENTED = (1e-5, 1e-3), (1e-6, 1e-4)
"""Range of λ/n that is searched: a factor of ten either side of the article's 1e-4, or of a tenth
of it where images are augmented. Short trials do not show yet what a small λ misses, or a large one
spoils, in a long run."""

LEAST_LAMBDA, LEAST_MOST_LAMBDA, LEAST_MOST_LAMBDA_AUGMENTED = 1e-3, 10.0, 1.0
"""Bounds of λ on few examples: its low end is at least the first, its high end the others."""

BATCH_SECONDS = 0.4
"""What a batch of trials takes beside its training: drawing them, and storing networks at rungs."""

FOLDS_COST = 2.5
"""What five networks side by side, one on each fold, take of the time of a single one."""

TRAINING_SHARE = 0.75
"""Share of the search's time that trains. In the rest workers wait at rungs, and short epochs of
few examples are measured on as many as long ones."""

FIND_EACH_SHARE = 0.2
"""η is found for each size if that takes less than this share of the search's time."""

PROBE_EPOCHS = 30
"""Epochs that a threshold search takes: some ten probes of three."""

# η again

AGAIN_SHARE, AGAIN_PROBES, AGAIN_CHECKPOINTS = 0.04, 11, 6
"""Share of the budget in which η is found again for each candidate, in about so many probes, whose
cost is measured so often."""

AGAIN_LEAST_STEPS, AGAIN_MOST_STEPS = 120, 1_200
"""Steps of such a probe."""

LONG_RUN: Mapping[str, float] = {"sigmoid": 0.5}
"""Share of the η found at which the candidates begin, by activation; else all of it.

Sigmoid neurons saturate for good at an η that serves a few epochs: on MNIST (784-200-10, m = 10, 15
epochs) η = 0.45 gives 98.13 % on validation data and 0.89, half the threshold, 98.06 % (two
seeds at λ = 0.3 and 2); rectified ones do as well with either."""

# The candidates

CANDIDATES, CANDIDATES_LONG = 2, 3
"""Candidates trained on paired seeds; the second for long budgets."""

MOST_SEEDS, LEAST_SEEDS = 3, 2
"""Networks of each candidate: more where the budget allows."""

ENOUGH_EPOCHS, ENOUGH_SHARE = 60, 0.5
"""Epochs that all candidates get if the budget allows, and their share of the epochs that help;
with less only the winner goes on."""

LEAST_EPOCHS, LEAST_STEPS = 15.0, 20_000
"""Epochs and steps below which a network is not worth its size."""

MOST_STEPS, MOST_STEPS_AUGMENTED = 60_000, 300_000
"""Steps after which more hardly help; augmentation helps for long."""

MOST_EPOCHS, MOST_EPOCHS_AUGMENTED = (60, 100), (60, 400)
"""The epochs that these steps make are at least and at most so many."""

COMPARED_EPOCHS, COMPARED_STEPS = 8, 10_000
"""Epochs and steps that tell candidates apart, once their weights are averaged."""

MOST_ROUNDS, LEAST_KIND_EPOCHS = 8, 15
"""How often each kind of network trains on the folds of a small table, from other initial weights;
and the epochs below which one is left out."""

ROUND_SLACK = 1.1
"""Of the time of a round of a kind, what must be left for another one."""

KIND_SHARE = 0.5
"""What a kind gets at the most of the time that is left: the kinds that vote best come first."""

LANES_COST = 0.375
"""What each further network side by side takes of the time of a single one."""

ENOUGH_WEIGHT = 0.02
"""Weight in the committee from which more networks of a kind are worth their time."""

SAFETY, SAFETY_AT_ONCE = 0.95, 0.8
"""Share of the time left that a plan uses; less where it is not made again on the way."""

SEGMENT_SECONDS = 5.0
"""Work between two checkpoints, and between two looks at whether a stop was asked for."""


def work_seconds(budget: float) -> float:
    """Return the seconds after which training must have ended, so that the report is in time.

    Examples
    --------
    >>> work_seconds(60), work_seconds(600), work_seconds(5)
    (53.3, 584.5, 2.5)
    """
    kept = REPORT_SECONDS + min(REPORT_SHARE * budget, REPORT_MOST)
    return max(budget / 2, budget - kept)


def is_long(budget: float) -> bool:
    """Return whether the candidates will train for long."""
    return budget >= LONG_BUDGET_SECONDS


@dataclass(frozen=True, kw_only=True)
class LookPlan(Record):
    """On how many examples overfitting is looked at.

    Attributes
    ----------
    n_train
        Training examples.
    """

    n_train: int


def plan_look(pace: float, n: int, *, runs: int, budget: float, workers: int) -> LookPlan:
    """Return on how many examples overfitting can be looked at within its share of the budget.

    Parameters
    ----------
    pace
        Seconds that a network takes for one example in one epoch.
    n
        Training examples.
    runs
        Networks that will train.
    budget
        Seconds for the whole tuning.
    workers
        How many networks train at the same time.

    Examples
    --------
    >>> plan_look(1e-5, 50_000, runs=7, budget=60.0, workers=2)
    LookPlan(n_train=6857)
    """
    affordable = LOOK_SHARE * budget * workers / (runs * LOOK_EPOCHS * pace)
    return LookPlan(n_train=int(min(n, max(SANITY_EXAMPLES, affordable))))


@dataclass(frozen=True, kw_only=True)
class Paces(Record):
    """How fast this machine trains.

    Attributes
    ----------
    seconds
        Seconds that an epoch takes, by the number of hidden neurons.
    """

    seconds: Mapping[int, float]

    def of(self, settings: Hyperparameters) -> float:
        """Return the seconds that an epoch of a network takes."""
        return self.seconds[settings.hidden[0]]


@dataclass(frozen=True, kw_only=True)
class SearchPlan(Record):
    """What the budget allows of the search of λ and size.

    Attributes
    ----------
    hidden
        Sizes to choose from; larger ones could not be trained to the end in time, smaller ones
        would not use it.
    trials, batch, rungs, epochs
        As in a study file.
    find_each
        Whether η is found for each size; otherwise that of the look at overfitting serves.
    n_train
        Training examples of each trial; λ means the same λ/n on all.
    """

    hidden: tuple[int, ...]
    trials: int
    batch: int
    rungs: tuple[int, ...]
    epochs: int
    find_each: bool
    n_train: int


def sizes_for(n_inputs: int) -> tuple[int, ...]:
    """Return the sizes that suit so many inputs."""
    if n_inputs < FEW_INPUTS:
        return tuple(h for h in SIZES if h <= LARGEST_OF_FEW)
    return tuple(h for h in SIZES if h >= SMALLEST_OF_MANY)


def search_ends(budget: float, *, augmented: bool, folds: bool = False) -> float:
    """Return the seconds after which the search is to have ended."""
    if folds:
        return SEARCH_ENDS_FOLDS * budget
    if is_long(budget):
        return SEARCH_ENDS_LONG * budget
    return (SEARCH_ENDS_AUGMENTED if augmented else SEARCH_ENDS) * budget


def plan_search(
    paces: Paces,
    n: int,
    *,
    seconds: float,
    final_seconds: float,
    enough_epochs: float,
    most_epochs: float = math.inf,
    workers: int,
    networks: float = 1.0,
) -> SearchPlan:
    """Return the most thorough search that fits.

    Parameters
    ----------
    paces
        How long an epoch takes.
    n
        Training examples.
    seconds
        Time for the search.
    final_seconds
        Time for the candidates: what cannot be trained well in it is not searched.
    enough_epochs
        What a candidate needs at the least; with more time for it, more are expected.
    most_epochs
        What it can make use of; sizes that would leave half of the time idle are not searched, as
        long as four others are.
    workers
        How many networks train at the same time.
    networks
        What the networks of a trial take of the time of one.

    Examples
    --------
    >>> paces = Paces(seconds={30: 0.1, 100: 0.2, 300: 0.6, 800: 2.0})
    >>> plan = plan_search(
    ...     paces, 50_000, seconds=14.0, final_seconds=30.0, enough_epochs=15, workers=2
    ... )
    >>> plan.hidden, plan.trials, plan.rungs, plan.epochs, plan.n_train
    ((30, 100, 300, 800), 16, (1, 3), 6, 12500)
    """
    hidden = _affordable_sizes(paces, final_seconds, enough_epochs, most_epochs)
    among = [paces.seconds[h] for h in hidden]
    pace = (sum(among) / len(among) + max(among)) / 2
    eta_seconds = PROBE_EPOCHS * sum(among) / workers
    find_each = eta_seconds < FIND_EACH_SHARE * seconds
    seconds -= find_each * eta_seconds

    def batches(way: tuple[tuple[Rungs, int], int]) -> int:
        work = pace * networks * _batch_epochs(*way) / (TRAINING_SHARE * workers)
        return int(seconds // (work + BATCH_SECONDS * (networks > 1)))

    fractions = [each for each in FRACTIONS if each == 1 or n // each >= FEWEST_EXAMPLES]
    ways = [(pattern, fraction) for pattern in PATTERNS for fraction in fractions]
    ways.sort(key=lambda way: -_batch_epochs(*way))
    fits = [way for least in (2, 1) for way in ways if batches(way) >= least]
    (rungs, epochs), fraction = way = (fits or ways[-1:])[0]
    return SearchPlan(
        hidden=hidden,
        trials=BATCH * min(MOST_BATCHES, max(1, batches(way))),
        batch=BATCH,
        rungs=rungs,
        epochs=epochs,
        find_each=find_each,
        n_train=n // fraction,
    )


def _affordable_sizes(
    paces: Paces, seconds: float, enough_epochs: float, most_epochs: float
) -> tuple[int, ...]:
    """Return the sizes that can be trained well in some seconds, and make use of them."""
    enough = enough_epochs * max(1.0, seconds / 30) ** 0.75
    hidden = tuple(h for h, pace in paces.seconds.items() if pace * enough <= seconds)
    hidden = hidden if len(hidden) >= 2 else tuple(paces.seconds)[:2]
    idle = sum(paces.seconds[h] * most_epochs < seconds / 2 for h in hidden)
    return hidden[max(0, min(idle, len(hidden) - 4)) :]


def _batch_epochs(pattern: tuple[Rungs, int], fraction: int) -> float:
    """Return the epochs of all examples that a batch trains, half of it ending at each rung."""
    (first, second), last = pattern
    return BATCH * (first + (second - first) / 2 + (last - second) / 4) / fraction


@dataclass(frozen=True, kw_only=True)
class ProbeSteps(Record):
    """How long the probes are that find η again.

    Attributes
    ----------
    steps
        Updates of each probe.
    """

    steps: int


def plan_probes(step_seconds: Sequence[float], *, budget: float, workers: int) -> ProbeSteps:
    """Return the steps of a probe such that all probes fit their share of the budget.

    Parameters
    ----------
    step_seconds
        Seconds that one update of each candidate takes.
    budget
        Seconds for the whole tuning.
    workers
        How many networks train at the same time.

    Examples
    --------
    >>> plan_probes([1e-4, 4e-4], budget=60.0, workers=2)
    ProbeSteps(steps=545)
    """
    seconds = AGAIN_SHARE * budget * workers / len(step_seconds)
    steps = int(seconds / (AGAIN_PROBES * max(step_seconds)))
    return ProbeSteps(steps=min(AGAIN_MOST_STEPS, max(AGAIN_LEAST_STEPS, steps)))


def for_long_run(settings: Hyperparameters) -> Hyperparameters:
    """Return settings whose η was found in short probes an η for many epochs.

    Examples
    --------
    >>> for_long_run(Hyperparameters(eta=0.8, activation="sigmoid")).eta
    0.4
    """
    return replace(settings, eta=LONG_RUN.get(settings.activation, 1.0) * settings.eta)


def most_epochs(settings: Hyperparameters, n: int) -> int:
    """Return the epochs after which more hardly help; with augmentation they help for long."""
    steps = steps_in(n, settings.batch_size)
    if settings.expansion == "none":
        (least, most), useful = MOST_EPOCHS, MOST_STEPS
    else:
        (least, most), useful = MOST_EPOCHS_AUGMENTED, MOST_STEPS_AUGMENTED
    return max(least, min(most, useful // steps))


def least_epochs(settings: Hyperparameters, n: int) -> float:
    """Return the epochs below which a network is not worth its size."""
    steps = steps_in(n, settings.batch_size)
    return min(max(LEAST_EPOCHS, LEAST_STEPS / steps), most_epochs(settings, n) / 2)


def compared_by(settings: Hyperparameters, n: int) -> int:
    """Return the epochs by which candidates can be told apart."""
    return max(COMPARED_EPOCHS, COMPARED_STEPS // steps_in(n, settings.batch_size))


@dataclass(frozen=True, kw_only=True)
class ConfirmationPlan(Record):
    """How the candidates train.

    Attributes
    ----------
    seeds
        Networks of each candidate.
    compared_at
        Epoch after which the candidates are compared, and those that lost stop.
    hold, epochs
        As in `Strategy`.
    """

    seeds: int
    compared_at: int
    hold: int
    epochs: int

    @property
    def strategy(self) -> Strategy:
        """The plan as a strategy."""
        return Strategy(epochs=self.epochs, patience=None, schedule="planned", hold=self.hold)


def plan_confirmation(
    paces: Sequence[float],
    most: int,
    seconds: float,
    workers: int,
    by: int = COMPARED_EPOCHS,
) -> ConfirmationPlan:
    """Return the plan to begin with.

    Parameters
    ----------
    paces
        Seconds that an epoch of each candidate takes.
    most
        Epochs that are of use.
    seconds
        Time for all of it.
    workers
        How many networks train at the same time.
    by
        Epochs by which candidates can be told apart.

    Examples
    --------
    >>> plan_confirmation([0.5, 0.5], most=100, seconds=40.0, workers=2)
    ConfirmationPlan(seeds=2, compared_at=8, hold=33, epochs=67)
    >>> plan_confirmation([0.01, 0.02], most=100, seconds=40.0, workers=2)
    ConfirmationPlan(seeds=3, compared_at=100, hold=50, epochs=100)
    >>> plan_confirmation([0.1, 0.1], most=400, seconds=40.0, workers=2, by=100)
    ConfirmationPlan(seeds=2, compared_at=63, hold=158, epochs=316)
    """
    for seeds in range(MOST_SEEDS, LEAST_SEEDS - 1, -1):
        epochs = int(SAFETY_AT_ONCE * seconds * workers / (seeds * sum(paces)))
        if epochs >= min(most, max(ENOUGH_EPOCHS, ENOUGH_SHARE * most)):
            epochs = min(most, epochs)
            return ConfirmationPlan(
                seeds=seeds, compared_at=epochs, hold=epochs // 2, epochs=epochs
            )
    rounds = math.ceil(LEAST_SEEDS / workers)
    alone = SAFETY * seconds / (max(paces) * rounds)
    share = sum(paces) * LEAST_SEEDS / workers / (max(paces) * rounds)  # of an epoch of all to one
    compared_at = max(1, min(by, most // 2, int(alone / (4 + share))))
    epochs = max(4, min(most, int(alone - compared_at * (share - 1) - share / 2)))
    return ConfirmationPlan(
        seeds=LEAST_SEEDS,
        compared_at=compared_at,
        hold=max(compared_at, epochs // 2),
        epochs=epochs,
    )


def plan_again(
    plan: ConfirmationPlan, done: int, epochs_left: float, most: int
) -> ConfirmationPlan:
    """Return a new plan once the pace is known better; what was trained is unaffected.

    Parameters
    ----------
    plan
        The plan followed so far.
    done
        Epochs that are trained.
    epochs_left
        Epochs that there is time for.
    most
        Epochs that are of use.

    Examples
    --------
    >>> plan = ConfirmationPlan(seeds=2, compared_at=6, hold=18, epochs=38)
    >>> plan_again(plan, done=6, epochs_left=20.0, most=100)
    ConfirmationPlan(seeds=2, compared_at=6, hold=13, epochs=26)
    >>> plan_again(plan, done=18, epochs_left=14.0, most=100)
    ConfirmationPlan(seeds=2, compared_at=6, hold=18, epochs=32)
    """
    epochs = max(done + 3, min(most, done + int(epochs_left)))
    hold = plan.hold if done >= plan.hold else max(done, epochs // 2)
    return replace(plan, hold=hold, epochs=epochs)
