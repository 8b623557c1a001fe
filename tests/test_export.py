"""Exporting: int8 where that holds, float32 where it doesn't, PyTorch where tracing goes wrong."""

import sys
from collections import Counter

import numpy as np
import onnx
import pytest
import torch

from index.export import write_network
from index.exported import NETWORK
from index.network import Network

TEXTS = [[1, 5, 9], [2, 4], [7, 7, 1, 3, 8, 6]]


class Sums(torch.nn.Module):
    """Two layers over the vectors of the tokens; wide: some weights a thousand times larger."""

    def __init__(self, *, wide: bool = False) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.words = torch.nn.Embedding(10, 16)
        self.first = torch.nn.Linear(16, 64)
        self.second = torch.nn.Linear(64, 8)
        if wide:
            with torch.no_grad():
                self.words.weight[:, 0] *= 1e4
                self.first.weight[:, 0] *= 1e-4

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.second(torch.tanh(self.first(self.words(ids)))).sum(dim=1)


class Branching(Sums):
    """What a trace can't follow: it looks at a value to choose its way."""

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        found = super().forward(ids)
        return found if int(ids[0, 0]) == 1 else -found


class Broken(torch.nn.Module):
    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("not today")


class Outliers(torch.nn.Module):
    """A layer that narrows 256 channels, of which two are a thousand times as large as the rest."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.words = torch.nn.Embedding(10, 16)
        self.widening = torch.nn.Linear(16, 256)
        self.narrowing = torch.nn.Linear(256, 64)
        self.head = torch.nn.Linear(64, 2)
        with torch.no_grad():
            self.widening.weight[[3, 200]] *= 1e3
            self.narrowing.weight[:, [3, 200]] *= 1e-3

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.head(self.narrowing(self.widening(self.words(ids)))).sum(dim=1)


def written(module: torch.nn.Module, folder, wanted=None, *, split: bool = False) -> str:
    """Export a module, its own outputs being wanted unless others are."""
    module.eval()
    if wanted is None:
        with torch.inference_mode():
            wanted = [module(torch.tensor([text]))[0].numpy() for text in TEXTS]

    def outputs(path):
        network = Network(path)
        return [network.run({"ids": text})[0] for text in TEXTS]

    return write_network(module, [{"ids": TEXTS[0]}], outputs, wanted, folder, split=split)


def test_channels_that_do_not_fit_into_int8_are_kept_exact_and_the_others_become_int8(tmp_path):
    module = Outliers()
    with torch.inference_mode():
        wanted = module(torch.tensor([[3, 1, 4]]))[0].numpy()
    assert written(module, tmp_path) == "float32"
    assert written(module, tmp_path, split=True) == "int8"
    found = Network(tmp_path / NETWORK).run({"ids": [3, 1, 4]})[0]
    assert 0 < np.linalg.norm(found - wanted) < 0.05 * np.linalg.norm(wanted)
    nodes = onnx.load(str(tmp_path / NETWORK)).graph.node
    kinds = Counter(node.op_type for node in nodes)
    assert kinds["MatMulInteger"] == 2, "what widens, and most channels of what narrows"
    assert kinds["MatMul"] == 2, "the few channels, and the head"
    assert [path.name for path in tmp_path.iterdir()] == [NETWORK]


def test_a_module_becomes_an_int8_network_that_gives_nearly_the_same(tmp_path):
    module = Sums()
    assert written(module, tmp_path) == "int8"
    network = Network(tmp_path / NETWORK)
    with torch.inference_mode():
        wanted = module(torch.tensor([[3, 1, 4, 1, 5]]))[0].numpy()
    found = network.run({"ids": [3, 1, 4, 1, 5]})[0]
    assert 0 < np.linalg.norm(found - wanted) < 0.2 * np.linalg.norm(wanted)
    assert [path.name for path in tmp_path.iterdir()] == [NETWORK]


def test_a_module_that_int8_changes_too_much_stays_as_exact_as_it_is(tmp_path):
    module = Sums(wide=True)
    assert written(module, tmp_path) == "float32"
    network = Network(tmp_path / NETWORK)
    with torch.inference_mode():
        wanted = module(torch.tensor([[3, 1, 4]]))[0].numpy()
    assert network.run({"ids": [3, 1, 4]})[0] == pytest.approx(wanted, rel=1e-3, abs=1e-3)
    assert [path.name for path in tmp_path.iterdir()] == [NETWORK]


def test_a_module_that_is_traced_wrongly_is_left_to_pytorch(tmp_path):
    assert written(Branching(), tmp_path) == "torch"
    assert list(tmp_path.iterdir()) == []


def test_a_module_that_can_t_be_traced_is_left_to_pytorch(tmp_path):
    assert written(Broken(), tmp_path, [np.ones(8, np.float32)] * 3) == "torch"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("library", ["onnxruntime", "onnxruntime.quantization"])
def test_where_a_library_can_t_be_imported_nothing_is_said_of_the_module(
    tmp_path, monkeypatch, library
):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ImportError, match="onnxruntime"):
        written(Sums(), tmp_path)


def test_outputs_that_are_not_finite_are_never_near_enough(tmp_path):
    assert written(Sums(), tmp_path, [np.full(8, np.nan, np.float32)] * 3) == "torch"
