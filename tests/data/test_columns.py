"""What the columns of a table are taken for, and that new data are read the same way."""

import datetime
import re
import warnings
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import tuner
from tests.data.test_tables import parquet
from tuner.data import Dataset, from_arrays, load, read, read_inputs
from tuner.data.inputs import Roles, numeric
from tuner.data.loading import prepare
from tuner.data.preprocessing import LIMIT, fit
from tuner.data.splits import split
from tuner.data.tables import read_frame
from tuner.errors import DataError, DataWarning
from tuner.records import NoteKind

N = 60
PRICES = [round(float(p), 1) for p in np.random.default_rng(0).permutation(900)[:N] / 7 + 10]
KINDS = ["low" if price < 74 else "high" for price in PRICES]


def csv(folder: Path, cells: list[str], name: str = "t.csv", head: str = "price;kind") -> str:
    lines = [f"{cell};{kind}" for cell, kind in zip(cells, KINDS, strict=True)]
    (folder / name).write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return str(folder / name)


def loaded(source: Any, *notes: str, **options: Any) -> Dataset:
    """Load a data set and expect these notes, and no other."""
    options = {"target": "kind"} | options
    if not notes:
        return load(source, **options)
    with pytest.warns(DataWarning) as caught:
        data = load(source, **options)
    assert len(caught) == len(notes) == len(data.summary.notes)
    for warning, note in zip(caught, notes, strict=True):
        assert note in str(warning.message)
    return data


WRITTEN: dict[str, tuple[Callable[[float], str], str]] = {
    "percent": (lambda p: f"{p}%", "'price' holds numbers written with %: read without it"),
    "percent, apart": (lambda p: f"{p} %", "written with %"),
    "unit": (lambda p: f"{p}kg", "written with kg"),
    "currency": (lambda p: f"${p}", "written with $"),
    "grouped": (lambda p: f"{p * 1000:,.0f}".replace(",", " "), "whose digits are grouped"),
    "no-break spaces": (lambda p: f"{p * 1000:,.0f}".replace(",", "\u00a0"), "digits are grouped"),
    "narrow spaces": (lambda p: f"{p * 1000:,.0f}".replace(",", "\u202f"), "digits are grouped"),
    "apostrophes": (lambda p: f"{p * 1000:,.0f}".replace(",", "'"), "digits are grouped"),
    "decimal commas": (lambda p: f"{p}".replace(".", ","), "holds numbers with decimal commas"),
    "German": (
        lambda p: f"{p * 1000:,.1f}".translate(str.maketrans(".,", ",.")),
        "holds numbers with decimal commas",
    ),
    "Euro": (lambda p: f"{p} €".replace(".", ","), "holds numbers written with €"),
    "points": (lambda p: f"{p * 1e6:,.0f}".replace(",", "."), "holds numbers with decimal commas"),
    "thousands": (lambda p: f"{p * 1000:,.1f}", "the comma is read as parting thousands"),
    "days": (lambda p: str(date(p).date()), "'price' holds dates: read as days since 1970-01-01"),
    "times": (lambda p: date(p).isoformat(), "holds dates"),
    "dots": (lambda p: date(p).strftime("%d.%m.%Y"), "holds dates"),
    "American": (lambda p: date(p).strftime("%m/%d/%Y"), "holds dates"),
    "names of months": (lambda p: date(p).strftime("%d %b %Y"), "holds dates"),
}


def date(price: float) -> pd.Timestamp:
    return pd.Timestamp("2020-01-31") + pd.Timedelta(days=round(price * 10))


@pytest.mark.parametrize("form", WRITTEN)
def test_numbers_and_dates_as_people_write_them(tmp_path: Path, form: str) -> None:
    write, note = WRITTEN[form]
    source = csv(tmp_path, [write(price) for price in PRICES])
    data, plain = (
        loaded(source, note),
        load(csv(tmp_path, list(map(str, PRICES)), "p.csv"), target="kind"),
    )
    assert data.feature_names[0] == "price"
    np.testing.assert_allclose(data.train.x[:, :1], plain.train.x, atol=1e-5)
    few = csv(tmp_path, [write(PRICES[i % 4]) for i in range(N)], "few.csv")
    np.testing.assert_allclose(
        read_inputs(few, data.preprocessing)[:4, 0],
        read_inputs(
            csv(tmp_path, [str(PRICES[i % 4]) for i in range(N)], "f.csv"), plain.preprocessing
        )[:4, 0],
        atol=1e-5,
    )


