"""Overfitting, and more data against it (article, from "过拟合和正则化" to "增加数据训练数据")."""

from collections.abc import Mapping

from tuner.article.context import Context, Experiment, Measured, Trainings
from tuner.article.curves import COST, TRAINING, VALIDATION, band, history_panel
from tuner.article.findings import above, differences, near
from tuner.article.recipes import Plan, Recipe, fixed_epochs
from tuner.records import Hyperparameters, Panel

SIZES = (100, 300, 1000, 3000, 10_000)
"""Sizes of the training set; all data come last."""

EXAMPLES_SEEN = 400_000
"""How many training examples a network of `more-data` sees, in 30 to 400 epochs."""


def _few(plan: Plan) -> Mapping[str, Recipe]:
    return {"λ = 0": plan.on_few()}


def nearly_best(accuracies: list[float], within: float = 0.001) -> int:
    """Return the first epoch whose accuracy is within a tenth of a point of the best.

    Examples
    --------
    >>> nearly_best([0.8, 0.8205, 0.821])
    2
    """
    best = max(accuracies)
    return next(i for i, a in enumerate(accuracies, 1) if a >= best - within - 1e-9)


def _overfitting(context: Context) -> Measured:
    runs = context.runs["λ = 0"]
    lowest = [min(t.history, key=lambda e: e.validation_cost).epoch for t in runs]
    best = [nearly_best([e.validation_accuracy for e in t.history]) for t in runs]
    findings = (
        near(
            "test", context.test_accuracies("λ = 0"), published=82.27, tolerance=1.5, unit="percent"
        ),
        near("lowest-cost", lowest, published=15, tolerance=5, unit="epochs"),
        near("best-epoch", best, published=280, tolerance=60, unit="epochs"),
        near(
            "training",
            context.training_accuracies("λ = 0", context.plan.few),
            published=100,
            tolerance=0.05,
            unit="percent",
        ),
        near(
            "gap",
            context.gaps("λ = 0", context.plan.few),
            published=17.73,
            tolerance=1.5,
            unit="points",
        ),
    )
    named = {"λ = 0": runs}
    titles = (COST, VALIDATION, "validation cost", TRAINING)
    return Measured(findings, tuple(history_panel(title, named) for title in titles))


def _all(plan: Plan) -> Mapping[str, Recipe]:
    return {"λ = 0": plan.on_all(eta=0.5)}


def _all_data(context: Context) -> Measured:
    runs = context.runs["λ = 0"]
    findings = (
        near(
            "test", context.test_accuracies("λ = 0"), published=95.49, tolerance=0.5, unit="percent"
        ),
        near("gap", context.gaps("λ = 0"), published=1.53, tolerance=0.5, unit="points"),
    )
    both = (
        _accuracy_series("training", TRAINING, runs),
        _accuracy_series("validation", VALIDATION, runs),
    )
    return Measured(findings, (_joined("accuracy, %", both),))


def _accuracy_series(name: str, title: str, runs: Trainings) -> Panel:
    return history_panel(title, {name: runs})


def _joined(title: str, panels: tuple[Panel, ...]) -> Panel:
    return Panel(title=title, x_title="epochs", series=tuple(s for p in panels for s in p.series))


def sizes_of(plan: Plan) -> list[int]:
    """Return the sizes of the training set that are tried."""
    return [*sorted({size for size in SIZES if size < plan.n} | {plan.few}), plan.n]


def _sized(plan: Plan, n: int) -> Recipe:
    if n == plan.few:
        return plan.on_few()
    if n == plan.n:
        return plan.on_all(eta=0.5)
    settings = Hyperparameters(eta=0.5, init="large", seed=plan.seed)
    epochs = min(400, max(30, EXAMPLES_SEEN // n))
    return Recipe(settings=settings, strategy=fixed_epochs(epochs), n=n, validation=1_000)


def _more(plan: Plan) -> Mapping[str, Recipe]:
    return {f"n = {n}": _sized(plan, n) for n in sizes_of(plan)}


def _more_data(context: Context) -> Measured:
    sizes = sizes_of(context.plan)
    test = [context.test_accuracies(f"n = {n}") for n in sizes]
    training = [context.training_accuracies(f"n = {n}", n) for n in sizes]
    gaps = [differences(*pair) for pair in zip(training, test, strict=True)]
    few = sizes.index(context.plan.few)
    findings = (
        above("narrowing", differences(gaps[few], gaps[-1]), published=17.73 - 1.53, unit="points"),
        above("gain", differences(test[-1], test[few]), published=95.49 - 82.27, unit="points"),
    )
    both = Panel(
        title="accuracy, %",
        x_title="training examples",
        series=(band("training", sizes, training), band("test", sizes, test)),
        log_x=True,
    )
    gap = Panel(
        title="training less test accuracy, points",
        x_title="training examples",
        series=(band("gap", sizes, gaps),),
        log_x=True,
    )
    return Measured(findings, (both, gap))


OVERFITTING = (
    Experiment(name="overfitting", recipes=_few, measure=_overfitting),
    Experiment(name="all-data", recipes=_all, measure=_all_data),
    Experiment(name="more-data", recipes=_more, measure=_more_data),
)
