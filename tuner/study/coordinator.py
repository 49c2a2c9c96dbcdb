"""The process that owns a study: it draws batches, distributes training, prunes, stores trials.

Everything in a batch follows from the study file and the trials of earlier batches, and no result
depends on where it was computed, so a killed study resumes as if nothing had happened.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from tuner.errors import StoppedError
from tuner.execution.base import Callbacks, Executor, Task, as_completed
from tuner.execution.tasks import FindEta, TrainTo
from tuner.metrics import METRICS
from tuner.records import DataSummary, Hyperparameters, Strategy
from tuner.strategies.plans import policies
from tuner.study.batches import Batch, BatchFiles, EtaFile, Key, survivors, value_at
from tuner.study.eta_cache import Etas
from tuner.study.optuna_storage import finished, sealed
from tuner.study.sampling import sample_batch, trials_of
from tuner.study.sharing import TASKS_PER_WORKER, epoch_work, epochs_ahead, share_out
from tuner.study.spec import StudySpec, fingerprint
from tuner.study.trials import finished_trial
from tuner.trainers.base import Trainer
from tuner.trainers.native import NativeTrainer
from tuner.training.eta_finder import usual_plan
from tuner.training.loop import Training, begin_with

SLICE_SECONDS = 2.0
"""A task ends with the epoch in which it has run for so long: then its networks are stored, and a
wish to stop is heard. It goes on in another task, with the same result."""

Networks = dict[Key, Training[Any]]


@dataclass
class Running:
    """The batch under way.

    Attributes
    ----------
    batch
        Number and parameters.
    going
        The trials that are not pruned.
    networks
        Those whose training has begun.
    values
        The value of each trial at each rung that it reached.
    work
        What an epoch of each trial costs, as `epoch_work` counts.
    searches
        The η searches in progress.
    """

    batch: Batch
    going: frozenset[int]
    networks: Networks = field(default_factory=dict)
    values: defaultdict[int, dict[int, float]] = field(default_factory=lambda: defaultdict(dict))
    work: dict[int, float] = field(default_factory=dict)
    searches: set[Hyperparameters] = field(default_factory=set)


@dataclass(frozen=True)
class StudyProgress:
    """The progress of a study.

    Attributes
    ----------
    trials
        The finished trials.
    target
        How many trials are wanted.
    doing
        What is running now, in words; empty at the end of a batch.
    seconds_left
        Estimated seconds to the end; None before the pace is measured.
    metric
        What ranks the trials.
    """

    trials: Sequence[FrozenTrial]
    target: int
    doing: str
    seconds_left: float | None
    metric: str = "accuracy"

    @property
    def best(self) -> float | None:
        """The best metric of a complete trial; None where there is none yet."""
        complete = [t.values[0] for t in self.trials if t.state is TrialState.COMPLETE]
        return max(complete, key=METRICS[self.metric].score, default=None)


class Coordinator:
    """Run a study: the only process that draws its trials and writes to its storage.

    Parameters
    ----------
    spec, data, study
        The search, its data, and where finished trials are stored.
    worst
        The metric of a network that diverged.
    trainer
        Creates the networks; the executor's workers train them.
    executor
        Where networks train.
    folder, files
        The study's folder, and the files of the current batch in it.
    callbacks
        For progress and for stopping.
    """

    def __init__(
        self,
        spec: StudySpec,
        data: DataSummary,
        study: Study,
        *,
        worst: float,
        trainer: Trainer[Any],
        executor: Executor,
        folder: Path,
        files: BatchFiles,
        callbacks: Callbacks[StudyProgress],
    ) -> None:
        self._spec, self._data, self._study = spec, data, study
        self._worst, self._score = worst, METRICS[spec.metric].score
        self._trainer, self._executor = trainer, executor
        self._files, self._callbacks = files, callbacks
        self._fingerprint = fingerprint(spec, data)
        self._etas = Etas(spec, EtaFile(folder, self._fingerprint))
        self._trials = finished(study)
        self._target = 0
        self._worked, self._work_done = 0.0, 0.0
        self._search_seconds: list[float] = []

    def run(self, target: int) -> bool:
        """Run until `target` trials are finished; return False when asked to stop earlier.

        A grid ends with its last point.
        """
        self._target = trials_of(self._spec, target)
        try:
            while batch := self._next_batch():
                if not self._run_batch(batch):
                    return False
        except StoppedError:  # within a search for η
            return False
        return True

    def _report(self, run: Running, doing: str) -> None:
        left = self._seconds_left(run)
        trials, metric = tuple(self._trials), self._spec.metric
        self._callbacks.watch(StudyProgress(trials, self._target, doing, left, metric))

    def _seconds_left(self, run: Running) -> float | None:
        """Estimate the time to the last trial; early stopping may end it sooner."""
        if not self._work_done:
            return None
        spec = self._spec
        ahead = partial(epochs_ahead, rungs=spec.rungs, last=spec.last_epoch, keep=spec.keep)
        begun = {trial for trial, _ in run.networks}
        work = sum(
            run.work[trial] * ahead(len(network.history))
            for (trial, _), network in run.networks.items()
            if trial in run.going and network.reason is None
        )
        work += sum(run.work[trial] * spec.networks * ahead(0) for trial in run.going - begun)
        latest = [sum(t.user_attrs.get("epochs", ())) for t in self._trials[-spec.batch :]]
        epochs = fmean(latest) if latest else spec.networks * ahead(0)
        undrawn = max(0, self._target - run.batch.trials.stop)
        work += undrawn * fmean(run.work.values()) * epochs
        seconds = work * self._worked / self._work_done
        if run.searches and self._search_seconds:
            seconds += len(run.searches) * fmean(self._search_seconds)
        return seconds / self._executor.count

    def _measured(self, seconds: float, work: float) -> None:
        """Update the pace: the seconds that one worker takes for a unit of work."""
        self._worked += seconds
        self._work_done += work

    def _next_batch(self) -> Batch | None:
        """Return the current batch, or draw the next; None when there are enough trials."""
        n = len(self._trials)
        batch = self._files.load_batch()
        if batch and batch.study == self._fingerprint and batch.first <= n < batch.trials.stop:
            return batch
        self._files.clear()
        number = 0
        if self._trials:
            last = self._trials[-1].user_attrs
            first = next(t.number for t in self._trials if t.user_attrs["batch"] == last["batch"])
            if n < first + last["batch_size"]:  # stored in part, and its file lost
                return self._draw(last["batch"], first, last["batch_size"])
            number = last["batch"] + 1
        size = min(self._spec.batch, self._target - n)
        return self._draw(number, n, size) if size > 0 else None

    def _draw(self, number: int, first: int, size: int) -> Batch:
        """Draw a batch from the trials before its first one."""
        params = sample_batch(self._spec, self._trials[:first], number, size, self._data.n_train)
        batch = Batch(number=number, first=first, study=self._fingerprint, params=tuple(params))
        self._files.save_batch(batch)
        return batch

    def _run_batch(self, batch: Batch) -> bool:
        """Train a batch from rung to rung, and store its trials; return False when stopped."""
        run = Running(batch, going=frozenset(batch.trials))
        for rung in (*self._spec.rungs, self._spec.last_epoch):
            if self._callbacks.stop_asked():
                return False
            reached = self._train_to(rung, run) if run.networks else self._start(rung, run)
            if not reached:
                return False
            if rung != self._spec.last_epoch:
                self._halve(rung, run)
        self._store_ended(run)
        self._files.clear()
        self._trials = finished(self._study)
        self._report(run, "")
        return True

    def _halve(self, rung: int, run: Running) -> None:
        """Keep the better part of a batch; trials that stopped early are not pruned."""
        for trial in run.going:
            run.values[trial][rung] = value_at(_of_trial(trial, run.networks), rung, self._worst)
        scores = {t: self._score(run.values[t][rung]) for t in run.going}
        best = survivors(scores, self._spec.keep)
        ended = {t for t in run.going if all(n.reason for n in _of_trial(t, run.networks))}
        run.going = best | ended

    def _store_ended(self, run: Running) -> None:
        """Store the finished trials up to the first unfinished one: their order is fixed.

        Called at the last rung, when it is known who was pruned.
        """
        last = self._spec.last_epoch
        for trial in range(len(self._trials), run.batch.trials.stop):
            networks = _of_trial(trial, run.networks)
            if trial in run.going:
                if not networks or any(_goes_on(network, last) for network in networks):
                    return
                run.values[trial][last] = value_at(networks, last, self._worst)
            ended = finished_trial(
                self._spec, run.batch, trial, networks, run.values[trial], worst=self._worst
            )
            self._study.add_trial(sealed(ended))
            self._trials.append(ended)

    def _start(self, rung: int, run: Running) -> bool:
        """Train every trial of a batch to the first rung, each as soon as its η is known."""
        batch = run.batch
        plans = dict(zip(batch.trials, map(self._spec.resolve, batch.params), strict=True))
        stored = self._files.load(batch)
        run.work = {t: epoch_work(settings, self._data) for t, (settings, _) in plans.items()}
        work = sum(run.work.values())
        most = work * self._spec.networks / (self._executor.count * TASKS_PER_WORKER)
        probes = replace(usual_plan(self._spec.network), seeds=self._spec.eta_seeds)
        schedule = self._spec.train.schedule
        searches = run.searches
        waiting: list[tuple[Any, Task[Any]]] = []

        def proceed() -> None:
            """Queue each η search that can begin now, and the networks whose η is known."""
            questions = {t: self._etas.open_question(plans[t][0]) for t in plans}
            new = {q: None for q in questions.values() if q is not None and q not in searches}
            searches.update(new)
            most_first = sorted(new, key=lambda s: epoch_work(s, self._data), reverse=True)
            stop_asked = self._callbacks.stop_asked
            waiting.extend((q, FindEta(q, probes, schedule, stop_asked)) for q in most_first)
            begun: Networks = {}
            for trial in [t for t, question in questions.items() if question is None]:
                begun |= self._begin(trial, *plans.pop(trial), stored)
            run.networks.update(begun)
            waiting.extend(self._tasks(rung, begun, most))
            finding = f"finding η ({len(searches)} to go)"
            self._report(run, finding if searches else f"training to epoch {rung}")

        proceed()
        for key, result in as_completed(self._executor, waiting, self._callbacks.stop_asked):
            if isinstance(key, Hyperparameters):
                self._etas.learn(key, result)
                searches.remove(key)
                self._search_seconds.append(result.seconds)
                self._measured(result.seconds, result.spent * epoch_work(key, self._data))
                proceed()
                if self._callbacks.stop_asked():
                    return False
            elif not self._keep(key, result, rung, run, waiting):
                return False
        return not plans and not _below(rung, run.networks)

    def _begin(
        self, trial: int, settings: Hyperparameters, strategy: Strategy, stored: Networks
    ) -> Networks:
        """Return the networks of a trial whose η is known; those that are stored resume."""
        eta, networks = self._etas.eta(settings, strategy.schedule), {}
        for seed in range(self._spec.seed, self._spec.seed + self._spec.seeds):
            of_seed = replace(settings, eta=eta, seed=seed)
            for key, lane in self._lanes(trial, of_seed).items():
                known = stored.get(key)
                networks[key] = (
                    known
                    if known and known.settings == of_seed
                    else begin_with(lane, of_seed, *policies(eta, strategy))
                )
        return networks

    def _lanes(self, trial: int, settings: Hyperparameters) -> dict[Key, Any]:
        """Return the untrained network of a seed, or one for each fold."""
        seed, folds = settings.seed, self._spec.folds
        if folds is None:
            return {(trial, seed): self._trainer.start(settings)}
        assert isinstance(self._trainer, NativeTrainer)  # noqa: S101 - no other has folds
        starts = (self._trainer.start(settings, fold) for fold in range(folds))
        return {(trial, seed * folds + fold): lane for fold, lane in enumerate(starts)}

    def _train_to(self, rung: int, run: Running) -> bool:
        """Train the networks of the surviving trials; return False when asked to stop earlier."""
        networks = {key: n for key, n in run.networks.items() if key[0] in run.going}
        behind = _below(rung, networks)
        networks_behind = "1 network" if len(behind) == 1 else f"{len(behind)} networks"
        self._report(run, f"training {networks_behind} to epoch {rung}")
        work = sum(epoch_work(network.settings, self._data) for network in behind.values())
        waiting = self._tasks(rung, behind, work / (self._executor.count * TASKS_PER_WORKER))
        for keys, trained in as_completed(self._executor, waiting, self._callbacks.stop_asked):
            if not self._keep(keys, trained, rung, run, waiting):
                return False
        return not _below(rung, {key: run.networks[key] for key in behind})

    def _tasks(self, rung: int, networks: Networks, most: float) -> list[tuple[Any, Task[Any]]]:
        """Return the tasks that train networks to a rung, each of about `most` work."""
        behind = _below(rung, networks)
        return [
            (keys, TrainTo(tuple(behind[key] for key in keys), rung, SLICE_SECONDS))
            for keys in share_out(behind, self._data, most)
        ]

    def _keep(
        self,
        keys: Sequence[Key],
        trained: Sequence[Training[Any]],
        rung: int,
        run: Running,
        waiting: list[tuple[Any, Task[Any]]],
    ) -> bool:
        """Store networks, and queue those below the rung again; return False when asked to stop."""
        kept = dict(zip(keys, trained, strict=True))
        for key, training in kept.items():
            new = training.history[len(run.networks[key].history) :]
            self._measured(sum(e.seconds for e in new), len(new) * run.work[key[0]])
        run.networks.update(kept)
        for key, training in kept.items():
            self._files.save(key, training)
        if rung == self._spec.last_epoch:
            self._store_ended(run)
            self._report(run, f"training to epoch {rung}")
        if behind := _below(rung, kept):
            waiting.append((tuple(behind), TrainTo(tuple(behind.values()), rung, SLICE_SECONDS)))
            at = max(len(network.history) for network in behind.values())
            self._report(run, f"training to epoch {rung}, now at {at}")
        return not (waiting and self._callbacks.stop_asked())


def _of_trial(trial: int, networks: Networks) -> list[Training[Any]]:
    """Return the networks of a trial in the order of their seeds."""
    return [networks[key] for key in sorted(networks) if key[0] == trial]


def _below(epoch: int, networks: Networks) -> Networks:
    """Return the networks that have not reached an epoch yet."""
    return {key: network for key, network in networks.items() if _goes_on(network, epoch)}


def _goes_on(network: Training[Any], epoch: int) -> bool:
    return network.reason is None and len(network.history) < epoch
