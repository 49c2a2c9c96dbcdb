"""Find the learning rate by its threshold, with any trainer (article, section "Learning Rate")."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from tuner.errors import StoppedError
from tuner.records import EtaSearch, Hyperparameters, Judgement, Probe, require
from tuner.strategies.shares import share_of
from tuner.strategies.threshold import ThresholdSearch
from tuner.strategies.verdicts import Curve, Limits, judge, median_curve
from tuner.trainers.base import Lane, Trainer

L = TypeVar("L", bound=Lane)
Curves = Mapping[float, Mapping[int, Curve]]
"""The cost curve of each η and seed."""


@dataclass(frozen=True)
class ProbePlan:
    """How long a probe trains and how often its cost is measured.

    Attributes
    ----------
    epochs
        Passes over the training data.
    least_steps, most_steps
        Bounds on the training steps of a probe: few data need more passes, many fewer.
    checkpoints
        Cost measurements after the start, evenly spaced.
    seeds
        Networks for each η; they share initial weights and data order across η.
    give_up
        The probes of an η end, from a third of their steps on, where the cost of each is more than
        so many times what it was at the start, and what a constant costs.
    """

    epochs: float = 3
    least_steps: int = 100
    most_steps: int = 1_200
    checkpoints: int = 12
    seeds: int = 3
    give_up: float = math.inf

    def __post_init__(self) -> None:
        require(self.seeds >= 1, "seeds", self.seeds, "at least 1")
        require(self.checkpoints >= 2, "checkpoints", self.checkpoints, "at least 2")
        require(self.give_up > 1, "give_up", self.give_up, "above 1")

    def steps(self, per_epoch: int) -> int:
        """Return the training steps of one probe, a multiple of `checkpoints`."""
        wanted = min(max(round(self.epochs * per_epoch), self.least_steps), self.most_steps)
        return -(-wanted // self.checkpoints) * self.checkpoints


OWN_PLAN = ProbePlan(seeds=1, most_steps=400, give_up=2.0)
"""For models of one's own, whose steps cost more; on the development split of
`benchmarks.own_models` as good as three seeds at a third to a sixth of their price."""


def usual_plan(settings: Hyperparameters) -> ProbePlan:
    """Return how long probes are where nothing is said: shorter for a model of one's own."""
    return ProbePlan() if settings.own is None else OWN_PLAN


@dataclass(frozen=True)
class Progress:
    """What a round of probes has shown, for whoever watches.

    Attributes
    ----------
    judgements
        The verdict on each η so far, ascending.
    next_etas
        What is probed now; empty at the end.
    """

    judgements: tuple[Judgement, ...]
    next_etas: tuple[float, ...]


def ignore(_: Progress) -> None:
    """Watch nothing."""


def never() -> bool:
    """Return False: nobody asks to stop."""
    return False


