"""From a PyTorch module to a network for ONNX Runtime: traced, quantised, and checked."""

import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from index.exported import NETWORK
from index.network import Floats
from index.outliers import Texts, split_outliers

EXACT_ERROR = 0.002
"""How far, as a share of their length, outputs may lie from PyTorch's for the network to count as
the same; what is more was traced wrongly."""

INT8_ERROR = 0.2
"""The same for int8, on average. all-MiniLM-L6-v2 has 0.11 and loses no recall; what is more is
run in float32 instead."""

_PASSING = (ImportError, OSError, MemoryError)
"""Errors that say nothing of a module, but of the machine as it is now."""

Outputs = Callable[[Path], Sequence[Floats]]
"""Runs a network's file on some texts that are always the same, and returns what it gives."""


def write_network(
    module: Any, texts: Texts, outputs: Outputs, wanted: Sequence[Floats], folder: Path,
    *, split: bool = False,
) -> str:  # fmt: skip
    """Write a module as a network into a folder; return its precision: int8, float32 or torch.

    texts: some by the names of the inputs; with the first one the module is traced. wanted: what
    PyTorch gives for the texts of ``outputs``, which have other lengths. int8 where that lies near
    enough; float32 where it doesn't; torch, and no file, where the module can't be traced
    faithfully.

    Weights are 7 bits, a scale a channel: with 8, AVX2 without VNNI cuts off sums of two products,
    and the same text would have other outputs on another processor. split: whether channels that
    don't fit into int8 stay exact, as `split_outliers` does it; reading stays as good by that.
    """
    network, small = folder / NETWORK, folder / "small.onnx"
    try:
        trace(module, texts[0], network)
        traced = all(error <= EXACT_ERROR for error in _errors(outputs(network), wanted))
    except _PASSING:
        raise
    except Exception:  # whatever a stranger's module leads the tracer to
        traced = False
    if not traced:
        network.unlink(missing_ok=True)
        return "torch"
    try:
        quantise(network, small, texts if split else ())
        near = float(np.mean(_errors(outputs(small), wanted))) <= INT8_ERROR
    except _PASSING:
        raise
    except Exception:  # a network that can't be quantised stays as it is
        near = False
    if near:
        small.replace(network)
    small.unlink(missing_ok=True)
    return "int8" if near else "float32"


def trace(module: Any, example: dict[str, list[int]], path: Path) -> None:
    """Write a module as a float32 network for one text of any length, traced with an example."""
    import torch  # noqa: PLC0415

    rows = tuple(torch.tensor([row]) for row in example.values())
    with warnings.catch_warnings(), _quiet(), torch.inference_mode():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module,
            rows,
            str(path),
            input_names=list(example),
            dynamic_axes={name: {1: "tokens"} for name in example},
            opset_version=18,
            # The tracer takes a second, the newer exporter ten; what it gets wrong is caught.
            dynamo=False,
        )


def quantise(path: Path, small: Path, texts: Texts = ()) -> None:
    """Write a network with int8 weights, 7 bits of which are used, and int8 activations.

    texts: where there are any, the channels that are largest on them stay exact.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic  # noqa: PLC0415

    with _quiet():
        exact = split_outliers(path, small, texts) if texts else []
        quantize_dynamic(
            small if texts else path,
            small,
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
            nodes_to_exclude=exact,
        )


def _errors(found: Sequence[Floats], wanted: Sequence[Floats]) -> list[float]:
    """Return how far each output lies from the one wanted, as a share of the latter's length."""
    return [
        float(np.linalg.norm(one - other) / np.linalg.norm(other))
        for one, other in zip(found, wanted, strict=True)
    ]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep advice to those who export by hand from the terminal."""
    known = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(known)
