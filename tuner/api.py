"""The product's verbs, for Python and for the command line.

Each takes data (whatever `tuner.load` takes, or what it returned), settings by name, where to work
and what to watch with, and returns a result: a record that knows its summary, model and report.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np

from tuner import report as reports
from tuner import runs
from tuner.arguments import (
    Data,
    OwnModel,
    Source,
    call_of,
    dataset_of,
    given_settings,
    own_model,
    source_of,
)
from tuner.data import Dataset, Part
from tuner.data.folds import check_judged, folds_for, repeats_for
from tuner.data.loading import warn
from tuner.durations import seconds_of
from tuner.environment import environment
from tuner.errors import InputError, OptionError, StoppedError
from tuner.evaluation import evaluate as measure
from tuner.execution.base import Callbacks, Executor
from tuner.execution.opening import opened
from tuner.folders import claimed
from tuner.progress import bar
from tuner.records import (
    Choices,
    EvaluateRecord,
    FindEtaRecord,
    PartName,
    Range,
    ReproduceRecord,
    StudyRecord,
    TrainRecord,
)
from tuner.results import (
    Comparison,
    EtaResult,
    Predictions,
    ReproduceResult,
    Result,
    StudyResult,
    TrainResult,
    TuneResult,
)
from tuner.settings import Hyperparameters, Strategy, as_layers, plain, settings_of
from tuner.storage import RECORDS
from tuner.storage.models import Model, load_model
from tuner.storage.run_checkpoint import RunCheckpoint
from tuner.strategies.shares import advised_for
from tuner.strategies.verdicts import Limits
from tuner.tasks import fitted_network, fitted_strategy
from tuner.trainers.base import DescribedTrainer, Portion, Trainer
from tuner.training import eta_finder, loop
from tuner.training.eta_finder import ProbePlan, never, usual_plan
from tuner.training.loop import Training

if TYPE_CHECKING:
    from tuner.article.training import Progress
    from tuner.data.loading import Raw
    from tuner.records import TuneProgress
    from tuner.report.stored import StoredRecord
    from tuner.study.coordinator import StudyProgress
    from tuner.study.spec import StudySpec
    from tuner.tuning.request import TuneRequest

Folder = str | Path | None
Workers = int | str | Executor | None
"""How many processes of this machine (None: one a core), a scheduler's address, or an executor."""


USUAL_ETAS = 9
"""How many η a search for the threshold usually probes."""


def ignore(_: object) -> None:
    """Watch nothing."""


def find_eta(
    data: Data | DescribedTrainer[Any],
    settings: Hyperparameters | None = None,
    *,
    model: Any = None,
    loss: Any = None,
    device: Any = None,
    params: Mapping[str, Any] | None = None,
    schedule: str = "constant",
    start: float | None = None,
    plan: ProbePlan | None = None,
    limits: Limits = Limits(),
    watch: Callable[[eta_finder.Progress], None] = ignore,
    command: str | None = None,
    **hyperparameters: Any,
) -> EtaResult:
    """Find the learning rate by its threshold (article, section "Learning Rate").

    The threshold is the largest η at which the training cost still goes down over the first epochs;
    half of it is the η to use, or another share by optimizer and schedule. Short training runs find
    it, from `start` by ×10 or ÷10 until the verdict flips, then by bisection.

    Parameters
    ----------
    data
        The data, or a trainer of your own model.
    settings
        The network, where its hyperparameters are not given by name.
    model
        A PyTorch module or a scikit-learn estimator of your own, or a function that makes one from
        settings, which are as a mapping: ours, such as `s["dropout"]`, and those of `params`.
    loss, device
        Of a PyTorch model: `loss(outputs, y)`, by default cross-entropy, and where to train. Its
        `optimizer` may be a function that makes one, such as `torch.optim.AdamW`.
    params
        Settings that only the model knows, such as `{"width": 32}`.
    schedule
        The schedule to train with, a name as in `tuner.Strategy`: η is to be its highest.
    start
        The first η to probe, 1e-8 … 1e5; by default that of `settings`, else 0.01.
    plan
        How long a probe is, and with how many seeds; by default `ProbePlan()`, or for a model of
        your own a third of its price (`tuner.training.eta_finder.usual_plan`), with a bar on the
        terminal or in a notebook.
    limits
        Where the verdicts part.
    watch
        Called before each round of probes and at the end.
    command
        What was typed, for the record; by default this call.
    **hyperparameters
        Fields of `tuner.Hyperparameters`, such as `hidden=(100,)`.

    Raises
    ------
    DataError
        When the data cannot be used.
    OptionError
        When a setting is unknown or out of its range.

    Examples
    --------
    >>> found = find_eta("iris", hidden=(8,))
    >>> found.eta == found.threshold / 2, list(found.to_frame().columns)
    (True, ['eta', 'verdict', 'cost', 'reason'])
    """
    if others := hyperparameters.keys() & settings_of(Strategy).keys():
        raise OptionError(f"{min(others)} is of training, not of a search for η: give it to train.")
    first = {} if start is None else {"eta": start}
    own, named = own_model(model, params, loss, device, hyperparameters)
    chosen = given_settings(settings, None, {**named, **first}, own).hyperparameters
    source = source_of(data, chosen, own)
    chosen = fitted_network(chosen, source.summary.task)
    given = {**(own.given if own else {}), **named}
    given |= {} if schedule == "constant" else {"schedule": schedule}
    plan = plan or usual_plan(chosen)
    with _bar(source, chosen, plan, shown=own is not None) as trained:
        search = eta_finder.find_eta(
            source.trainer,
            chosen,
            schedule,
            plan=plan,
            limits=limits,
            watch=watch,
            trained=trained,
        )
    return EtaResult(
        FindEtaRecord(
            command=command or call_of("find_eta", data, given),
            settings=replace(chosen, eta=search.eta),
            data=source.summary,
            environment=environment(),
            result=search,
        )
    )


