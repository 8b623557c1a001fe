"""The growing index as a picture: time and memory against the number of passages."""

from collections.abc import Sequence
from pathlib import Path

from corpus.errors import InvalidSetting
from eval.bench.growing import FILTERS, Figures

_COLORS = ("#1f4e79", "#c55a11", "#548235", "#7f6000")


def draw(figures: Sequence[Figures], path: Path) -> None:
    """Draw the figures as an SVG file. Raises InvalidSetting where matplotlib is missing."""
    try:
        import matplotlib as mpl  # noqa: PLC0415
    except ModuleNotFoundError:
        raise InvalidSetting(
            "The curves need matplotlib: install it with `pip install 'attache[bench]'`."
        ) from None
    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "attache", "font.size": 9, "svg.fonttype": "path"})
    from matplotlib import pyplot as plt  # noqa: PLC0415

    sizes = [one.passages for one in figures]
    panels = {
        "search, p95, ms": {name: [one.served["p95"][name] for one in figures] for name in FILTERS},
        "opening and changes, ms": {
            "opening": [one.served["opening"] for one in figures],
            "adding a document": [one.added * 1000 for one in figures],
            "removing one": [one.removed * 1000 for one in figures],
        },
        "memory, MB": {
            "the process's own": [one.served["anonymous"] for one in figures],
            "mapped files": [one.served["mapped"] for one in figures],
            "at most, building": [one.saved["peak"] for one in figures],
        },
        "building, s": {
            "rows": [one.written for one in figures],
            "checkpoint": [one.saved["seconds"] for one in figures],
        },
    }
    figure, axes = plt.subplots(2, 2, figsize=(8.5, 6.2), constrained_layout=True)
    for axis, (title, curves) in zip(axes.flat, panels.items(), strict=True):
        for color, (name, values) in zip(_COLORS, curves.items(), strict=False):
            axis.plot(sizes, values, marker="o", markersize=3, color=color, label=name)
        axis.set(xscale="log", yscale="log", title=title, xlabel="passages")
        axis.xaxis.set_major_formatter("{x:,.0f}")
        axis.yaxis.set_major_formatter("{x:g}")
        axis.yaxis.set_minor_formatter("{x:g}" if max(map(max, curves.values())) < 100 else "")
        axis.grid(visible=True, which="major", color="#dddddd")
        axis.legend(frameon=False)
    figure.savefig(path, format="svg", metadata={"Date": None})
    plt.close(figure)
