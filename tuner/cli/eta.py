"""The data and the η search, as the commands that train begin with them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tuner.cli.interrupts import if_interrupted
from tuner.cli.options import DataOptions
from tuner.cli.output import Say
from tuner.records import ADVICE, EtaSearch, Hyperparameters, Judgement, Outcome, Verdict

if TYPE_CHECKING:
    from tuner.data import Dataset
    from tuner.trainers.native import NativeTrainer
    from tuner.training.eta_finder import ProbePlan, Progress

NOTHING_WRITTEN = "nothing was written."


@if_interrupted(NOTHING_WRITTEN)
def load_data(source: DataOptions, seed: int) -> "tuple[NativeTrainer, Dataset]":
    """Read the data, and give them with the trainer that learns from them."""
    from tuner.data import load
    from tuner.trainers.native import NativeTrainer

    split_seed = seed if source.split_seed is None else source.split_seed
    data = load(source.data, target=source.target, train_size=source.train_size, seed=split_seed)
    return NativeTrainer(data.tuning), data


@if_interrupted(NOTHING_WRITTEN)
def search_eta(
    trainer: "NativeTrainer", settings: Hyperparameters, plan: "ProbePlan", say: Say
) -> EtaSearch:
    """Find η from `settings.eta` on, and show how it goes."""
    from tuner.training.eta_finder import find_eta

    return find_eta(trainer, settings, plan=plan, watch=lambda now: say(progress(now)))


def progress(now: "Progress") -> str:
    """Say in one line what is probed and what is known."""
    etas = ", ".join(f"{eta:g}" for eta in now.next_etas)
    tried = f" … {len(now.judgements)} η tried" if now.judgements else ""
    return f"probing η = {etas}{tried}{bounds(now.judgements)}"


def bounds(judgements: Sequence[Judgement]) -> str:
    """Say between which η the threshold lies, as far as it is known."""
    below = [j.eta for j in judgements if j.verdict in (Verdict.DECREASING, Verdict.SLOW)]
    above = [j.eta for j in judgements if j.eta not in below and j.eta > min(below, default=0)]
    low = max((eta for eta in below if eta < min(above, default=float("inf"))), default=None)
    if low and above:
        return f", threshold between {low:g} and {min(above):g} so far"
    if low:
        return f", threshold above {low:g}"
    return f", threshold below {min(above):g}" if above else ""


def conclusion(result: EtaSearch, verb: str = "Use") -> str:
    """Describe which η to use (or what was done with it) and why, or what to try instead."""
    low, high = result.bracket
    if result.outcome is Outcome.FOUND and low is not None and high is not None:
        return (
            f"{verb} η = {result.eta:g}: the cost still goes down at the threshold {low:g}, "
            f"no longer at {high:g}."
        )
    return ADVICE[result.outcome]
