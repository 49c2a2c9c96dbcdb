"""How a run of a study is watched and stopped."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from optuna.trial import FrozenTrial


@dataclass(frozen=True)
class StudyProgress:
    """How far a study is.

    Attributes
    ----------
    trials
        The finished trials.
    target
        How many are wanted.
    doing
        What is done now, in words; empty at the end of a batch.
    """

    trials: Sequence[FrozenTrial]
    target: int
    doing: str


@dataclass(frozen=True)
class StudyCallbacks:
    """What a run of a study calls.

    Attributes
    ----------
    watch
        Called whenever something has changed.
    stop_asked
        Called before each rung, and within a long one every ten seconds or so; once it returns
        true, the study stops there and can be resumed.
    """

    watch: Callable[[StudyProgress], None] = field(default=lambda _: None)
    stop_asked: Callable[[], bool] = field(default=lambda: False)
