"""Tuning as a pipeline: the steps in their order, each a function of the results before it.

The result of each step is stored as soon as it is there, so a tuning that was killed or stopped
resumes at the step, and within the longer steps at the network, where it was.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tuner.data import Dataset
from tuner.environment import environment
from tuner.errors import DataError
from tuner.execution.base import Callbacks, Executor
from tuner.files import write_file
from tuner.inspection import inspect
from tuner.records import (
    Confirmation,
    Evaluation,
    FinishedStep,
    Inspection,
    Overfitting,
    Record,
    SanityCheck,
    StepName,
    StudyRecord,
    TuneProgress,
    TuneRecord,
)
from tuner.storage.models import Model, save_model
from tuner.storage.run_store import open_store
from tuner.tuning.left_out import left_out
from tuner.tuning.parts import folds_in
from tuner.tuning.request import TuneRequest
from tuner.tuning.settings_file import settings_text
from tuner.tuning.state import Context, State
from tuner.tuning.steps.candidates import confirm
from tuner.tuning.steps.evaluation import chosen_model, evaluate
from tuner.tuning.steps.kinds import confirm_on_folds
from tuner.tuning.steps.learning_rate import EtaSearches, find_etas
from tuner.tuning.steps.learning_rate_again import CandidateEtas, find_etas_again
from tuner.tuning.steps.overfitting import look_at_overfitting
from tuner.tuning.steps.sanity_check import check_sanity
from tuner.tuning.steps.search import search

WORK, MODEL, SETTINGS = "work", "model.safetensors", "settings.toml"

REPORT = ("report.html", "records.json")
"""What the report that is written beside them consists of, but for its figures."""


@dataclass(frozen=True)
class Step:
    """One step of a tuning.

    Attributes
    ----------
    name
        Also of the entry that its result is stored as.
    result
        The type of the result.
    run
        Returns the result, given those of the steps before; None when asked to stop before.
    """

    name: StepName
    result: type[Record]
    run: Callable[[State, Context], Record | None]


def confirm_candidates(state: State, context: Context) -> Confirmation | None:
    """Train the candidates on folds where there are any, else on paired seeds."""
    return (confirm_on_folds if context.folds else confirm)(state, context)


STEPS = (
    Step("signal", SanityCheck, check_sanity),
    Step("eta", EtaSearches, find_etas),
    Step("overfitting", Overfitting, look_at_overfitting),
    Step("study", StudyRecord, search),
    Step("eta-again", CandidateEtas, find_etas_again),
    Step("final", Confirmation, confirm_candidates),
    Step("test", Evaluation, evaluate),
)


@dataclass(frozen=True)
class Tuned:
    """The result of a tuning: its record, and the network it chose."""

    record: TuneRecord
    model: Model


def tune(
    data: Dataset,
    request: TuneRequest,
    folder: Path,
    *,
    executor: Executor,
    callbacks: Callbacks[TuneProgress] = Callbacks(),
    fresh: bool = False,
) -> Tuned | None:
    """Tune a network, or resume an interrupted tuning.

    Parameters
    ----------
    data
        Its test part is opened once, at the end.
    request
        Budget and what else the user wants.
    folder
        Gets the model and the settings, and in a folder of their own the results of the steps.
    executor
        Where networks train, opened for `tuner.tuning.parts.trainer_of`; given the same plans, the
        result does not depend on how many train at the same time.
    callbacks
        How the tuning is watched and stopped.
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
    >>> from tuner.tuning.parts import trainer_of
    >>> iris = load("iris")
    >>> with TemporaryDirectory() as home:
    ...     request, executor = TuneRequest(budget=2), open_executor(trainer_of(iris))
    ...     tuned = tune(iris, request, Path(home), executor=executor)
    >>> tuned.record.test.openings, iris.test_openings
    (1, 1)
    """
    identity = request.identity(data.summary, version("eta-tuner"))
    with open_store(folder / WORK, identity, began=request.began, fresh=fresh) as store:
        context = Context(data, request, store, executor, callbacks, folds_in(data))
        state = run_steps(context)
        if state is None:
            store.tick()
            return None
        model = chosen_model(state, context)
        record = store.once("record", TuneRecord, lambda: _record(state, context, model))
        tuned = Tuned(record, model)
        _publish(tuned, settings_text(record, request, SETTINGS).encode(), folder)
        return tuned


def run_steps(context: Context) -> State | None:
    """Return the results of all steps, of which those not stored yet are run.

    None when asked to stop before the last one.
    """
    state = State()
    for step in STEPS:
        result: Any = context.store.load(step.name, step.result)
        if result is None:
            if context.callbacks.stop_asked():
                return None
            context.tell(TuneProgress(step=step.name))
            result = step.run(state, context)
            if result is None:
                return None
            context.store.save(step.name, result)
        state = state.plus(result)
    return state


def _publish(tuned: Tuned, settings: bytes, folder: Path) -> None:
    """Write model and settings; the report of another model is removed before.

    So a kill at any moment leaves no report beside a model that it does not describe.
    """
    file = folder / SETTINGS
    if not file.is_file() or file.read_bytes() != settings:
        for name in REPORT:
            (folder / name).unlink(missing_ok=True)
    save_model(tuned.model, folder / MODEL)
    write_file(file, settings)


def _record(state: State, context: Context, model: Model) -> TuneRecord:
    confirmation, request = state[Confirmation], context.request
    chosen = confirmation.candidates[confirmation.winner]
    winner = chosen.kind if chosen.trial is None else str(chosen.trial)
    steps = tuple(_finished_steps(context))
    return TuneRecord(
        command=request.command,
        data=context.data.summary,
        environment=environment(),
        budget=request.budget,
        seconds=context.store.seconds,
        article=request.article,
        steps=steps,
        left_out=tuple(left_out(state, context)),
        signal=state[SanityCheck],
        eta_searches=state[EtaSearches].found,
        overfitting=state[Overfitting],
        study=state[StudyRecord],
        eta_again=state[CandidateEtas].found[winner],
        final=confirmation,
        inspection=_inspection(model, context),
        test=state[Evaluation],
        files={"model": MODEL, "settings": SETTINGS},
    )


def _finished_steps(context: Context) -> Iterator[FinishedStep]:
    """Yield the steps with the time between the end of each and of the one before."""
    before = 0.0
    for step in STEPS:
        ended = context.store.saved_at(step.name)
        yield FinishedStep(name=step.name, seconds=ended - before)
        before = ended


def _inspection(model: Model, context: Context) -> Inspection | None:
    """Inspect the model, unless its outputs are not finite.

    Of folds no example is left that it did not train on; of numbers there are no classes.
    """
    if context.folds or not context.data.classes:
        return None
    try:
        return inspect(model, context.data.tuning)
    except DataError:
        return None
