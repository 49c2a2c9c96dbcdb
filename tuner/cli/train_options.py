"""The options of `train` beside those that other commands have too."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from tuner.cli.options import ETA, FILE, INTEGER, MODEL_FILE, NAME, NUMBER, PATIENCE, Opt
from tuner.errors import OptionError
from tuner.records import ScheduleName, Strategy, require

FIRST_PROBE = 0.01
"""Where the search of `--eta auto` begins, as that of find-eta."""

MOST_EPOCHS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class StrategyOptions:
    """How long to train, and with which η."""

    settings: Annotated[
        Path | None,
        Opt("Take all from a file that tune wrote; other options win over it.", FILE),
    ]
    eta: Annotated[
        float | None,
        Opt("Learning rate; auto finds it by its threshold, as find-eta does.", ETA, "auto"),
    ]
    epochs: Annotated[int, Opt("Most epochs to train.", INTEGER, "30")]
    patience: Annotated[
        int | None,
        Opt(
            "No better validation accuracy in N epochs in a row: stop, or with --schedule halving "
            "divide η. off: never.",
            PATIENCE,
            "10",
        ),
    ]
    min_delta: Annotated[
        float,
        Opt("Count an accuracy as better above best + X; 0.001 is a tenth of a %.", NUMBER, "0"),
    ]
    warm_up: Annotated[int, Opt("First epochs that --patience does not count.", INTEGER, "0")]
    seconds: Annotated[float | None, Opt("Stop after so many seconds of training.", NUMBER)]
    schedule: Annotated[ScheduleName, Opt("Of η: constant, halving or planned.", NAME, "constant")]
    factor: Annotated[float, Opt("What --schedule halving divides η by.", NUMBER, "2")]
    until: Annotated[
        float, Opt("Share of its start at which a halving η ends training.", NUMBER, "0.001")
    ]
    hold: Annotated[
        int | None,
        Opt("Epochs before --schedule planned first divides η; else half of them.", INTEGER),
    ]

    def __post_init__(self) -> None:
        from tuner.strategies.plans import policies

        require(self.epochs <= MOST_EPOCHS, "epochs", self.epochs, f"at most {MOST_EPOCHS}")
        patience = 1 if self.patience is None else self.patience
        policies(self.first_eta, replace(self.strategy, schedule="halving", patience=patience))
        policies(self.first_eta, self.strategy)

    @property
    def first_eta(self) -> float:
        """The η that was given, or the first one to probe."""
        return FIRST_PROBE if self.eta is None else self.eta

    @property
    def strategy(self) -> Strategy:
        """All of these but η, which belongs to the settings, and where they come from."""
        own = {"eta", "settings"}
        return Strategy(**{name: value for name, value in vars(self).items() if name not in own})


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