def _bar(
    source: Source, settings: Hyperparameters, plan: ProbePlan, *, shown: bool
) -> AbstractContextManager[Callable[[float], None]]:
    """Return a bar of the epochs of a search for η, which says first what it may cost."""
    if not shown:
        return nullcontext(ignore)
    per_epoch = source.trainer.steps_per_epoch(settings)
    return bar("finding η", USUAL_ETAS * plan.seeds * plan.steps(per_epoch) / per_epoch)


@overload
def train(
    data: Trainer[Any],
    settings: Sequence[Training[Any]],
    *,
    portion: Portion = "training",
    watch: Callable[[Sequence[Training[Any]]], None] = ignore,
    stop_asked: Callable[[], bool] = never,
) -> list[Training[Any]]: ...


@overload
def train(
    data: Data | DescribedTrainer[Any],
    settings: Hyperparameters | None = None,
    strategy: Strategy | None = None,
    *,
    model: Any = None,
    loss: Any = None,
    device: Any = None,
    params: Mapping[str, Any] | None = None,
    eta: float | Literal["auto"] | EtaResult | None = None,
    seeds: int = 1,
    folds: int | Literal["auto"] | None = None,
    refit: bool = False,
    folder: Folder = None,
    resume: bool = False,
    fresh: bool = False,
    watch: Callable[[Training[Any]], None] = ignore,
    watch_search: Callable[[eta_finder.Progress], None] = ignore,
    stop_asked: Callable[[], bool] = never,
    command: str | None = None,
    **keywords: Any,
) -> TrainResult: ...


