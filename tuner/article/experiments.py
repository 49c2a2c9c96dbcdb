"""All experiments, in the order of the article."""

from collections.abc import Sequence

from tuner.article.context import Experiment
from tuner.article.neuron import ROUNDS
from tuner.article.outputs import OUTPUTS
from tuner.article.overfitting import OVERFITTING
from tuner.article.practice import PRACTICE
from tuner.article.regularization import REGULARIZATION
from tuner.errors import OptionError

EXPERIMENTS: tuple[Experiment, ...] = (
    *ROUNDS,
    *OUTPUTS,
    *OVERFITTING,
    *REGULARIZATION,
    *PRACTICE,
)
NAMES = tuple(each.name for each in EXPERIMENTS)


def check_names(names: Sequence[str]) -> None:
    """Raise `OptionError` when a name is unknown."""
    for name in names:
        if name not in NAMES:
            raise OptionError(f"{name}: no such experiment: choose among {', '.join(NAMES)}.")


def chosen(names: Sequence[str], *, images: bool) -> tuple[tuple[Experiment, ...], tuple[str, ...]]:
    """Return the experiments of these names in the article's order, and those to be left out.

    Parameters
    ----------
    names
        Which; an empty list stands for all that the data allow.
    images
        Whether the data are images.

    Raises
    ------
    OptionError
        When a name is unknown, or its experiment needs images and there are none.

    Examples
    --------
    >>> few, _ = chosen(["softmax", "round-1"], images=False)
    >>> [each.name for each in few]
    ['round-1', 'softmax']
    """
    check_names(names)
    wanted = [each for each in EXPERIMENTS if not names or each.name in names]
    left = tuple(each.name for each in wanted if each.needs_images and not images)
    if names and left:
        raise OptionError(f"{left[0]}: needs images, and the data are none: choose other --data.")
    return tuple(each for each in wanted if each.name not in left), left
