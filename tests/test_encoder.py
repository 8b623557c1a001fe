"""Encoders: found by name or folder, told apart by their files, their vectors of length one."""

import json
import math
import shutil
import threading

import numpy as np
import pytest
from conftest import markdown

from corpus.errors import IndexMismatch, ModelError
from index.encoder import EncoderIdentity, load_encoder, unit_length
from index.index import Index
from index.models import (
    DEFAULT_ENCODER,
    check_default_weights,
    folder_checksum,
    model_folder,
    model_name,
)


def test_rows_are_scaled_to_length_one_and_a_row_of_zeros_stays():
    scaled = unit_length(np.array([[3, 4], [0, 0]], np.float32))
    assert scaled.tolist() == [[pytest.approx(0.6), pytest.approx(0.8)], [0, 0]]
    assert scaled.dtype == np.float32


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_vector_that_is_not_finite_is_refused(value):
    with pytest.raises(ModelError, match="not finite: use another encoder"):
        unit_length(np.array([[1, value]], np.float32))


def test_two_encoders_are_the_same_where_their_files_and_dimension_are():
    one = EncoderIdentity("a", "", "0123456789", 64, 256)
    one.check_built(EncoderIdentity("moved", "r", "0123456789", 64, 256, ("en",)))
    with pytest.raises(IndexMismatch) as caught:
        one.check_built(EncoderIdentity("b", "", "fedcba9876", 64, 256))
    assert str(caught.value) == (
        "The index was built with encoder b@fedcba98 of 64 dimensions, "
        "not with a@01234567 of 64. Run `attache rebuild`."
    )
    with pytest.raises(IndexMismatch, match="of 32 dimensions, not with a@01234567 of 64"):
        one.check_built(EncoderIdentity("a", "", "0123456789", 32, 256))


def test_a_model_in_a_folder_is_loaded(tiny_model):
    encoder = load_encoder(str(tiny_model))
    assert (encoder.identity.name, encoder.identity.revision) == (str(tiny_model), "")
    assert (encoder.identity.dimension, encoder.identity.window) == (32, 128)
    assert encoder.identity.checksum == folder_checksum(tiny_model)
    vectors = encoder.encode_passages(["Korea and Peru", "trade", "Korea and Peru"])
    assert vectors.shape == (3, 32)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1])
    assert vectors[0] == pytest.approx(vectors[2], abs=1e-6)
    assert encoder.encode_questions(["trade"])[0] == pytest.approx(vectors[1], abs=1e-5)
    assert encoder.encode_questions([]).shape == (0, 32)


def test_tokens_stand_where_they_do_in_the_text_however_long_it_is(tiny_model):
    encoder = load_encoder(str(tiny_model))
    extents = encoder.token_offsets("Korea  built 16.")
    words = ["Korea  built 16."[extent.start : extent.end] for extent in extents]
    assert words == ["Korea", "built", "1", "6", "."]
    encoder.encode_passages(["trade " * 1000])
    assert len(encoder.token_offsets("trade " * 1000)) == 1000
    assert list(encoder.token_offsets("")) == []


