"""L2, L1, dropout and augmentation (article, from "Regularization" to "人为扩展训练数据")."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from statistics import mean

import numpy as np
from numpy.typing import NDArray

from tuner.article.context import Context, Experiment, Measured, Trainings, predictions, weights
from tuner.article.curves import COST, VALIDATION, band, history_panel, line
from tuner.article.findings import above, differences, jackknifed, narrower, near, shown
from tuner.article.recipes import SEEDS_FEW, WATCHED, Plan, Recipe, fixed_epochs
from tuner.data import Part
from tuner.network.arrays import Array
from tuner.records import Finding, Hyperparameters, Panel

NEAR_ZERO = 0.01
"""Absolute value below which a weight counts as near zero."""

COPIES = 4


def _l2_small(plan: Plan) -> Mapping[str, Recipe]:
    return {"λ = 0": plan.on_few(), "L2": plan.on_few(decay=True)}


def _measure_l2_small(context: Context) -> Measured:
    findings = (
        near("test", context.test_accuracies("L2"), published=87.1, tolerance=1.5, unit="percent"),
        above("gain", context.test_gains("L2", "λ = 0"), published=4.83, unit="points"),
        shown("unregularised", context.test_accuracies("λ = 0"), unit="percent"),
    )
    return Measured(
        findings, (history_panel(COST, context.runs), history_panel(VALIDATION, context.runs))
    )


def _l2_all(plan: Plan) -> Mapping[str, Recipe]:
    recipes = (plan.on_all(eta=0.5, decay=decay) for decay in (False, True))
    return dict(zip(("λ = 0", "L2"), recipes, strict=True))


def _measure_l2_all(context: Context) -> Measured:
    findings = (
        near("test", context.test_accuracies("L2"), published=96.49, tolerance=0.5, unit="percent"),
        shown("training", context.training_accuracies("L2"), unit="percent"),
        above("gain", context.test_gains("L2", "λ = 0"), published=1.0, unit="points"),
        above("gap-closed", differences(context.gaps("λ = 0"), context.gaps("L2")), unit="points"),
    )
    return Measured(
        findings, (history_panel(COST, context.runs), history_panel(VALIDATION, context.runs))
    )


def _l2_seeds(plan: Plan) -> Mapping[str, Recipe]:
    few, every = _l2_small(plan), _l2_all(plan)
    return {
        f"{name}, n = {recipe.n}": recipe for each in (few, every) for name, recipe in each.items()
    }


def _measure_l2_seeds(context: Context) -> Measured:
    findings: list[Finding] = []
    panels: list[Panel] = []
    for n, size in ((context.plan.few, "few"), (context.plan.n, "all")):
        without, with_it = (f"{name}, n = {n}" for name in ("λ = 0", "L2"))
        says = {name: _answers(context.runs[name], context.test) for name in (without, with_it)}
        findings += [
            above(
                f"agreement-{size}", _agreement_gain(says[with_it], says[without]), unit="points"
            ),
            narrower(
                f"spread-{size}", context.test_accuracies(with_it), context.test_accuracies(without)
            ),
        ]
        panels.append(_seeds_panel(context, n))
    return Measured(tuple(findings), tuple(panels))


def _answers(trainings: Trainings, test: Part) -> list[NDArray[np.intp]]:
    return [predictions(t.lane, test) for t in trainings]


def agreement(answers: Sequence[NDArray[np.intp]]) -> float:
    """Return the % of examples on which two networks of a group agree, the mean over all pairs.

    Examples
    --------
    >>> agreement([np.array([1, 2]), np.array([1, 2])]), agreement([np.array([1]), np.array([2])])
    (100.0, 0.0)
    """
    return 100 * float(mean((a == b).mean() for a, b in combinations(answers, 2)))


def _agreement_gain(
    regularized: Sequence[NDArray[np.intp]], plain: Sequence[NDArray[np.intp]]
) -> list[float]:
    """Return the gain in agreement as one pseudo-value a seed, because pairs share seeds."""

    def gain(left_out: int | None) -> float:
        kept = [i for i in range(len(plain)) if i != left_out]
        return agreement([regularized[i] for i in kept]) - agreement([plain[i] for i in kept])

    if len(plain) < 3:
        return [gain(None)]
    return jackknifed(gain(None), [gain(i) for i in range(len(plain))])


def _seeds_panel(context: Context, n: int) -> Panel:
    names = [f"{name}, n = {n}" for name in ("λ = 0", "L2")]
    series = tuple(
        line(name.split(",")[0], range(len(accuracies)), accuracies)
        for name, accuracies in ((name, context.test_accuracies(name)) for name in names)
    )
    return Panel(title=f"test accuracy, %, n = {n}", x_title="seed", series=series)


def _l1(plan: Plan) -> Mapping[str, Recipe]:
    return {**_l2_small(plan), "L1": plan.on_few(decay=True, regularization="l1")}


def near_zero(rows: Sequence[Array]) -> list[float]:
    """Return the % of each network's weights that are near zero.

    Examples
    --------
    >>> near_zero([np.array([0.001, -0.5, 0.009, 2.0])])
    [50.0]
    """
    return [100 * float((np.abs(w) < NEAR_ZERO).mean()) for w in rows]


def held_by_largest(rows: Sequence[Array], share: float = 0.1) -> list[float]:
    """Return the % of Σ|w| that the largest tenth of the weights holds.

    Examples
    --------
    >>> held_by_largest([np.array([6.0] + 9 * [0.5])])
    [57.14285714285714]
    """
    return [_held(np.sort(np.abs(w.astype(float)))[::-1], share) for w in rows]


def _held(sizes: Array, share: float) -> float:
    return 100 * float(sizes[: max(1, round(share * len(sizes)))].sum() / sizes.sum())


def _measure_l1(context: Context) -> Measured:
    rows = {name: weights(context.runs[name]) for name in ("λ = 0", "L2", "L1")}
    zero = {name: near_zero(each) for name, each in rows.items()}
    held = {name: held_by_largest(each) for name, each in rows.items()}
    findings = (
        above("near-zero", differences(zero["L1"], zero["L2"]), unit="points"),
        shown("near-zero-l1", zero["L1"], unit="percent"),
        shown("near-zero-l2", zero["L2"], unit="percent"),
        above("concentrated", differences(held["L1"], held["L2"]), unit="points"),
        above("gain", context.test_gains("L1", "λ = 0"), unit="points"),
        shown("test-l1", context.test_accuracies("L1"), unit="percent"),
    )
    return Measured(findings, (_histograms(rows), history_panel(VALIDATION, context.runs)))


def _histograms(rows: Mapping[str, Sequence[Array]]) -> Panel:
    edges = np.linspace(-1.525, 1.525, 62)
    middles = (edges[1:] + edges[:-1]) / 2
    series = []
    for name, each in rows.items():
        shares = [100 * np.histogram(w, edges)[0] / len(w) for w in each]
        floor = np.maximum(np.array(shares), 1e-3)  # a bin without weights, on a logarithmic axis
        series.append(band(name, middles, list(floor.T)))
    return Panel(
        title="share of weights in a bin, %", x_title="weight w", series=tuple(series), log_y=True
    )


def _dropout(plan: Plan) -> Mapping[str, Recipe]:
    settings = Hyperparameters(eta=0.5, hidden=(100,), seed=plan.seed)
    plain = Recipe(
        settings=settings,
        strategy=fixed_epochs(100),
        n=plan.few,
        seeds=SEEDS_FEW,
        portion="training",
        validation=WATCHED,
    )
    return {
        "no dropout": plain,
        "dropout ½": replace(plain, settings=replace(settings, dropout=0.5)),
    }


def _measure_dropout(context: Context) -> Measured:
    few = context.plan.few
    gaps = (context.gaps(name, few) for name in ("no dropout", "dropout ½"))
    findings = (
        above("gain", context.test_gains("dropout ½", "no dropout"), unit="points"),
        above("gap-closed", differences(*gaps), unit="points"),
        shown("test", context.test_accuracies("dropout ½"), unit="percent"),
    )
    panels = (
        history_panel(VALIDATION, context.runs),
        history_panel("validation cost", context.runs),
    )
    return Measured(findings, panels)


def _expanded(plan: Plan) -> Mapping[str, Recipe]:
    plain = plan.on_few()
    expanded = replace(plain, copies=COPIES, strategy=fixed_epochs(400 // (1 + COPIES)))
    return {"as they are": plain, "with shifted copies": replace(expanded, portion="probe")}


def _measure_expanded(context: Context) -> Measured:
    findings = (
        above("gain", context.test_gains("with shifted copies", "as they are"), unit="points"),
        shown("test", context.test_accuracies("with shifted copies"), unit="percent"),
    )
    return Measured(findings, (_against_steps(context),))


def _against_steps(context: Context) -> Panel:
    panel = history_panel(VALIDATION, context.runs)
    per_epoch = {name: t[0].lane.steps / len(t[0].history) for name, t in context.runs.items()}
    series = tuple(replace(s, x=tuple(x * per_epoch[s.name] for x in s.x)) for s in panel.series)
    return replace(panel, x_title="training steps", series=series)


REGULARIZATION = (
    Experiment(name="l2-small", recipes=_l2_small, measure=_measure_l2_small),
    Experiment(name="l2-all", recipes=_l2_all, measure=_measure_l2_all),
    Experiment(name="l2-seeds", recipes=_l2_seeds, measure=_measure_l2_seeds),
    Experiment(name="l1", recipes=_l1, measure=_measure_l1),
    Experiment(name="dropout", recipes=_dropout, measure=_measure_dropout),
    Experiment(name="expanded", recipes=_expanded, measure=_measure_expanded, needs_images=True),
)
