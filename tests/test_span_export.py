"""Span models as they are run, beside the models that they were exported from."""

import numpy as np
import pytest
from small_readers import FAMILIES

from index.export import EXACT_ERROR, INT8_ERROR
from service.span_model import ExportedSpanModel, load_span_model
from service.torch_span_model import load_from_folder

QUESTION = "Who built aircraft?"
LONG = "Korea built 16 aircraft. " * 60


@pytest.mark.parametrize("family", FAMILIES)
def test_an_exported_model_reads_as_the_one_it_was_made_from(family, tmp_path):
    """Exactly where it was left in float32; near what int8 may change on average, where not."""
    folder = FAMILIES[family](tmp_path / family)
    exported, source = load_span_model(str(folder)), load_from_folder("reader", folder)
    assert isinstance(exported, ExportedSpanModel)
    assert exported.precision in {"int8", "float32"}
    most = {"int8": 2 * INT8_ERROR, "float32": EXACT_ERROR}[exported.precision]
    windows = exported.windows(QUESTION, "Trade", LONG)
    assert windows == source.windows(QUESTION, "Trade", LONG)
    for window in windows:
        found, wanted = exported.logits(window), source.logits(window)
        for one, other in ((found.start, wanted.start), (found.end, wanted.end)):
            assert np.linalg.norm(one - other) <= most * np.linalg.norm(other)
