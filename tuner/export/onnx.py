"""Models as graphs of ONNX, from the raw columns to the class; needs the extra `onnx`."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from tuner.data.inputs import MISSING
from tuner.data.preprocessing import Categorical, Preprocessing
from tuner.export.scaling import number_names, scaling_of
from tuner.storage.models import Member, Model

OPSETS = {"": 17, "ai.onnx.ml": 3}

IR_VERSION = 8
"""That of the oldest ONNX Runtime that knows these operators, 1.14."""

TYPES = {"float32": TensorProto.FLOAT, "float64": TensorProto.DOUBLE}

ACTIVATIONS = {"sigmoid": "Sigmoid", "tanh": "Tanh", "relu": "Relu"}


class _Graph:
    """Nodes in the order in which they were added, each called by a tensor of its own."""

    def __init__(self) -> None:
        self.inputs: list[Any] = []
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._taken: set[str] = set()

    def name(self, wanted: str) -> str:
        """Return this name or, where it is taken, one like it."""
        while wanted in self._taken:
            wanted += "_"
        self._taken.add(wanted)
        return wanted

    def input(self, name: str, kind: int, *shape: int) -> str:
        """Add an input of n rows of this shape."""
        self.inputs.append(helper.make_tensor_value_info(self.name(name), kind, ["n", *shape]))
        return name

    def constant(self, value: NDArray[Any] | np.generic) -> str:
        """Add a constant."""
        name = self.name(f"/constant{len(self.constants)}")
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def node(
        self, operator: str, *inputs: str | NDArray[Any] | np.generic, domain: str = "", **how: Any
    ) -> str:
        """Add an operator; arrays among its inputs become constants."""
        names = [each if isinstance(each, str) else self.constant(each) for each in inputs]
        output = self.name(f"/{operator}{len(self.nodes)}")
        self.nodes.append(helper.make_node(operator, names, [output], domain=domain, **how))
        return output

    def cast(self, tensor: str, dtype: Any) -> str:
        """Add a change of type."""
        return self.node("Cast", tensor, to=TYPES[str(np.dtype(dtype))])


def content(model: Model) -> bytes:
    """Return the file of a graph that takes raw columns; the same model gives the same bytes.

    Inputs are `images` (n, h, w), or `x` (n, d) of data that came as an array, or of a table each
    column by its name, (n, 1): float64, NaN where missing, dates as days since 1970-01-01; or
    texts, `(missing)` where missing, booleans by the words of training. Outputs are `label` (n,)
    and `probabilities` (n, c) in float32, or `prediction` (n, 1) where numbers are predicted.

    Examples
    --------
    >>> import tuner
    >>> run = tuner.train("iris", hidden=(8,), eta=0.5, epochs=1)
    >>> [each.name for each in onnx.load_from_string(content(run.model)).graph.output]
    ['label', 'probabilities']
    """
    graph = _Graph()
    raw = _raw(graph, model.preprocessing)
    x = {each: _prepared(graph, each, *raw) for each in model.preprocessings}
    logits = [_logits(graph, member, x[member.preprocessing]) for member in model.members]
    outputs = (
        _numbers(graph, model, logits) if not model.classes else _classes(graph, model, logits)
    )
    made = helper.make_model(
        helper.make_graph(graph.nodes, "tuner", graph.inputs, outputs, graph.constants),
        opset_imports=[helper.make_opsetid(*each) for each in OPSETS.items()],
        ir_version=IR_VERSION,
        producer_name="tuner",
    )
    onnx.checker.check_model(made)
    written: bytes = made.SerializeToString(deterministic=True)
    return written


def _numbers(graph: _Graph, model: Model, outputs: list[str]) -> list[Any]:
    """Add the weighted mean of the predicted numbers (n, 1)."""
    weighted = [
        graph.node("Mul", graph.cast(z, "float64"), np.float64(weight))
        for z, weight in zip(outputs, model.weights, strict=True)
    ]
    mean = graph.cast(graph.node("Sum", *weighted), "float32")
    return [_output(graph, mean, "prediction", TensorProto.FLOAT, 1)]


def _classes(graph: _Graph, model: Model, logits: list[str]) -> list[Any]:
    """Add the class (n,) and the probabilities (n, c)."""
    scores, shares = _pooled(graph, model, logits)
    places = graph.node("ArgMax", scores, axis=1, keepdims=0)
    label = graph.node("Gather", np.array(model.classes, dtype=object), places, axis=0)
    shares, n_classes = graph.cast(shares, "float32"), len(model.classes)
    return [
        _output(graph, label, "label", TensorProto.STRING),
        _output(graph, shares, "probabilities", TensorProto.FLOAT, n_classes),
    ]


def _output(graph: _Graph, tensor: str, wanted: str, kind: int, *shape: int) -> Any:
    name = graph.name(wanted)
    graph.nodes.append(helper.make_node("Identity", [tensor], [name]))
    return helper.make_tensor_value_info(name, kind, ["n", *shape])


def _raw(graph: _Graph, preprocessing: Preprocessing) -> tuple[str, dict[str, str]]:
    """Add the inputs; return the matrix of numbers, empty where there are none, and the texts."""
    if preprocessing.image_shape is not None:
        images = graph.input("images", TensorProto.FLOAT, *preprocessing.image_shape)
        return graph.node("Flatten", images), {}
    numbers = number_names(preprocessing)
    if not preprocessing.columns and not preprocessing.categorical:
        return graph.input("x", TensorProto.DOUBLE, len(numbers)), {}
    columns = [graph.input(name, TensorProto.DOUBLE, 1) for name in numbers]
    texts = {name: graph.input(name, TensorProto.STRING, 1) for name in preprocessing.text_names}
    return graph.node("Concat", *columns, axis=1) if columns else "", texts


def _prepared(
    graph: _Graph, preprocessing: Preprocessing, numbers: str, texts: dict[str, str]
) -> str:
    """Add what makes a network's inputs (n, d) of the raw ones."""
    if preprocessing.image_shape is not None:
        return graph.node("Div", numbers, np.float32(preprocessing.divisor))
    parts = list(_scaled(graph, preprocessing, numbers)) if numbers else []
    parts += [_encoded(graph, each, texts[each.name]) for each in preprocessing.categorical]
    return graph.node("Concat", *parts, axis=1)


