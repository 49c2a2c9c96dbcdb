"""Every figure of the reports, for notebooks: one function makes its data, another its picture.

>>> from tuner.report import load_stored
>>> from tuner.report.figures import draw_training_curves, run_marks, training_curves
>>> def curves(path):  # a matplotlib Figure, which a notebook shows
...     run = load_stored(path).result
...     return draw_training_curves(training_curves(run), run_marks(run))

`tuner.report.show` gives verdict and key figure of a record in one go.
"""

from tuner.report.charts.comparison import (
    draw_differences,
    draw_gaps,
    draw_values,
)
from tuner.report.charts.inspection import (
    confusion_matrix,
    draw_confusion,
    draw_mistakes,
    draw_weights,
    mistakes_table,
)
from tuner.report.charts.learning_rate import (
    cost_curves,
    draw_cost_curves,
    draw_final_costs,
    final_costs,
    landmarks,
)
from tuner.report.charts.study_course import (
    draw_history,
    draw_learning_curves,
    learning_curves,
    rungs,
    search_history,
)
from tuner.report.charts.study_map import draw_map, levels, map_dimensions, map_points
from tuner.report.charts.study_slices import (
    draw_importances,
    draw_slice,
    importances,
    slice_means,
    slice_points,
)
from tuner.report.charts.study_tradeoffs import (
    draw_front,
    draw_strategies,
    front,
    strategies,
    strategy_means,
)
from tuner.report.charts.training import (
    draw_overfitting,
    draw_training_curves,
    run_marks,
)
from tuner.report.frames.comparison import (
    curves_table,
    differences_table,
    largest_layers,
    paired_table,
)
from tuner.report.frames.contenders import against_winner, contenders
from tuner.report.frames.inspection import on_one_grid, weight_histograms
from tuner.report.frames.training import overfitting, training_curves
from tuner.report.frames.tune import final_differences, finalists, plain_and_chosen

__all__ = [
    "against_winner",
    "confusion_matrix",
    "contenders",
    "cost_curves",
    "curves_table",
    "differences_table",
    "draw_confusion",
    "draw_cost_curves",
    "draw_differences",
    "draw_final_costs",
    "draw_front",
    "draw_gaps",
    "draw_history",
    "draw_importances",
    "draw_learning_curves",
    "draw_map",
    "draw_mistakes",
    "draw_overfitting",
    "draw_slice",
    "draw_strategies",
    "draw_training_curves",
    "draw_values",
    "draw_weights",
    "final_costs",
    "final_differences",
    "finalists",
    "front",
    "importances",
    "landmarks",
    "largest_layers",
    "learning_curves",
    "levels",
    "map_dimensions",
    "map_points",
    "mistakes_table",
    "on_one_grid",
    "overfitting",
    "paired_table",
    "plain_and_chosen",
    "run_marks",
    "rungs",
    "search_history",
    "slice_means",
    "slice_points",
    "strategies",
    "strategy_means",
    "training_curves",
    "weight_histograms",
]
