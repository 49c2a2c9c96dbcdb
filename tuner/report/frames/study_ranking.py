"""Which trial of a study is best, how sure that is, and which others are as good."""

from dataclasses import dataclass

from tuner.records import StudyRecord, Trial
from tuner.stats import mean_interval, wilson


@dataclass(frozen=True)
class Ranking:
    """The best trial and those tied with it.

    Attributes
    ----------
    best
        The complete trial with the highest validation accuracy, the first of equals.
    over_examples
        Its 95 % interval over validation examples.
    over_seeds
        Its 95 % interval over seeds; None with a single seed.
    tied
        The other complete trials that reach the lower end of the wider of both intervals, from the
        best down.
    sensible
        Of the best and the tied the smallest network, of equal ones the more accurate.
    smaller
        Whether that network is smaller than the best trial's.
    """

    best: Trial
    over_examples: tuple[float, float]
    over_seeds: tuple[float, float] | None
    tied: tuple[Trial, ...]
    sensible: Trial
    smaller: bool

    @property
    def interval(self) -> tuple[float, float]:
        """The span of both intervals."""
        lows, highs = zip(self.over_examples, self.over_seeds or self.over_examples, strict=True)
        return max(0.0, min(lows)), min(1.0, max(highs))


def ranking(record: StudyRecord) -> Ranking | None:
    """Rank the trials of a study; None when none was completed."""
    complete = [trial for trial in record.result.trials if trial.state == "complete"]
    complete.sort(key=lambda trial: (-trial.accuracy, trial.number))
    if not complete:
        return None
    best, *others = complete
    over_seeds = mean_interval(best.accuracies) if len(best.accuracies) > 1 else None
    over_examples = wilson(best.accuracy, record.data.n_validation)
    least = min(over_examples[0], *(over_seeds or over_examples))
    tied = tuple(trial for trial in others if trial.accuracy >= least)
    sizes = {trial.number: record.parameters(trial) for trial in (best, *tied)}
    sensible = min((best, *tied), key=lambda trial: sizes[trial.number])
    smaller = sizes[sensible.number] < sizes[best.number]
    return Ranking(best, over_examples, over_seeds, tied, sensible if smaller else best, smaller)