def train(
    data: Any,
    settings: Any = None,
    strategy: Strategy | None = None,
    *,
    model: Any = None,
    loss: Any = None,
    device: Any = None,
    params: Mapping[str, Any] | None = None,
    eta: float | Literal["auto"] | EtaResult | None = None,
    seeds: int = 1,
    folds: int | Literal["auto"] | None = None,
    refit: bool = False,
    folder: Folder = None,
    resume: bool = False,
    fresh: bool = False,
    watch: Callable[[Any], None] = ignore,
    watch_search: Callable[[eta_finder.Progress], None] = ignore,
    stop_asked: Callable[[], bool] = never,
    command: str | None = None,
    **keywords: Any,
) -> Any:
    """Train a network, or a committee of several, and keep the weights of the best epoch.

    The best epoch is the first one with the highest validation accuracy; the test data stay sealed.

    Parameters
    ----------
    data
        The data, or a trainer of your own model.
    settings, strategy
        The network and how it trains, where they are not given by name.
    model, loss, device, params
        A model of your own, as for `find_eta`.
    eta
        The learning rate; "auto" finds it by its threshold, that of a result of `find_eta` is used.
        By default that of `settings`, else "auto".
    seeds
        How many networks to train side by side, their seeds counted up; several end in a committee,
        whose probabilities are the mean of theirs.
    folds
        Into how many stratified folds to part training and validation data: a network of each seed
        trains on all folds but one, which validates it, and they end in a committee. The
        preprocessing is fitted anew for each. "auto" is five of a table of up to 10,000 examples,
        drawn three times of up to 2,000.
        By default there is one validation part.
    refit
        Train again in the end, on training and validation data, for as many epochs as validation
        chose; then no validation example is left to tell how accurate that is.
    folder
        Gets a checkpoint about every second while the network trains, and at the end records.json
        and the model; by default nothing is written.
    resume
        Go on from the checkpoint in `folder`; `epochs` and `seconds` may be larger than before.
    fresh
        Start over where `folder` holds a checkpoint or the results of another run, and lose them.
    watch
        Called with the `Training` before its first epoch and after each.
    watch_search
        Called before each round of the search for η and at its end.
    stop_asked
        Looked at before each epoch; once true, training ends there as interrupted.
    command
        What was typed, for the record; by default this call.
    **keywords
        Fields of `tuner.Hyperparameters` and `tuner.Strategy`, such as `lambda_=0.1, patience=5`.

    Returns
    -------
    The network with the history of its training. Given a list of trainings from `tuner.begin` in
    place of `settings`, and a trainer: those trainings, trained side by side.

    Raises
    ------
    DataError
        When the data cannot be used, or the checkpoint is that of another run.
    OptionError
        When a setting is unknown or out of its range.
    InputError
        When another process works in `folder`, or when it holds a checkpoint or the results of
        another run and neither `resume` nor `fresh` says what to do with them.
    TunerError
        When the network diverged before its first good epoch.

    Examples
    --------
    >>> run = train("iris", hidden=(8,), eta=0.5, epochs=30)
    >>> run.validation_accuracy > 0.8, run.model.classes
    (True, ('setosa', 'versicolor', 'virginica'))
    """
    if isinstance(settings, Sequence):
        return loop.train(data, settings, watch=watch, stop_asked=stop_asked, **keywords)
    own, named = own_model(model, params, loss, device, keywords)
    plan = replace(
        _run_plan(data, own, settings, strategy, eta, keywords=named),
        seeds=plain(seeds),
        refit=refit,
    )
    dataset = plan.source.dataset
    count, repeats = plain(folds), 1
    if folds == "auto" and dataset:
        count, repeats = folds_for(dataset), repeats_for(dataset)
    check_judged(plan.source.summary, count)
    if count is not None:
        plan = replace(plan, source=plan.source.by_folds(count, repeats))
    given = {**(own.given if own else {}), **({} if eta is None else {"eta": eta}), **named}
    given = given if seeds == 1 else {**given, "seeds": seeds}
    given = given if folds is None else {**given, "folds": folds}
    given = given if not refit else {**given, "refit": refit}
    command = command or call_of("train", data, given)
    with _claimed(folder, command, replace=resume or fresh):
        store = _run_store(folder, plan.source, resume=resume, fresh=fresh)
        run = runs.resume(plan, store) if resume else runs.start(plan, store, watch_search)
        run = runs.finish(run, plan, store, watch=watch, stop_asked=stop_asked)
        if store is not None:
            store.save()
        outcome = runs.outcome_of(run, plan, stop_asked)
        result = TrainResult(runs.record_of(run, plan, outcome, command), outcome.model)
        if folder is not None:
            result.save(Path(folder))
        if store is not None and not run.interrupted:
            store.clear()
    return result


def _run_plan(
    data: Data | DescribedTrainer[Any],
    own: OwnModel | None,
    settings: Hyperparameters | None,
    strategy: Strategy | None,
    eta: float | Literal["auto"] | EtaResult | None,
    *,
    keywords: Mapping[str, Any],
) -> runs.RunPlan:
    search = eta.record.result if isinstance(eta, EtaResult) else None
    if eta is not None:
        keywords = {**keywords, "eta": search.eta if search else eta}
    given = given_settings(settings, strategy, keywords, own)
    chosen = given.hyperparameters
    if search is not None:
        search = advised_for(search, chosen.optimizer, given.strategy.schedule)
        chosen = replace(chosen, eta=search.eta)
    source = source_of(data, chosen, own)
    return runs.RunPlan(
        source=source,
        settings=fitted_network(chosen, source.summary.task),
        strategy=fitted_strategy(given.strategy, source.summary.task),
        eta=None if given.find_eta else chosen.eta,
        search=search,
    )


