"""What a network gets wrong as pandas tables: numbers only, no wording and no rounding."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from tuner.records import Inspection, LayerWeights


def confusion_table(inspection: Inspection) -> pd.DataFrame:
    """Return one row for each label and prediction that occur together.

    Returns
    -------
    pandas.DataFrame
        `label`, `prediction`, as class indices; `count`; `share` of the examples of that label.

    Examples
    --------
    >>> seen = Inspection(training_counts=(6, 2), confusion=((0, 0, 3), (0, 1, 1), (1, 1, 2)),
    ...     image_size=None, mistakes=(), layers=())
    >>> confusion_table(seen)["share"].tolist()
    [0.75, 0.25, 1.0]
    >>> class_table(seen)["right"].tolist(), seen.balanced_accuracy
    ([0.75, 1.0], 0.875)
    """
    frame = pd.DataFrame(inspection.confusion, columns=["label", "prediction", "count"], dtype=int)
    return frame.assign(share=frame["count"] / frame.groupby("label")["count"].transform("sum"))


def confused_pairs(inspection: Inspection) -> pd.DataFrame:
    """Return the rows of `confusion_table` that are mistakes, the most frequent first."""
    frame = confusion_table(inspection)
    wrong = frame[frame["label"] != frame["prediction"]]
    ordered = wrong.sort_values(["count", "share"], ascending=False, kind="stable")
    return ordered.reset_index(drop=True)


def class_table(inspection: Inspection) -> pd.DataFrame:
    """Return one row for each class.

    Returns
    -------
    pandas.DataFrame
        `label`, its index; `training` and `validation`, how many examples; `right`, the share of
        its validation examples classified right, NaN where it has none. See `confusion_table`.
    """
    training = pd.Series(inspection.training_counts, dtype=int)
    frame = confusion_table(inspection)
    right = frame[frame["label"] == frame["prediction"]].set_index("label")["count"]
    validation = frame.groupby("label")["count"].sum().reindex(training.index, fill_value=0)
    shares = right.reindex(training.index, fill_value=0) / validation.where(validation > 0)
    columns = {"training": training, "validation": validation, "right": shares.astype(float)}
    return pd.DataFrame(columns).rename_axis("label").reset_index()


def layer_name(layers: Sequence[LayerWeights], index: int) -> str:
    """Call a layer by its place and size."""
    layer = layers[index]
    place = "output" if index == len(layers) - 1 else f"hidden {index + 1}"
    return f"{place}, {layer.n_in} → {layer.n_out}"


def weight_histograms(layers: Mapping[str, LayerWeights]) -> pd.DataFrame:
    """Return the weights of several layers, or of one layer in several networks, bin by bin.

    Returns
    -------
    pandas.DataFrame
        `name`; `left` and `right` edge of a bin; `count`, weights in it; `near_zero`, the share
        of all weights of that name below 0.01 in size. Bins beyond the largest weight are left
        out.

    Examples
    --------
    >>> layer = LayerWeights(n_in=2, n_out=2, width=0.003, counts=(0, 3, 1), near_zero=4)
    >>> frame = weight_histograms({"L2": layer})
    >>> frame["count"].tolist(), frame["left"].tolist(), frame["near_zero"].tolist()
    ([3, 1], [-0.0015, 0.0015], [1.0, 1.0])
    """
    rows = [row for name, layer in layers.items() for row in _bins(name, layer)]
    return pd.DataFrame(rows, columns=["name", "left", "right", "count", "near_zero"])


def _bins(name: str, layer: LayerWeights) -> list[tuple[str, float, float, int, float]]:
    counts = np.array(layer.counts)
    taken = np.flatnonzero(counts)
    if not len(taken):
        return []
    share, half = layer.near_zero / counts.sum(), len(counts) // 2
    return [
        (
            name,
            (index - half - 0.5) * layer.width,
            (index - half + 0.5) * layer.width,
            int(counts[index]),
            float(share),
        )
        for index in range(taken[0], taken[-1] + 1)
    ]


def on_one_grid(layers: Mapping[str, LayerWeights]) -> dict[str, LayerWeights]:
    """Add up bins three by three until all layers have bins of one width.

    Examples
    --------
    >>> fine = LayerWeights(n_in=1, n_out=6, width=0.001, counts=(0, 1, 2, 3, 0), near_zero=6)
    >>> wide = LayerWeights(n_in=1, n_out=6, width=0.003, counts=(1, 1, 2, 1, 1), near_zero=6)
    >>> on_one_grid({"fine": fine, "wide": wide})["fine"].counts
    (0, 0, 6, 0, 0)
    """
    widest = max((layer.width for layer in layers.values()), default=1.0)
    return {name: _widened(layer, widest) for name, layer in layers.items()}


def _widened(layer: LayerWeights, width: float) -> LayerWeights:
    factor, half = round(width / layer.width), len(layer.counts) // 2
    bins = half + np.rint((np.arange(len(layer.counts)) - half) / factor).astype(int)
    counts = np.bincount(bins, weights=layer.counts, minlength=len(layer.counts)).astype(int)
    return LayerWeights(
        n_in=layer.n_in,
        n_out=layer.n_out,
        width=width,
        counts=tuple(counts.tolist()),
        near_zero=layer.near_zero,
    )
