"""Plans of a tuning as the clock could have made them, small enough for a test."""

from importlib.metadata import version
from pathlib import Path

from tuner.data import Dataset
from tuner.records import Record
from tuner.storage.run_store import open_store
from tuner.tuning.budget import ConfirmationPlan, LookPlan, Paces, ProbeSteps, SearchPlan
from tuner.tuning.kinds import FURTHER
from tuner.tuning.parts import folds_in, trainer_of
from tuner.tuning.pipeline import WORK
from tuner.tuning.request import TuneRequest
from tuner.tuning.steps.kinds import KindPlan

SIZES = (10, 30)


def small_plans(data: Dataset) -> dict[str, Record]:
    """Plans in which the study finds η for each size and the winner of the final goes on alone."""
    return {
        "look-plan": LookPlan(n_train=60),
        "paces": Paces(seconds=dict.fromkeys(SIZES, 1e-3)),
        "search-plan": SearchPlan(
            hidden=SIZES,
            trials=8,
            batch=8,
            rungs=(1,),
            epochs=2,
            find_each=True,
            n_train=trainer_of(data).n if folds_in(data) else min(100, data.train.n),
        ),
        "probe-plan": ProbeSteps(steps=120),
        "confirmation-plan": ConfirmationPlan(seeds=2, compared_at=1, hold=1, epochs=4),
        "confirmation-plan-2": ConfirmationPlan(seeds=2, compared_at=1, hold=2, epochs=4),
        "confirmation-plan-3": ConfirmationPlan(seeds=2, compared_at=1, hold=2, epochs=3),
        **{f"kind-0-{place}": KindPlan(epochs=3) for place in range(2 + len(FURTHER))},
        **{f"kind-1-{place}": KindPlan(epochs=0) for place in range(2 + len(FURTHER))},
    }


def store_plans(folder: Path, data: Dataset, request: TuneRequest, *without: str) -> None:
    """Store small plans where a tuning is to begin, but for those of some names."""
    with open_store(folder / WORK, request.identity(data.summary, version("eta-tuner"))) as store:
        for name, plan in small_plans(data).items():
            if name not in without:
                store.save(name, plan)
