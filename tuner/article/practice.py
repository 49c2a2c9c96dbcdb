"""Initial weights, η, its threshold, stopping and schedule (article, from "权值初始化" on)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise

from tuner.article.context import Context, Experiment, Measured, Trainings
from tuner.article.curves import COST, VALIDATION, history_panel
from tuner.article.findings import above, below, differences, near, shown
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


def _measure_init(context: Context, *, hidden: int) -> Measured:
    large, scaled = context.runs[LARGE], context.runs[SCALED]
    end = differences(_after(scaled, EPOCHS), _after(large, EPOCHS))
    findings: tuple[Finding, ...] = (
        above("first-gain", differences(_after(scaled, 1), _after(large, 1)), unit="points"),
    )
    if hidden > 30:
        findings = (
            near("best", _after(scaled, EPOCHS), published=98.04, tolerance=0.4, unit="percent"),
            shown("test", context.test_accuracies(SCALED), unit="percent"),
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
    return Measured(findings, (history_panel(VALIDATION, context.runs),))


def _rates(plan: Plan) -> Mapping[str, Recipe]:
    return {f"η = {eta:g}": plan.on_all(eta=eta, decay=True, init="scaled") for eta in ETAS}


def upward_share(costs: Sequence[float]) -> float:
    """Return the % of the cost's movement that was upwards: 0 falls throughout, 50 stays level.

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


def _measure_rates(context: Context) -> Measured:
    smooth, good, wild = (_costs(context.runs[f"η = {eta:g}"]) for eta in ETAS)
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
    return Measured(findings, (history_panel(COST, context.runs, log_y=True),))


def _threshold_of(plan: Plan) -> tuple[Hyperparameters, ...]:
    first = plan.on_all(eta=0.01, decay=True, init="scaled").settings
    return tuple(replace(first, seed=plan.seed + i) for i in range(SEEDS_ALL))


def _measure_threshold(context: Context) -> Measured:
    thresholds = [search.threshold for search in context.searches]
    findings = (
        above("above-smooth", thresholds, limit=ETAS[1], unit="number"),
        below("below-oscillating", thresholds, limit=ETAS[2], unit="number"),
        shown("half", [search.eta for search in context.searches], unit="number"),
    )
    return Measured(findings, ())


PATIENCES = (10, 50)


def _stopping(plan: Plan) -> Mapping[str, Recipe]:
    stopped = {
        f"N = {n}": plan.on_few(decay=True, strategy=Strategy(epochs=400, patience=n))
        for n in PATIENCES
    }
    return {"no stopping": plan.on_few(decay=True), **stopped}


def _measure_stopping(context: Context) -> Measured:
    short, long = (f"N = {n}" for n in PATIENCES)
    best = {
        name: [100 * t.record.best_validation_accuracy for t in context.runs[name]]
        for name in (short, long)
    }
    epochs = {name: [float(len(t.history)) for t in context.runs[name]] for name in (short, long)}
    findings = (
        below("epochs-short", epochs[short], limit=400, unit="epochs"),
        shown("epochs-long", epochs[long], unit="epochs"),
        above("validation-gain", differences(best[long], best[short]), unit="points"),
        above("test-gain", context.test_gains(long, short, best=True), unit="points"),
        shown("test-short", context.test_accuracies(short, best=True), unit="percent"),
        shown("test-long", context.test_accuracies(long, best=True), unit="percent"),
    )
    return Measured(findings, (history_panel(VALIDATION, context.runs),))


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


def _measure_schedule(context: Context) -> Measured:
    halved, tenth = FACTORS
    findings = (
        above("gain-halved", context.test_gains(halved, "constant η"), unit="points"),
        above("gain-tenth", context.test_gains(tenth, "constant η"), unit="points"),
        shown("test-halved", context.test_accuracies(halved), unit="percent"),
        shown("epochs-halved", [len(t.history) for t in context.runs[halved]], unit="epochs"),
        shown("epochs-tenth", [len(t.history) for t in context.runs[tenth]], unit="epochs"),
        below(
            "last-eta",
            [t.schedule.eta / 0.5 for t in context.runs[halved]],
            limit=0.001,
            unit="number",
        ),
    )
    panels = (
        history_panel(VALIDATION, context.runs),
        history_panel("learning rate η", context.runs, log_y=True),
    )
    return Measured(findings, panels)


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
