"""Tables as people write them, and such tables damaged: read as pandas reads them, or refused."""

import io
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tuner.data.frames import MISSING_WORDS
from tuner.data.inputs import MISSING, Column, Examples, Roles
from tuner.data.loading import read
from tuner.errors import TunerError

SPELLED = sorted(word for word in MISSING_WORDS if word)
NAMES = ("size", "colour", "weight", "kind")
WORDS = ("red", "dark blue", "grün", "a;b", "x|y", 'say "so"', "1st", "été", "o'clock", "tab\there")


@st.composite
def tables(draw: st.DrawFn) -> tuple[bytes, str]:
    """Return the bytes of a table, and what parts its columns."""
    n = draw(st.integers(12, 25))
    separator = draw(st.sampled_from(",;\t|"))
    comma = separator != "," and draw(st.booleans())
    missing = draw(st.sampled_from(SPELLED))
    quoted, blank = draw(st.booleans()), draw(st.sampled_from(["", "", " "]))
    numbers = st.one_of(
        st.integers(-999, 999),
        st.floats(-1e6, 1e6).map(lambda x: round(x, 4)),
        st.sampled_from([0.5, 1e-7, 2.5e8]),
    )

    def number() -> str:
        if draw(st.integers(0, 9)) == 0:
            return draw(st.sampled_from(["", missing]))
        text = str(draw(numbers))
        return text.replace(".", ",") if comma else text

    def cell(text: str) -> str:
        special = any(each in text for each in (separator, '"', "\t"))
        return '"' + text.replace('"', '""') + '"' if quoted or special else blank + text

    words = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=5))
    rows = [
        [number(), draw(st.sampled_from(words)), str(draw(st.integers(0, 9))), "pq"[i % 2]]
        for i in range(n)
    ]
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    text = end.join(separator.join(map(cell, row)) for row in [NAMES, *rows])
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]))
    return (text + draw(st.sampled_from(["", end]))).encode(encoding), separator


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Return the bytes of a table, some of them changed, taken away or put in."""
    content = bytearray(draw(tables())[0])
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, max(len(content) - 1, 0)))
        kind = draw(st.sampled_from(["change", "remove", "insert", "cut", "repeat"]))
        odd = draw(st.sampled_from([*b'",;\t|\n\r \0-.%?x9', 0xFF, 0xE9]))
        if kind == "change" and content:
            content[place] = odd
        elif kind == "remove":
            del content[place : place + draw(st.integers(1, 9))]
        elif kind == "insert":
            content.insert(place, odd)
        elif kind == "cut":
            del content[place:]
        else:
            content[place:place] = content[place : place + 20]
    return bytes(content)


def as_read(content: bytes) -> Examples | str:
    """Return the examples of a table, or the one line that refuses it."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder, "t.csv")
        path.write_bytes(content)
        try:
            return read(str(path), Roles(target="kind"))
        except TunerError as error:
            said = str(error)
            assert said.startswith(f"{path}: "), said
            assert "\n" not in said
            assert said.endswith((".", ")")), said
            return said


def text_of(content: bytes) -> str:
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return content.decode(encoding)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252")


def as_pandas(content: bytes, separator: str) -> pd.DataFrame:
    """Return the cells as pandas reads them, as texts without blanks at their ends."""
    frame = pd.read_csv(
        io.StringIO(text_of(content).replace("\r\n", "\n").replace("\r", "\n")),
        sep=separator,
        dtype=str,
        keep_default_na=False,
        skipinitialspace=True,
        index_col=False,
    )
    return frame.rename(columns=_plain).map(str.strip)


def _plain(name: str) -> str:
    """Return a heading without quotes, of which readers keep stray ones or not."""
    return name.replace('"', "").strip()


def number_of(cell: str, column: Column) -> float:
    if cell.casefold() in MISSING_WORDS:
        return np.nan
    plain = cell.replace(column.written, "").strip() if column.written else cell
    if column.decimal == ",":
        plain = plain.replace(".", "").replace(",", ".")
    return float(plain.replace(",", "").replace(" ", ""))


def check(examples: Examples, frame: pd.DataFrame) -> None:
    """Compare all cells with those of pandas; labels by the names of their classes."""
    inputs = examples.inputs
    for column in examples.columns:
        if column.kind == "number":
            expected = [number_of(cell, column) for cell in frame[_plain(column.name)]]
            found = inputs.numbers[:, inputs.number_names.index(column.name)]
            np.testing.assert_allclose(found.astype(float), expected, rtol=1e-12)
        elif column.kind == "category":
            texts = inputs.texts[:, inputs.text_names.index(column.name)]
            assert [text.replace(" ", "") for text in texts] == [
                (cell or MISSING).replace("\t", "").replace(" ", "")
                for cell in frame[_plain(column.name)]
            ]
    if examples.classes:
        assert [examples.classes[i] for i in examples.y] == frame["kind"].tolist()


def check_whole(made: tuple[bytes, str]) -> None:
    found = as_read(made[0])
    assert not isinstance(found, str), found
    check(found, as_pandas(*made))


def check_damaged(content: bytes) -> None:
    found = as_read(content)
    if isinstance(found, str):
        return
    head = text_of(content).lstrip("\r\n ").splitlines()[0]
    outside = "".join(head.split('"')[::2])
    check(found, as_pandas(content, max(",;\t|", key=outside.count)))


FEW: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}


@settings(max_examples=40, **FEW)
@given(tables())
def test_tables_are_read_as_pandas_reads_them(made: tuple[bytes, str]) -> None:
    check_whole(made)


@settings(max_examples=40, **FEW)
@given(damaged())
def test_damaged_tables_are_read_as_pandas_reads_them_or_refused(content: bytes) -> None:
    check_damaged(content)


@pytest.mark.long
@settings(max_examples=1_000, **FEW)
@given(tables(), damaged())
def test_two_thousand_tables(made: tuple[bytes, str], content: bytes) -> None:
    check_whole(made)
    check_damaged(content)