def _run_store(
    folder: Folder, source: Source, *, resume: bool, fresh: bool
) -> RunCheckpoint | None:
    if folder is None:
        return None
    if source.dataset is None:
        if resume:
            raise OptionError("resume must be False for a model of your own: it has no checkpoint.")
        return None
    store = RunCheckpoint(Path(folder), source.summary)
    store.check(resume=resume, fresh=fresh)
    return store


def search(
    data: Data | DescribedTrainer[Any],
    space: "Mapping[str, Any] | StudySpec",
    *,
    model: Any = None,
    loss: Any = None,
    device: Any = None,
    params: Mapping[str, Any] | None = None,
    trials: int | None = None,
    eta: float | Literal["find", "search"] = "find",
    workers: Workers = 1,
    folder: Folder = None,
    storage: str | None = None,
    watch: "Callable[[StudyProgress], None]" = ignore,
    stop_asked: Callable[[], bool] = never,
    command: str | None = None,
    **keywords: Any,
) -> StudyResult:
    """Search hyperparameters by an Optuna study.

    Parameters
    ----------
    data
        The data, or a trainer of your own model.
    space
        What is searched: `{"lambda_": tuner.LogRange(0.01, 10), "hidden": [(30,), (100,)]}`, that
        is a `LogRange`, `Range`, `IntRange` or a list of choices for each setting; or a
        `tuner.StudySpec`. With a model of your own, also dimensions that only it knows.
    model, loss, device, params
        A model of your own, as for `find_eta`.
    trials
        How many trials the study shall have; by default 16, or what the study says.
    eta
        "find" finds it by its threshold for each network shape; a number is used as it is. A
        dimension `eta` of the space is searched.
    workers
        Processes of this machine, or the address of a Dask scheduler. The trials do not depend on
        it.
    folder
        Keeps the trials and the batch under way: the same call goes on with a study that was
        stopped. By default nothing is kept.
    storage
        URL of an Optuna storage for the trials; by default SQLite in `folder`.
    watch
        Called with where the study stands whenever that changes.
    stop_asked
        Looked at between rungs; once true, the study stops there.
    command
        What was typed, for the record; by default this call.
    **keywords
        Fields of `tuner.Hyperparameters` and `tuner.Strategy` for what stays fixed, and of
        `tuner.StudySpec`: `name`, `batch`, `seeds`, `folds`, `rungs`, `keep`, `sampler` and
        `objectives`.

    Raises
    ------
    InputError
        When the space or a setting is unknown or out of its range, or `folder` holds another study.

    Examples
    --------
    >>> from tuner.records import LogRange
    >>> space = {"lambda_": LogRange(0.01, 10), "hidden": [(4,), (8,)]}
    >>> study = search("iris", space, trials=4, epochs=5)
    >>> len(study.trials), sorted(study.best.params)
    (4, ['hidden', 'lambda_'])
    """
    from tuner.study.custom import run_study_with
    from tuner.study.findings import eta_searches, importances
    from tuner.study.optuna_storage import default_url
    from tuner.study.spec import StudySpec, first_settings, fitted_study
    from tuner.study.studies import run_study
    from tuner.study.summary import plan_of

    own, named = own_model(model, params, loss, device, keywords)
    given = {**(own.given if own else {}), **named}
    call = call_of("search", data, {"space": space, **given})
    spec = space if isinstance(space, StudySpec) else _study_spec(space, eta, named, own)
    source = source_of(data, first_settings(spec), own)
    check_judged(source.summary, spec.folds)
    if spec is not space:
        spec = StudySpec(**{**spec.document(), "data": {"source": source.summary.name}})
    if source.dataset is not None:
        spec = fitted_study(spec, source.summary.task)
    if spec.folds is not None:
        source = source.by_folds(spec.folds)
    wanted, callbacks = plain(trials), Callbacks(watch=watch, stop_asked=stop_asked)
    with _folder(folder) as place:
        if source.dataset is None:
            trainer: DescribedTrainer[Any] = source.trainer  # type: ignore[assignment]
            summary, complete = run_study_with(
                trainer,
                spec,
                place,
                storage=storage,
                workers=plain(workers),
                trials=wanted,
                callbacks=callbacks,
            )
        else:
            summary, complete = run_study(
                spec,
                source.dataset,
                place,
                storage=storage,
                workers=plain(workers),
                trials=wanted,
                callbacks=callbacks,
            )
        record = StudyRecord(
            command=command or call,
            plan=plan_of(spec),
            data=source.summary,
            environment=environment(),
            eta_searches=eta_searches(spec, source.summary, place),
            result=summary,
            importances=importances(storage or default_url(place), spec.name),
            complete=complete,
        )

    def train_best() -> TrainResult:
        best = record.result.best
        assert best is not None  # noqa: S101 - StudyResult.best has raised
        settings, strategy = spec.resolve(best.params)
        chosen = replace(settings, eta=best.eta or settings.eta)
        chosen_data: Any = source.dataset or source.trainer
        return train(chosen_data, chosen, strategy, folds=spec.folds)

    return StudyResult(record, train_best)


