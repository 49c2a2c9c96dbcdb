"""The order of the work, from a quick signal to the one opening of the test set."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path

from tuner.data import Dataset
from tuner.environment import environment
from tuner.errors import DataError, TunerError
from tuner.execution.base import Executor, run_all
from tuner.execution.tasks import FindEta
from tuner.files import write_file
from tuner.inspection import inspect
from tuner.records import (
    Hyperparameters,
    Inspection,
    Judged,
    Overfitting,
    Record,
    Signal,
    Step,
    StepName,
    StudyRecord,
    TuneRecord,
)
from tuner.storage.models import Model, model_of, save_model
from tuner.storage.run_store import RunStore, open_store
from tuner.study.coordinator import Control as StudyControl
from tuner.study.coordinator import Standing
from tuner.study.findings import eta_searches, importances
from tuner.study.optuna_storage import default_url
from tuner.study.studies import run_study
from tuner.study.summary import plan_of
from tuner.training.eta_finder import ProbePlan
from tuner.tuning import words
from tuner.tuning.candidates import Finalists, least_epochs, most_epochs
from tuner.tuning.overfitting import (
    Searches,
    examples_for_look,
    find_etas,
    kinds,
    look_at_overfitting,
    quick_signal,
)
from tuner.tuning.request import Ask, Control
from tuner.tuning.search import (
    Paces,
    SearchPlan,
    best_trials,
    for_long_run,
    measure_paces,
    part_for,
    plan_search,
    settings_of,
    study_spec,
    workers_for,
)
from tuner.tuning.settings_file import settings_text
from tuner.tuning.test_evaluation import judge

WORK, MODEL, SETTINGS = "work", "model.safetensors", "settings.toml"

STUDY = "study"
"""Folder of the study within that of the work: both keep files, and of the same names."""

LONG = 240.0
"""Seconds of budget from which there are more candidates, and a smaller share for the search."""

SEARCH_ENDS_SHORT, SEARCH_ENDS_LONG = 0.36, 0.3
"""Share of the budget at which the study is to have ended."""

SEARCH_ENDS_FRESH = 0.28
"""The same of a short budget where images change in every epoch: then more epochs help for long."""

AGAIN_SHARE, PROBES, CHECKPOINTS = 0.04, 11, 6
"""Share of the budget to find η again in, by so many probes, whose cost is measured so often."""

CANDIDATES_SHORT, CANDIDATES_LONG = 2, 3
"""Candidates for the final."""


@dataclass(frozen=True, kw_only=True)
class LookPlan(Record):
    """How many examples the look at overfitting trains on."""

    n: int


@dataclass(frozen=True, kw_only=True)
class ProbeSteps(Record):
    """How many steps a probe of the second η search takes."""

    n: int


@dataclass(frozen=True)
class Tuned:
    """What came of a tuning, and the network it chose."""

    record: TuneRecord
    model: Model


def tune(
    data: Dataset,
    ask: Ask,
    folder: Path,
    *,
    workers: Executor,
    control: Control = Control(),
    fresh: bool = False,
) -> Tuned | None:
    """Do the article's whole order of work; go on where an earlier go was stopped.

    Parameters
    ----------
    data
        Its test part is opened once, at the end.
    ask
        Budget and what else the user wants.
    folder
        Gets the model, the settings, and in a folder of their own the steps done so far.
    workers
        Where networks train; given the same plan, the result does not depend on how many there are.
    control
        How it is watched and stopped.
    fresh
        Whether to discard an earlier tuning in the folder, once no other process works on it.

    Returns
    -------
    The record that the report is made from, with the model; None when asked to stop before.

    Raises
    ------
    InputError
        When the folder holds another tuning, or another process works in it.
    TunerError
        When no network could be trained.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from tuner.data import load
    >>> from tuner.execution.opening import open_executor
    >>> iris = load("iris")
    >>> with TemporaryDirectory() as home:
    ...     tuned = tune(iris, Ask(budget=2), Path(home), workers=open_executor(iris.tuning))
    >>> tuned.record.test.openings, iris.test_openings
    (1, 1)
    """
    identity = ask.identity(data.summary, version("tuner"))
    with open_store(folder / WORK, identity, began=ask.began, fresh=fresh) as memory:
        order = _Order(data, ask, folder, memory=memory, workers=workers, control=control)
        return order.tuned() if order.work() else None


class _Order:
    """The steps, each kept as soon as it is done."""

    def __init__(
        self,
        data: Dataset,
        ask: Ask,
        folder: Path,
        *,
        memory: RunStore,
        workers: Executor,
        control: Control,
    ) -> None:
        self.data, self.ask, self.folder = data, ask, folder
        self.memory, self.workers, self.control = memory, workers, control

    def work(self) -> bool:
        """Do the steps that are not done yet; give False when asked to stop before the last."""
        steps: dict[StepName, Callable[[], str | None]] = {
            "signal": self.signal,
            "eta": self.eta,
            "overfitting": self.overfitting,
            "study": self.study,
            "eta-again": self.eta_again,
            "final": self.final,
            "test": self.test,
        }
        for number, (name, step) in enumerate(steps.items(), 1):
            if not self.memory.has(f"step-{name}") and self.control.stop_asked():
                return False
            self.control.say(f"step {number} of {len(steps)}: {words.DOING[name]}")
            began = time.monotonic()
            conclusion = step()
            if conclusion is None:
                self.memory.tick()
                return False
            kept = Step(name=name, conclusion=conclusion, seconds=time.monotonic() - began)
            self.memory.once(f"step-{name}", Step, lambda kept=kept: kept)  # type: ignore[misc]
        return True

    def signal(self) -> str:
        """Train a small network on little data."""
        work = partial(quick_signal, self.data.tuning, self.ask.seed)
        self.signal_seen = self.memory.once("signal", Signal, work)
        return words.signal(self.signal_seen, self.data.validation.n)

    def eta(self) -> str:
        """Find η for each kind of network."""
        self.kinds = kinds(self.data.tuning, article=self.ask.article, seed=self.ask.seed)
        self.n_look = self.memory.once("examples", LookPlan, self._examples).n
        work = partial(find_etas, self.kinds, self.n_look, self.workers)
        self.searches = self.memory.once("etas", Searches, work).found
        return words.etas(self.searches)

    def _examples(self) -> LookPlan:
        data, budget, workers = self.data.tuning, self.ask.budget, self.workers.count
        return LookPlan(n=examples_for_look(data, self.kinds, budget, workers))

    def overfitting(self) -> str:
        """Look at overfitting, and at what helps against it."""
        starts = {k: replace(s, eta=self.searches[k].eta) for k, s in self.kinds.items()}
        self.look = self.memory.once(
            "overfitting",
            Overfitting,
            lambda: look_at_overfitting(
                self.data.tuning,
                starts,
                self.n_look,
                article=self.ask.article,
                patient=self._long,
                workers=self.workers,
            ),
        )
        self.base = self.look.tried[self.look.chosen].run.settings
        return words.overfitting(self.look)

    def study(self) -> str | None:
        """Search λ and size."""
        n_inputs = self.data.train.x.shape[1]
        self.paces = self.memory.once(
            "paces",
            Paces,
            lambda: measure_paces(self.base, n_inputs, self.ask.budget, self.workers),
        ).seconds
        self.plan = self.memory.once("search-plan", SearchPlan, self._search_plan)
        self.spec = study_spec(self.plan, self.base, self.ask)
        self.studied = part_for(self.data, self.plan)
        self.summary, complete = run_study(
            self.spec,
            self.studied,
            self.folder / WORK / STUDY,
            workers=workers_for(self.workers, self.data, self.plan),
            control=StudyControl(
                watch=self._watch_study,
                stop_asked=self.control.stop_asked,
            ),
        )
        if not complete:
            return None
        most = CANDIDATES_LONG if self._long else CANDIDATES_SHORT
        self.best = best_trials(self.summary, most)
        return words.study(self.summary, self.best)

    @property
    def _long(self) -> bool:
        return self.ask.budget >= LONG

    def _watch_study(self, now: Standing) -> None:
        complete = [t.values[0] for t in now.trials if t.state.name == "COMPLETE"]
        self.control.say(words.standing(len(now.trials), now.target, complete))

    def _search_plan(self) -> SearchPlan:
        n = self.data.train.n
        fresh = self.base.expansion != "none"
        short = SEARCH_ENDS_FRESH if fresh else SEARCH_ENDS_SHORT
        ends = self.ask.budget * (SEARCH_ENDS_LONG if self._long else short)
        return plan_search(
            Paces(seconds=self.paces),
            n,
            seconds=max(0.1 * self.ask.budget, ends - self.memory.seconds),
            final_seconds=self.ask.for_work - ends - AGAIN_SHARE * self.ask.budget,
            enough_epochs=least_epochs(self.base, n),
            most_epochs=most_epochs(self.base, n) if fresh else math.inf,
            workers=self.workers.count,
        )

    def eta_again(self) -> str:
        """Find η once more, for the settings of each candidate."""
        scale = self.data.train.n / self.plan.n_train
        settings = [settings_of(self.spec, trial, scale) for trial in self.best]
        steps = self.memory.once("again-plan", ProbeSteps, partial(self._steps_again, settings)).n
        plan = ProbePlan(least_steps=steps, most_steps=steps, checkpoints=CHECKPOINTS, seeds=1)

        def work() -> Searches:
            tasks = [FindEta(replace(s, eta=_begin_at(s.eta)), plan) for s in settings]
            found = run_all(self.workers, tasks)
            return Searches(found={str(t.number): f for t, f in zip(self.best, found, strict=True)})

        self.again = self.memory.once("etas-again", Searches, work).found
        self.candidates = [
            for_long_run(replace(s, eta=self.again[str(t.number)].eta))
            for s, t in zip(settings, self.best, strict=True)
        ]
        return words.etas_again(settings, self.candidates)

    def _steps_again(self, settings: list[Hyperparameters]) -> ProbeSteps:
        """Return the steps of a probe such that all probes fit their share of the budget."""
        seconds = AGAIN_SHARE * self.ask.budget * self.workers.count / len(settings)
        n = self.data.train.n
        paces = [self._pace(s) * s.batch_size / n for s in settings]
        return ProbeSteps(n=int(min(1200, max(120, seconds / (PROBES * max(paces))))))

    def _pace(self, settings: Hyperparameters) -> float:
        return self.paces[settings.hidden[0]]

    def final(self) -> str | None:
        """Train the candidates on paired seeds, and the winner to the end."""
        self.finalists = Finalists(
            self.data,
            self.candidates,
            self.ask,
            memory=self.memory,
            workers=self.workers,
            control=self.control,
        )
        compared = self.finalists.run([self._pace(s) for s in self.candidates])
        if compared is None:
            return None
        numbers = {c: trial.number for c, trial in enumerate(self.best)}
        self.outcome = self.finalists.record(compared, numbers)
        if not self.finalists.of(compared.winner)[0].best_epoch:
            raise TunerError("every final network diverged: check the data, then use --fresh.")
        return words.final(self.outcome)

    def test(self) -> str:
        """Open the test part, once, and judge the model by it."""
        networks = self.finalists.of(self.outcome.winner)
        models = [model_of(network, self.data) for network in networks]
        place = [n.settings.seed for n in networks].index(self.outcome.seed)
        self.model = models[place]
        work = partial(judge, self.data, self.model, models, self.memory)
        self.judged = self.memory.once("judged", Judged, work)
        return words.test(self.judged)

    def tuned(self) -> Tuned:
        """Write model and settings, and give the record of all of it."""
        record = self.memory.once("record", TuneRecord, self._record)
        save_model(self.model, self.folder / MODEL)
        text = settings_text(record.settings, record.final.strategy, self.ask, SETTINGS)
        write_file(self.folder / SETTINGS, text.encode())
        return Tuned(record, self.model)

    def _record(self) -> TuneRecord:
        winner = str(self.outcome.candidates[self.outcome.winner].trial)
        steps = ("signal", "eta", "overfitting", "study", "eta-again", "final", "test")
        kept = [self.memory.load(f"step-{name}", Step) for name in steps]
        return TuneRecord(
            command=self.ask.command,
            data=self.data.summary,
            environment=environment(),
            budget=self.ask.budget,
            seconds=self.memory.seconds,
            article=self.ask.article,
            steps=tuple(step for step in kept if step),
            left_out=tuple(words.left_out(self.plan, self.outcome, self.look, self.data.train)),
            signal=self.signal_seen,
            eta_searches=self.searches,
            overfitting=self.look,
            study=self._study_record(),
            eta_again=self.again[winner],
            final=self.outcome,
            inspection=_seen(self.model, self.data),
            test=self.judged,
            files={"model": MODEL, "settings": SETTINGS},
        )

    def _study_record(self) -> StudyRecord:
        folder = self.folder / WORK / STUDY
        return StudyRecord(
            command=self.ask.command,
            plan=plan_of(self.spec),
            data=self.studied.summary,
            environment=environment(),
            eta_searches=eta_searches(self.spec, self.studied, folder),
            result=self.summary,
            importances=importances(default_url(folder), self.spec.name),
            complete=True,
        )


def _begin_at(eta: float) -> float:
    """Return where to begin a search whose answer is probably near: a tenth of the threshold."""
    return float(f"{eta / 5:.3g}")


def _seen(model: Model, data: Dataset) -> Inspection | None:
    try:
        return inspect(model, data.tuning)
    except DataError:
        return None
