import csv
import gzip
import importlib.util
import io
import lzma
import re
import sys
import tempfile
import warnings
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import tuner
from tuner.data import files, load, read, read_inputs
from tuner.data.frames import Csv
from tuner.data.inputs import Roles
from tuner.data.loading import prepare
from tuner.errors import DataError, DataWarning, MissingExtraError

N = 30
ROWS = [f"{i / 10},{['red', 'blue', 'green'][i % 3]},{i % 2 == 0},{i % 2}" for i in range(N)]
GOOD = "size,colour,shiny,target\n" + "\n".join(ROWS) + "\n"
FRAME = pd.read_csv(io.StringIO(GOOD))


def with_row(row: str, at: int = 5) -> str:
    """The good table with another row in place of data row `at`."""
    return "\n".join(["size,colour,shiny,target", *ROWS[: at - 1], row, *ROWS[at:]])


def write(folder: Path, content: str | bytes, name: str = "my.csv") -> str:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


NAMES = ("size", "colour=blue", "colour=green", "colour=red", "shiny=True")


def test_numbers_are_standardised_and_the_rest_one_hot(tmp_path: Path) -> None:
    data = load(write(tmp_path, GOOD))
    assert data.feature_names == NAMES
    assert data.classes == ("0", "1")
    assert data.train.x.shape == (18, 5)
    np.testing.assert_allclose(data.train.x[:, 0].mean(), 0, atol=1e-6)
    np.testing.assert_allclose(data.train.x[:, 0].std(), 1, atol=1e-6)
    assert (data.train.x[:, 1:4].sum(axis=1) == 1).all()


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        GOOD.replace(",", ";"),
        GOOD.replace(",", "\t"),
        GOOD.replace(",", ", "),
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("\n", "\n\n"),
        "\ufeff" + GOOD,
        GOOD.replace("colour", '"colour"').replace("red", '"red"'),
        GOOD.rstrip(),
        "\n".join(
            ("" if i == 0 else str(i)) + "," + row for i, row in enumerate(GOOD.splitlines())
        ),
    ],
)
def test_dialects_give_the_same_data(tmp_path: Path, content: str) -> None:
    data, same = load(write(tmp_path, GOOD)), load(write(tmp_path, content, "same.csv"))
    np.testing.assert_array_equal(same.train.x, data.train.x)
    assert same.feature_names == data.feature_names


@pytest.mark.parametrize("name", ["target", "Label", "CLASS", "y"])
def test_usual_names_of_the_target_are_found(tmp_path: Path, name: str) -> None:
    assert load(write(tmp_path, GOOD.replace("target", name))).classes == ("0", "1")


def test_the_named_target_is_taken(tmp_path: Path) -> None:
    data = load(write(tmp_path, GOOD), target="colour")
    assert data.classes == ("blue", "green", "red")
    assert "target" in data.feature_names


BIG = "a,y\n" + "\n".join(f"{i},{i % 2}" for i in range(N))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("\n \n", "is empty"),
        ("size,colour,shiny,target\n", "has a header but no rows"),
        (GOOD.replace("target", "t"), "say which column is the target: use --target with one of"),
        (GOOD.replace("shiny,target", "label,target"), "say which column is the target"),
        (GOOD.replace("colour", "size"), "two columns are called 'size'"),
        (GOOD.replace("colour", " size"), "two columns are called 'size'"),
        (GOOD.replace("colour", ""), "column 2 has no name"),
        (with_row("1,red,True,0,9"), "Expected 4 fields in line 6, saw 5"),
        (with_row("1,red"), "target 'target' has 1 missing value in data row 5"),
        (
            GOOD.replace("0\n", "0,9\n").replace("1\n", "1,9\n"),
            "the first line has 4 cells and the next ones have 5",
        ),
        (with_row("inf,red,True,0"), "column 'size' has 1 infinite value in data row 5"),
        (with_row("x,red,True,0"), "column 'size' holds numbers but 'x' in data row 5"),
        (with_row("1,red,True,"), "target 'target' has 1 missing value in data row 5"),
        (with_row('"1,5",red,True,0'), "column 'size' holds numbers but '1,5' in data row 5"),
        (with_row("1e400,red,True,0"), "column 'size' (has 1 infinite|holds .* '1e400')"),
        (GOOD.replace(",0\n", ",1\n"), "is '1' everywhere"),
        (with_row("1,red,True,2"), "class '2' has only 1 of the 5"),
        ("y\n" + "0\n1\n" * 20, "has no column beside the target"),
        (GOOD.encode().replace(b"red", b"r\x81d"), "byte 30 is not UTF-8"),
        (GOOD.encode("utf-16")[:-1], "is not valid utf-16 text"),
        (GOOD.encode("utf-16-le"), "holds zero bytes"),
        (GOOD + '9,"red,True,0\n', "EOF inside string|one cell for each"),
    ],
)
def test_bad_tables_are_refused_in_one_line(
    tmp_path: Path, content: str | bytes, message: str
) -> None:
    path = write(tmp_path, content)
    with pytest.raises(DataError, match=message) as caught:
        load(path)
    assert "\n" not in str(caught.value)


