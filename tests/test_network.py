"""Networks: run a text at a time, refused where they can't be, on as many cores as there are."""

import threading

import numpy as np
import pytest

from corpus.errors import ModelError
from index.export import write_network
from index.exported import NETWORK
from index.network import Network, on_all_cores, quotas


@pytest.fixture(scope="module")
def network(tmp_path_factory) -> Network:
    """A network that doubles each token of a text."""
    import torch

    class Double(torch.nn.Module):
        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            return ids.float() * 2

    folder = tmp_path_factory.mktemp("network")
    texts = [[1, 2, 3], [4]]

    def outputs(path):
        return [Network(path).run({"ids": text})[0] for text in texts]

    wanted = [np.array(text, np.float32) * 2 for text in texts]
    assert write_network(Double(), [{"ids": [1, 2]}], outputs, wanted, folder) != "torch"
    return Network(folder / NETWORK)


def test_a_run_takes_a_text_of_any_length_and_leaves_other_inputs_aside(network):
    assert network.run({"ids": [1, 2, 3], "other": [9]})[0].tolist() == [2, 4, 6]
    assert network.run({"ids": [5]})[0].tolist() == [10]


@pytest.mark.parametrize("content", [b"", b"not a network", b"\x08\x07" * 50])
def test_what_is_no_network_is_refused(content, tmp_path):
    (tmp_path / "x.onnx").write_bytes(content)
    with pytest.raises(ModelError, match=r"The network .*x\.onnx can't be run"):
        Network(tmp_path / "x.onnx")
    with pytest.raises(ModelError):
        Network(tmp_path / "missing.onnx")


def test_results_come_in_the_order_of_the_items():
    barrier = threading.Event()

    def slow_first(number: int) -> int:
        if number == 0:
            barrier.wait(0.2)
        return number * number

    assert on_all_cores(slow_first, range(20)) == [number * number for number in range(20)]
    assert on_all_cores(slow_first, []) == []
    assert on_all_cores(slow_first, iter([3])) == [9]


def test_an_error_in_one_item_reaches_the_caller():
    with pytest.raises(ZeroDivisionError):
        on_all_cores(lambda number: 1 // number, [1, 0, 2])


@pytest.mark.parametrize(
    ("own", "limits", "cores"),
    [
        ("0::/\n", {"": "200000 100000"}, [2]),
        ("0::/\n", {"": "max 100000"}, []),
        ("0::/\n", {}, []),
        ("0::/\n", {"": "150000 100000"}, [2]),
        ("0::/\n", {"": "1000 100000"}, [1]),
        ("1:cpu:/a\n0::/system.slice/attache.service\n",
         {"system.slice/attache.service": "max 100000", "system.slice": "300000 100000"}, [3]),
        ("0::/a/b\n", {"a": "400000 100000", "a/b": "100000 100000"}, [1, 4]),
        ("1:cpu:/a\n", {"": "200000 100000"}, []),
        ("0::/\n", {"": "nonsense"}, []),
    ],
)  # fmt: skip
def test_a_control_group_s_share_is_so_many_cores(tmp_path, own, limits, cores):
    (tmp_path / "own").write_text(own)
    for name, limit in limits.items():
        folder = tmp_path / "groups" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "cpu.max").write_text(limit + "\n")
    assert quotas(tmp_path / "own", tmp_path / "groups") == cores


def test_where_there_are_no_control_groups_all_cores_are_this_process_s(tmp_path):
    assert quotas(tmp_path / "own", tmp_path / "groups") == []
