"""The options of `train` beside those that other commands have too."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

from tuner.cli.options import ETA, FILE, MODEL_FILE, Opt, options_of
from tuner.errors import OptionError, require
from tuner.settings import FIRST_ETA, Strategy

MOST_EPOCHS = 1_000_000


class StrategyOptions:
    """How long to train, and with which η.

    Attributes
    ----------
    eta
        None where it is to be found.
    strategy
        All of these but η, which belongs to the settings.
    """

    OPTIONS: ClassVar[dict[str, Opt]] = {
        "settings": Opt("Take all from a file that tune wrote; other options win over it.", FILE),
        "eta": Opt("Learning rate; auto finds it by its threshold, as find-eta does.", ETA, "auto"),
        **options_of(Strategy),
    }

    def __init__(self, *, settings: Path | None, eta: float | None, **strategy: Any) -> None:
        from tuner.strategies.plans import policies

        del settings  # its content was put before the other options
        self.eta = eta
        self.strategy = Strategy(**strategy)
        require(
            self.strategy.epochs <= MOST_EPOCHS,
            "epochs",
            self.strategy.epochs,
            f"at most {MOST_EPOCHS}",
        )
        policies(self.first_eta, self.strategy)

    @property
    def first_eta(self) -> float:
        """The η that was given, or the first one to probe."""
        return FIRST_ETA if self.eta is None else self.eta


@dataclass(frozen=True, kw_only=True)
class KeepOptions:
    """What to keep beside the report, and what to go on from."""

    save: Annotated[Path | None, Opt("Write the best network to FILE, *.safetensors.", MODEL_FILE)]
    resume: Annotated[
        bool, Opt("Go on from the checkpoint in the output folder; may raise --epochs, --seconds.")
    ]
    fresh: Annotated[bool, Opt("Start over where a checkpoint is, and lose it.")]

    def __post_init__(self) -> None:
        if self.resume and self.fresh:
            raise OptionError("fresh is the opposite of --resume: give one of them.")