def _study_spec(
    space: Mapping[str, Any],
    eta: float | str,
    keywords: Mapping[str, Any],
    own: OwnModel | None,
) -> "StudySpec":
    from tuner.study.space import of_ours
    from tuner.study.spec import parse_spec

    fixed: dict[str, dict[str, Any]] = {"network": {}, "train": {}, "study": {"name": "search"}}
    for name, value in keywords.items():
        key, known = name.rstrip("_"), "off" if value is None else plain(value)
        if name in settings_of(Hyperparameters) and name != "seed":
            fixed["network"][key] = as_layers(known) if name == "hidden" else known
        else:
            fixed["train" if name in settings_of(Strategy) else "study"][key] = known
    searched = {name: plain(dimension) for name, dimension in space.items()}
    for name, dimension in searched.items():
        if not isinstance(dimension, Range | Choices | Mapping | list | tuple):
            raise OptionError(
                f"search.{name} must be a Range, LogRange, IntRange or a list of choices but is "
                f"{dimension!r}."
            )
    if own is not None:
        fixed["network"]["own"] = own.params
        searched["own"] = {name: searched.pop(name) for name in space if not of_ours(name)}
    content = {
        **fixed.pop("study"),
        **fixed,
        "search": searched,
        "eta": "search" if "eta" in searched else plain(eta),
    }
    return parse_spec(content, "search")


def tune(
    data: Data,
    *,
    budget: float | str = "60s",
    article: bool = False,
    metric: str = "auto",
    seed: int = 0,
    workers: Workers = 1,
    folder: Folder = None,
    fresh: bool = False,
    watch: "Callable[[TuneProgress], None]" = ignore,
    stop_asked: Callable[[], bool] = never,
    command: str | None = None,
    request: "TuneRequest | None" = None,
) -> TuneResult:
    """Tune a network from data to report, in the article's order of work.

    A sanity check; η by its threshold; overfitting and what helps against it; a study of λ and
    size; η again; the best candidates on paired seeds; then the test set, opened once.

    Parameters
    ----------
    data
        The data; their test part is opened once, at the end.
    budget
        Time for all of it: seconds, or a text such as "60s", "10m" or "2h".
    article
        Use the article's means only: sigmoid neurons, cross-entropy, no augmentation.
    metric
        What chooses, as in `tuner.Strategy`.
    seed
        Random seed.
    workers
        As for `search`.
    folder
        Keeps what is finished: the same call goes on with a tuning that was stopped. By default
        nothing is kept.
    fresh
        Start over where `folder` holds a tuning, and lose it.
    watch
        Called with where the tuning stands, whenever that has changed.
    stop_asked
        Looked at between pieces of work; once true, the tuning stops there.
    command
        What was typed, for the record; by default this call.
    request
        All of this as the command line states it.

    Raises
    ------
    OptionError
        When the budget is less than a second.
    InputError
        When the folder holds another tuning, or another process works in it.
    StoppedError
        When it was stopped before its end.

    Examples
    --------
    >>> best = tune("iris", budget=2)
    >>> best.record.test.openings, best.model.settings == best.settings
    (1, True)
    """
    from tuner.tuning.parts import trainer_of
    from tuner.tuning.pipeline import tune as run
    from tuner.tuning.request import TuneRequest

    seed = plain(seed)
    seconds = seconds_of(budget) if isinstance(budget, str) else float(budget)
    call = call_of("tune", data, {"budget": budget, "seed": seed})
    dataset = dataset_of(data, seed)
    _check_sealed(dataset)
    asked = request or TuneRequest(
        budget=seconds,
        article=article,
        metric=metric,
        seed=seed,
        source=dataset.name,
        command=command or call,
    )
    with _folder(folder) as place, opened(trainer_of(dataset), plain(workers)) as executor:
        callbacks = Callbacks(watch=watch, stop_asked=stop_asked)
        tuned = run(dataset, asked, place, executor=executor, callbacks=callbacks, fresh=fresh)
        if tuned is None:
            raise StoppedError("the tuning was stopped: the same call with its folder goes on.")
        names = tuned.record.files.values()
        files = {name: (place / name).read_bytes() for name in names}
    return TuneResult(tuned.record, tuned.model, files)


