"""What the verbs of `tuner.api` return: a record with its summary, its model and its report."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tuner import report as reports
from tuner.errors import TunerError
from tuner.files import write_files
from tuner.network.arrays import Array
from tuner.records import (
    FindEtaRecord,
    Note,
    Outcome,
    ReproduceRecord,
    StudyRecord,
    TrainRecord,
    Trial,
    TuneRecord,
    to_json,
)
from tuner.records.measures import flat
from tuner.report.summaries.base import Summary
from tuner.report.summaries.learning_rate import find_eta_summary
from tuner.report.summaries.reproduce import reproduce_summary
from tuner.report.summaries.study import study_summary
from tuner.report.summaries.training import train_summary
from tuner.report.summaries.tune import tune_summary
from tuner.settings import Hyperparameters
from tuner.storage import MODEL, RECORDS
from tuner.storage.models import Model, save_model

if TYPE_CHECKING:
    from tuner.report import ReportFiles
    from tuner.report.checks.base import CodedWarning
    from tuner.report.frames.contenders import Contender, Difference
    from tuner.report.stored import StoredRecord

R = TypeVar("R", bound="StoredRecord")


@dataclass(frozen=True)
class Written:
    """Where a report was written: the page with its figures, and the record behind it."""

    report: "ReportFiles"
    records: Path

    @property
    def document(self) -> dict[str, object]:
        """The paths as the commands' JSON names them."""
        return {
            "report": str(self.report.html),
            "figures": [str(figure) for figure in self.report.figures],
            "records": str(self.records),
        }


@dataclass(frozen=True, repr=False, eq=False)
class Result(ABC, Generic[R]):
    """A record, with what there is to do with it.

    Attributes
    ----------
    record
        All numbers behind the result, as `records.json` holds them.
    """

    record: R

    @property
    @abstractmethod
    def verdict(self) -> Summary:
        """The result in words: headline, sentence, advice, facts."""

    @abstractmethod
    def to_frame(self) -> pd.DataFrame:
        """Return the result's table."""

    @property
    def summary(self) -> str:
        """The result in a few sentences, as its report begins."""
        verdict = self.verdict
        return "\n".join(filter(None, (f"{verdict.headline}.", verdict.sentence, verdict.advice)))

    def report(self, folder: str | Path) -> Path:
        """Write the HTML report with its figures, records.json and the model, if there is one.

        Parameters
        ----------
        folder
            Made if need be; older files of the same names are replaced.

        Returns
        -------
        The path of the page, which opens offline.

        Raises
        ------
        OutputError
            When the folder cannot be written to.
        """
        return self.write(Path(folder)).report.html

    def write(self, folder: Path, *, lang: str = "en") -> Written:
        """Write everything that `report` does, records first; return where all of it is.

        Parameters
        ----------
        folder
            As for `report`.
        lang
            Language of the page: "en", or "zh" for a reproduction.
        """
        records = self.save(folder)
        return Written(write_page(self.record, folder, lang), records)

    def save(self, folder: Path) -> Path:
        """Write records.json and the files beside it, such as the model; return its path."""
        self._save_model(folder)
        (records,) = write_files(folder, {RECORDS: reports.stored_json(self.record)})
        return records

    def _save_model(self, folder: Path) -> None:
        """Write the model, where there is one."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.verdict.headline}>"

    def _repr_html_(self) -> str:
        return reports.show(self.record).html


class EtaResult(Result[FindEtaRecord]):
    """The learning rate that `find_eta` found, with its evidence."""

    @property
    def eta(self) -> float:
        """The learning rate to use: a share of the threshold (`tuner.strategies.shares`)."""
        return self.record.result.eta

    @property
    def threshold(self) -> float:
        """η*, the largest η found at which the training cost still goes down."""
        return self.record.result.threshold

    @property
    def bracket(self) -> tuple[float | None, float | None]:
        """The largest η that went down and the smallest above it that did not; None where open."""
        return self.record.result.bracket

    @property
    def outcome(self) -> Outcome:
        """How the search ended: whether a threshold was found."""
        return self.record.result.outcome

    @property
    def verdict(self) -> Summary:
        """The result in words: headline, sentence, advice, facts."""
        return find_eta_summary(self.record.result)

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each η probed: eta, verdict, cost after the last step, reason."""
        rows = [
            (j.eta, j.verdict.value, j.costs[-1], j.reason) for j in self.record.result.judgements
        ]
        return pd.DataFrame(rows, columns=["eta", "verdict", "cost", "reason"])


