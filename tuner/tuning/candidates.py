"""The last step but the test: the candidates trained anew on paired seeds, η halved to the end.

How many epochs the budget allows is decided while η is still constant, from the pace seen so far:
until the first division the networks are the same whatever is decided.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from tuner.data import Dataset
from tuner.errors import DataError
from tuner.execution.base import Executor, as_completed, run_all
from tuner.execution.tasks import TrainTo
from tuner.records import Candidate, Final, Hyperparameters, Paired, Record, Strategy
from tuner.storage.checkpoints import load_checkpoint, save_checkpoint
from tuner.storage.run_store import RunStore
from tuner.strategies.plans import policies
from tuner.trainers.batches import steps_in
from tuner.trainers.native import CACHE_BYTES, NativeLane, NativeTrainer
from tuner.training.loop import Training, begin
from tuner.tuning.comparison import Right, RightOnAverage, best_of, differences, right_of, winner
from tuner.tuning.jobs import shared_out
from tuner.tuning.request import Ask, Control

ENOUGH, ENOUGH_SHARE = 60, 0.5
"""Epochs that all candidates get if the budget allows, and their share of the epochs that help;
with less only the winner goes on."""

LEAST_STEPS = 20_000

SEGMENT_SECONDS = 5.0
"""Work between two checkpoints, and between two looks at whether somebody asked to stop."""

COMPARED_BY, COMPARED_STEPS = 8, 10_000
"""Epochs that tell candidates apart, once their weights are averaged; more where they are short."""

SAFETY, SAFETY_AT_ONCE = 0.95, 0.8
"""Of the time left, what the plan uses; less where it is not made anew on the way."""

Key = tuple[int, int]
"""Candidate and seed."""


@dataclass(frozen=True, kw_only=True)
class FinalPlan(Record):
    """How the final networks train.

    Attributes
    ----------
    seeds
        Networks for each candidate.
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


@dataclass(frozen=True, kw_only=True)
class Compared(Record):
    """Which candidate won, and why."""

    best: int
    differences: tuple[Paired, ...]
    winner: int


