"""Records as files: what `records.json` beside a report holds, written and read in one place."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from tuner.errors import InputError
from tuner.records import (
    FindEtaRecord,
    ReproduceRecord,
    StudyRecord,
    TrainRecord,
    TuneRecord,
    from_json,
    to_json,
)
from tuner.report.language import texts
from tuner.report.version1 import upgraded

RECORDS = 2
"""The form of `records.json`; version 1 is read too."""

LARGEST = 2**48
"""No count of a record is larger, so that sums of counts fit into 64 bits."""

StoredRecord = FindEtaRecord | TrainRecord | StudyRecord | TuneRecord | ReproduceRecord

KINDS: Mapping[str, type[StoredRecord]] = {
    "find-eta": FindEtaRecord,
    "train": TrainRecord,
    "study": StudyRecord,
    "tune": TuneRecord,
    "reproduce": ReproduceRecord,
}


def stored_json(record: StoredRecord) -> bytes:
    """Return the bytes of `records.json`: the schema number, the kind, and the record.

    Examples
    --------
    >>> from tuner.records import DataSummary, EtaSearch, Environment, Hyperparameters, Outcome
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
    >>> document = json.loads(stored_json(record))
    >>> list(document)[:3], document["kind"]
    (['schema', 'kind', 'command'], 'find-eta')
    """
    kind = next(name for name, each in KINDS.items() if isinstance(record, each))
    document = {"schema": RECORDS, "kind": kind, **to_json(record)}
    return f"{json.dumps(document, allow_nan=False, indent=1)}\n".encode()


def load_stored(path: Path) -> StoredRecord:
    """Read a record that `stored_json` wrote; its kind is named in the file.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    InputError
        When the file cannot be read, is not valid JSON, is of an unknown schema or kind, or holds a
        record that is incomplete or contradicts itself; one line that names the file.
    """
    document = _document(path)
    schema, kind = document.pop("schema", None), document.pop("kind", None)
    if schema not in (1, RECORDS) or isinstance(schema, bool):
        _refuse(
            path,
            f"schema is {schema!r} but this version reads 1 and {RECORDS}: use the version of"
            " tuner that wrote it",
        )
    if not isinstance(kind, str) or kind not in KINDS:
        _refuse(path, f"kind is {kind!r} but must be one of {', '.join(KINDS)}")
    if schema == 1:
        try:
            document = upgraded(kind, document)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            _refuse(path, f"is not a {kind} record of version 1: give a records.json", error)
    try:
        _check_size(document)
        record = from_json(KINDS[kind], json.dumps(document))
        if isinstance(record, ReproduceRecord):
            _check_experiments(record)
    except InputError as error:
        _refuse(path, str(error).removesuffix("."), error)
    return record


def _refuse(path: Path, why: str, cause: Exception | None = None) -> NoReturn:
    raise InputError(f"{path}: {' '.join(why.split())}.") from cause


def _document(path: Path) -> dict[str, object]:
    try:
        document = json.loads(path.read_bytes(), parse_constant=_no_number, parse_float=_finite)
    except OSError as error:
        _refuse(path, f"cannot be read ({error.strerror or error}): give a records.json", error)
    except (ValueError, RecursionError) as error:
        _refuse(path, "is not valid JSON from tuner: give a records.json", error)
    if not isinstance(document, dict):
        _refuse(path, "holds no record: give a records.json")
    return document


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _check_size(value: object, name: str = "") -> None:
    """Refuse whole numbers that no table holds; a seed may be of any size."""
    if isinstance(value, dict):
        for key, each in value.items():
            _check_size(each, key)
    elif isinstance(value, list):
        for each in value:
            _check_size(each, name)
    elif isinstance(value, int) and abs(value) > LARGEST and "seed" not in name:
        raise InputError(f"{name} is {value} but must be at most {LARGEST}")


def _check_experiments(record: ReproduceRecord) -> None:
    """Refuse experiments and figures that no page has words for."""
    known = texts("en").experiments
    for experiment in record.experiments:
        if experiment.name not in known:
            raise InputError(f"{experiment.name!r} is no experiment of this version of tuner")
        for finding in experiment.findings:
            if finding.name not in known[experiment.name].figures:
                raise InputError(f"{finding.name!r} is no figure of {experiment.name}")


def _finite(text: str) -> float:
    return value if math.isfinite(value := float(text)) else _no_number(text)
