"""The figures of a look into a network: their data, and the artists they are drawn with."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from tests.support.report.artists import all_inside
from tests.support.report.inspections import inspection_of, layers_of
from tuner.records import Inspection
from tuner.report.charts.inspection import (
    DRAWN_PANELS,
    confusion_matrix,
    draw_confusion,
    draw_mistakes,
    draw_weights,
    mistakes_table,
)
from tuner.report.charts.render import render
from tuner.report.frames.inspection import (
    class_table,
    confused_pairs,
    confusion_table,
    on_one_grid,
    weight_histograms,
)

SEEN = inspection_of()
LONG_NAMES = tuple(f"class of a long name {k}" for k in range(10))
NASTY = ("$x$", "手写", "a\nb", "</svg>", "x" * 200, "", "\u2028", "_", "^", "%")


def confusion(seen: Inspection, names: tuple[str, ...]) -> Figure:
    return draw_confusion(confusion_matrix(seen), names)


def mistakes(seen: Inspection, names: tuple[str, ...]) -> Figure:
    assert seen.image_size is not None
    return draw_mistakes(mistakes_table(seen), seen.image_size, names)


def weights(seen: Inspection) -> Figure:
    named = {f"layer {k}": layer for k, layer in enumerate(seen.layers)}
    return draw_weights(weight_histograms(named))


def digits(classes: int) -> tuple[str, ...]:
    return tuple(map(str, range(classes)))


def test_tables_agree_with_each_other() -> None:
    matrix = confusion_matrix(SEEN)
    assert matrix.to_numpy().sum() == confusion_table(SEEN)["count"].sum() == 430
    assert confused_pairs(SEEN)["count"].sum() == 30
    classes = class_table(SEEN)
    right, balanced = SEEN.accuracy, SEEN.balanced_accuracy
    assert right == pytest.approx(np.trace(matrix.to_numpy()) / 430)
    assert balanced == pytest.approx(classes["right"].mean())
    assert classes["validation"].sum() == 430
    counts = confused_pairs(SEEN)["count"].tolist()
    assert counts == sorted(counts, reverse=True)


def test_a_class_without_validation_examples_has_no_share() -> None:
    seen = replace(SEEN, confusion=((0, 0, 3), (1, 0, 1)))
    assert class_table(seen)["right"].isna().sum() == 8
    assert (seen.accuracy, seen.balanced_accuracy) == (0.75, 0.5)


def test_imbalance() -> None:
    assert SEEN.imbalance == 1
    assert inspection_of(imbalanced=True).imbalance == 10
    none_of_one = replace(inspection_of(classes=2), training_counts=(3, 0))
    assert none_of_one.imbalance == float("inf")


def test_one_grid_loses_no_weight_and_keeps_zero_in_the_middle() -> None:
    fine = layers_of(np.random.default_rng(0), 0.01)[0]
    wide = layers_of(np.random.default_rng(0), 1.0)[0]
    both = on_one_grid({"a": fine, "b": wide})
    assert both["b"] == wide
    assert both["a"].width == wide.width
    assert sum(both["a"].counts) == sum(fine.counts)
    middle = len(fine.counts) // 2
    assert max(both["a"].counts) == both["a"].counts[middle]


@pytest.mark.parametrize("classes", [2, 3, 10, 12, 13, 100])
def test_the_matrix_is_drawn_for_few_and_many_classes(classes: int) -> None:
    figure = confusion(inspection_of(classes), digits(classes))
    (axes,) = figure.axes
    (image,) = axes.images
    assert np.asarray(image.get_array()).shape == (classes, classes, 4)
    numbered = classes <= 12
    written = (confusion_matrix(inspection_of(classes)).to_numpy() > 0).sum()
    assert len(axes.texts) == (written if numbered else 0)
    assert len(axes.get_xticks()) <= 20
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("prediction", "label")
    all_inside(figure)


def test_right_and_wrong_have_two_colours_and_more_is_stronger() -> None:
    seen = replace(SEEN, confusion=((0, 0, 40), (0, 1, 4), (0, 2, 1), (1, 1, 10)))
    (image,) = confusion(seen, digits(10)).axes[0].images
    shades = np.asarray(image.get_array())
    assert not np.allclose(shades[0, 0, :3], shades[0, 1, :3])
    assert shades[0, 0, 3] > shades[1, 1, 3] > 0
    assert shades[0, 1, 3] > shades[0, 2, 3] > 0
    assert shades[5, 6, 3] == 0


@pytest.mark.parametrize("names", [digits(10), LONG_NAMES, NASTY])
def test_names_of_any_kind_are_drawn(names: tuple[str, ...]) -> None:
    for figure in (confusion(SEEN, names), mistakes(SEEN, names)):
        all_inside(figure)
        render(figure)


def test_each_mistake_has_its_label_and_what_it_is_taken_for() -> None:
    figure = mistakes(SEEN, digits(10))
    (axes,) = figure.axes
    assert len(axes.images) == len(axes.texts) == 24
    first = SEEN.mistakes[0]
    assert axes.texts[0].get_text() == f"{first.label}\nas {first.prediction}"
    assert np.asarray(axes.images[0].get_array()).shape == (8, 6)
    left, right, bottom, top = axes.images[0].get_extent()
    assert (bottom - top) / (right - left) == pytest.approx(8 / 6)


@pytest.mark.parametrize("amount", [1, 4, 9])
def test_few_mistakes_make_a_low_figure(amount: int) -> None:
    seen = replace(SEEN, mistakes=SEEN.mistakes[:amount])
    figure = mistakes(seen, digits(10))
    assert figure.get_figheight() < (1.6 if amount <= 5 else 3)
    all_inside(figure)


def test_counts_of_weights_are_logarithmic() -> None:
    figure = weights(SEEN)
    assert [axes.get_yscale() for axes in figure.axes] == ["log", "log"]
    assert figure.axes[0].get_title(loc="left") == "layer 0"
    assert figure.axes[0].texts[0].get_text().endswith("within ±0.01")
    assert figure.axes[-1].get_xlabel() == "weight"
    assert figure.axes[0].get_xlim() == figure.axes[1].get_xlim()


@pytest.mark.parametrize("layers", [0, 1, 2, 9])
def test_any_number_of_layers(layers: int) -> None:
    seen = replace(SEEN, layers=(SEEN.layers * 5)[:layers])
    figure = weights(seen)
    assert len(figure.axes) == max(1, min(layers, DRAWN_PANELS))
    all_inside(figure)


def test_weights_that_are_all_zero() -> None:
    layer = SEEN.layers[0]
    half = len(layer.counts) // 2
    zeros = replace(layer, counts=(0,) * half + (9,) + (0,) * half, near_zero=9)
    all_inside(weights(replace(SEEN, layers=(zeros,))))


@pytest.mark.parametrize(
    "draw", [lambda: confusion(SEEN, NASTY), lambda: mistakes(SEEN, NASTY), lambda: weights(SEEN)]
)
def test_same_network_same_bytes(draw: Callable[[], Figure]) -> None:
    assert render(draw()) == render(draw())