def _scaled(graph: _Graph, preprocessing: Preprocessing, numbers: str) -> Iterator[str]:
    scaling = scaling_of(preprocessing)
    z = graph.node("Gather", numbers, scaling.places, axis=1)
    if scaling.is_phase.any():
        angle = graph.node("Add", graph.node("Mul", z, scaling.turns), scaling.shifts)
        z = graph.node("Where", scaling.is_phase, graph.node("Sin", angle), z)
    missing = graph.node("IsNaN", z)
    z = graph.node("Where", missing, scaling.filling, z)
    z = graph.node("Div", graph.node("Sub", z, scaling.mean), scaling.scale)
    if preprocessing.bend is not None:
        z = _bent(graph, z, np.float64(preprocessing.bend))
    z = graph.cast(z, "float32")
    if preprocessing.limit is not None:
        limit = np.float32(preprocessing.limit)
        z = graph.node("Clip", z, -limit, limit)
    yield z
    if len(scaling.indicators):
        yield graph.cast(graph.node("Gather", missing, scaling.indicators, axis=1), "float32")


def _bent(graph: _Graph, z: str, bend: np.float64) -> str:
    size = graph.node("Abs", z)
    beyond = graph.node("Max", graph.node("Sub", size, bend), np.float64(0))
    grown = graph.node("Log", graph.node("Add", beyond, np.float64(1)))
    return graph.node(
        "Mul", graph.node("Sign", z), graph.node("Add", graph.node("Min", size, bend), grown)
    )


def _encoded(graph: _Graph, column: Categorical, texts: str) -> str:
    categories = list(column.categories)
    code = graph.node(
        "LabelEncoder",
        texts,
        domain="ai.onnx.ml",
        keys_strings=categories or [MISSING],
        values_int64s=list(range(max(1, len(categories)))),
        default_int64=len(categories),
    )
    rows = column.encode(np.array([*categories, None], dtype=object))  # None is no category
    return graph.node("Gather", rows, graph.node("Reshape", code, np.array([-1])), axis=0)


def _logits(graph: _Graph, member: Member, x: str) -> str:
    *hidden, (w_out, b_out) = zip(member.parameters.weights, member.parameters.biases, strict=True)
    a = graph.cast(x, w_out.dtype)
    for w, b in hidden:
        z = graph.node("Gemm", a, w, b, transB=1)
        a = graph.node(ACTIVATIONS[member.settings.activation], z)
    return graph.node("Gemm", a, w_out, b_out, transB=1)


def _pooled(graph: _Graph, model: Model, logits: list[str]) -> tuple[str, str]:
    """Return what the class is the largest of, and the shares of the classes."""
    if len(logits) == 1:
        dtype = model.parameters.weights[0].dtype.type
        z = graph.node("Div", logits[0], dtype(model.temperature))
        return z, _shares(graph, z, model.settings.cost)
    weighted = []
    for z, member, weight in zip(logits, model.members, model.weights, strict=True):
        z = graph.node("Div", graph.cast(z, "float64"), np.float64(model.temperature))
        shares = _shares(graph, z, member.settings.cost)
        weighted.append(graph.node("Mul", shares, np.float64(weight)))
    mean = graph.node("Sum", *weighted)
    return mean, mean


def _log_sigmoid(graph: _Graph, z: str) -> str:
    zero = graph.node("Sub", z, z)  # in the type of z; ONNX Runtime has no Softplus of float64
    small = graph.node("Exp", graph.node("Neg", graph.node("Abs", z)))
    log = graph.node("Log", graph.node("Add", small, graph.node("Exp", zero)))
    return graph.node("Sub", graph.node("Min", z, zero), log)


def _shares(graph: _Graph, z: str, cost: str) -> str:
    """Add the probabilities that the cost's output layer has; see `tuner.network.losses`."""
    if cost != "log-likelihood":
        z = _log_sigmoid(graph, z)
    return graph.node("Softmax", z, axis=-1)