@dataclass(frozen=True, repr=False, eq=False)
class TrainResult(Result[TrainRecord]):
    """A trained network and the history of its training.

    Attributes
    ----------
    model
        The network after its best epoch, or the committee of several: a `tuner.Model`, or for a
        trainer of your own model what its `model_of` returns.
    """

    model: Any

    @property
    def settings(self) -> Hyperparameters:
        """What the network was built and trained with."""
        return self.record.settings

    @property
    def validation_accuracy(self) -> float:
        """Accuracy on the validation examples after the best epoch, or of the committee, 0 … 1."""
        return self.record.validation_accuracy

    @property
    def verdict(self) -> Summary:
        """The result in words: headline, sentence, advice, facts."""
        return train_summary(self.record)

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each epoch: η, costs, accuracies; of a committee the first one's."""
        return pd.DataFrame([flat(to_json(epoch)) for epoch in self.record.result.history])

    def _save_model(self, folder: Path) -> None:
        if isinstance(self.model, Model):
            save_model(self.model, folder / MODEL)


@dataclass(frozen=True, repr=False, eq=False)
class StudyResult(Result[StudyRecord]):
    """All trials of a study, and the best of them.

    Attributes
    ----------
    train_best
        Trains the network of the best trial again, with its η and seed: the same network.
    """

    train_best: Callable[[], TrainResult]

    @property
    def best(self) -> Trial:
        """The complete trial with the best validation metric.

        Its `params` are the searched settings by their Python names, as `tuner.train` takes them.

        Raises
        ------
        TunerError
            When no trial was completed, or every one diverged.
        """
        best = self.record.result.best
        if best is None:
            raise TunerError(
                f"study {self.record.result.study}: no trial was completed without diverging: run"
                " more of them, or search smaller values."
            )
        return replace(best, params={_python(k): _value(v) for k, v in best.params.items()})

    @property
    def trials(self) -> tuple[Trial, ...]:
        """Every finished trial, in the order in which they were drawn."""
        return self.record.result.trials

    @cached_property
    def model(self) -> Any:
        """The network of the best trial, trained again when it is first asked for."""
        return self.train_best().model

    @property
    def verdict(self) -> Summary:
        """The result in words: headline, sentence, advice, facts."""
        return study_summary(self.record)

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each trial: its state, objectives, settings and what came of them."""
        from tuner.study.export import columns

        return pd.DataFrame(columns(self.record.result))


@dataclass(frozen=True, repr=False, eq=False)
class TuneResult(Result[TuneRecord]):
    """What a tuning chose, judged once by the test part.

    Attributes
    ----------
    model
        The chosen network.
    files
        The files beside the report, such as the settings that `train --settings` accepts.
    """

    model: Model
    files: Mapping[str, bytes]

    @property
    def settings(self) -> Hyperparameters:
        """What the chosen network was built and trained with."""
        return self.record.settings

    @property
    def test_accuracy(self) -> float:
        """Accuracy on the test examples, 0 … 1; they were opened for it once."""
        return self.record.test.metrics["accuracy"]

    @property
    def verdict(self) -> Summary:
        """The result in words: headline, sentence, advice, facts."""
        return tune_summary(self.record)

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each network of the last comparison: its settings and its accuracy."""
        return pd.DataFrame(
            [
                {
                    "candidate": number,
                    "chosen": number == self.record.final.winner,
                    **to_json(run.settings),
                    "best_epoch": run.best_epoch,
                    "validation_accuracy": run.best_validation_accuracy,
                }
                for number, candidate in enumerate(self.record.final.candidates)
                for run in candidate.runs
            ]
        )

    def _save_model(self, folder: Path) -> None:
        write_files(folder, self.files)


