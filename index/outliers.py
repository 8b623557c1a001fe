"""Keeping the few channels that don't fit into int8 exact: products with weights, in two parts."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from index.network import Floats

Texts = Sequence[dict[str, list[int]]]
"""Texts by the names of a network's inputs, each a row of integers."""

_EXACT_CHANNELS = 32
"""Inputs of a product that stay float32: a transformer's feed-forward layers may have one or two
that are several times as large as all others, the same for every text."""

_LEAST_COLUMNS = 64
"""A product with fewer, such as a head's, is no work: all of it stays float32."""


def narrowing(path: Path) -> list[str]:
    """Return the names of the products with weights that have fewer columns than rows."""
    import onnx  # noqa: PLC0415

    graph = onnx.load(str(path)).graph
    shapes = {one.name: tuple(one.dims) for one in graph.initializer}
    weighted = [(n.name, shapes.get(n.input[1])) for n in graph.node if n.op_type == "MatMul"]
    return [name for name, shape in weighted if shape and len(shape) == 2 and shape[0] > shape[1]]


def split_outliers(network: Path, split: Path, texts: Texts) -> list[str]:
    """Write a float32 network whose narrowing products are each a sum of two; return what stays.

    What such a product is given varies most in size: by one scale for all of it, int8 would round
    most of its channels away. So those that are largest on ``texts`` are multiplied by themselves,
    in float32, and only the others as int8 (Dettmers et al., LLM.int8(), 2022). Returned are the
    names of the products that must not become int8.
    """
    import onnx  # noqa: PLC0415

    names = narrowing(network)
    model = onnx.load(str(network))
    graph = model.graph
    weights = {one.name: one for one in graph.initializer}
    products = [node for node in graph.node if node.name in names]
    wide = [node for node in products if _is_wide(weights[node.input[1]])]
    largest = _largest(network, [node.input[0] for node in wide], texts)
    exact = [node.name for node in products if node not in wide]
    nodes = list(graph.node)
    for node in wide:
        channels = np.sort(np.argsort(largest[node.input[0]])[-_EXACT_CHANNELS:])
        parts, values, kept = _parts(node, weights[node.input[1]], channels)
        place = nodes.index(node)
        nodes[place : place + 1] = parts
        graph.initializer.extend(values)
        exact.append(kept)
    del graph.node[:]
    graph.node.extend(nodes)
    _drop_unused(graph)
    onnx.save(model, str(split))
    return exact


def _is_wide(weight: Any) -> bool:
    rows, columns = weight.dims
    return bool(columns >= _LEAST_COLUMNS and rows > _EXACT_CHANNELS)


def _largest(network: Path, tensors: Sequence[str], texts: Texts) -> dict[str, Floats]:
    """Return each channel's largest size on the texts, of tensors inside a network."""
    import onnx  # noqa: PLC0415
    import onnxruntime  # noqa: PLC0415

    model = onnx.load(str(network))
    names = list(dict.fromkeys(tensors))
    if not names:
        return {}
    of_type = onnx.TensorProto.FLOAT
    model.graph.output.extend(
        onnx.helper.make_tensor_value_info(name, of_type, None) for name in names
    )
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    inputs = [one.name for one in session.get_inputs()]
    runs = [
        session.run(names, {name: np.array([text[name]], np.int64) for name in inputs})
        for text in texts
    ]
    return {
        name: np.max([np.abs(run[at]).reshape(-1, run[at].shape[-1]).max(0) for run in runs], 0)
        for at, name in enumerate(names)
    }


def _parts(node: Any, weight: Any, channels: Any) -> tuple[list[Any], list[Any], str]:
    """Return the nodes and values that stand for a product, and the name of its exact part."""
    from onnx import helper, numpy_helper  # noqa: PLC0415

    name, given = node.name, node.input[0]
    rows = numpy_helper.to_array(weight)
    mask = np.ones(len(rows), np.float32)
    mask[channels] = 0
    values = {
        "mask": mask,
        "channels": channels.astype(np.int64),
        "most": rows * mask[:, None],
        "few": np.ascontiguousarray(rows[channels]),
    }
    parts = [
        helper.make_node("Mul", [given, f"{name}/mask"], [f"{name}/masked"], f"{name}/Mul"),
        helper.make_node(
            "MatMul", [f"{name}/masked", f"{name}/most"], [f"{name}/one"], f"{name}/Most"
        ),
        helper.make_node(
            "Gather", [given, f"{name}/channels"], [f"{name}/picked"], f"{name}/Gather", axis=-1
        ),
        helper.make_node(
            "MatMul", [f"{name}/picked", f"{name}/few"], [f"{name}/other"], f"{name}/Few"
        ),
        helper.make_node(
            "Add", [f"{name}/one", f"{name}/other"], [node.output[0]], f"{name}/Add"
        ),
    ]  # fmt: skip
    tensors = [numpy_helper.from_array(value, f"{name}/{key}") for key, value in values.items()]
    return parts, tensors, f"{name}/Few"


def _drop_unused(graph: Any) -> None:
    """Remove the weights that no product uses any more."""
    used = {name for node in graph.node for name in node.input}
    kept = [one for one in graph.initializer if one.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)
