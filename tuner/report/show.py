"""Records as a notebook shows them: the verdict and the figure that says most."""

from dataclasses import dataclass

from tuner.records import FindEtaRecord, ReproduceRecord, TrainRecord, TuneRecord
from tuner.report.charts.learning_rate import costs_figure
from tuner.report.charts.study_course import history_figure
from tuner.report.charts.training import curves_figure
from tuner.report.document import Figure, fill
from tuner.report.pages.reproduce import reproduce_figure
from tuner.report.stored import StoredRecord
from tuner.report.summaries.base import Summary
from tuner.report.summaries.learning_rate import find_eta_summary
from tuner.report.summaries.reproduce import reproduce_summary
from tuner.report.summaries.study import study_summary
from tuner.report.summaries.training import train_summary
from tuner.report.summaries.tune import tune_summary


@dataclass(frozen=True)
class Shown:
    """A record to look at: HTML in a notebook, its headline elsewhere.

    Attributes
    ----------
    headline
        The answer in one line.
    html
        The same with its figure; it holds no script, and asks for nothing from outside.
    """

    headline: str
    html: str

    def __repr__(self) -> str:
        return self.headline

    def _repr_html_(self) -> str:
        return self.html


def show(record: StoredRecord) -> Shown:
    """Show a record in a notebook.

    Parameters
    ----------
    record
        From `tuner.report.load_stored`, for example.

    Examples
    --------
    >>> from tuner.records import (DataSummary, Environment, EtaSearch, FindEtaRecord,
    ...     Hyperparameters, Outcome)
    >>> record = FindEtaRecord(
    ...     command="python -m tuner find-eta",
    ...     settings=Hyperparameters(eta=0.5),
    ...     data=DataSummary(name="iris", sha256="", n_train=1, n_validation=1, n_test=1,
    ...         n_features=4, classes=("a", "b")),
    ...     environment=Environment(tuner="0.1.0", python="3.11", platform="", packages={},
    ...         blas="", blas_threads=1),
    ...     result=EtaSearch(eta=0.5, threshold=1.0, bracket=(1.0, 1.3), outcome=Outcome.FOUND,
    ...         baseline=3.2, judgements=(), probes=(), spent=9.0, seconds=2.0),
    ... )
    >>> show(record)
    Use η = 0.5
    """
    summary, figure = _parts(record)
    values = {"summary": summary, "figure": figure, "drawing": figure.drawn(dark=False)}
    return Shown(summary.headline, fill("show.html.j2", values))


def _parts(record: StoredRecord) -> tuple[Summary, Figure]:
    if isinstance(record, FindEtaRecord):
        return find_eta_summary(record.result), costs_figure(record.result)
    if isinstance(record, TuneRecord):
        return tune_summary(record), curves_figure(record.model_run)
    if isinstance(record, TrainRecord):
        return train_summary(record), curves_figure(record.result)
    if isinstance(record, ReproduceRecord):
        return reproduce_summary(record), reproduce_figure(record)
    return study_summary(record), history_figure(record)
