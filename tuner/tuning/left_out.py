"""What a budget did not allow, as facts that the report puts into words."""

from collections.abc import Iterator

from tuner.records import Confirmation, Overfitting, Shortfall
from tuner.tuning.budget import MOST_SEEDS, PATTERNS, sizes_for
from tuner.tuning.state import Context, State
from tuner.tuning.steps.search import search_plan


def left_out(state: State, context: Context) -> Iterator[Shortfall]:
    """Yield what a longer budget would have added, in the order of the work."""
    plan, confirmation = search_plan(state, context), state[Confirmation]
    n, look = context.tuning.train.n, state[Overfitting]
    tried = {each.name for each in look.tried}
    smallest = sizes_for(context.tuning.train.x.shape[1])[0]
    _, most_epochs = PATTERNS[0]
    epochs, compared_at = confirmation.strategy.epochs, confirmation.compared_at
    seeds = len(confirmation.candidates[0].runs)
    if look.n_train < n:
        yield Shortfall(what="overfitting-examples", had=look.n_train, wanted=n)
    if "dropout" not in tried:
        yield Shortfall(what="dropout")
    if "shift" in tried and "distort" not in tried:
        yield Shortfall(what="distort")
    if plan.hidden[0] > smallest:
        yield Shortfall(what="small-sizes", had=plan.hidden[0], wanted=smallest)
    if not plan.find_each:
        yield Shortfall(what="eta-for-each-size")
    if plan.n_train < n:
        yield Shortfall(what="trial-examples", had=plan.n_train, wanted=n)
    if plan.epochs < most_epochs:
        yield Shortfall(what="trial-epochs", had=plan.epochs, wanted=most_epochs)
    if compared_at < epochs:
        yield Shortfall(what="comparison-epochs", had=compared_at, wanted=epochs)
    if seeds < MOST_SEEDS:
        yield Shortfall(what="seeds", had=seeds, wanted=MOST_SEEDS)
