"""The one process that owns a study: draws batches, hands out lanes, halves, tells the results.

Everything in a batch follows from the study file and the trials of earlier batches, and no result
depends on where it was computed. A study that was killed therefore goes on as if it had not been.
"""

import datetime
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from tuner.execution.base import Executor, Task, as_completed
from tuner.execution.tasks import FindEta, TrainTo
from tuner.records import DataSummary, Hyperparameters, StopReason, Strategy
from tuner.strategies.plans import policies
from tuner.study.batches import Batch, BatchFiles, EtaFile, Key, value_at
from tuner.study.eta_cache import Etas
from tuner.study.optuna_storage import finished
from tuner.study.rungs import survivors
from tuner.study.sampling import distributions, sample_batch, trials_of
from tuner.study.spec import StudySpec, fingerprint
from tuner.trainers.base import Trainer
from tuner.training.eta_finder import ProbePlan
from tuner.training.loop import Training, begin

TASKS_PER_WORKER = 2
"""Tasks for each worker at a rung: more of them share the work more evenly, fewer train faster."""

Networks = dict[Key, Training[Any]]
Plan = tuple[Hyperparameters, Strategy]


@dataclass(frozen=True)
class Standing:
    """Where a study stands, for whoever watches.

    Attributes
    ----------
    trials
        The trials told so far.
    target
        How many are wanted.
    doing
        What is done now, in words.
    """

    trials: Sequence[FrozenTrial]
    target: int
    doing: str


@dataclass(frozen=True)
class Control:
    """How a run of a study is watched and stopped.

    Attributes
    ----------
    watch
        Called whenever something has changed.
    stop_asked
        Looked at between rungs; once true, the study stops there and can be resumed.
    """

    watch: Callable[[Standing], None] = field(default=lambda _: None)
    stop_asked: Callable[[], bool] = field(default=lambda: False)