def reproduce(
    data: Data = "mnist",
    names: Sequence[str] = (),
    *,
    seed: int = 0,
    workers: Workers = 1,
    folder: Folder = None,
    fresh: bool = False,
    watch: "Callable[[Progress], None]" = ignore,
    stop_asked: Callable[[], bool] = never,
    command: str | None = None,
) -> ReproduceResult:
    """Run the article's experiments, and put its published figures beside ours.

    Parameters
    ----------
    data
        The data; the published figures are those of "mnist".
    names
        Which experiments; all that the data allow if none is named.
    seed
        Random seed.
    workers
        As for `search`.
    folder
        Keeps unfinished training: the same call goes on with it. By default nothing is kept.
    fresh
        Start over where an earlier call was stopped, and replace the results of another.
    watch
        Called with how far it is.
    stop_asked
        Looked at between pieces of training; once true, the work stops there.
    command
        What was typed, for the record; by default this call.

    Raises
    ------
    OptionError
        When a name is unknown, or needs images and the data are none.
    StoppedError
        When it was stopped before its end.

    Examples
    --------
    >>> done = reproduce("iris", ["round-1"])
    >>> done.record.experiments[0].name, done.record.test_openings
    ('round-1', 0)
    """
    from tuner.article.experiments import check_names, chosen
    from tuner.article.reproduce import is_published, trains
    from tuner.article.reproduce import reproduce as run
    from tuner.article.training import open_runs

    seed = plain(seed)
    check_names(names)
    dataset = dataset_of(data, seed)
    _check_sealed(dataset)
    experiments, omitted = chosen(names, images=dataset.image_shape is not None)
    if isinstance(workers, int | str | None) and not trains(experiments, dataset.train.n):
        workers = 1
    command = command or call_of("reproduce", data, {"names": names})
    with (
        _claimed(folder, command, replace=fresh),
        _folder(folder) as place,
        opened(dataset.tuning, plain(workers)) as executor,
        open_runs(place, dataset.summary, fresh=fresh) as store,
    ):
        done = run(
            experiments,
            dataset,
            store,
            seed=seed,
            workers=executor,
            watch=watch,
            stop_asked=stop_asked,
        )
        if not done.complete:
            raise StoppedError("stopped: the same call with its folder goes on.")
        record = ReproduceRecord(
            command=command,
            seed=seed,
            published_data=is_published(dataset),
            experiments=done.experiments,
            omitted=omitted,
            test_openings=dataset.test_openings,
            seconds=done.seconds,
            data=dataset.summary,
            environment=environment(),
        )
        result = ReproduceResult(record)
        if folder is not None:
            result.save(place)
        store.forget()
    return result


