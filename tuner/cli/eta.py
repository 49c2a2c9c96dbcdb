"""The data and the η search, as the commands that train begin with them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import tuner
from tuner.cli.interrupts import if_interrupted
from tuner.cli.options import DataOptions
from tuner.cli.output import Say, announce_target
from tuner.records import Hyperparameters, Judgement
from tuner.report.format import number

if TYPE_CHECKING:
    from tuner.data import Dataset
    from tuner.results import EtaResult
    from tuner.training.eta_finder import ProbePlan, Progress

NOTHING_WRITTEN = "nothing was written."


@if_interrupted(NOTHING_WRITTEN)
def load_data(source: DataOptions, seed: int) -> "Dataset":
    """Read the data, split by the seed unless --split-seed says otherwise."""
    split_seed = seed if source.split_seed is None else source.split_seed
    data = tuner.load(
        source.data, target=source.target, train_size=source.train_size, seed=split_seed
    )
    announce_target(data.summary, source.target)
    return data


@if_interrupted(NOTHING_WRITTEN)
def search_eta(
    data: "Dataset", settings: Hyperparameters, plan: "ProbePlan", command: str, say: Say
) -> "EtaResult":
    """Find η from `settings.eta` on, and show how it goes."""
    return tuner.find_eta(
        data, settings, plan=plan, command=command, watch=lambda now: say(progress(now))
    )


def progress(now: "Progress") -> str:
    """Return what is probed and what is known, in one line."""
    etas = ", ".join(map(number, now.next_etas))
    tried = f" … {len(now.judgements)} η tried" if now.judgements else ""
    return f"probing η = {etas}{tried}{bounds(now.judgements)}"


def bounds(judgements: Sequence[Judgement]) -> str:
    """Return between which η the threshold lies, as far as it is known."""
    below = [j.eta for j in judgements if j.verdict.learning]
    above = [j.eta for j in judgements if j.eta not in below and j.eta > min(below, default=0)]
    low = max((eta for eta in below if eta < min(above, default=float("inf"))), default=None)
    if low and above:
        return f", threshold between {number(low)} and {number(min(above))} so far"
    if low:
        return f", threshold above {number(low)}"
    return f", threshold below {number(min(above))}" if above else ""
