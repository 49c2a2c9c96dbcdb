"""The summary of `evaluate`: how good a saved model is on data, and what that says."""

from tuner.records import EvaluateRecord
from tuner.report.format import (
    cost,
    count,
    measured,
    measured_interval,
    metric_name,
    whole,
)
from tuner.report.summaries.base import Summary


def evaluate_summary(record: EvaluateRecord) -> Summary:
    """Describe how good a model is on data, and how often its test part has been opened."""
    which = "all examples" if record.part == "all" else f"the {record.part} part"
    metric, examples = record.metric, count(record.n, "example")
    sure = measured_interval(metric, *record.value_interval, examples)
    name, others = metric_name(metric), [n for n in record.metrics if n != metric]
    said = [f"{metric_name(n)} {measured(n, record.metrics[n])}" for n in others]
    headline = f"{name[0].upper()}{name[1:]} {measured(metric, record.value)} on {which}"
    return Summary(
        good=True,
        headline=f"{headline} of {record.name} ({sure})",
        sentence=f"Other metrics: {', '.join([*said, f'cost {cost(record.cost)}'])}.",
        advice=" ".join(filter(None, (_seen(record), _openings(record)))),
        facts=(
            *((metric_name(n), measured(n, record.metrics[n])) for n in (metric, *others)),
            ("cost", cost(record.cost)),
            ("examples", whole(record.n)),
        ),
    )


def _seen(record: EvaluateRecord) -> str:
    """Describe which of the examples the model may have been trained on."""
    trained_on = record.trained_on
    if not record.known_data:
        return f"The model was trained on other data ({trained_on.name}), which may share examples."
    if record.part != "all":
        return ""
    trained = whole(trained_on.n_train)
    return f"The model was trained on {trained} of them, so this says little about new examples."


def _openings(record: EvaluateRecord) -> str:
    test = f"The test part of {record.trained_on.name}"
    if not record.known_data:
        return ""
    if not record.test_openings:
        return f"{test} was not opened."
    if record.test_openings == 1:
        return f"{test} was opened once, by this command."
    return f"{test} has been opened {record.test_openings} times."
