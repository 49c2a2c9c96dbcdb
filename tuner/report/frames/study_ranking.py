"""Which trial of a study is best, how sure that is, and which others are as good."""

import math
from dataclasses import dataclass

from tuner.records import StudyRecord, TrialRecord
from tuner.report.frames.study_trials import COMPLETE, accuracy, network_size, numbers
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

    best: TrialRecord
    over_examples: tuple[float, float]
    over_seeds: tuple[float, float] | None
    tied: tuple[TrialRecord, ...]
    sensible: TrialRecord
    smaller: bool

    @property
    def interval(self) -> tuple[float, float]:
        """The span of both intervals."""
        lows, highs = zip(self.over_examples, self.over_seeds or self.over_examples, strict=True)
        return max(0.0, min(lows)), min(1.0, max(highs))


def ranking(record: StudyRecord) -> Ranking | None:
    """Rank the trials of a study; None when none was completed."""
    complete = [t for t in record.result.trials if t.state == COMPLETE and accuracy(t) >= 0]
    complete.sort(key=lambda trial: (-accuracy(trial), trial.number))
    if not complete:
        return None
    best, *others = complete
    seeds = numbers(best, "accuracies")
    over_seeds = mean_interval(seeds) if len(seeds) > 1 else None
    over_examples = wilson(accuracy(best), record.data.n_validation)
    least = min(over_examples[0], *(over_seeds or over_examples))
    tied = tuple(trial for trial in others if accuracy(trial) >= least)
    sizes = {trial.number: network_size(record, trial) or math.inf for trial in (best, *tied)}
    sensible = min((best, *tied), key=lambda trial: sizes[trial.number])
    smaller = sizes[sensible.number] < sizes[best.number]
    return Ranking(best, over_examples, over_seeds, tied, sensible if smaller else best, smaller)
