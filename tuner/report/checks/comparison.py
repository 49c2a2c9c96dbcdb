"""Coded warnings about a comparison of runs or studies."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tuner.records import Run
from tuner.report.checks.base import ENOUGH_SEEDS, Checks, CodedWarning
from tuner.report.format import listing
from tuner.report.frames.contenders import Contender, Difference
from tuner.report.frames.diagnostics import overfitting_signs

MANY = 5
"""Contenders from which on chance alone may bring one interval in twenty too far."""


@dataclass(frozen=True)
class Comparison:
    """Contenders, and the differences of the best to the others."""

    every: Sequence[Contender]
    against: Sequence[Difference]


COMPARISON_CHECKS: Checks[Comparison] = Checks("comparison")


def compare_warnings(
    every: Sequence[Contender], against: Sequence[Difference]
) -> tuple[CodedWarning, ...]:
    """Return the warnings that hold for a comparison, the most severe first."""
    return COMPARISON_CHECKS.run(Comparison(every, against))


@COMPARISON_CHECKS.add(
    "W401",
    "high",
    "Different data",
    advice=(
        "Accuracies on different examples are not comparable: train all of them on one file, with"
        " the same --split-seed."
    ),
)
def _different_data(made: Comparison) -> Iterator[str]:
    first, *others = made.every
    if not all(each.comparable(first) for each in others):
        names = dict.fromkeys(
            f"{data.name} ({data.sha256[:12]}…"
            + ("" if data.split_seed is None else f", split by seed {data.split_seed}")
            + ")"
            for data in (each.data for each in made.every)
        )
        yield f"Not all were measured on the same data: {listing(list(names))}."


@COMPARISON_CHECKS.add(
    "W402",
    "medium",
    "No seeds in common",
    advice="Rerun each with the same three or more seeds (--seed) before relying on it.",
)
def _alone(made: Comparison) -> Iterator[str]:
    alone = [d.second for d in made.against if d.basis == "examples" and len(d.seeds) < 2]
    if alone:
        yield (
            f"{listing(alone)}: one seed or none is shared with the best. The interval holds for"
            " other examples, not for other seeds."
        )


@COMPARISON_CHECKS.add(
    "W403",
    "low",
    "Fewer than three shared seeds",
    advice="The interval is honest but wide: more seeds make it narrower.",
)
def _few_seeds(made: Comparison) -> Iterator[str]:
    few = [d.second for d in made.against if d.basis == "seeds" and len(d.seeds) < ENOUGH_SEEDS]
    if few:
        yield f"{listing(few)}: fewer than {ENOUGH_SEEDS} seeds are shared with the best."


@COMPARISON_CHECKS.add(
    "W404",
    "medium",
    "Best of many trials",
    advice="Rerun the best settings of each study with new seeds, and compare those runs.",
)
def _luckiest(made: Comparison) -> Iterator[str]:
    if any(not each.runs for each in made.every):
        yield (
            "The best trial of a study was chosen for being the highest, so luck is part of its"
            " accuracy, the more the more trials there were."
        )


@COMPARISON_CHECKS.add(
    "W405",
    "low",
    "A seed twice",
    advice="Only the first is counted: a rerun with the same seed brings nothing new.",
)
def _twice(made: Comparison) -> Iterator[str]:
    twice = [each.letter for each in made.every if len(each.runs) > len(dict(each.runs))]
    if twice:
        yield f"{listing(twice)}: a seed occurs more than once with the same settings."


@COMPARISON_CHECKS.add(
    "W406",
    "medium",
    "Diverged",
    advice="What it reached before counts; find-eta finds the largest η that works.",
)
def _diverged(made: Comparison) -> Iterator[str]:
    gone = [c.letter for c in made.every if any(r.stop_reason == "diverged" for _, r in c.runs)]
    if gone:
        yield f"A network of {listing(gone)} diverged."


@COMPARISON_CHECKS.add(
    "W407",
    "low",
    "Different versions",
    advice="Small differences may come from there: rerun them with one version.",
)
def _versions(made: Comparison) -> Iterator[str]:
    versions = {(c.environment.tuner, c.environment.packages.get("numpy")) for c in made.every}
    if len(versions) > 1:
        yield "They were made with different versions of tuner or NumPy."


@COMPARISON_CHECKS.add(
    "W408", "low", "Many at once", advice="Rerun the best two or three with new seeds."
)
def _many(made: Comparison) -> Iterator[str]:
    if len(made.every) >= MANY:
        yield (
            f"{len(made.every)} are compared at once: of twenty 95 % intervals, one misses the"
            " true difference by chance."
        )


@COMPARISON_CHECKS.add(
    "W409",
    "low",
    "Overfitting",
    advice="Stronger regularization, more data or earlier stopping may help them.",
)
def _overfit(made: Comparison) -> Iterator[str]:
    over = [c.letter for c in made.every if any(_overfits(c, run) for _, run in c.runs)]
    if over:
        yield f"Training and validation accuracy of {listing(over)} end 5 points or more apart."


def _overfits(contender: Contender, run: Run) -> bool:
    signs = overfitting_signs(run, contender.data.n_validation)
    return any(sign.name == "gap" for sign in signs)
