"""Span models: found by name or folder, refused with a reason, the same logits however read."""

import shutil
import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from small_readers import (
    FAMILIES,
    bert_reader,
    change_settings,
    change_weights,
    mpnet_reader,
    roberta_reader,
)

from corpus.errors import ModelError
from service.span_model import SpanModel, WindowLogits, load_span_model
from service.torch_span_model import LONGEST_WINDOW, TransformersSpanModel, load_from_folder

QUESTION = "Who built aircraft?"
LONG = "Korea built 16 aircraft. " * 60


@pytest.fixture
def folder(tmp_path) -> Path:
    """A BERT reader of the test's own, to spoil."""
    return bert_reader(tmp_path / "reader")


def same(one: WindowLogits, other: WindowLogits) -> bool:
    return (
        one.start.tobytes() == other.start.tobytes()
        and one.end.tobytes() == other.end.tobytes()
        and one.null == other.null
    )


def reading(model: SpanModel) -> WindowLogits:
    return model.logits(model.windows(QUESTION, "Trade", "Korea built 16 aircraft.")[0])


def refused(folder: Path) -> str:
    """Load and read; return what the ModelError says, on one line."""
    with pytest.raises(ModelError) as caught:
        reading(load_span_model(str(folder)))
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"The reader {folder}")
    return message


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> SimpleNamespace:
    """A reader as training writes it, its head untrained, and the model it was written from."""
    from training.export import write_reader
    from training.start import starting_model, starting_tokenizer

    folder = tmp_path_factory.mktemp("trained")
    model = starting_model(17)
    write_reader(model, folder, None, {"seed": 17})
    source = TransformersSpanModel("source", model, starting_tokenizer(), {})
    return SimpleNamespace(folder=folder, source=source)


@pytest.fixture
def ours(trained, tmp_path) -> Path:
    """A copy of it, to spoil."""
    return shutil.copytree(trained.folder, tmp_path / "ours")


@pytest.mark.parametrize("family", FAMILIES)
def test_each_own_token_has_a_start_and_an_end_logit(family, tmp_path):
    model = load_span_model(str(FAMILIES[family](tmp_path / family)))
    windows = model.windows(QUESTION, "Trade", LONG)
    assert len(windows) > 1
    for window in windows:
        logits = model.logits(window)
        assert logits.start.shape == logits.end.shape == (len(window.extents),)
        assert logits.start.dtype == logits.end.dtype == np.float32
        assert np.ptp(logits.start) > 0
    assert (model.name, model.settings) == (str(tmp_path / family), {})


