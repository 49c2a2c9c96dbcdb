"""Initial weights, η, its threshold, stopping and schedule (article, from "权值初始化" on)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise

from tuner.article.context import Bench, Experiment, Outcome, Trainings
from tuner.article.curves import COST, VALIDATION, history_panel
from tuner.article.findings import above, below, near, shown
from tuner.article.recipes import SEEDS_ALL, Plan, Recipe
from tuner.records import Finding, Hyperparameters, Strategy

LARGE, SCALED = "N(0, 1)", "N(0, 1/n_in)"
EPOCHS = 30
ETAS = (0.025, 0.25, 2.5)


def _init(plan: Plan, *, hidden: int) -> Mapping[str, Recipe]:
    large = plan.on_all(eta=0.1, decay=True, hidden=hidden)
    scaled = replace(large.settings, init="scaled")
    return {LARGE: large, SCALED: replace(large, settings=scaled)}


def _after(trainings: Trainings, epoch: int) -> list[float]:
    return [100 * t.history[epoch - 1].validation_accuracy for t in trainings]


def _differences(more: Sequence[float], less: Sequence[float]) -> list[float]:
    return [a - b for a, b in zip(more, less, strict=True)]


def _measure_init(bench: Bench, *, hidden: int) -> Outcome:
    large, scaled = bench.runs[LARGE], bench.runs[SCALED]
    end = _differences(_after(scaled, EPOCHS), _after(large, EPOCHS))
    findings: tuple[Finding, ...] = (
        above("first-gain", _differences(_after(scaled, 1), _after(large, 1)), unit="points"),
    )
    if hidden > 30:
        findings = (
            near("best", _after(scaled, EPOCHS), published=98.04, tolerance=0.4, unit="percent"),
            shown("test", bench.test_accuracies(SCALED), unit="percent"),
            *findings,
            above("last-gain", end, unit="points"),
        )
    else:
        findings = (
            near("first-scaled", _after(scaled, 1), published=93, tolerance=1, unit="percent"),
            near("first-large", _after(large, 1), published=87, tolerance=2, unit="percent"),
            *findings,
            near("last-gain", end, published=0, tolerance=0.3, unit="points"),
        )
    return Outcome(findings, (history_panel(VALIDATION, bench.runs),))


def _rates(plan: Plan) -> Mapping[str, Recipe]:
    return {f"η = {eta:g}": plan.on_all(eta=eta, decay=True, init="scaled") for eta in ETAS}


def upward_share(costs: Sequence[float]) -> float:
    """Return the share in % of the cost's movement that was upwards: 0 falls, 50 goes nowhere.

    Examples
    --------
    >>> upward_share([3.0, 2.0, 1.0]), upward_share([2.0, 1.0, 2.0])
    (0.0, 50.0)
    """
    changes = [b - a for a, b in pairwise(costs)]
    movement = sum(map(abs, changes))
    return 100 * sum(max(0.0, c) for c in changes) / movement if movement else 0.0


def _costs(trainings: Trainings) -> list[list[float]]:
    return [[epoch.training_cost for epoch in t.history] for t in trainings]


def _measure_rates(bench: Bench) -> Outcome:
    smooth, good, wild = (_costs(bench.runs[f"η = {eta:g}"]) for eta in ETAS)
    still = [100 * (c[19] - c[-1]) / (c[0] - c[-1]) for c in good]
    findings = (
        below("smooth", [upward_share(c) for c in smooth], limit=5, unit="percent"),
        below("flat", still, limit=10, unit="percent"),
        above("oscillates", [upward_share(c) for c in wild], limit=35, unit="percent"),
        above(
            "worse",
            [w[-1] - g[-1] for w, g in zip(wild, good, strict=True)],
            unit="number",
        ),
    )
    return Outcome(findings, (history_panel(COST, bench.runs, log_y=True),))


def _threshold_of(plan: Plan) -> tuple[Hyperparameters, ...]:
    first = plan.on_all(eta=0.01, decay=True, init="scaled").settings
    return tuple(replace(first, seed=plan.seed + i) for i in range(SEEDS_ALL))


def _measure_threshold(bench: Bench) -> Outcome:
    thresholds = [search.threshold for search in bench.searches]
    findings = (
        above("above-smooth", thresholds, limit=ETAS[1], unit="number"),
        below("below-oscillating", thresholds, limit=ETAS[2], unit="number"),
        shown("half", [search.eta for search in bench.searches], unit="number"),
    )
    return Outcome(findings, ())


PATIENCES = (10, 50)


def _stopping(plan: Plan) -> Mapping[str, Recipe]:
    stopped = {
        f"N = {n}": plan.on_few(decay=True, strategy=Strategy(epochs=400, patience=n))
        for n in PATIENCES
    }
    return {"no stopping": plan.on_few(decay=True), **stopped}


def _measure_stopping(bench: Bench) -> Outcome:
    short, long = (f"N = {n}" for n in PATIENCES)
    best = {
        name: [100 * t.record.best_validation_accuracy for t in bench.runs[name]]
        for name in (short, long)
    }
    epochs = {name: [float(len(t.history)) for t in bench.runs[name]] for name in (short, long)}
    findings = (
        below("epochs-short", epochs[short], limit=400, unit="epochs"),
        shown("epochs-long", epochs[long], unit="epochs"),
        above("validation-gain", _differences(best[long], best[short]), unit="points"),
        above("test-gain", bench.test_gains(long, short, best=True), unit="points"),
        shown("test-short", bench.test_accuracies(short, best=True), unit="percent"),
        shown("test-long", bench.test_accuracies(long, best=True), unit="percent"),
    )
    return Outcome(findings, (history_panel(VALIDATION, bench.runs),))


FACTORS = {"η / 2": 2.0, "η / 10": 10.0}


def _schedule(plan: Plan) -> Mapping[str, Recipe]:
    divided = {
        name: plan.on_all(
            eta=0.5,
            decay=True,
            strategy=Strategy(epochs=80, patience=2, schedule="halving", factor=factor),
        )
        for name, factor in FACTORS.items()
    }
    return {"constant η": plan.on_all(eta=0.5, decay=True), **divided}


def _measure_schedule(bench: Bench) -> Outcome:
    halved, tenth = FACTORS
    findings = (
        above("gain-halved", bench.test_gains(halved, "constant η"), unit="points"),
        above("gain-tenth", bench.test_gains(tenth, "constant η"), unit="points"),
        shown("test-halved", bench.test_accuracies(halved), unit="percent"),
        shown("epochs-halved", [len(t.history) for t in bench.runs[halved]], unit="epochs"),
        shown("epochs-tenth", [len(t.history) for t in bench.runs[tenth]], unit="epochs"),
        below(
            "last-eta",
            [t.schedule.eta / 0.5 for t in bench.runs[halved]],
            limit=0.001,
            unit="number",
        ),
    )
    panels = (
        history_panel(VALIDATION, bench.runs),
        history_panel("learning rate η", bench.runs, log_y=True),
    )
    return Outcome(findings, panels)


PRACTICE = (
    *(
        Experiment(
            name=f"init-{hidden}",
            recipes=partial(_init, hidden=hidden),
            measure=partial(_measure_init, hidden=hidden),
            uses_test=hidden > 30,
        )
        for hidden in (30, 100)
    ),
    Experiment(name="learning-rates", recipes=_rates, measure=_measure_rates, uses_test=False),
    Experiment(
        name="threshold", searches=_threshold_of, measure=_measure_threshold, uses_test=False
    ),
    Experiment(name="early-stopping", recipes=_stopping, measure=_measure_stopping),
    Experiment(name="schedule", recipes=_schedule, measure=_measure_schedule),
)