def evaluate(
    model: Model | str | Path,
    data: Data | None = None,
    *,
    target: str | None = None,
    part: PartName | None = None,
    metric: str | None = None,
) -> EvaluateRecord:
    """Measure a model on data.

    Parameters
    ----------
    model
        A trained network, or the path of one.
    data
        The name of a data set or the path of a file; or data in Python that are those of training,
        split alike. By default the data of training.
    target
        The column that holds the classes; by default that of training.
    part
        "test", "validation" or "all"; by default the test part of the data of training, of which
        each opening is counted, and all examples of other data.
    metric
        What to judge by, such as "f1"; by default the metric that chose the model.

    Raises
    ------
    DataError
        When the data cannot be used, or hold a class that the model does not know.

    Examples
    --------
    >>> run = train("iris", hidden=(8,), eta=0.5, epochs=30)
    >>> evaluate(run.model, "iris", part="validation").accuracy == run.validation_accuracy
    True
    """
    network = model if isinstance(model, Model) else load_model(model)
    if data is None or isinstance(data, str | Path):
        source = None if data is None else str(data)
        return measure(network, source, target=target, part=part, metric=metric)
    seed = network.data.split_seed or 0
    return measure(network, dataset_of(data, seed), target=target, part=part, metric=metric)


def predict(
    model: Model | str | Path, data: "Raw | Part", *, known: Sequence[str] = ()
) -> Predictions:
    """Predict the class, or the number, of each example.

    Parameters
    ----------
    model
        A trained network, or the path of one.
    data
        What `Model.predict` takes: the name of a data set, the path of a file, a DataFrame or an
        array, with the columns of training; no target is needed.

    known
        Columns beside those of training and the target that are there on purpose: of others a note
        says that they are ignored.

    Raises
    ------
    DataError
        When the model or the data cannot be used, or a column is missing.

    Examples
    --------
    >>> run = train("iris", hidden=(8,), eta=0.5, epochs=30)
    >>> predict(run.model, "iris").to_frame().columns[:2].tolist()
    ['class', 'probability']
    """
    network = model if isinstance(model, Model) else load_model(model)
    prepared = network.prepare(data, known)
    warn(prepared.notes, str(data) if isinstance(data, str | Path) else "x")
    if network.task == "regression":
        values = network.values(prepared.x)
        return Predictions((), np.empty((len(values), 0), np.float32), prepared.notes, values)
    return Predictions(network.classes, network.probabilities(prepared.x), prepared.notes)


def compare(
    *results: "Result[Any] | StoredRecord | str | Path",
    names: Sequence[str] | None = None,
) -> Comparison:
    """Compare runs, or studies; runs that differ in nothing but the seed count as one.

    Parameters
    ----------
    results
        Results of `train` or of `search`, their records, or the folders they were written to.
    names
        What to call each; by default its folder, or its letter.

    Raises
    ------
    InputError
        When one is neither a run nor a study, or they are mixed.

    Examples
    --------
    >>> runs = [train("iris", hidden=(size,), eta=0.5, epochs=20) for size in (2, 8)]
    >>> len(compare(*runs).to_frame())
    2
    """
    records = [_record_of(each) for each in results]
    called = names or [
        str(each) if isinstance(each, str | Path) else chr(ord("A") + i)
        for i, each in enumerate(results)
    ]
    comparable: list[TrainRecord | StudyRecord] = []
    for record, name in zip(records, called, strict=True):
        if not isinstance(record, TrainRecord | StudyRecord):
            kind = KINDS[type(record).__name__]
            raise InputError(f"{name}: is {kind}: only runs of train and studies can be compared.")
        comparable.append(record)
    return Comparison(tuple(comparable), tuple(called))


KINDS: Mapping[str, str] = {
    "FindEtaRecord": "an η search",
    "ReproduceRecord": "a reproduction",
    "TuneRecord": "a tuning",
}


def _record_of(result: Any) -> Any:
    """Return the record of a result, or of a folder that holds one."""
    if isinstance(result, Result):
        return result.record
    if isinstance(result, str | Path):
        path = Path(result)
        return reports.load_stored(path / RECORDS if path.is_dir() else path)
    return result


def _check_sealed(data: Dataset) -> None:
    if data.summary.test_size == 0:
        raise OptionError("test_size is 0, but a test part is opened in the end: give a share.")


@contextmanager
def _folder(folder: Folder) -> Iterator[Path]:
    """Return the folder to work in: the one that was asked for, or one that vanishes at the end."""
    if folder is not None:
        yield Path(folder)
        return
    with tempfile.TemporaryDirectory(prefix="tuner-") as place:
        yield Path(place)


def _claimed(folder: Folder, command: str, *, replace: bool) -> AbstractContextManager[None]:
    """Hold the folder that was asked for, if one was."""
    return nullcontext() if folder is None else claimed(Path(folder), command, replace=replace)
