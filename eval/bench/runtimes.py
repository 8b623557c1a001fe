"""What could run the networks: the span reader in PyTorch, ONNX Runtime and OpenVINO."""

import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

from eval.tables import Column, Table, Value
from index.export import quantise, trace
from service.span_model import shipped_folder
from service.torch_span_model import Whole, load_from_folder

LENGTHS = (32, 128, 256)
THREADS = (1, 2)

Inputs = Mapping[str, Any]
Runner = Callable[[Inputs], object]


def runtimes_table(runs: int) -> Table:
    """Time one window of random tokens in each runtime, at each length and number of threads."""
    rows: list[tuple[Value, ...]] = []
    with TemporaryDirectory(prefix="attache-bench-") as name:
        exact, small = Path(name) / "exact.onnx", Path(name) / "small.onnx"
        with shipped_folder() as folder:
            model = load_from_folder("span", folder).weights
        text = {"input_ids": [101, 2054, 102, 2182, 102], "token_type_ids": [0, 0, 0, 1, 1]}
        trace(Whole(model, list(text)), text, exact)
        quantise(exact, small, [text])
        for threads in THREADS:
            for runtime, run in _runners(model, exact, small, threads):
                times = [_median(run, _inputs(length), runs) for length in LENGTHS]
                rows.append((runtime, threads, *times))
    return Table(
        "Runtimes",
        "The span reader on one window, median milliseconds. OpenVINO is measured where it is "
        "installed (`pip install openvino`). Static int8: see the notes in eval/bench/README.md.",
        (Column("runtime", "text"), Column("threads", "count"),
         *(Column(f"{length} tokens", "milliseconds") for length in LENGTHS)),
        tuple(rows),
    )  # fmt: skip


def _runners(model: Any, exact: Path, small: Path, threads: int) -> Iterator[tuple[str, Runner]]:
    torch.set_num_threads(threads)
    yield "PyTorch, float32", lambda inputs: _in_torch(model, inputs)
    yield "ONNX Runtime, float32", _in_onnxruntime(exact, threads)
    yield "ONNX Runtime, dynamic int8", _in_onnxruntime(small, threads)
    try:
        yield "OpenVINO, float32 or what it takes for it", _in_openvino(exact, threads)
    except ImportError:
        return


def _in_torch(model: Any, inputs: Inputs) -> object:
    with torch.inference_mode():
        return model(**{name: torch.from_numpy(row) for name, row in inputs.items()})


def _in_onnxruntime(path: Path, threads: int) -> Runner:
    import onnxruntime  # noqa: PLC0415

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda inputs: session.run(None, dict(inputs))


def _in_openvino(path: Path, threads: int) -> Runner:
    import openvino  # noqa: PLC0415

    settings = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1}
    compiled = openvino.Core().compile_model(str(path), "CPU", settings)
    request = compiled.create_infer_request()
    return lambda inputs: request.infer(dict(inputs))


def _inputs(length: int) -> Inputs:
    drawn = np.random.default_rng(length).integers(1_000, 20_000, (1, length))
    return {"input_ids": drawn, "token_type_ids": np.zeros_like(drawn)}


def _median(run: Runner, inputs: Inputs, runs: int) -> float:
    for _ in range(3):
        run(inputs)
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        run(inputs)
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)