def test_the_logits_are_the_model_s_own_at_the_passage_s_tokens(folder):
    import torch
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForQuestionAnswering.from_pretrained(folder).eval()
    with torch.inference_mode():
        whole = model(**tokenizer("Who", "Korea trade", return_tensors="pt"))
    loaded = load_from_folder("reader", folder)
    found = loaded.logits(loaded.windows("Who", "", "Korea trade")[0])
    assert found.start == pytest.approx(whole.start_logits[0, 3:5].numpy(), abs=1e-6)
    assert found.end == pytest.approx(whole.end_logits[0, 3:5].numpy(), abs=1e-6)
    null = float(whole.start_logits[0, 0] + whole.end_logits[0, 0])
    assert found.null == pytest.approx(null, abs=1e-6)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_window_s_logits_are_bit_for_bit_the_same_whatever_else_is_read(family, tmp_path):
    model = load_span_model(str(FAMILIES[family](tmp_path / family)))
    windows = model.windows(QUESTION, "Trade", LONG)
    alone = [model.logits(window) for window in windows]
    assert all(same(model.logits(windows[0]), alone[0]) for _ in range(3)), "again"
    backwards = [model.logits(window) for window in reversed(windows)]
    assert all(map(same, backwards, reversed(alone))), "after other windows"
    together: list[WindowLogits | None] = [None] * 12

    def read(number: int) -> None:
        again = model.windows(QUESTION, "Trade", LONG)
        together[number] = model.logits(again[number % len(windows)])

    threads = [threading.Thread(target=read, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, found in enumerate(together):
        assert found is not None
        assert same(found, alone[number % len(windows)]), "from several threads at once"


@pytest.mark.parametrize(
    ("make", "positions", "limit"),
    [
        (bert_reader, 64, 64),
        (roberta_reader, 64, 62),
        (roberta_reader, 386, 384),
        (mpnet_reader, 66, 64),
        (bert_reader, 512, LONGEST_WINDOW),
    ],
)
def test_a_window_holds_what_the_positions_allow_and_never_more_than_384(
    make, positions, limit, tmp_path
):
    model = load_span_model(str(make(tmp_path / "reader", positions)))
    window = model.windows("Who?", "", "," * 1000)[0]
    assert len(window) == limit
    assert len(model.logits(window).start) == len(window.extents)


def test_a_tokenizer_s_own_limit_holds_where_it_is_lower(folder):
    change_settings(folder / "tokenizer_config.json", model_max_length=48)
    assert len(load_span_model(str(folder)).windows("Who?", "", "," * 1000)[0]) == 48


@pytest.mark.parametrize("name", ["nobody/none", "no such model", "../..//none", "", "a\0b"])
def test_a_name_that_is_nowhere_is_refused_and_not_fetched(name):
    with pytest.raises(ModelError) as caught:
        load_span_model(name)
    assert str(caught.value) == (
        f"The reader {name} is neither a folder nor a model on this machine. "
        "Pass --download to fetch it, or name a folder."
    )


def test_only_with_download_is_a_model_asked_for_elsewhere():
    with pytest.raises(ModelError, match=r"reader nobody/none could not be downloaded \(\w+\): "):
        load_span_model("nobody/none", download=True)


def test_an_empty_folder_is_refused(tmp_path):
    assert "can't be loaded from" in refused(tmp_path)


def test_a_model_without_a_head_for_a_start_and_an_end_is_refused(tiny_model, tmp_path):
    for folder in (tiny_model, bert_reader(tmp_path / "three", num_labels=3)):
        assert "has no question-answering head with a start and an end" in refused(folder)


def test_weights_that_are_cut_off_or_something_else_or_gone_are_refused(folder):
    weights = folder / "model.safetensors"
    content = weights.read_bytes()
    for damaged in (content[:-100], content[:100], b"", b"something else"):
        weights.write_bytes(damaged)
        assert "can't be loaded from" in refused(folder)
    weights.unlink()
    assert "can't be loaded from" in refused(folder)


def test_weights_that_lack_a_layer_or_have_another_shape_are_refused_and_not_made_up(folder):
    change_settings(folder / "config.json", intermediate_size=48)
    assert "can't be loaded from" in refused(folder)
    change_settings(folder / "config.json", intermediate_size=64)
    change_weights(folder, lambda all_: {k: v for k, v in all_.items() if "layer.1" not in k})
    assert "can't be loaded from" in refused(folder)


def test_weights_that_are_not_finite_are_refused_when_read(folder):
    change_weights(folder, lambda all_: {k: v * float("nan") for k, v in all_.items()})
    assert refused(folder).endswith("gave logits that are not finite.")


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"model_type": "none"}'], ids=repr)
def test_a_configuration_that_says_nothing_of_use_is_refused(folder, content):
    (folder / "config.json").write_text(content)
    assert "can't be loaded from" in refused(folder)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_folder_without_a_tokenizer_s_words_is_refused(family, tmp_path):
    folder = FAMILIES[family](tmp_path / family)
    (folder / "tokenizer.json").write_text('{"model": ')
    assert "can't be loaded from" in refused(folder)
    (folder / "tokenizer.json").unlink()
    refused(folder)
    (folder / "tokenizer_config.json").unlink()
    refused(folder)


def test_a_tokenizer_that_tells_no_offsets_is_refused(folder):
    change_settings(folder / "tokenizer_config.json", tokenizer_class="CanineTokenizer")
    (folder / "tokenizer.json").unlink()
    assert "has no fast tokenizer" in refused(folder)


def test_a_tokenizer_with_more_words_than_the_model_is_refused(folder):
    words = "bert.embeddings.word_embeddings.weight"
    change_weights(folder, lambda all_: {**all_, words: all_[words][:10].clone()})
    change_settings(folder / "config.json", vocab_size=10)
    refused(folder)


def test_a_folder_s_own_code_is_never_run_whoever_says_yes(folder, typed):
    (folder / "own.py").write_text(f"open({str(folder / 'ran')!r}, 'w')\nclass Own: pass\n")
    own = {"AutoConfig": "own.Own", "AutoModelForQuestionAnswering": "own.Own"}
    change_settings(folder / "config.json", model_type="own", auto_map=own)
    typed(b"y\ny\ny\n")
    assert "can't be loaded from" in refused(folder)
    assert not (folder / "ran").exists()


def test_a_reader_in_a_folder_is_known_by_its_full_path(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    assert load_span_model(folder.name).name == str(folder)
    shutil.rmtree(folder)
    with pytest.raises(ModelError, match="neither a folder nor a model"):
        load_span_model(folder.name)


def test_a_trained_reader_of_half_precision_reads_as_what_it_was_written_from(trained):
    from safetensors.torch import load_file

    stored = load_file(trained.folder / "model.safetensors")
    assert {str(value.dtype) for value in stored.values()} == {"torch.float16"}
    assert not any("word_embeddings" in name for name in stored)
    loaded = load_from_folder("trained", trained.folder)
    assert (loaded.settings["trained"], loaded.settings["confidence"]) == ({"seed": 17}, None)
    windows = loaded.windows(QUESTION, "Trade", LONG * 2)
    assert windows == trained.source.windows(QUESTION, "Trade", LONG * 2)
    assert len(windows[0]) == LONGEST_WINDOW
    for window in windows:
        found, wanted = loaded.logits(window), trained.source.logits(window)
        assert found.start == pytest.approx(wanted.start, abs=1e-2)
        assert found.end == pytest.approx(wanted.end, abs=1e-2)
        assert found.null == pytest.approx(wanted.null, abs=2e-2)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"confidence"'], ids=repr
)
def test_a_trained_reader_with_damaged_settings_is_refused(ours, content):
    (ours / "reader.json").write_bytes(content)
    assert "can't be loaded from" in refused(ours)


@pytest.mark.parametrize(
    "change",
    [
        lambda all_: {k: v for k, v in all_.items() if "layer.5.output" not in k},
        lambda all_: {**all_, "more": all_["qa_outputs.bias"].clone()},
        lambda all_: {**all_, "qa_outputs.weight": all_["qa_outputs.weight"][:1].clone()},
    ],
    ids=["fewer", "more", "smaller"],
)
def test_a_trained_reader_with_other_weights_than_the_encoder_takes_is_refused(ours, change):
    change_weights(ours, change)
    assert "can't be loaded from" in refused(ours)


def test_a_trained_reader_with_damaged_or_missing_weights_is_refused_without_a_stack_trace(
    ours, run
):
    weights = ours / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    damaged = refused(ours)
    assert "can't be loaded from" in damaged
    asked = run("ask", QUESTION, "--reader", str(ours))
    assert (asked.status, asked.err.split("done once.\n")[-1]) == (2, f"attache: {damaged}\n")
    weights.unlink()
    assert "can't be loaded from" in refused(ours)


def test_a_trained_reader_on_another_encoder_s_words_is_refused(ours):
    change_settings(ours / "reader.json", base_sha256="0" * 64)
    refused(ours)
