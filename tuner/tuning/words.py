"""What each step of a tuning concludes, in words."""

import math
from collections.abc import Iterator, Mapping, Sequence

from tuner.data import Part
from tuner.records import (
    EtaSearch,
    Final,
    Hyperparameters,
    Judged,
    Means,
    Outcome,
    Overfitting,
    Signal,
    StepName,
    StudySummary,
    Trial,
)
from tuner.stats import wilson
from tuner.tuning.search import LONG_RUN, SearchPlan, sizes_for

DOING: Mapping[StepName, str] = {
    "signal": "a quick signal",
    "eta": "η by its threshold",
    "overfitting": "overfitting, and what helps",
    "study": "the study of λ and size",
    "eta-again": "η again",
    "final": "the final networks",
    "test": "the test set, opened once",
}

MEANS: Mapping[str, str] = {
    "none": "nothing against overfitting",
    "l2": "L2 regularization",
    "l1": "L1 regularization",
    "dropout": "dropout",
    "shift": "images shifted anew each epoch",
    "distort": "images distorted anew each epoch",
}


def signal(seen: Signal, n_validation: int) -> str:
    """Return whether a small network beats chance."""
    share = seen.run.best_validation_accuracy
    low, _ = wilson(share, n_validation)
    said = (
        f"A network of 30 neurons, trained on {seen.n_train:,} examples, gets {_percent(share)} of "
        f"the validation data right; always naming the most frequent class, {_percent(seen.chance)}"
    )
    if low > seen.chance:
        return f"{said}: there is something to learn."
    return f"{said}: that is no better than chance. Check labels and columns."


def etas(searches: Mapping[str, EtaSearch]) -> str:
    """Describe which η each kind of network got."""
    return " ".join(f"{kind.capitalize()} neurons: {_eta(s)}." for kind, s in searches.items())


def _eta(search: EtaSearch) -> str:
    low, high = search.bracket
    if search.outcome is Outcome.FOUND and low is not None and high is not None:
        return f"η = {search.eta:.3g}, half the threshold (between {low:.3g} and {high:.3g})"
    return f"η = {search.eta:.3g}, a guess, for no threshold was found"


def overfitting(look: Overfitting) -> str:
    """Describe how much the plain network overfits, and what the search goes on with."""
    chosen = look.tried[look.chosen]
    same = chosen.run.settings.activation
    plain = next(m for m in look.tried if m.name == "none" and m.run.settings.activation == same)
    gap = 100 * plain.gap
    compared = f"{abs(gap):.1f} points {'less' if gap >= 0 else 'more'} than on training data"
    return (
        f"With early stopping off, {same} neurons reach {_percent(plain.accuracy)} on validation "
        f"data, {compared}: they {'overfit' if gap > 1 else 'hardly overfit'}. "
        f"The search goes on with {same} neurons and {MEANS[chosen.name]} "
        f"({_percent(chosen.accuracy)}){_other_kind(look.tried, plain)}."
    )


def _other_kind(tried: Sequence[Means], plain: Means) -> str:
    others = [m for m in tried if m.name == "none" and m is not plain]
    said = [f"{m.run.settings.activation} reached {_percent(m.accuracy)} plainly" for m in others]
    return f"; {', '.join(said)}" if said else ""


def standing(told: int, target: int, complete: Sequence[float]) -> str:
    """Describe where the study stands, whose complete trials have these values."""
    best = f", best {_percent(max(complete))}" if complete else ""
    return f"study of λ and size: {told} of {target} trials{best}"


def study(summary: StudySummary, best: Sequence[Trial]) -> str:
    """Describe what the study found."""
    first, params = best[0], summary.stored_params(best[0])
    return (
        f"Of {len(summary.trials)} trials ({summary.counts['pruned']} ended early) the best has "
        f"λ = {params['lambda']:.3g} and {params['hidden']} hidden neurons, "
        f"{_percent(first.values[0])} on validation data."
    )


def etas_again(before: Sequence[Hyperparameters], after: Sequence[Hyperparameters]) -> str:
    """Describe how η moved."""
    moves = (
        f"{old.eta:.3g} → {new.eta:.3g} ({','.join(map(str, new.hidden))} neurons, "
        f"λ {new.lambda_:.3g})"
        for old, new in zip(before, after, strict=True)
    )
    said = f"η at the chosen values: {'; '.join(moves)}."
    activation = after[0].activation
    if share := LONG_RUN.get(activation):
        return f"{said} {activation.capitalize()} neurons begin at {share:g} of the η found."
    return said


def final(outcome: Final) -> str:
    """Describe who won, and over whom."""
    won = outcome.candidates[outcome.winner]
    settings = won.runs[0].settings
    accuracies = [run.best_validation_accuracy for run in won.runs]
    name = f"λ {settings.lambda_:.3g} with {','.join(map(str, settings.hidden))} neurons"
    said = (
        f"{name} wins: {_percent(sum(accuracies) / len(accuracies))} on validation data, mean of "
        f"{len(accuracies)} seeds, after {outcome.strategy.epochs} epochs."
    )
    if len(outcome.tied) > 1:
        sizes = {outcome.candidates[each].parameters for each in outcome.tied}
        taken = "smallest" if len(sizes) > 1 else "best"
        return f"{said} {len(outcome.tied)} candidates cannot be told apart; the {taken} was taken."
    return f"{said} No other candidate comes as near as chance allows."


def test(judged: Judged) -> str:
    """Describe how good the model is."""
    low, high = wilson(judged.accuracy, judged.n)
    return (
        f"{_percent(judged.accuracy)} of {judged.n:,} test examples are right (95 % interval "
        f"{100 * low:.2f} to {100 * high:.2f} %){_balanced(judged)}. The test set was opened "
        f"{'once' if judged.openings == 1 else f'{judged.openings} times'}."
    )


def _balanced(judged: Judged) -> str:
    """Describe what the accuracy hides where classes are unequal."""
    if abs(judged.accuracy - judged.balanced_accuracy) < 0.01:
        return ""
    return f"; the mean over the classes is {_percent(judged.balanced_accuracy)}"


def left_out(plan: SearchPlan, outcome: Final, look: Overfitting, train: Part) -> Iterator[str]:
    """Describe what the budget did not allow."""
    n = train.n
    if look.n_train < n:
        yield f"Overfitting was looked at on {look.n_train:,} of {n:,} training examples."
    tried = {means.name for means in look.tried}
    if "dropout" not in tried:
        yield "Dropout was not tried: it takes more epochs than the budget allows."
    if "shift" in tried and "distort" not in tried:
        yield "Distorted images were not tried: they take more epochs than the budget allows."
    if plan.hidden[0] > sizes_for(train.x.shape[1])[0]:
        yield f"Sizes below {plan.hidden[0]} neurons made room for larger ones."
    if not plan.find_each:
        yield "In the study one η served networks of all sizes; it was found again for candidates."
    if plan.n_train < n:
        yield f"The trials of the study trained on {plan.n_train:,} of {n:,} examples."
    if plan.epochs < 40:
        yield f"The trials of the study trained for {plan.epochs} epochs at most, not 40."
    if outcome.compared_at < outcome.strategy.epochs:
        yield (
            f"The candidates were compared after {outcome.compared_at} epochs, where all but the "
            f"winner stopped, not after all {outcome.strategy.epochs}."
        )
    seeds = len(outcome.candidates[0].runs)
    if seeds < 3:
        yield f"Each candidate was trained on {seeds} seeds, not 3."


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %" if math.isfinite(share) else "none"
