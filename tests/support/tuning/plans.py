"""Plans of a tuning as the clock could have made them, small enough for a test."""

from importlib.metadata import version
from pathlib import Path

from tuner.data import Dataset
from tuner.records import Record
from tuner.storage.run_store import open_store
from tuner.tuning.candidates import FinalPlan
from tuner.tuning.pipeline import WORK, LookPlan, ProbeSteps
from tuner.tuning.request import Ask
from tuner.tuning.search import Paces, SearchPlan

SIZES = (10, 30)


def small_plans(data: Dataset) -> dict[str, Record]:
    """Plans in which the study finds η for each size and the winner of the final goes on alone."""
    return {
        "examples": LookPlan(n=60),
        "paces": Paces(seconds=dict.fromkeys(SIZES, 1e-3)),
        "search-plan": SearchPlan(
            hidden=SIZES,
            trials=8,
            batch=8,
            rungs=(1,),
            epochs=2,
            find_each=True,
            n_train=min(100, data.train.n),
        ),
        "again-plan": ProbeSteps(n=120),
        "final-plan": FinalPlan(seeds=2, compared_at=1, hold=1, epochs=4),
        "final-plan-2": FinalPlan(seeds=2, compared_at=1, hold=2, epochs=4),
        "final-plan-3": FinalPlan(seeds=2, compared_at=1, hold=2, epochs=3),
    }


def store_plans(folder: Path, data: Dataset, ask: Ask, *without: str) -> None:
    """Store small plans where a tuning is to begin, but for those of some names."""
    with open_store(folder / WORK, ask.identity(data.summary, version("tuner"))) as store:
        for name, plan in small_plans(data).items():
            if name not in without:
                store.save(name, plan)
