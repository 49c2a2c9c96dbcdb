"""What the reproduction of the article's experiments found."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from tuner.errors import require
from tuner.records.provenance import DataSummary, Environment
from tuner.records.search import EtaSearch
from tuner.serialization import Number, Record
from tuner.settings import Hyperparameters, Strategy

LANGUAGES = ("en", "zh")

Unit = Literal["percent", "points", "epochs", "number"]


class Claim(StrEnum):
    """What the article says of a figure; `none` where it is shown for information only."""

    NEAR = "near"
    ABOVE = "above"
    BELOW = "below"
    NONE = "none"


class Agreement(StrEnum):
    """Whether a measured figure agrees with what the article says of it.

    `unclear` where the interval over seeds reaches to both sides of the limit, `other-data` where
    the published figure is that of other data, `none` where nothing was claimed.
    """

    AGREES = "agrees"
    DISAGREES = "disagrees"
    UNCLEAR = "unclear"
    OTHER_DATA = "other-data"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class Finding(Record):
    """One figure of the article, measured anew.

    Attributes
    ----------
    name
        What was measured, within its experiment.
    unit
        Of all its numbers; `points` are percentage points.
    claim
        How the article's statement is put to the test.
    published
        The article's (or the book's) figure; None where only a direction is stated.
    limit
        The tolerance around `published` for `near`, else the limit to be above or below.
    values
        What each seed gave; one value where nothing is random.
    measured
        Their mean, or for a ratio of spreads the ratio.
    interval
        Of `measured`, 95 % over seeds; None where nothing is random.
    agreement
        Whether it agrees with what was published.
    """

    name: str
    unit: Unit
    claim: Claim
    published: float | None
    limit: float
    values: tuple[Number, ...]
    measured: Number
    interval: tuple[Number, Number] | None
    agreement: Agreement

    @property
    def agrees(self) -> bool | None:
        """Whether the figures agree; None where that cannot be said."""
        return {Agreement.AGREES: True, Agreement.DISAGREES: False}.get(self.agreement)


@dataclass(frozen=True, kw_only=True)
class Series(Record):
    """One line of a picture; `low` and `high` bound it over seeds, or are empty."""

    name: str
    x: tuple[float, ...]
    y: tuple[Number, ...]
    low: tuple[Number, ...] = ()
    high: tuple[Number, ...] = ()

    def __post_init__(self) -> None:
        lengths = [len(each) for each in (self.x, self.y, self.low or self.x, self.high or self.x)]
        even = len(set(lengths)) == 1 and bool(self.low) == bool(self.high)
        require(even, "x, y, low and high", lengths, "of one length")


@dataclass(frozen=True, kw_only=True)
class Panel(Record):
    """One pair of axes with its lines."""

    title: str
    x_title: str
    series: tuple[Series, ...]
    log_x: bool = False
    log_y: bool = False

    def __post_init__(self) -> None:
        names = [series.name for series in self.series]
        require(len(set(names)) == len(names), "names of series", names, "different")


@dataclass(frozen=True, kw_only=True)
class Trained(Record):
    """What was trained for an experiment: `seeds` networks that differ in nothing but the seed.

    Attributes
    ----------
    name
        Within the experiment.
    settings
        Of the first seed.
    strategy
        How long, and how η changes.
    n_train
        Training examples, changed copies included.
    copies
        Changed copies of each image.
    seeds
        How many networks.
    epochs
        How long each one trained.
    """

    name: str
    settings: Hyperparameters
    strategy: Strategy
    n_train: int
    copies: int
    seeds: int
    epochs: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class ExperimentRecord(Record):
    """One experiment; the first finding is the one it is known for."""

    name: str
    findings: Annotated[tuple[Finding, ...], Field(min_length=1)]
    panels: tuple[Panel, ...]
    trained: tuple[Trained, ...]
    test_openings: int
    eta_search: EtaSearch | None = None


@dataclass(frozen=True, kw_only=True)
class ReproduceRecord(Record):
    """All that the pages of `reproduce` are rebuilt from.

    Attributes
    ----------
    published_data
        Whether the data are those of the article.
    omitted
        Experiments that need images, where the data are none.
    test_openings
        How often the test part was opened, all in all.
    seconds
        Wall-clock time of all training and measuring; of a resumed run the last part.
    """

    command: str
    data: DataSummary
    environment: Environment
    seed: int
    published_data: bool
    experiments: tuple[ExperimentRecord, ...]
    omitted: tuple[str, ...]
    test_openings: int
    seconds: float