class Coordinator:
    """Runs a study.

    Parameters
    ----------
    spec, data, study
        What to search, on which data, and where to tell it.
    trainer
        Makes the networks; the workers train them.
    executor
        Where lanes train.
    folder, files
        Of the study, and what keeps the batch under way there.
    control
        How it is watched and stopped.
    """

    def __init__(
        self,
        spec: StudySpec,
        data: DataSummary,
        study: Study,
        *,
        trainer: Trainer[Any],
        executor: Executor,
        folder: Path,
        files: BatchFiles,
        control: Control,
    ) -> None:
        self._spec, self._study, self._executor, self._control = spec, study, executor, control
        self._data, self._trainer, self._files = data, trainer, files
        self._fingerprint = fingerprint(spec, data)
        self._etas = Etas(spec, EtaFile(folder, self._fingerprint))
        self._target = 0

    def run(self, target: int) -> bool:
        """Go on until `target` trials are told; give False when asked to stop before.

        A grid ends with its last point.
        """
        self._target = trials_of(self._spec, target)
        while batch := self._batch():
            if not self._run_batch(batch):
                return False
        return True

    def _say(self, doing: str) -> None:
        self._control.watch(Standing(finished(self._study), self._target, doing))

    def _batch(self) -> Batch | None:
        """Return the batch under way, or draw the next; None when there are trials enough."""
        told = finished(self._study)
        batch = self._files.load_batch()
        if batch and batch.study == self._fingerprint and self._under_way(batch, told):
            return batch
        self._files.clear()
        return self._begun(told) or self._drawn(told)

    @staticmethod
    def _under_way(batch: Batch, told: Sequence[FrozenTrial]) -> bool:
        return batch.first <= len(told) < batch.trials.stop

    def _begun(self, told: Sequence[FrozenTrial]) -> Batch | None:
        """Return the batch that is told in part, drawn again where its file is lost."""
        if not told:
            return None
        number, size = (told[-1].user_attrs[name] for name in ("batch", "batch_size"))
        first = next(trial.number for trial in told if trial.user_attrs["batch"] == number)
        return self._draw(number, told[:first], size) if len(told) < first + size else None

    def _drawn(self, told: Sequence[FrozenTrial]) -> Batch | None:
        number = told[-1].user_attrs["batch"] + 1 if told else 0
        size = min(self._spec.batch, self._target - len(told))
        return self._draw(number, told, size) if size > 0 else None

    def _draw(self, number: int, past: Sequence[FrozenTrial], size: int) -> Batch:
        params = sample_batch(self._spec, past, number, size, self._data.n_train)
        first, study = len(past), self._fingerprint
        batch = Batch(number=number, first=first, study=study, params=tuple(params))
        self._files.save_batch(batch)
        return batch

    def _run_batch(self, batch: Batch) -> bool:
        networks: Networks = {}
        values: dict[int, dict[int, float]] = {trial: {} for trial in batch.trials}
        going = frozenset(batch.trials)
        for rung in (*self._spec.rungs, self._spec.last_epoch):
            if self._control.stop_asked():
                return False
            if networks:
                self._train_to(rung, going, networks)
            else:
                self._start(batch, rung, networks)
            for trial in going:
                values[trial][rung] = value_at(self._of(trial, networks), rung)
            if rung != self._spec.last_epoch:
                best = survivors({t: values[t][rung] for t in going}, self._spec.keep)
                going = best | {t for t in going if self._stopped(t, networks)}
        self._tell(batch, networks, values)
        return True

    def _start(self, batch: Batch, rung: int, networks: Networks) -> None:
        """Train every trial of a batch to the first rung, each as soon as its η is known."""
        plans = dict(zip(batch.trials, map(self._spec.resolve, batch.params), strict=True))
        stored = self._files.load(batch)
        work = sum(self._work(settings) for settings, _ in plans.values()) * self._spec.seeds
        most = work / (self._executor.count * TASKS_PER_WORKER)
        searches: set[Hyperparameters] = set()
        waiting: list[tuple[Any, Task[Any]]] = []

        def proceed() -> None:
            """Ask for each η that can be found now, and train the networks whose η is known."""
            questions = [self._etas.open_question(settings) for settings, _ in plans.values()]
            new = {q: None for q in questions if q is not None and q not in searches}
            searches.update(new)
            ready = [t for t, q in zip([*plans], questions, strict=True) if q is None]
            begun = self._begin({trial: plans.pop(trial) for trial in ready}, stored)
            networks.update(begun)
            self._say(
                f"finding η ({len(searches)} to go)" if searches else f"training to epoch {rung}"
            )
            probes = ProbePlan(seeds=self._spec.eta_seeds)
            most_first = sorted(new, key=self._work, reverse=True)
            waiting.extend((question, FindEta(question, probes)) for question in most_first)
            waiting.extend(self._tasks(begun, rung, most))

        proceed()
        for key, result in as_completed(self._executor, waiting):
            if isinstance(key, Hyperparameters):
                self._etas.learn(key, result)
                searches.remove(key)
                proceed()
            else:
                self._keep(key, result, networks)

    def _begin(self, plans: dict[int, Plan], stored: Networks) -> Networks:
        """Return the networks of trials whose η is known, those stored where they stand."""
        networks = {}
        for trial, (settings, strategy) in plans.items():
            eta = self._etas.eta(settings)
            for seed in range(self._spec.seed, self._spec.seed + self._spec.seeds):
                of_seed = replace(settings, eta=eta, seed=seed)
                known = stored.get((trial, seed))
                networks[trial, seed] = (
                    known
                    if known and known.settings == of_seed
                    else begin(self._trainer, of_seed, *policies(eta, strategy))
                )
        return networks

    def _of(self, trial: int, networks: Networks) -> list[Training[Any]]:
        return [networks[key] for key in sorted(networks) if key[0] == trial]

    def _stopped(self, trial: int, networks: Networks) -> bool:
        return all(network.reason for network in self._of(trial, networks))

    def _train_to(self, epoch: int, going: frozenset[int], networks: Networks) -> None:
        chosen = {key: network for key, network in networks.items() if key[0] in going}
        waiting = _below(epoch, chosen)
        self._say(f"training {len(waiting)} networks to epoch {epoch}")
        work = sum(self._work(network.settings) for network in waiting.values())
        most = work / (self._executor.count * TASKS_PER_WORKER)
        tasks = self._tasks(waiting, epoch, most)
        for keys, trained in as_completed(self._executor, tasks):
            self._keep(keys, trained, networks)

    def _keep(
        self, keys: Sequence[Key], trained: Sequence[Training[Any]], networks: Networks
    ) -> None:
        for key, training in zip(keys, trained, strict=True):
            networks[key] = training
            self._files.save(key, training)

    def _tasks(
        self, chosen: Networks, epoch: int, most: float
    ) -> list[tuple[tuple[Key, ...], TrainTo]]:
        """Return the tasks that train networks to an epoch, each of about `most` work."""
        return [
            (keys, TrainTo(tuple(chosen[key] for key in keys), epoch))
            for keys in self._portions(_below(epoch, chosen), most)
        ]

    def _portions(self, networks: Networks, most: float) -> list[tuple[Key, ...]]:
        """Share networks out, those of one shape together, the most work first."""
        shapes: dict[tuple[object, ...], list[Key]] = defaultdict(list)
        work = {}
        for key, training in networks.items():
            s = training.settings
            shapes[s.hidden, s.batch_size, s.activation, s.cost].append(key)
            work[key] = self._work(s)
        portions = []
        for keys in shapes.values():
            pieces = min(len(keys), max(1, round(sum(work[k] for k in keys) / most)))
            portions += [tuple(keys[i::pieces]) for i in range(pieces)]
        return sorted(portions, key=lambda keys: -sum(work[k] for k in keys))

    def _work(self, settings: Hyperparameters) -> float:
        """Estimate the work of an epoch, in multiplications for each example."""
        overhead = 5_000
        sizes = (self._data.n_features, *settings.hidden, len(self._data.classes))
        return sum(a * b for a, b in pairwise(sizes)) + overhead / settings.batch_size

    def _tell(self, batch: Batch, networks: Networks, values: dict[int, dict[int, float]]) -> None:
        told = len(finished(self._study))
        for trial in range(told, batch.trials.stop):
            networks_of = self._of(trial, networks)
            params = batch.params[trial - batch.first]
            self._study.add_trial(self._finished(batch, trial, params, networks_of, values[trial]))
        self._files.clear()
        self._say("")

    def _finished(
        self,
        batch: Batch,
        trial: int,
        params: dict[str, Any],
        networks: Sequence[Training[Any]],
        rungs: dict[int, float],
    ) -> FrozenTrial:
        pruned = self._spec.last_epoch not in rungs
        seconds = sum(e.seconds for t in networks for e in t.history)
        now = datetime.datetime.now()
        objectives = {
            "validation_accuracy": list(rungs.values())[-1],
            "parameters": networks[0].lane.n_parameters,
            "seconds": seconds,
        }
        return FrozenTrial(
            number=trial,
            trial_id=-1,
            state=TrialState.PRUNED if pruned else TrialState.COMPLETE,
            value=None,
            values=[float(objectives[name]) for name in self._spec.objectives],
            datetime_start=now - datetime.timedelta(seconds=seconds),
            datetime_complete=now,
            params=params,
            distributions=distributions(self._spec),
            user_attrs=_attributes(batch, networks, seconds),
            system_attrs={},
            intermediate_values=rungs if len(self._spec.objectives) == 1 else {},
        )


def _attributes(batch: Batch, networks: Sequence[Training[Any]], seconds: float) -> dict[str, Any]:
    runs = [t.record for t in networks]
    reasons = [t.reason.value if t.reason else "pruned" for t in networks]
    return {
        "batch": batch.number,
        "batch_size": len(batch.params),
        "eta": networks[0].settings.eta,
        "best_epoch": [run.best_epoch for run in runs],
        "accuracies": [run.best_validation_accuracy for run in runs],
        "epochs": [len(run.history) for run in runs],
        "stop_reason": reasons,
        "diverged": StopReason.DIVERGED.value in reasons,
        "seconds": seconds,
        "curves": [[epoch.validation_accuracy for epoch in run.history] for run in runs],
    }


def _below(epoch: int, networks: Networks) -> Networks:
    """Return the networks that have still to train to reach an epoch."""
    return {
        key: network
        for key, network in networks.items()
        if network.reason is None and len(network.history) < epoch
    }
