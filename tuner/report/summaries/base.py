"""What every summary consists of, and what steps, regularizers and settings are called."""

from collections.abc import Mapping
from dataclasses import dataclass

from tuner.records import Hyperparameters, Regularizer, StepName
from tuner.report.format import layers, listing, number


@dataclass(frozen=True)
class Summary:
    """The result of a record in words.

    Attributes
    ----------
    good
        Whether the question was answered.
    headline
        The result, without a full stop.
    sentence
        What it rests on, in one or more sentences.
    advice
        What to do next; may be empty.
    facts
        Name and value of the numbers behind it.
    """

    good: bool
    headline: str
    sentence: str
    advice: str
    facts: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        """Headline and sentence as running text.

        Examples
        --------
        >>> Summary(good=True, headline="Use η = 1", sentence="It is so.", advice="", facts=()).text
        'Use η = 1. It is so.'
        """
        return f"{self.headline}. {self.sentence}".rstrip()


STEP_TITLES: Mapping[StepName, str] = {
    "signal": "Sanity check",
    "eta": "Learning rate",
    "overfitting": "Overfitting",
    "study": "λ and network size",
    "eta-again": "Learning rate again",
    "final": "Candidates",
    "test": "Test",
}
"""What each step is called, in the order of the work."""

REGULARIZERS: Mapping[str, str] = {
    "none": "no regularization",
    "l2": "L2 regularization",
    "l1": "L1 regularization",
    "dropout": "dropout",
    "shift": "shifted images",
    "distort": "elastic distortion",
}
"""What is tried against overfitting, by its name in a record."""


def settings_words(settings: Hyperparameters) -> str:
    """Return the settings that a tuning chooses.

    Examples
    --------
    >>> settings_words(Hyperparameters(eta=0.25, lambda_=5.0, hidden=(100,)))
    '100 sigmoid neurons, η = 0.25 and λ = 5'
    >>> settings_words(Hyperparameters(eta=0.25, hidden=(), expansion="distort"))
    'no hidden layer, η = 0.25, λ = 0 and elastic distortion'
    """
    size = f"{layers(settings.hidden)} {settings.activation} neurons"
    l1 = " (L1)" if settings.lambda_ and settings.regularization == "l1" else ""
    parts = [
        size if settings.hidden else "no hidden layer",
        f"η = {number(settings.eta)}",
        f"λ = {number(settings.lambda_)}{l1}",
    ]
    if settings.dropout:
        parts.append(f"dropout {number(settings.dropout)}")
    if settings.expansion != "none":
        parts.append(REGULARIZERS[settings.expansion])
    return listing(parts)


def regularizer_words(tried: Regularizer) -> str:
    """Return what was tried against overfitting, and on which kind of network.

    Examples
    --------
    >>> from tuner.records import Run
    >>> run = Run(settings=Hyperparameters(eta=0.5, lambda_=5.0), history=(), best_epoch=0,
    ...     stop_reason="epochs", stop_words="")
    >>> regularizer_words(Regularizer(name="l2", run=run, value=0.96, gap=0.02))
    'sigmoid, L2 regularization, λ = 5'
    """
    settings = tried.run.settings
    strength = {
        "l2": f", λ = {number(settings.lambda_)}",
        "l1": f", λ = {number(settings.lambda_)}",
        "dropout": f" {number(settings.dropout)}",
    }.get(tried.name, "")
    return f"{settings.activation}, {REGULARIZERS[tried.name]}{strength}"