def test_an_unknown_target_lists_the_columns(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no column 'price': use --target with one of size, colour"):
        load(write(tmp_path, GOOD), target="price")


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r", "\n\r", "\r\n\n\r"])
def test_every_kind_of_line_end_ends_a_line(tmp_path: Path, ends: str) -> None:
    path = tmp_path / "ends.csv"
    path.write_bytes(GOOD.replace("\n", ends).encode())
    expected = load(write(tmp_path, GOOD))
    np.testing.assert_array_equal(load(path).train.x, expected.train.x)


CELLS = st.one_of(
    st.none(),
    st.integers(-(10**6), 10**6).map(lambda n: n / 8),
)


@given(
    cells=st.lists(
        st.tuples(CELLS, st.sampled_from(["red", "größe", "a;b", 'say "x"', None])), min_size=8
    ),
    separator=st.sampled_from([",", ";", "\t", "|"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC]),
    missing=st.sampled_from(["NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?", "-", ""]),
    decimal=st.sampled_from([".", ","]),
    end=st.sampled_from(["\n", "\r\n"]),
)
@settings(max_examples=100, deadline=None)
def test_a_table_reads_alike_however_it_is_written(
    *,
    cells: list[tuple[float | None, str | None]],
    separator: str,
    encoding: str,
    quoting: Any,
    missing: str,
    decimal: str,
    end: str,
) -> None:
    assume((separator, decimal) != (",", ","))  # a comma then parts thousands, which is said
    frame = pd.DataFrame(
        {
            "size": pd.Series([size for size, _ in cells], dtype=float),
            "colour": pd.Series([colour for _, colour in cells], dtype=object),
            "kind": [str(i % 2) for i in range(len(cells))],
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "t.csv")
        frame["size"] = [
            missing if np.isnan(size) else repr(size).replace(".", decimal)
            for size in frame["size"]
        ]
        frame.to_csv(
            path, sep=separator, encoding=encoding, quoting=quoting, index=False, lineterminator=end
        )
        expected = pd.read_csv(
            path,
            sep=separator,
            encoding=encoding,
            decimal=decimal,
            na_values={"size": ["?", "-"]},
            dtype={"colour": str, "kind": str},
        )
        try:
            inputs = read(str(path), Roles(target="kind")).inputs
        except DataError as error:
            inputs, said = None, str(error)
    if inputs is None:
        assert re.search(r"No other column|may part thousands", said)
        return
    if "size" in inputs.number_names:
        found = inputs.numbers[:, inputs.number_names.index("size")]
        np.testing.assert_array_equal(found, expected["size"].to_numpy(dtype=float))
    else:
        assert len(set(expected["size"].fillna(-1))) == 1 or set(expected["size"]) >= {0, 1}
    if "colour" in inputs.text_names:
        texts = inputs.texts[:, inputs.text_names.index("colour")].tolist()
        assert texts == expected["colour"].fillna("(missing)").tolist()
    else:
        assert len(set(expected["colour"].fillna(""))) == 1


@given(st.binary(max_size=80) | st.text('ab1,;\t"\n\r .', max_size=60).map(str.encode))
@settings(max_examples=200, deadline=None)
def test_arbitrary_bytes_are_a_table_or_a_data_error(content: bytes) -> None:
    try:
        Csv(content, "it").frame()
    except DataError as error:
        assert "\n" not in str(error)  # noqa: PT017


def parquet(folder: Path, frame: pd.DataFrame) -> str:
    frame.to_parquet(folder / "my.parquet")
    return str(folder / "my.parquet")


ENCODED = {
    "utf-8-sig": "",
    "utf-16": "",
    "utf-32": "",
    "cp1252": "byte 7 is not UTF-8: the file is read as Windows-1252.",
}


@pytest.mark.parametrize("encoding", ENCODED)
def test_encodings_give_the_same_data(tmp_path: Path, encoding: str) -> None:
    content = GOOD.replace("colour", "größe €")
    expected = load(write(tmp_path, content))
    path = write(tmp_path, content.encode(encoding), "other.csv")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        data = load(path)
    assert [note.text for note in data.summary.notes] == [
        text for text in [ENCODED[encoding]] if text
    ]
    assert len(caught) == len(data.summary.notes)
    assert data.feature_names == expected.feature_names
    np.testing.assert_array_equal(data.train.x, expected.train.x)


def zipped(content: bytes, *names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names or ("my.csv",):
            archive.writestr(name, content)
    return file.getvalue()


PACKERS = {
    ".gz": lambda content: gzip.compress(content[:40]) + gzip.compress(content[40:]),
    ".xz": lzma.compress,
    ".zip": zipped,
}


@pytest.mark.parametrize("suffix", PACKERS)
def test_packed_tables_are_those_they_hold(tmp_path: Path, suffix: str) -> None:
    expected = load(write(tmp_path, GOOD))
    packed = PACKERS[suffix](GOOD.encode())
    data = load(write(tmp_path, packed, f"my.csv{suffix}"))
    np.testing.assert_array_equal(data.train.x, expected.train.x)
    assert data.summary.sha256 == expected.summary.sha256
    x = read_inputs(write(tmp_path, packed, f"NEW.CSV{suffix.upper()}"), data.preprocessing)
    assert x.shape == (N, len(NAMES))
    for spoiled in (packed[:-9], packed[:20], b"plain"):
        with pytest.raises(DataError, match=r"is damaged|cannot be unpacked|is empty") as caught:
            load(write(tmp_path, spoiled, f"bad.csv{suffix}"))
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", PACKERS)
def test_packed_tables_that_unpack_to_too_much_are_refused(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, PACKERS[suffix](b"a,y\n" + b"1,2\n" * 10_000), f"bomb.csv{suffix}")
    monkeypatch.setattr(files, "MAX_BYTES", 5_000)
    with pytest.raises(DataError, match="would unpack to more bytes than 5000"):
        load(path)


def test_a_zip_of_several_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds 2 files: pack one table alone"):
        load(write(tmp_path, zipped(GOOD.encode(), "a.csv", "b.csv"), "my.csv.zip"))


def test_excel_gives_what_csv_gives(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl", reason="openpyxl is not installed")
    data = load(write(tmp_path, GOOD))
    FRAME.to_excel(tmp_path / "my.xlsx", index=False)
    same = load(str(tmp_path / "my.xlsx"))
    np.testing.assert_array_equal(same.train.x, data.train.x)
    assert (same.feature_names, same.classes) == (data.feature_names, data.classes)
    np.testing.assert_array_equal(
        read_inputs(str(tmp_path / "my.xlsx"), data.preprocessing),
        read_inputs(str(tmp_path / "my.csv"), data.preprocessing),
    )


def test_excel_as_people_have_it(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl", reason="openpyxl is not installed")
    frame = FRAME.astype(object)
    frame.loc[[3, 4], "size"] = ["?", None]
    frame.loc[5, "colour"] = None
    frame["day"] = pd.date_range("2024-01-01", periods=N)[::-1]
    with pd.ExcelWriter(tmp_path / "my.xlsx") as book:
        frame.to_excel(book, sheet_name="data", index=False, startrow=2, startcol=1)
        frame.to_excel(book, sheet_name="notes")
    with pytest.warns(DataWarning) as caught:
        data = load(str(tmp_path / "my.xlsx"))
    said = " ".join(str(each.message) for each in caught)
    for part in ("sheet 'data' is read, the first of 2", "'day' holds dates", "'size' (2)"):
        assert part in said
    assert {column.name: column.kind for column in data.preprocessing.columns} == {
        "size": "number",
        "colour": "category",
        "shiny": "boolean",
        "day": "date",
    }


@pytest.mark.parametrize("spoil", [slice(-40), slice(9), slice(4)])
def test_damaged_excel_is_refused(tmp_path: Path, spoil: slice) -> None:
    pytest.importorskip("openpyxl", reason="openpyxl is not installed")
    FRAME.to_excel(tmp_path / "my.xlsx", index=False)
    content = (tmp_path / "my.xlsx").read_bytes()[spoil]
    with pytest.raises(DataError, match="is not a valid Excel file"):
        load(write(tmp_path, content, "bad.xlsx"))


def test_excel_without_openpyxl_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'eta-tuner\[excel\]'"):
        load(write(tmp_path, b"x", "my.xlsx"))


def test_parquet_gives_what_csv_gives(tmp_path: Path) -> None:
    data, same = load(write(tmp_path, GOOD)), load(parquet(tmp_path, FRAME))
    np.testing.assert_array_equal(same.train.x, data.train.x)
    assert (same.feature_names, same.classes) == (data.feature_names, data.classes)


@pytest.mark.parametrize("kind", ["category", "string", "object"])
def test_text_kinds_of_parquet_are_one_hot(tmp_path: Path, kind: str) -> None:
    frame = FRAME.astype({"colour": kind, "size": "Float64", "target": "Int16"})
    assert load(parquet(tmp_path, frame)).feature_names == NAMES


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ([[1]] * N, "column 'new' holds neither numbers nor texts"),
        ([b"x"] * N, "column 'new' holds neither numbers nor texts"),
    ],
)
def test_parquet_columns_of_other_kinds_are_refused(
    tmp_path: Path, column: Any, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        load(parquet(tmp_path, FRAME.assign(new=column)))


@pytest.mark.parametrize("spoil", [slice(-4), slice(50), slice(9, None), slice(4, 5)])
def test_damaged_parquet_is_refused(tmp_path: Path, spoil: slice) -> None:
    path = Path(parquet(tmp_path, FRAME))
    path.write_bytes(path.read_bytes()[spoil])
    with pytest.raises(DataError, match="is not a valid Parquet file"):
        load(str(path))


def test_parquet_text_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = Path(parquet(tmp_path, FRAME.assign(colour=FRAME["colour"] + "~unusual~")))
    path.write_bytes(path.read_bytes().replace(b"~unusual~", b"~unus\xffal~"))
    with pytest.raises(DataError, match="is not a valid Parquet file"):
        load(str(path))


def test_parquet_without_pyarrow_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = parquet(tmp_path, FRAME)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert importlib.util.find_spec("pyarrow") is None
    with pytest.raises(MissingExtraError, match=r"pip install 'eta-tuner\[parquet\]'"):
        load(path)


def test_inputs_alone_are_prepared_as_in_training(tmp_path: Path) -> None:
    data = load(write(tmp_path, GOOD))
    lines = ["extra,shiny,size,colour", "9,True,0.1,blue", "9,FALSE,1.5,7"]
    with pytest.warns(DataWarning, match="unseen category"):
        x = read_inputs(write(tmp_path, "\n".join(lines), "new.csv"), data.preprocessing)
    whole = data.preprocessing.transform(read(str(tmp_path / "my.csv")).inputs)
    np.testing.assert_array_equal(x[:, 0], whole[[1, 15], 0])
    assert x[:, 1:].tolist() == [[1, 0, 0, 1], [0, 0, 0, -1]]


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".xlsx", "frame"])
def test_columns_that_training_had_not_are_named(tmp_path: Path, suffix: str) -> None:
    if suffix in (".parquet", ".xlsx"):
        package = {".parquet": "pyarrow", ".xlsx": "openpyxl"}[suffix]
        pytest.importorskip(package, reason=f"{package} is not installed")
    data = load(write(tmp_path, GOOD))
    frame = pd.read_csv(tmp_path / "my.csv").assign(one=1, two=2)
    path = tmp_path / f"new{suffix}"
    if suffix == ".parquet":
        frame.to_parquet(path)
    elif suffix == ".xlsx":
        frame.to_excel(path, index=False)
    elif suffix == ".csv":
        frame.to_csv(path, index=False)
    source = frame if suffix == "frame" else path
    found = prepare(source, data.preprocessing, known={str(data.summary.target), "two"})
    assert [note.text for note in found.notes] == [
        "column 'one' was not in the data of training: it is ignored."
    ]
    found = prepare(source, data.preprocessing, known={str(data.summary.target)})
    assert found.notes[0].text.startswith("columns 'one', 'two' were not in")
    assert not prepare(source, data.preprocessing).notes


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("size,colour\n1,red", "has no column 'shiny'"),
        (
            "size,colour,shiny\nx,red,True",
            "column 'size' held numbers in training and holds 'x' in data row 1",
        ),
    ],
)
def test_inputs_that_do_not_fit_the_training_are_refused(
    tmp_path: Path, content: str, message: str
) -> None:
    data = load(write(tmp_path, GOOD))
    with pytest.raises(DataError, match=message):
        read_inputs(write(tmp_path, content, "new.csv"), data.preprocessing)