def find_eta(
    trainer: Trainer[L],
    settings: Hyperparameters,
    schedule: str = "constant",
    *,
    plan: ProbePlan = ProbePlan(),
    limits: Limits = Limits(),
    watch: Callable[[Progress], None] = ignore,
    trained: Callable[[float], None] = lambda _: None,
    stop_asked: Callable[[], bool] = never,
) -> EtaSearch:
    """Find the largest η at which the training cost still goes down, and advise a share of it.

    Every probe starts from networks of its own, so nothing of the caller's is changed.

    Parameters
    ----------
    trainer
        Whatever trains networks on the data.
    settings
        The network and everything else that stays fixed; `settings.eta` is where the search
        begins (the article begins with 0.01) and `settings.seed` the first of the seeds.
    schedule
        The schedule under which the η advised is to be the highest; it has no part in the search.
    plan
        How long a probe is.
    limits
        Where the verdicts part.
    watch
        Called before each round of probes and at the end.
    trained
        Called after each measurement of the cost with the epochs that were trained for it.
    stop_asked
        Looked at before each measurement of the cost.

    Returns
    -------
    The answer with its evidence; there always is one, and its `outcome` says how far to trust it.

    Raises
    ------
    OptionError
        When `settings.eta` is outside 1e-8 … 1e5, or there is no such schedule.
    StoppedError
        When `stop_asked` returned true: nothing is kept.

    Examples
    --------
    >>> from tuner.data import load
    >>> from tuner.trainers.native import NativeTrainer
    >>> trainer = NativeTrainer(load("iris").tuning)
    >>> found = find_eta(trainer, Hyperparameters(eta=0.01, hidden=(8,)))
    >>> found.outcome.value, found.eta == found.threshold / 2
    ('found', True)
    """
    share, began = share_of(settings.optimizer, schedule), time.perf_counter()
    search = ThresholdSearch(
        trainer.baseline(settings), trainer.decay(settings), start=settings.eta, limits=limits
    )
    curves: dict[float, dict[int, Curve]] = {}
    steps = 0
    while etas := search.propose():
        watch(Progress(search.judgements, etas))
        lanes, seen = _probe(
            trainer,
            settings,
            etas,
            plan,
            search.baseline,
            trained=trained,
            stop_asked=stop_asked,
        )
        curves |= seen
        steps += sum(lane.steps for lane in lanes)
        search = search.observe({eta: median_curve([*curves[eta].values()]) for eta in etas})
    watch(Progress(search.judgements, ()))
    return EtaSearch(
        eta=share * search.threshold,
        threshold=search.threshold,
        bracket=search.bracket,
        outcome=search.outcome,
        baseline=search.baseline,
        judgements=search.judgements,
        probes=_probes(curves, search),
        spent=steps / trainer.steps_per_epoch(settings),
        seconds=time.perf_counter() - began,
    )


def _probe(
    trainer: Trainer[L],
    settings: Hyperparameters,
    etas: Sequence[float],
    plan: ProbePlan,
    baseline: float,
    *,
    trained: Callable[[float], None],
    stop_asked: Callable[[], bool],
) -> tuple[list[L], dict[float, dict[int, Curve]]]:
    seeds = range(settings.seed, settings.seed + plan.seeds)
    lanes = [trainer.start(replace(settings, eta=eta, seed=seed)) for eta in etas for seed in seeds]
    per_epoch = trainer.steps_per_epoch(settings)
    each = plan.steps(per_epoch) // plan.checkpoints
    measured = [[first] for first in trainer.measure(lanes, "probe")]
    going = list(range(len(lanes)))
    for moment in range(1, plan.checkpoints + 1):
        if stop_asked():
            raise StoppedError("the search for η was stopped: it begins anew.")
        moved = trainer.advance([lanes[i] for i in going], each)
        for i, lane, seen in zip(going, moved, trainer.measure(moved, "probe"), strict=True):
            lanes[i] = lane
            measured[i].append(seen)
        trained(len(going) * each / per_epoch)
        if 3 * moment >= plan.checkpoints and math.isfinite(plan.give_up):
            hoped = {
                lanes[i].settings.eta
                for i in going
                if measured[i][-1].cost <= plan.give_up * max(measured[i][0].cost, baseline)
            }
            going = [i for i in going if lanes[i].settings.eta in hoped]
    curves: dict[float, dict[int, Curve]] = {eta: {} for eta in etas}
    for lane, moments in zip(lanes, measured, strict=True):
        epochs = tuple(i * each / per_epoch for i in range(len(moments)))
        curve = Curve(epochs, tuple(m.cost for m in moments), moments[-1].penalty)
        curves[lane.settings.eta][lane.settings.seed] = curve
    return lanes, curves


def _probes(curves: Curves, search: ThresholdSearch) -> tuple[Probe, ...]:
    seeds = next(iter(curves.values())).keys()
    judged = {
        seed: judge(
            {eta: of_seed[seed] for eta, of_seed in curves.items()},
            search.baseline,
            search.decay,
            search.limits,
        )
        for seed in seeds
    }
    return tuple(
        Probe(
            eta=j.eta, seed=seed, verdict=j.verdict, reason=j.reason, epochs=j.epochs, costs=j.costs
        )
        for row in zip(*judged.values(), strict=True)
        for seed, j in zip(judged, row, strict=True)
    )
