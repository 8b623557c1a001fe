"""Neural networks in ONNX Runtime: one text a run, so that nothing read beside it changes a bit."""

import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from corpus.errors import ModelError

Floats = npt.NDArray[np.float32]

_T = TypeVar("_T")
_R = TypeVar("_R")


_SLOWER = ["SkipLayerNormFusion"]
"""What ONNX Runtime would put in the place of an addition and a layer's normalisation: it is slower
than the two."""


class Network:
    """A network of a file that ONNX Runtime runs; safe to share between threads.

    A run takes one text on one thread; `on_all_cores` runs several texts side by side. That is as
    quick as a batch, needs no padding, and quantisation that looks at a whole input, as dynamic
    int8 does, then never sees two texts at once.
    """

    def __init__(self, path: Path) -> None:
        """Load the file, which is not needed afterwards. Raises ModelError."""
        import onnxruntime  # noqa: PLC0415  -- takes a tenth of a second

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                str(path),
                options,
                providers=["CPUExecutionProvider"],
                disabled_optimizers=_SLOWER,
            )
        except Exception as error:  # ONNX Runtime's errors share no class of their own
            raise ModelError(
                f"The network {path} can't be run ({type(error).__name__})."
            ) from error
        self._names = [one.name for one in self._session.get_inputs()]

    def run(self, inputs: Mapping[str, Sequence[int]]) -> list[Floats]:
        """Return the outputs for one text. Raises ModelError.

        inputs: a row of integers by name, shape (tokens,) each; those that the network does not
        take are left aside.
        """
        rows = {name: np.array([inputs[name]], np.int64) for name in self._names}
        try:
            return [output[0] for output in self._session.run(None, rows)]
        except Exception as error:
            raise ModelError(f"The network failed on a text ({type(error).__name__}).") from error


def on_all_cores(function: Callable[[_T], _R], items: Iterable[_T]) -> list[_R]:
    """Call the function on each item, as many at a time as there are cores; results in order.

    Every caller shares the same threads, so that many questions at once don't crowd the cores. The
    function must not call this in turn.
    """
    todo = list(items)
    if len(todo) < 2:
        return [function(item) for item in todo]
    return list(_THREADS.map(function, todo))


def cores() -> int:
    """Return how many cores this process may use, a container's or a unit's share of them too."""
    seen = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min([seen or 1, *quotas(Path("/proc/self/cgroup"), Path("/sys/fs/cgroup"))])


def quotas(own: Path, root: Path) -> list[int]:
    """Return the cores that Linux's control groups, version 2, let a process use, rounded up.

    own: the file that names the process's group. root: the folder of all groups.
    """
    found = []
    with suppress(OSError, ValueError):
        lines = own.read_text("utf-8").splitlines()
        (name,) = (line.removeprefix("0::/") for line in lines if line.startswith("0::/"))
        group = root / name
        for folder in (group, *group.parents):
            if folder.is_relative_to(root) and (folder / "cpu.max").exists():
                quota, period = (folder / "cpu.max").read_text("ascii").split()
                if quota != "max":
                    found.append(max(1, math.ceil(int(quota) / int(period))))
    return found


_THREADS = ThreadPoolExecutor(cores(), thread_name_prefix="attache-network")