def test_a_signaling_nan_is_a_missing_value() -> None:
    numbers: list[Any] = [Decimal("sNaN"), *(Decimal(i % 7) for i in range(39))]
    frame = pd.DataFrame({"a": numbers, "kind": ["p", "q"] * 20}, dtype=object)
    quiet = frame.assign(a=pd.Series([Decimal("NaN"), *numbers[1:]], dtype=object))
    with pytest.warns(DataWarning, match=r"values are missing in 'a' \(1\)"):
        assert load(frame, target="kind").summary == load(quiet, target="kind").summary
    with pytest.raises(DataError, match="target 'a' has 1 missing value"):
        load(frame, target="a")


def test_a_data_frame_is_loaded_as_its_file_is(tmp_path: Path) -> None:
    pl = pytest.importorskip("polars", reason="polars is not installed")
    frame = pd.DataFrame(
        {"a": [i * 7 % 31 for i in range(40)], "b": ["u", "v"] * 20, "kind": ["p", "q"] * 20}
    )
    frame.to_csv(tmp_path / "t.csv", index=False)
    of_file = load(str(tmp_path / "t.csv"), target="kind")
    found = [load(each, target="kind") for each in (frame, pl.DataFrame(frame.to_dict("list")))]
    for data in found:
        np.testing.assert_array_equal(data.train.x, of_file.train.x)
        assert (data.classes, data.summary.target) == (("p", "q"), "kind")
    assert found[0].summary == found[1].summary
    other = load(frame.assign(a=frame["a"] + 1), target="kind")
    assert other.summary.sha256 != found[0].summary.sha256
    with pytest.raises(DataError, match="has no column 'size': use --target with one of a, b"):
        load(frame, target="size")
    with pytest.raises(DataError, match="data of type list"):
        load([1], target="kind")  # type: ignore[arg-type]