def most_epochs(settings: Hyperparameters, n: int) -> int:
    """Return the epochs after which more hardly help; with augmentation they help for long."""
    steps = steps_in(n, settings.batch_size)
    if settings.expansion == "none":
        return max(60, min(100, 60_000 // steps))
    return max(60, min(400, 300_000 // steps))


def least_epochs(settings: Hyperparameters, n: int) -> float:
    """Return the epochs below which a network is not worth its size: some 20,000 steps."""
    steps = steps_in(n, settings.batch_size)
    return min(max(15.0, LEAST_STEPS / steps), most_epochs(settings, n) / 2)


def compared_by(settings: Hyperparameters, n: int) -> int:
    """Return the epochs by which candidates can be told apart."""
    return max(COMPARED_BY, COMPARED_STEPS // steps_in(n, settings.batch_size))


def first_plan(
    paces: Sequence[float], most: int, seconds: float, workers: int, by: int = COMPARED_BY
) -> FinalPlan:
    """Return the plan to begin with.

    Parameters
    ----------
    paces
        Seconds that an epoch of each candidate takes.
    most
        Epochs after which more hardly help.
    seconds
        Time for all of it.
    workers
        How many networks train at the same time.
    by
        Epochs by which candidates can be told apart.

    Examples
    --------
    >>> first_plan([0.5, 0.5], most=100, seconds=40.0, workers=2)
    FinalPlan(seeds=2, compared_at=8, hold=33, epochs=67)
    >>> first_plan([0.01, 0.02], most=100, seconds=40.0, workers=2)
    FinalPlan(seeds=3, compared_at=100, hold=50, epochs=100)
    >>> first_plan([0.1, 0.1], most=400, seconds=40.0, workers=2, by=100)
    FinalPlan(seeds=2, compared_at=63, hold=158, epochs=316)
    """

    def all_epochs(seeds: int) -> int:
        return int(SAFETY_AT_ONCE * seconds * workers / (seeds * sum(paces)))

    for seeds in (3, 2):
        if (epochs := all_epochs(seeds)) >= min(most, max(ENOUGH, ENOUGH_SHARE * most)):
            epochs = min(most, epochs)
            return FinalPlan(seeds=seeds, compared_at=epochs, hold=epochs // 2, epochs=epochs)
    rounds = math.ceil(2 / workers)
    alone = SAFETY * seconds / (max(paces) * rounds)
    share = sum(paces) * 2 / workers / (max(paces) * rounds)  # of an epoch of all to one alone
    compared_at = max(1, min(by, most // 2, int(alone / (4 + share))))
    epochs = max(4, min(most, int(alone - compared_at * (share - 1) - share / 2)))
    return FinalPlan(
        seeds=2, compared_at=compared_at, hold=max(compared_at, epochs // 2), epochs=epochs
    )


def planned_again(plan: FinalPlan, done: int, epochs_left: float, most: int) -> FinalPlan:
    """Return a new plan once the pace is known better; what was trained is unaffected.

    Examples
    --------
    >>> plan = FinalPlan(seeds=2, compared_at=6, hold=18, epochs=38)
    >>> planned_again(plan, done=6, epochs_left=20.0, most=100)
    FinalPlan(seeds=2, compared_at=6, hold=13, epochs=26)
    >>> planned_again(plan, done=18, epochs_left=14.0, most=100)
    FinalPlan(seeds=2, compared_at=6, hold=18, epochs=32)
    """
    epochs = max(done + 3, min(most, done + int(epochs_left)))
    hold = plan.hold if done >= plan.hold else max(done, epochs // 2)
    return replace(plan, hold=hold, epochs=epochs)


class Finalists:
    """The candidates' networks in training.

    Parameters
    ----------
    data, settings
        What to train on, and each candidate's settings.
    ask, memory, workers, control
        Of the tuning.
    """

    def __init__(
        self,
        data: Dataset,
        settings: Sequence[Hyperparameters],
        ask: Ask,
        *,
        memory: RunStore,
        workers: Executor,
        control: Control,
    ) -> None:
        self.data, self.settings, self.ask = data, settings, ask
        self.memory, self.workers, self.control = memory, workers, control
        self.trainer = NativeTrainer(data.tuning)
        self.most = max(most_epochs(s, data.train.n) for s in settings)
        self.networks: dict[Key, Training[NativeLane]] = {}

    @property
    def _by(self) -> int:
        return max(compared_by(s, self.data.train.n) for s in self.settings)

    @property
    def left(self) -> float:
        """Seconds left for training."""
        return self.ask.for_work - self.memory.seconds

    def run(self, paces: Sequence[float]) -> Compared | None:
        """Train all candidates, and the winner to the end; None when asked to stop before."""
        plan = self.memory.once(
            "final-plan",
            FinalPlan,
            lambda: first_plan(paces, self.most, self.left, self.workers.count, self._by),
        )
        seeds = range(self.ask.seed, self.ask.seed + plan.seeds)
        everyone = [(c, seed) for c in range(len(self.settings)) for seed in seeds]
        self._begin(everyone, plan)
        if not self._train(everyone, plan, plan.compared_at):
            return None
        compared = self.memory.once("compared", Compared, partial(self._compare, plan))
        if plan.compared_at == plan.epochs:
            self.plan = plan
            return compared
        winners = [(compared.winner, seed) for seed in seeds]
        for name, until_hold in (("final-plan-2", True), ("final-plan-3", False)):
            plan = self.memory.once(name, FinalPlan, partial(self._again, plan, winners))
            if not self._train(winners, plan, plan.hold if until_hold else plan.epochs):
                return None
        self.plan = plan
        return compared

    def _again(self, plan: FinalPlan, keys: Sequence[Key]) -> FinalPlan:
        histories = [self.networks[key].history for key in keys]
        pace = max(sum(e.seconds for e in h[-5:]) / len(h[-5:]) for h in histories)
        rounds = math.ceil(len(keys) / self.workers.count)
        left = SAFETY * self.left / (pace * rounds)
        return planned_again(plan, len(histories[0]), left, self.most)

    def _begin(self, keys: Iterable[Key], plan: FinalPlan) -> None:
        for candidate, seed in keys:
            settings = replace(self.settings[candidate], seed=seed)
            with suppress(DataError):  # none there, or of another try: begin anew
                self.networks[candidate, seed] = load_checkpoint(self._file((candidate, seed)))[0]
                continue
            self.networks[candidate, seed] = begin(
                self.trainer, settings, *policies(settings.eta, plan.strategy)
            )

    def _file(self, key: Key) -> str:
        return str(self.memory.folder / f"final-{key[0]}-{key[1]}.safetensors")

    def _train(self, keys: Sequence[Key], plan: FinalPlan, epoch: int) -> bool:
        """Train to an epoch, piece by piece; give False when asked to stop before."""
        for key in keys:
            network = self.networks[key]
            schedule, _ = policies(network.settings.eta, plan.strategy)
            for epoch_done in network.history:
                schedule = schedule.observe(epoch_done.validation_accuracy)
            stopping = replace(network.stopping, epochs=plan.epochs)
            self.networks[key] = replace(network, schedule=schedule, stopping=stopping)
        while behind := [k for k in keys if self._is_behind(k, epoch)]:
            if self.control.stop_asked():
                return False
            self._say(keys, plan)
            at = min(len(self.networks[key].history) for key in behind)
            self._piece(behind, min(epoch, at + self._epochs_at_once(behind)))
        return True

    def _is_behind(self, key: Key, epoch: int) -> bool:
        network = self.networks[key]
        return network.reason is None and len(network.history) < epoch

    def _epochs_at_once(self, keys: Sequence[Key]) -> int:
        paces = [h[-1].seconds for key in keys if (h := self.networks[key].history)]
        return max(1, int(SEGMENT_SECONDS / max(paces))) if paces else 1

    def _piece(self, keys: Sequence[Key], epoch: int) -> None:
        tasks = [
            (of, TrainTo(tuple(self.networks[key] for key in of), epoch))
            for of in self._portions(keys)
        ]
        for of, trained in as_completed(self.workers, tasks):
            for key, training in zip(of, trained, strict=True):
                self.networks[key] = training
                save_checkpoint(training, self._file(key), self.data.summary)
        self.memory.tick()

    def _portions(self, keys: Sequence[Key]) -> Iterable[list[Key]]:
        """Share the networks out; small ones of one shape train side by side."""
        for candidate in dict.fromkeys(c for c, _ in keys):
            of = [key for key in keys if key[0] == candidate]
            weights = self.networks[of[0]].lane.parameters.weights
            large = sum(w.nbytes for w in weights) > CACHE_BYTES // 4
            share = max(1, round(self.workers.count * len(of) / len(keys)))
            yield from shared_out(of, len(of) if large else share)

    def _say(self, keys: Sequence[Key], plan: FinalPlan) -> None:
        at = min(len(self.networks[key].history) for key in keys)
        best = max(self.networks[key].record.best_validation_accuracy for key in keys)
        what = "winner" if len({c for c, _ in keys}) == 1 else "candidates"
        self.control.say(f"final {what}: epoch {at} of {plan.epochs}, best {100 * best:.2f} %")

    def _compare(self, plan: FinalPlan) -> Compared:
        right = self._right_at_end() if plan.compared_at == plan.epochs else self._right_midway()
        best = best_of(right)
        found = differences(right, best)
        won = winner(right, [self.parameters(c) for c in range(len(right))], best, found)
        return Compared(best=best, differences=found, winner=won)

    def _right_at_end(self) -> list[Right]:
        candidates = range(len(self.settings))
        validation = self.data.validation
        return [right_of([t.best for t in self.of(c)], validation) for c in candidates]

    def _right_midway(self) -> list[Right]:
        self.control.say("comparing the candidates")
        keys = sorted(self.networks)
        found = run_all(self.workers, [RightOnAverage(self.networks[key].lane) for key in keys])
        return [
            np.array([right for (c, _), right in zip(keys, found, strict=True) if c == candidate])
            for candidate in range(len(self.settings))
        ]

    def parameters(self, candidate: int) -> int:
        """Return the number of weights and biases of a candidate's network."""
        lane = next(t.lane for (c, _), t in self.networks.items() if c == candidate)
        return sum(array.size for array in lane.parameters.arrays)

    def of(self, candidate: int) -> list[Training[NativeLane]]:
        """Return a candidate's networks in the order of their seeds."""
        return [t for (c, _), t in sorted(self.networks.items()) if c == candidate]

    def record(self, compared: Compared, trials: Mapping[int, int]) -> Final:
        """Return the step as a record; `trials` says which trial each candidate comes from."""
        runs = [[t.record for t in self.of(c)] for c in range(len(self.settings))]
        won = max(runs[compared.winner], key=lambda run: run.best_validation_accuracy)
        return Final(
            strategy=self.plan.strategy,
            compared_at=self.plan.compared_at,
            candidates=tuple(
                Candidate(trial=trials[c], parameters=self.parameters(c), runs=tuple(of))
                for c, of in enumerate(runs)
            ),
            best=compared.best,
            differences=compared.differences,
            winner=compared.winner,
            seed=won.settings.seed,
        )