def test_threads_share_an_encoder(tiny_model):
    encoder = load_encoder(str(tiny_model))
    texts = [f"trade {number} in korea" for number in range(8)]
    alone = [encoder.encode_questions([text])[0] for text in texts]
    together: dict[int, np.ndarray] = {}

    def encode(number: int) -> None:
        encoder.token_offsets(texts[number])
        together[number] = encoder.encode_questions([texts[number]])[0]

    threads = [threading.Thread(target=encode, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, vector in enumerate(alone):
        assert together[number] == pytest.approx(vector, abs=1e-6)


def test_the_checksum_changes_with_every_file_that_matters(tiny_model, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(tiny_model, folder)
    known = folder_checksum(tiny_model)
    assert folder_checksum(folder) == known, "where it lies does not matter"
    (folder / "README.md").write_text("Other words.")
    assert folder_checksum(folder) == known, "nor does the card"
    (folder / "new.json").write_text("{}")
    renamed = folder_checksum(folder)
    assert renamed != known
    (folder / "new.json").rename(folder / "newer.json")
    assert folder_checksum(folder) not in {known, renamed}
    (folder / "newer.json").unlink()
    weights = folder / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    assert folder_checksum(folder) != known


def test_a_card_names_the_languages(tiny_model, tmp_path):
    shutil.copytree(tiny_model, tmp_path / "copy")
    for front, languages in (
        ("language: ko", ("ko",)),
        ("language: [en, es, multilingual]", ("en", "es")),
        ("licence: mit", ()),
        ("language: [", ()),
    ):
        (tmp_path / "copy" / "README.md").write_text(f"---\n{front}\n---\nA card.\n")
        assert load_encoder(str(tmp_path / "copy")).identity.languages == languages


@pytest.mark.parametrize(
    "name", ["nobody/no-such-model", "no such model", "../..//no-such-model", "", "a\0b", "~a\0b"]
)
def test_a_model_that_is_not_here_is_refused_and_not_fetched(name):
    with pytest.raises(ModelError, match="Pass --download to fetch it, or name a folder"):
        load_encoder(name)


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(ModelError, match="holds no model weights"):
        load_encoder(str(tmp_path))
    (tmp_path / "model.safetensors").write_bytes(b"x")
    with pytest.raises(ModelError, match=r"can't be loaded from .*Name a sentence-transformers"):
        load_encoder(str(tmp_path))


def test_the_default_encoder_is_the_published_one(tmp_path):
    folder = model_folder(DEFAULT_ENCODER)
    check_default_weights(folder)
    (tmp_path / "model.safetensors").write_bytes(b"other weights")
    with pytest.raises(ModelError, match="not the published 53aa51172d14"):
        check_default_weights(tmp_path)
    with pytest.raises(ModelError, match="can't be read: No such file"):
        check_default_weights(tmp_path / "none")


def test_a_folder_is_remembered_by_its_full_path(tiny_model, tmp_path, monkeypatch):
    monkeypatch.chdir(tiny_model.parent)
    monkeypatch.setenv("HOME", str(tiny_model.parent))
    assert model_name(tiny_model.name) == str(tiny_model)
    assert model_name(f"~/{tiny_model.name}") == str(tiny_model)
    assert model_name("~nobody-here/model") == "~nobody-here/model"
    assert model_name("nobody/no-such-model") == "nobody/no-such-model"
    assert model_name(DEFAULT_ENCODER) == DEFAULT_ENCODER
    with Index(tmp_path / "index", tiny_model.name) as index:
        index.add(markdown("Korea trades with Peru.", "a"))
    monkeypatch.chdir(tmp_path)
    assert Index(tmp_path / "index").search("trade").hits
    assert Index(tmp_path / "index", str(tiny_model)).search("trade").hits


def test_an_index_keeps_its_encoder_whatever_becomes_of_the_model(tiny_model, tmp_path):
    """Questions meet the encoder that the passages met, until the index is rebuilt."""
    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    Index(tmp_path / "index", str(folder)).add(markdown("Korea trades with Peru.", "a"))
    before = Index(tmp_path / "index").search("trade").hits
    built_with = Index(tmp_path / "index").manifest().encoder
    (folder / "new.json").write_text("{}")
    assert Index(tmp_path / "index").search("trade").hits == before
    folder.rename(tmp_path / "moved")
    assert Index(tmp_path / "index").search("trade").hits == before
    (tmp_path / "moved").rename(folder)
    Index(tmp_path / "index", str(folder)).rebuild()
    assert Index(tmp_path / "index").search("trade").hits
    assert not Index(tmp_path / "index").manifest().encoder.is_same(built_with)
    assert len(list((tmp_path / "index" / "models").iterdir())) == 1, "the old one is gone"


def test_a_changed_model_is_refused_where_the_index_lost_its_encoder(
    tiny_model, tmp_path, monkeypatch
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    old = Index(tmp_path / "index", str(folder))
    old.add(markdown("Korea trades with Peru.", "a"))
    for models in (tmp_path / "index" / "models", tmp_path / "cache"):
        shutil.rmtree(models)
    assert Index(tmp_path / "index").search("trade").hits, "made again from the same model"
    for models in (tmp_path / "index" / "models", tmp_path / "cache"):
        shutil.rmtree(models)
    (folder / "new.json").write_text("{}")
    with pytest.raises(
        IndexMismatch, match=f"built with encoder {folder}@.* Run `attache rebuild`"
    ):
        Index(tmp_path / "index").search("trade")
    Index(tmp_path / "index", str(folder)).rebuild()
    assert Index(tmp_path / "index").search("trade").hits
    assert old.search("trade").hits, "an index that was open loads the model anew"


def test_an_encoder_gives_the_same_bits_alone_and_among_others(tiny_model):
    encoder = load_encoder(str(tiny_model))
    texts = ["trade", "Korea built 16 aircraft in Peru. " * 9, "a", "forum, who?"]
    together = encoder.encode_passages(texts)
    for number, text in enumerate(texts):
        assert encoder.encode_passages([text])[0].tobytes() == together[number].tobytes()
    assert encoder.encode_passages(texts[::-1])[::-1].tobytes() == together.tobytes()


def test_a_prompt_of_the_model_s_own_is_put_before_the_text(tiny_model, tmp_path):
    folder = tmp_path / "prompted"
    shutil.copytree(tiny_model, folder)
    settings = folder / "config_sentence_transformers.json"
    values = json.loads(settings.read_text())
    values["prompts"] = {"query": "who ", "document": "the trade of "}
    settings.write_text(json.dumps(values))
    plain, prompted = load_encoder(str(tiny_model)), load_encoder(str(folder))
    assert np.array_equal(
        prompted.encode_questions(["Korea"]), plain.encode_questions(["who Korea"])
    )
    assert np.array_equal(
        prompted.encode_passages(["Korea"]), plain.encode_passages(["the trade of Korea"])
    )


def test_a_model_that_can_t_be_exported_is_run_by_pytorch(tiny_model, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    exported = load_encoder(str(tiny_model))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))
    tried = []
    monkeypatch.setattr("index.export.trace", lambda *given: tried.append(given))
    slow = load_encoder(str(tiny_model))
    assert (exported.identity.precision, slow.identity.precision) == ("int8", "torch")
    assert not slow.identity.is_same(exported.identity)
    vectors = slow.encode_passages(["Korea and Peru"])
    assert float((vectors @ exported.encode_passages(["Korea and Peru"]).T)[0, 0]) > 0.98
    load_encoder(str(tiny_model))
    assert len(tried) == 1, "what failed once is not tried again"
