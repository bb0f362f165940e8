"""all-MiniLM-L6-v2 as an ONNX graph whose weights stay in the safetensors file and are mapped from there."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

LAYERS = 6
HEADS = 12
HIDDEN = 384
_EPSILON = 1e-12
_OPSET = 20
_IR_VERSION = 10
_FAR = 1e9


@dataclass(slots=True)
class _Drawing:
    """A graph while it is drawn. `weights` maps a tensor's name to its place in the file."""

    weights: Mapping[str, Any]
    file: str
    start: int
    nodes: list[onnx.NodeProto] = field(default_factory=list[onnx.NodeProto])
    tensors: dict[str, onnx.TensorProto] = field(default_factory=dict[str, onnx.TensorProto])

    def weight(self, name: str) -> str:
        entry = self.weights[name]
        begin, end = entry["data_offsets"]
        tensor = onnx.TensorProto(name=name, data_type=onnx.TensorProto.FLOAT, dims=entry["shape"])
        tensor.data_location = onnx.TensorProto.EXTERNAL
        for key, value in (("location", self.file), ("offset", self.start + begin), ("length", end - begin)):
            tensor.external_data.add(key=key, value=str(value))
        self.tensors[name] = tensor
        return name

    def integers(self, *values: int) -> str:
        name = "integers_" + "_".join(map(str, values))
        self.tensors[name] = numpy_helper.from_array(np.array(values, np.int64), name)
        return name

    def number(self, value: float) -> str:
        name = f"number_{value}"
        self.tensors[name] = numpy_helper.from_array(np.array(value, np.float32), name)
        return name

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def linear(self, x: str, place: str) -> str:
        return self.node("Gemm", x, self.weight(f"{place}.weight"), self.weight(f"{place}.bias"), transB=1)

    def normed(self, x: str, place: str) -> str:
        scale, shift = self.weight(f"{place}.weight"), self.weight(f"{place}.bias")
        return self.node("LayerNormalization", x, scale, shift, axis=-1, epsilon=_EPSILON)


def graph(weights: Path) -> bytes:
    """The model as ONNX bytes of about 20 kB.

    Inputs `ids` and `mask` are int64 of shape (texts, pieces); the output `vectors` is float32 of shape
    (texts, 384), unit length. The session must be told the folder of `weights` for the external data.
    """
    header, start = _header(weights)
    drawing = _Drawing(header, weights.name, start)
    shape = drawing.node("Shape", "ids")
    rows = drawing.node("Concat", shape, drawing.integers(HIDDEN), axis=0)
    heads = drawing.node("Concat", shape, drawing.integers(HEADS, HIDDEN // HEADS), axis=0)
    distance = _distance(drawing)
    x = drawing.node("Reshape", _embeddings(drawing, shape), drawing.integers(-1, HIDDEN))
    for layer in range(LAYERS):
        x = _layer(drawing, x, f"encoder.layer.{layer}", heads, distance)
    drawing.nodes.append(helper.make_node("Identity", [_pooled(drawing, x, rows)], ["vectors"]))
    return _model(drawing).SerializeToString()


def _header(weights: Path) -> tuple[dict[str, Any], int]:
    with weights.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        return json.loads(file.read(length)), 8 + length


def _embeddings(drawing: _Drawing, shape: str) -> str:
    words = drawing.node("Gather", drawing.weight("embeddings.word_embeddings.weight"), "ids")
    zero, one, two = drawing.integers(0), drawing.integers(1), drawing.integers(2)
    pieces = drawing.node("Slice", shape, one, two)
    table = drawing.weight("embeddings.position_embeddings.weight")
    positions = drawing.node("Slice", table, zero, pieces, zero)
    kind = drawing.node("Gather", drawing.weight("embeddings.token_type_embeddings.weight"), zero)
    total = drawing.node("Add", drawing.node("Add", words, positions), kind)
    return drawing.normed(total, "embeddings.LayerNorm")


def _distance(drawing: _Drawing) -> str:
    """Zero for pieces and far below zero for padding, to be added to attention scores."""
    present = drawing.node("Sub", drawing.node("Cast", "mask", to=onnx.TensorProto.FLOAT), drawing.number(1))
    return drawing.node("Unsqueeze", drawing.node("Mul", present, drawing.number(_FAR)), drawing.integers(1, 2))


def _layer(drawing: _Drawing, x: str, place: str, heads: str, distance: str) -> str:
    def split(name: str, order: Sequence[int]) -> str:
        projected = drawing.linear(x, f"{place}.attention.self.{name}")
        return drawing.node("Transpose", drawing.node("Reshape", projected, heads), perm=order)

    scores = drawing.node("MatMul", split("query", (0, 2, 1, 3)), split("key", (0, 2, 3, 1)))
    scores = drawing.node("Mul", scores, drawing.number((HIDDEN // HEADS) ** -0.5))
    shares = drawing.node("Softmax", drawing.node("Add", scores, distance), axis=-1)
    seen = drawing.node("MatMul", shares, split("value", (0, 2, 1, 3)))
    seen = drawing.node("Transpose", seen, perm=(0, 2, 1, 3))
    seen = drawing.node("Reshape", seen, drawing.integers(-1, HIDDEN))
    seen = drawing.linear(seen, f"{place}.attention.output.dense")
    x = drawing.normed(drawing.node("Add", seen, x), f"{place}.attention.output.LayerNorm")
    wide = drawing.node("Gelu", drawing.linear(x, f"{place}.intermediate.dense"))
    narrow = drawing.linear(wide, f"{place}.output.dense")
    return drawing.normed(drawing.node("Add", narrow, x), f"{place}.output.LayerNorm")


def _pooled(drawing: _Drawing, x: str, rows: str) -> str:
    """The mean over a text's pieces, scaled to length one; a mean and a sum then point the same way."""
    present = drawing.node("Cast", "mask", to=onnx.TensorProto.FLOAT)
    present = drawing.node("Unsqueeze", present, drawing.integers(2))
    kept = drawing.node("Mul", drawing.node("Reshape", x, rows), present)
    total = drawing.node("ReduceSum", kept, drawing.integers(1), keepdims=0)
    return drawing.node("LpNormalization", total, axis=-1, p=2)


def _model(drawing: _Drawing) -> onnx.ModelProto:
    inputs = [
        helper.make_tensor_value_info(name, onnx.TensorProto.INT64, ["texts", "pieces"]) for name in ("ids", "mask")
    ]
    outputs = [helper.make_tensor_value_info("vectors", onnx.TensorProto.FLOAT, ["texts", HIDDEN])]
    whole = helper.make_graph(drawing.nodes, "all-MiniLM-L6-v2", inputs, outputs, list(drawing.tensors.values()))
    return helper.make_model(whole, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION)