class ReproduceResult(Result[ReproduceRecord]):
    """The article's figures beside the measured ones."""

    @property
    def verdict(self) -> Summary:
        """The result in words: headline, sentence, advice, facts."""
        return reproduce_summary(self.record)

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each figure: published, measured, interval, agreement."""
        return pd.DataFrame(
            [
                {"experiment": experiment.name, **to_json(finding)}
                for experiment in self.record.experiments
                for finding in experiment.findings
            ]
        )


@dataclass(frozen=True, repr=False)
class Comparison:
    """Runs, or studies, beside each other.

    Attributes
    ----------
    records, names
        What is compared, and what each is called.
    """

    records: tuple[TrainRecord | StudyRecord, ...]
    names: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each contender, the best first; seeds of one setting are one row."""
        from tuner.report.frames.comparison import results_table
        from tuner.report.frames.contenders import contenders

        return results_table(contenders(self.records, self.names))

    @property
    def verdict(self) -> Summary:
        """The result in words: headline, sentence, advice, facts."""
        from tuner.report.summaries.comparison import compare_summary

        return compare_summary(*self._contest)

    @property
    def warnings(self) -> "tuple[CodedWarning, ...]":
        """The warnings that hold, the most severe first."""
        from tuner.report.checks.comparison import compare_warnings

        return compare_warnings(*self._contest)

    @cached_property
    def _contest(self) -> "tuple[Sequence[Contender], Sequence[Difference]]":
        from tuner.report.frames.contenders import against_winner, contenders

        every = contenders(self.records, self.names)
        return every, against_winner(every)

    @property
    def summary(self) -> str:
        """Which contender is best, by how much, and how sure that is."""
        verdict = self.verdict
        return "\n".join(filter(None, (f"{verdict.headline}.", verdict.sentence, verdict.advice)))

    def write(self, folder: Path) -> "ReportFiles":
        """Write the page and its figures; return where they are."""
        return reports.write_comparison(self.records, self.names, folder)

    def report(self, folder: str | Path) -> Path:
        """Write the HTML page with its figures to a folder; return the path of the page."""
        return self.write(Path(folder)).html

    def __repr__(self) -> str:
        return f"<Comparison: {self.summary.partition(chr(10))[0]}>"

    def _repr_html_(self) -> str:
        paragraphs = "".join(f"<p>{escape(line)}</p>" for line in self.summary.splitlines())
        return paragraphs + self.to_frame().to_html(index=False)


@dataclass(frozen=True, repr=False, eq=False)
class Predictions:
    """The class that a model takes each example for and its probabilities, or a number.

    Attributes
    ----------
    classes
        Name of each class, in the order of the columns of `probabilities`; none where numbers are
        predicted.
    probabilities
        Shape (n, c): the share that the model gives to each class.
    notes
        What must be known of how the data were read.
    values
        The predicted number (n,) of each example; None where classes are predicted.
    """

    classes: tuple[str, ...]
    probabilities: Array
    notes: tuple[Note, ...] = ()
    values: NDArray[np.float64] | None = None

    @property
    def labels(self) -> NDArray[np.object_]:
        """The predicted class (n,) of each example, by name, or its number."""
        if self.values is not None:
            return self.values.astype(object)
        names: NDArray[np.object_] = np.array(self.classes, dtype=object)
        labels: NDArray[np.object_] = names[self.probabilities.argmax(axis=1)]
        return labels

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each example: the class, its probability, and that of each class.

        Where numbers are predicted the only column is `prediction`.
        """
        if self.values is not None:
            return pd.DataFrame({"prediction": self.values})
        table: dict[str, Any] = {
            "class": self.labels,
            "probability": self.probabilities.max(axis=1),
        }
        table |= {
            f"p({name})": p for name, p in zip(self.classes, self.probabilities.T, strict=True)
        }
        return pd.DataFrame(table)

    def __repr__(self) -> str:
        what = f"{len(self.classes)} classes" if self.classes else "numbers"
        return f"<Predictions: {len(self.probabilities):,} examples, {what}>"

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self)[1:-1])}</p>{self.to_frame().to_html(max_rows=10)}"


def write_page(record: "StoredRecord", folder: Path, lang: str = "en") -> "ReportFiles":
    """Write the page of a record and its figures; only a reproduction's page is in `lang`."""
    if isinstance(record, ReproduceRecord):
        return reports.write_reproduce(record, folder, lang)
    if isinstance(record, TuneRecord):
        return reports.write_tune(record, folder)
    if isinstance(record, TrainRecord):
        return reports.write_train(record, folder)
    if isinstance(record, StudyRecord):
        return reports.write_study(record, folder)
    return reports.write_find_eta(record, folder)


def _python(name: str) -> str:
    return "lambda_" if name == "lambda" else name


def _value(value: Any) -> Any:
    return None if value == "off" else value