def test_columns_can_be_left_out(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    whole = load(path)
    data = load(path, drop=["colour"])
    assert set(whole.feature_names) - set(data.feature_names) == {
        name for name in whole.feature_names if name.startswith("colour")
    }
    assert data.summary.dropped == ("colour",)
    assert data.summary.identity != whole.summary.identity
    np.testing.assert_array_equal(data.train.y, whole.train.y)
    with_it = read_inputs(path, data.preprocessing)
    without = write(tmp_path, pd.read_csv(path).drop(columns="colour").to_csv(index=False), "o.csv")
    np.testing.assert_array_equal(with_it, read_inputs(without, data.preprocessing))


@pytest.mark.parametrize(
    ("drop", "message"),
    [("nope", "has no column 'nope' to drop: it has size, colour"), ("target", "is the target")],
)
def test_a_column_that_cannot_be_left_out(tmp_path: Path, drop: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        load(write(tmp_path, GOOD), drop=[drop])


RARE = GOOD + "1,red,True,7\n" * 2
"""The good table with a class of two examples."""


@pytest.mark.filterwarnings("ignore:.*left out:tuner.errors.DataWarning")
def test_rare_classes_can_be_left_out(tmp_path: Path) -> None:
    path = write(tmp_path, RARE)
    with pytest.raises(DataError, match="leave such classes out by --drop-rare, or predict a quan"):
        load(path)
    data = load(path, drop_rare=True)
    assert data.classes == load(write(tmp_path, GOOD, "good.csv")).classes
    assert data.train.n + data.validation.n + data.summary.n_test == RARE.count("\n") - 1 - 2
    assert data.summary.drop_rare
    assert [note.text for note in data.summary.notes if "fewer than 5" in note.text] == [
        "1 class of fewer than 5 examples, and their 2 examples, are left out."
    ]


@pytest.mark.filterwarnings("ignore:.*left out:tuner.errors.DataWarning")
def test_a_model_without_rare_classes_is_tested_on_the_rows_it_left(tmp_path: Path) -> None:
    path = write(tmp_path, "\n".join([GOOD.splitlines()[0], *RARE.splitlines()[:0:-1]]) + "\n")
    data = load(path, drop_rare=True)
    run = tuner.train(data, hidden=(), eta=0.5, epochs=2)
    test = data.open_test()
    found = tuner.evaluate(run.model, path)
    assert (found.n, found.accuracy) == (test.n, run.model.accuracy(test.x, test.y))