@pytest.mark.parametrize(
    ("trained", "new", "message"),
    [
        ("{}", "{}%", "'price' held numbers in training and holds '.*%' in data row 1"),
        ("{}%", "{}", "'price' held numbers with % in training and holds"),
        ("{}kg", "{}g", "held numbers with kg in training"),
        ("{}", "n{}", "held numbers in training and holds 'n"),
    ],
)
def test_numbers_written_otherwise_than_in_training(
    tmp_path: Path, trained: str, new: str, message: str
) -> None:
    notes = ["written with"] if trained != "{}" else []
    data = loaded(csv(tmp_path, [trained.format(p) for p in PRICES]), *notes)
    with pytest.raises(DataError, match=message):
        read_inputs(csv(tmp_path, [new.format(p) for p in PRICES], "n.csv"), data.preprocessing)


def test_points_where_training_had_decimal_commas_are_refused(tmp_path: Path) -> None:
    data = loaded(csv(tmp_path, [f"{p}".replace(".", ",") for p in PRICES]), "decimal commas")
    with pytest.raises(DataError, match="held numbers and decimal commas in training and holds"):
        read_inputs(csv(tmp_path, list(map(str, PRICES)), "n.csv"), data.preprocessing)


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([f"{p}{'kg' if i % 2 else 'g'}" for i, p in enumerate(PRICES)], "'g' and 'kg', or with"),
        ([f"{i % 12 + 1:02}/{i // 12 + 1:02}/2024" for i in range(N)], "month may be swapped"),
        ([str(date(p).date()) for p in PRICES[1:]] + ["soon"], "dates but 'soon' in data row 60"),
        (
            [f"1,{i:03}" for i in range(N)],
            "'1,000' in data row 1, whose comma may part thousands or",
        ),
        (["2.5", "2,5"] * (N // 2), "holds numbers but '2,5' in data row 2: write a number such"),
        ([str(2**53 + i) for i in range(N)], "one number to 16 digits"),
        ([str(2**53 + i % 2) for i in range(N)], "one number to 16 digits"),
        ([str(10**30 + i) for i in range(N)], "one number to 16 digits"),
        ([f"id-{p}" for p in PRICES], "different texts in 48 rows, as names .* No other column"),
        (["x" * 2000 + str(i % 2) for i in range(N)], "texts of more than 1,000 characters"),
    ],
)
def test_columns_that_are_refused(tmp_path: Path, cells: list[str], message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        load(csv(tmp_path, cells), target="kind")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("cells", "features"),
    [
        (["1st", "2nd", "3rd", "4th"], 4),
        (["007", "008", "100", "099"], 4),
        (["18-24", "25-34", "35-44", "45+"], 4),
        (["1a", "1b", "2a", "3c"], 4),
        ([" red", "red ", "blue", " blue "], 1),
        (["yes", "No", "YES", "no"], 1),
    ],
)
def test_texts_stay_categories(tmp_path: Path, cells: list[str], features: int) -> None:
    data = loaded(csv(tmp_path, cells * (N // 4)))
    assert len(data.feature_names) == features


COUNTERS = {
    "from 1": ([*range(1, N + 1)], "counts the rows: it is left out", 1),
    "from 0": ([*range(N)], "counts the rows", 1),
    "backwards": ([*range(N)][::-1], "counts the rows", 1),
    "as floats": ([float(i) for i in range(N)], "counts the rows", 1),
    "names": ([f"row {i}" for i in range(N)], "48 different texts in 48 rows", 1),
    "codes": ([f"{i:05}" for i in range(N)], "48 different texts in 48 rows", 1),
    "with gaps": ([i * i for i in range(N)], "goes up or down from row to row", 2),
    "from 1000": ([*range(1000, 1000 + N)], "goes up or down from row to row", 2),
    "shuffled": ([i * 7 % 61 for i in range(1, 61)], "numbers the rows in some order", 1),
    "shuffled from 7": ([i * 7 % 61 + 6 for i in range(1, 61)], "numbers the rows in some", 2),
}


@pytest.mark.parametrize("name", COUNTERS)
def test_columns_that_count_the_rows(tmp_path: Path, name: str) -> None:
    ids, note, features = COUNTERS[name]
    frame = pd.DataFrame({"id": ids, "price": PRICES, "kind": KINDS})
    frame.to_csv(tmp_path / "t.csv", index=False)
    data = loaded(str(tmp_path / "t.csv"), note)
    assert len(data.feature_names) == features
    assert data.summary.dropped == (() if features == 2 else ("id",))
    plain = loaded(frame.drop(columns="id"))
    if features == 1:
        np.testing.assert_array_equal(data.train.x, plain.train.x)
        assert read_inputs(frame.drop(columns="id"), data.preprocessing).shape == (N, 1)


@given(st.integers(0, 200), st.sampled_from(["name", "same", "twin", "day", "price"]), st.data())
@settings(max_examples=15, deadline=None)
def test_test_rows_have_no_say_in_what_columns_are(seed: int, column: str, data: Any) -> None:
    rng = np.random.default_rng(seed)
    n = 60
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 5, n), "D")
    frame = pd.DataFrame(
        {
            "name": [f"n{i}" for i in range(n)],
            "same": 3,
            "price": rng.normal(size=n),
            "day": days.astype(str),
            "kind": KINDS,
        }
    ).assign(twin=lambda f: f["price"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = load(frame, target="kind")
        examples = read_frame(frame, Roles(target="kind"))
        rows = split(examples).test
        other = {"name": "n0", "same": 4, "twin": 9.0, "day": "2030-08-09", "price": 7.0}
        places = data.draw(st.sets(st.sampled_from(rows.tolist()), min_size=1))
        cells = frame[column].mask(frame.index.isin(places), other[column])
        changed = frame.assign(**{column: cells})
        after = load(changed, target="kind")
    assert after.preprocessing == before.preprocessing
    assert after.summary.dropped == before.summary.dropped == ("name", "same", "twin")
    np.testing.assert_array_equal(after.train.x, before.train.x)
    np.testing.assert_array_equal(after.validation.x, before.validation.x)


def test_a_counter_alone_is_kept_and_doubted() -> None:
    data = loaded(pd.DataFrame({"id": range(N), "kind": KINDS}), "counts the rows")
    assert [note.kind for note in data.summary.notes] == [NoteKind.DOUBTFUL]
    assert data.feature_names == ("id",)


@pytest.mark.parametrize(
    "spell", [str.lower, str.upper, str, lambda w: "yes" if w == "True" else "no"]
)
def test_booleans_are_one_however_they_are_spelled(
    tmp_path: Path, spell: Callable[[str], str]
) -> None:
    flags = ["True" if i % 3 else "False" for i in range(N)]
    data = loaded(csv(tmp_path, flags))
    assert data.feature_names == ("price=True",)
    assert set(data.train.x.ravel()) == {-1, 1}
    x = read_inputs(csv(tmp_path, list(map(spell, flags)), "n.csv"), data.preprocessing)
    np.testing.assert_array_equal(x, read_inputs(csv(tmp_path, flags, "o.csv"), data.preprocessing))
    booleans = pd.DataFrame({"price": [flag == "True" for flag in flags]})
    np.testing.assert_array_equal(x, read_inputs(booleans, data.preprocessing))


@pytest.mark.parametrize(
    ("written", "classes"),
    [
        (["1", "01", "2"], ("01", "1", "2")),
        (["2E1", "1E2"], ("2E1", "1E2")),
        (["1.0", "0.0"], ("0.0", "1.0")),
        (["TRUE", "FALSE"], ("FALSE", "TRUE")),
        (["+1", "-1"], ("-1", "+1")),
    ],
)
def test_labels_are_as_they_are_written(
    tmp_path: Path, written: list[str], classes: tuple[str, ...]
) -> None:
    labels = [written[i % len(written)] for i in range(N)]
    lines = [f"{price},{label}" for price, label in zip(PRICES, labels, strict=True)]
    (tmp_path / "t.csv").write_text("\n".join(["price,kind", *lines]))
    notes = ["'01' and '1' are two classes"] if "01" in written else []
    assert loaded(str(tmp_path / "t.csv"), *notes).classes == classes


def test_thousands_with_points_are_doubted(tmp_path: Path) -> None:
    cells = [f"{i % 7 + 1}.{i * 10:03}" if i % 2 else str(i * 7 + 100) for i in range(N)]
    loaded(
        csv(tmp_path, cells),
        "the point is read as a decimal point",
    )
    loaded(csv(tmp_path, [f"{p:.3f}" for p in PRICES]))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("5.1,3.5,1.4,setosa\n4.9,3.0,1.4,setosa\n6.3,3.3,6.0,virginica\n", "looks like data"),
        ("3,1,2,a\n4,1,2,a\n5,9,2,b\n", "the first line looks like data"),
        ("7,red\n3,blue\n5,red\n", "the first line looks like data"),
        ("0,0,1\n0,1,1\n1,1,0\n", "the first line looks like data"),
        ("Survey 2024\n\na,b,kind\n1,2,x\n3,4,y\n", "the header is not in the first line"),
        ("# made, by us\na,b,kind\n1,2,x\n3,4,y\n", "the header is not in the first line"),
        ("a,b\n1,2,x\n3,4,y\n", "or lacks a name"),
    ],
)
def test_first_lines_that_are_no_header(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "t.csv").write_text(content)
    with pytest.raises(DataError, match=message):
        read(str(tmp_path / "t.csv"), Roles(target="kind"))


@pytest.mark.parametrize(
    "head",
    [
        " price ; kind ",
        "sep=;\nprice;kind",
        '"sep=;"\nprice;kind',
        '"price"; "kind"',
        "price;kind\n",
    ],
)
def test_headers_as_spreadsheets_write_them(tmp_path: Path, head: str) -> None:
    assert loaded(csv(tmp_path, list(map(str, PRICES)), head=head)).feature_names == ("price",)


def test_separators_within_quotes_do_not_count(tmp_path: Path) -> None:
    source = csv(tmp_path, list(map(str, PRICES)), head='"price, in €, net";kind')
    assert loaded(source).feature_names == ("price, in €, net",)


def test_years_and_places_may_be_names(tmp_path: Path) -> None:
    frame = pd.DataFrame({"2019": PRICES, "2020": PRICES[::-1], "kind": KINDS})
    frame.to_csv(tmp_path / "t.csv", index=False)
    assert loaded(str(tmp_path / "t.csv")).feature_names == ("2019", "2020")


@pytest.mark.parametrize("word", ["NA", "None", "null", "N/A"])
def test_words_that_count_as_missing_are_named(tmp_path: Path, word: str) -> None:
    labels = [word if i % 3 == 2 else "a" if i % 3 else "b" for i in range(N)]
    lines = [f"{price},{label}" for price, label in zip(PRICES, labels, strict=True)]
    (tmp_path / "t.csv").write_text("\n".join(["price,kind", *lines]))
    with pytest.raises(DataError, match=f"row 3 .the file says '{word}', .* such as '{word}_'"):
        load(str(tmp_path / "t.csv"), target="kind")


@pytest.mark.parametrize("label", ["-", "?", "none", "+"])
def test_signs_and_words_may_be_classes(tmp_path: Path, label: str) -> None:
    labels = [label if i % 3 else "b" for i in range(N)]
    lines = [f"{price},{each}" for price, each in zip(PRICES, labels, strict=True)]
    (tmp_path / "t.csv").write_text("\n".join(["price,kind", *lines]))
    assert set(loaded(str(tmp_path / "t.csv")).classes) == {label, "b"}


# Missing values

SPELLINGS = ["", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None", "?", "-", " ", "? "]
FILLED = "of 60 rows, values are missing in 'price' (15): numbers are filled with the median"


def with_gaps(cells: list[Any], gap: Any) -> list[Any]:
    return [gap if i % 4 == 1 else cell for i, cell in enumerate(cells)]


@pytest.mark.parametrize("write", ["{}", "{} %", "2024-01-{:02}", "{:.0e}"])
@pytest.mark.parametrize("spelled", SPELLINGS)
def test_missing_numbers_and_dates_are_found_however_spelled(
    tmp_path: Path, spelled: str, write: str
) -> None:
    numbers = [i * 7 % 31 + 1 for i in range(N)]
    cells = with_gaps([write.format(number) for number in numbers], spelled)
    source = csv(tmp_path, cells)
    data = loaded(source, *["'price' holds"] * (write in ("{} %", "2024-01-{:02}")), FILLED)
    expected = pd.Series(with_gaps(numbers, np.nan), dtype=float).to_numpy()
    first = 19722 if "2024" in write else 0  # days from 1970-01-01 to 2023-12-31
    found = read(source, Roles(target="kind")).inputs.numbers[:, 0] - first
    np.testing.assert_allclose(found, [float(f"{n:.0e}") if "e" in write else n for n in expected])
    assert (data.feature_names[0], data.feature_names[-1]) == ("price", "price=(missing)")
    with pytest.warns(DataWarning, match=re.escape(FILLED)):
        new = read_inputs(source, data.preprocessing)
    assert new[:, -1].tolist() == with_gaps([0] * N, 1)
    assert len(set(new[1::4, 0])) == 1


@pytest.mark.parametrize("spelled", ["NA", "?", "None", ""])
def test_missing_texts_are_a_category(tmp_path: Path, spelled: str) -> None:
    cells = with_gaps([["red", "blue"][i % 2] for i in range(N)], spelled)
    if spelled:
        data = loaded(csv(tmp_path, cells))
    else:
        data = loaded(csv(tmp_path, cells), "'price' (15): texts are a category of their own.")
    assert f"price={spelled or '(missing)'}" in data.feature_names


@pytest.mark.parametrize("kind", ["category", "string", "object"])
def test_missing_cells_of_a_frame(kind: str) -> None:
    colours = pd.Series(with_gaps(["red", "blue"] * (N // 2), None), dtype=kind)
    frame = pd.DataFrame({"colour": colours, "kind": KINDS})
    data = loaded(frame, "'colour' (15): texts")
    assert data.feature_names == ("colour=(missing)", "colour=blue", "colour=red")


@pytest.mark.parametrize("spelled", ["NA", "?", ""])
def test_missing_booleans_are_a_category_however_spelled(tmp_path: Path, spelled: str) -> None:
    cells = with_gaps([["yes", "no", "no"][i % 3] for i in range(N)], spelled)
    data = loaded(csv(tmp_path, cells), "'price' (15)")
    assert data.feature_names == ("price=(missing)", "price=no", "price=yes")
    flags = pd.array([{"yes": True, "no": False}.get(cell) for cell in cells], dtype="boolean")
    sources = (pd.DataFrame({"price": flags}), str(tmp_path / "t.csv"))
    of_frame, of_file = (prepare(each, data.preprocessing).x for each in sources)
    np.testing.assert_array_equal(of_frame, of_file)


def test_codes_and_large_numbers_keep_their_digits_beside_missing_ones(tmp_path: Path) -> None:
    codes = loaded(csv(tmp_path, with_gaps([f"{i % 5:03}" for i in range(N)], "")), "(15): texts")
    assert "price=003" in codes.feature_names
    cells = with_gaps([str(2**53 + i) for i in range(N)], "NA")
    with pytest.raises(DataError, match="one number to 16 digits"):
        load(csv(tmp_path, cells), target="kind")


def test_an_empty_column_is_left_out(tmp_path: Path) -> None:
    frame = pd.DataFrame({"price": PRICES, "none": [None] * N, "nan": np.nan, "kind": KINDS})
    notes = ["'none' is empty: it is left out.", "'nan' is empty: it is left out."]
    assert loaded(frame, *notes).feature_names == ("price",)
    frame.to_csv(tmp_path / "t.csv", index=False)
    assert loaded(str(tmp_path / "t.csv"), *notes).summary.dropped == ("none", "nan")


def test_what_was_never_missing_in_training_may_be_missing_later() -> None:
    frame = pd.DataFrame({"price": PRICES, "colour": ["red", "blue", "green"] * 20, "kind": KINDS})
    data = loaded(frame)
    new = pd.DataFrame({"price": [None, 74.0], "colour": [None, None]})
    with pytest.warns(DataWarning) as caught:
        x = read_inputs(new, data.preprocessing)
    assert "values are missing in 'price' (1), 'colour' (2)" in str(caught[0].message)
    assert "1 unseen category ('(missing)') in 2 of 2 rows" in str(caught[1].message)
    assert x[0].tolist() == [np.median(data.train.x[:, 0]), 0, 0, 0]


def test_a_blank_line_of_one_column_is_a_missing_value(tmp_path: Path) -> None:
    data = loaded(csv(tmp_path, list(map(str, PRICES))))
    (tmp_path / "n.csv").write_text("price\n1.0\n\n2.0\n")
    with pytest.warns(DataWarning, match="of 3 rows, values are missing in 'price' .1."):
        read_inputs(str(tmp_path / "n.csv"), data.preprocessing)


@pytest.mark.parametrize("odd", [10**400, Decimal("1e999")])
def test_numbers_beyond_float64_are_refused(odd: Any) -> None:
    cells = pd.Series([odd, *PRICES[1:]], dtype=object)
    with pytest.raises(DataError, match=r"'price' (holds a number beyond|has 1 infinite)"):
        load(pd.DataFrame({"price": cells, "kind": KINDS}), target="kind")


def test_decimals_dates_and_a_named_index_of_parquet(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"price": [Decimal(str(p)) for p in PRICES], "day": [date(p) for p in PRICES]},
        index=pd.Index(KINDS, name="kind"),
    )
    data = loaded(parquet(tmp_path, frame), "'day' holds dates")
    assert (data.feature_names[:2], data.classes) == (("price", "day"), ("high", "low"))
    plain = loaded(pd.DataFrame({"price": PRICES, "kind": KINDS}))
    np.testing.assert_allclose(data.train.x[:, :1], plain.train.x, rtol=1e-6)


@pytest.mark.parametrize("years", [0, 800, 7000])
def test_dates_of_any_century(tmp_path: Path, years: int) -> None:
    days = [f"{2020 + years}-{i % 12 + 1:02}-{i % 28 + 1:02}" for i in range(N)]
    as_dates = [datetime.date.fromisoformat(day) for day in days]
    as_times = [datetime.datetime.fromisoformat(day + "T00:00+00:00") for day in days]
    expected = loaded(pd.DataFrame({"price": as_dates, "kind": KINDS}), "holds dates").train.x
    for source in (
        csv(tmp_path, days),
        pd.DataFrame({"price": as_times, "kind": KINDS}, dtype=object),
        pd.DataFrame({"price": np.array(days, dtype="datetime64[s]"), "kind": KINDS}),
    ):
        np.testing.assert_allclose(loaded(source, "holds dates").train.x, expected, atol=1e-6)


def test_a_coordinate_is_no_target() -> None:
    frame = pd.DataFrame({"x": PRICES, "y": [1, 2] * (N // 2), "kind": KINDS})
    with pytest.raises(DataError, match="say which column is the target"):
        load(frame)
    assert load(frame.drop(columns="kind")).summary.target == "y"


def test_unseen_categories_are_counted_and_a_column_without_known_ones_refused() -> None:
    colours = ["red", "green"] * (N // 2)
    data = loaded(pd.DataFrame({"colour": colours, "price": PRICES, "kind": KINDS}))
    new = pd.DataFrame({"colour": ["red", "pink", "Red"], "price": 50.0})
    with pytest.warns(DataWarning, match=r"2 unseen categories \('pink', 'Red'\) in 2 of 3 rows"):
        read_inputs(new, data.preprocessing)
    with pytest.raises(DataError, match=r"no category of training \('green', 'red'\) but 'pink'"):
        read_inputs(new[1:], data.preprocessing)


def test_categories_of_few_examples_share_a_column_with_unseen_ones() -> None:
    towns = ["A"] * 30 + ["B"] * 27 + ["rare", "odd", "seldom"]
    data = loaded(pd.DataFrame({"town": towns, "kind": ["a", "b"] * 30}))
    assert data.feature_names == ("town=A", "town=B", "town=(other)")
    rare = data.preprocessing.categorical[0].rare[0]
    with pytest.warns(DataWarning, match="1 unseen category .'new'."):
        x = read_inputs(pd.DataFrame({"town": ["A", rare, "new"]}), data.preprocessing)
    assert x.tolist() == [[1, 0, 0], [0, 0, 1], [0, 0, 1]]


def test_rare_categories_are_not_unseen() -> None:
    towns = [f"town {i % 70}" for i in range(700)]
    frame = pd.DataFrame({"town": towns, "kind": ["a", "b"] * 350})
    data = loaded(frame)
    (column,) = data.preprocessing.categorical
    assert (len(column.categories), column.other, len(column.rare)) == (49, True, 21)
    x = read_inputs(pd.DataFrame({"town": list(column.rare)}), data.preprocessing)
    assert x[:, -1].all()
    with pytest.raises(DataError, match="holds no category of training"):
        read_inputs(pd.DataFrame({"town": ["elsewhere"]}), data.preprocessing)


# Numbers


def test_a_column_constant_in_training_stays_silent() -> None:
    raw = numeric(np.column_stack([np.arange(9.0), np.full(9, 0.1)]), ("a", "same"))
    fitted = fit(raw)
    new = numeric(np.array([[1.0, 255.0], [1.0, -255.0]]), ("a", "same"))
    assert fitted.transform(new)[:, 1].tolist() == [0, 0]


def test_a_nearly_constant_column_cannot_explode() -> None:
    numbers = np.zeros((1000, 1))
    numbers[3] = 1
    fitted = fit(numeric(numbers))
    assert fitted.transform(numeric(np.array([[1e9], [-1e9]]))).tolist() == [[LIMIT], [-LIMIT]]


def test_one_far_value_does_not_flatten_its_column() -> None:
    numbers = np.random.default_rng(0).normal(size=(200, 1))
    plain = fit(numeric(numbers)).transform(numeric(numbers))
    numbers[7] = 1e9
    spoiled = fit(numeric(numbers)).transform(numeric(numbers))
    np.testing.assert_allclose(np.delete(spoiled, 7), np.delete(plain, 7), rtol=0.5, atol=0.3)
    assert np.delete(spoiled, 7).std() > 0.5
    assert spoiled[7] == LIMIT


# Columns that say nothing new


@pytest.mark.parametrize(
    ("cells", "note"),
    [
        ([7] * N, "'new' holds '7.0' everywhere: it is left out"),
        (["red"] * N, "'new' holds 'red' everywhere: it is left out"),
        (["yes"] * N, "'new' holds 'yes' everywhere: it is left out"),
        (PRICES, "'new' repeats column 'price': it is left out"),
        (["u", "v", "w"] * (N // 3), "'new' repeats column 'letter': it is left out"),
    ],
)
def test_constant_columns_and_repeated_ones_are_left_out(
    tmp_path: Path, cells: list[Any], note: str
) -> None:
    letters = ["u", "v", "w"] * (N // 3)
    frame = pd.DataFrame({"price": PRICES, "letter": letters, "new": cells, "kind": KINDS})
    frame.to_csv(tmp_path / "t.csv", index=False)
    for source in (frame, str(tmp_path / "t.csv")):
        data = loaded(source, note)
        assert data.feature_names == ("price", "letter=u", "letter=v", "letter=w")
        assert data.summary.dropped == ("new",)
        assert read_inputs(frame.drop(columns="new"), data.preprocessing).shape == (N, 4)


# Dates


@pytest.mark.parametrize(
    ("days", "cycles"),
    [
        (["2024-01-01", "2024-01-08", "2024-01-15"], []),
        (["2024-01-01", "2024-01-02", "2024-01-15"], ["week"]),
        (["2021-01-01", "2022-01-02", "2024-01-15"], ["year", "week"]),
        (["2024-01-01 06:00", "2024-01-01 18:30", "2024-01-01 12:00"], ["day"]),
        (["06:00", "18:30", "12:00"], ["day"]),
    ],
)
def test_dates_have_a_phase_in_the_cycles_they_vary_in(
    tmp_path: Path, days: list[str], cycles: list[str]
) -> None:
    data = loaded(csv(tmp_path, days * (N // 3)), "holds dates")
    waves = [f"price ({wave} of {part})" for part in cycles for wave in ("sine", "cosine")]
    assert data.feature_names == ("price", *waves)
    (column,) = data.preprocessing.columns
    assert column.parts == tuple(cycles)
    number = read(str(tmp_path / "t.csv"), Roles(target="kind")).inputs.numbers
    again = read_inputs(number, data.preprocessing)
    np.testing.assert_array_equal(again, read_inputs(str(tmp_path / "t.csv"), data.preprocessing))


def test_phases_are_equal_a_whole_cycle_apart(tmp_path: Path) -> None:
    days = [f"2024-01-{i % 28 + 1:02} {i % 24:02}:00" for i in range(N)]
    data = loaded(csv(tmp_path, days), "holds dates")
    new = pd.DataFrame({"price": pd.to_datetime(["2024-01-03 06:00", "2024-01-10 06:00"])})
    x = read_inputs(new, data.preprocessing)
    assert data.feature_names[1].startswith("price (sine of week")
    np.testing.assert_allclose(x[0, 1:], x[1, 1:], atol=1e-4)
    assert x[0, 0] != x[1, 0]


# Images

RNG = np.random.default_rng(0)
DIGITS = RNG.integers(0, 17, (40, 3, 3)).astype(np.uint8)
DIGITS[:, 0, 0] = 16
RANGES: dict[str, NDArray[Any]] = {
    "0…16": DIGITS,
    "0…1": (DIGITS / 16).astype(np.float32),
    "0…255": (DIGITS * 255.0 / 16).astype(np.uint8),
    "−128…127": (DIGITS * 255.0 / 16).astype(np.uint8).view(np.int8),
}


def images(name: str) -> Dataset:
    y = np.arange(40) % 2
    if name != "0…16":
        return from_arrays(RANGES[name], y)
    with pytest.warns(DataWarning, match="pixels run from 0 to 16: they are divided by 16"):
        return from_arrays(RANGES[name], y)


@pytest.mark.parametrize("trained", ["0…16", "0…1", "0…255"])
@pytest.mark.parametrize("new", RANGES)
def test_pixels_are_scaled_by_what_they_are(trained: str, new: str) -> None:
    fitted = images(trained).preprocessing
    if trained == new:
        np.testing.assert_allclose(
            read_inputs(RANGES[new], fitted), RANGES["0…1"].reshape(40, 9), atol=0.01
        )
        return
    with pytest.raises(DataError, match="where the model was trained on pixels from 0 to"):
        read_inputs(RANGES[new], fitted)


def test_a_model_takes_the_rows_of_a_part_as_they_are() -> None:
    run = tuner.train("iris", hidden=(4,), eta=0.5, epochs=5)
    model, part = run.model, tuner.load("iris").validation
    right = model.predict(part)
    some = np.array([3, 1])
    assert model.predict(part.x).tolist() == right.tolist()
    assert model.predict(part.x[2:5]).tolist() == right[2:5].tolist()
    assert model.predict(part.x[some]).tolist() == right[some].tolist()
    scale = np.array([each.scale for each in model.preprocessing.numeric])
    raw = part.x * scale + np.array([each.mean for each in model.preprocessing.numeric])
    assert model.predict(raw).tolist() == right.tolist()


def test_one_content_has_one_identity(tmp_path: Path) -> None:
    x, y = RNG.normal(size=(20, 3)), np.arange(20) % 2
    np.savez(tmp_path / "a.npz", x=x, y=y)
    np.savez_compressed(tmp_path / "b.npz", x=x, y=y)
    sources = [load(str(tmp_path / name)) for name in ("a.npz", "b.npz")] + [from_arrays(x, y)]
    assert len({data.summary.sha256 for data in sources}) == 1


def test_texts_that_differ_in_where_they_break_do_not_repeat() -> None:
    frame = pd.DataFrame({"a": ["x\ny", "z"] * 20, "b": ["x", "y\nz"] * 20, "y": [0, 0, 1, 1] * 10})
    assert load(frame).preprocessing.text_names == ("a", "b")
