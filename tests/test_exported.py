"""The store of exported models: found by key, checked, copied where they are used, made once."""

import json
import os
import shutil
import stat
from pathlib import Path

import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from corpus.errors import ModelError
from index.exported import NETWORK, SETTINGS, TOKENIZER, ModelStore
from index.sealed import seal

KEY = "encoder-0123"


class Export:
    """Writes a model without a network; counts how often it was asked to."""

    def __init__(self, **settings: object) -> None:
        self.calls = 0
        self.settings = settings

    def __call__(self, folder: Path) -> None:
        self.calls += 1
        Tokenizer(WordLevel({"a": 0, "?": 1}, unk_token="?")).save(str(folder / TOKENIZER))
        (folder / SETTINGS).write_text(json.dumps(self.settings), "utf-8")


def test_a_model_is_exported_once_into_every_folder(tmp_path):
    export = Export(precision="torch", name="m")
    store = ModelStore(tmp_path / "index", tmp_path / "cache")
    made = store.get(KEY, "m", export)
    assert made.network is None
    assert made.settings["precision"] == "torch"
    assert made.tokenizer.encode("a").ids == [0]
    assert store.get(KEY, "m", export).settings == made.settings
    assert export.calls == 1
    for folder in (tmp_path / "index", tmp_path / "cache"):
        assert [path.name for path in folder.iterdir()] == [KEY], "nothing half-made is left"
    assert ModelStore(tmp_path / "other").open(KEY) is None


def test_a_model_of_the_cache_is_copied_to_the_index(tmp_path):
    ModelStore(tmp_path / "cache").get(KEY, "m", Export())
    assert ModelStore(tmp_path / "index", tmp_path / "cache").open(KEY) is not None
    shutil.rmtree(tmp_path / "cache")
    assert ModelStore(tmp_path / "index", tmp_path / "cache").open(KEY) is not None


@pytest.mark.parametrize("file", [TOKENIZER, SETTINGS])
@pytest.mark.parametrize("damage", ["cut", "changed", "gone"])
def test_a_damaged_model_counts_as_missing_and_is_made_again(tmp_path, file, damage):
    export = Export()
    store = ModelStore(tmp_path)
    store.get(KEY, "m", export)
    path = tmp_path / KEY / file
    content = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(content[:-9] if damage == "cut" else content.replace(b'"', b"'", 2))
    assert store.open(KEY) is None
    assert store.get(KEY, "m", export).network is None
    assert export.calls == 2
    assert store.open(KEY) is not None, "the damaged copy was replaced"


def test_a_network_whose_bytes_are_others_is_never_run(tmp_path):
    def export(folder: Path) -> None:
        Export()(folder)
        (folder / NETWORK).write_bytes(b"not a network")

    with pytest.raises(ModelError, match="was exported, and can't be read"):
        ModelStore(tmp_path).get(KEY, "m", export)


def test_a_model_of_another_format_is_made_again(tmp_path):
    export = Export()
    store = ModelStore(tmp_path)
    store.get(KEY, "m", export)
    path = tmp_path / KEY / SETTINGS
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 0}))
    assert store.open(KEY) is None
    store.get(KEY, "m", export)
    assert export.calls == 2


def test_a_whole_network_that_can_t_be_run_now_is_not_replaced_by_none(tmp_path):
    """As where ONNX Runtime can't be imported: an index may have been built with it."""
    (tmp_path / KEY).mkdir()
    Export()(tmp_path / KEY)
    (tmp_path / KEY / NETWORK).write_bytes(b"of another day")
    seal(tmp_path / KEY, SETTINGS, {"format": 2})
    before = {path.name: path.read_bytes() for path in (tmp_path / KEY).iterdir()}
    assert ModelStore(tmp_path).get(KEY, "m", Export()).network is None
    assert {path.name: path.read_bytes() for path in (tmp_path / KEY).iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == [KEY]


def test_where_nothing_may_be_written_the_model_is_made_for_this_process(tmp_path):
    (tmp_path / "file").write_text("")  # no folder can be made below a file, whoever asks
    export = Export()
    store = ModelStore(tmp_path / "file" / "index", tmp_path / "file" / "cache")
    assert store.get(KEY, "m", export).network is None
    assert store.get(KEY, "m", export).network is None
    assert export.calls == 2


def test_the_files_may_be_read_by_whoever_may_read_the_folder(tmp_path):
    known = os.umask(0o022)
    try:
        ModelStore(tmp_path).get(KEY, "m", Export())
    finally:
        os.umask(known)
    for path in (tmp_path / KEY, *(tmp_path / KEY).iterdir()):
        assert path.stat().st_mode & stat.S_IROTH, path.name


def test_what_another_process_made_meanwhile_is_left_as_it_is(tmp_path):
    def export(folder: Path) -> None:
        Export(name="mine")(folder)
        shutil.copytree(theirs / KEY, tmp_path / KEY)

    theirs = tmp_path / "theirs"
    ModelStore(theirs).get(KEY, "m", Export(name="theirs"))
    assert ModelStore(tmp_path).get(KEY, "m", export).settings["name"] == "mine"
    found = ModelStore(tmp_path).open(KEY)
    assert found is not None
    assert found.settings["name"] == "theirs"


def test_models_of_a_kind_are_removed_but_for_one(tmp_path):
    store = ModelStore(tmp_path / "index", tmp_path / "cache")
    for key in ("encoder-1", "encoder-2", "reader-1"):
        store.get(key, "m", Export())
    store.keep_only("encoder", "encoder-2")
    assert {path.name for path in (tmp_path / "index").iterdir()} == {"encoder-2", "reader-1"}
    assert {path.name for path in (tmp_path / "cache").iterdir()} >= {"encoder-1"}


def test_older_states_of_a_model_are_removed_and_other_models_stay(tmp_path):
    store = ModelStore(tmp_path)
    for number, name in enumerate(("span", "other", "span", "span")):
        store.get(f"reader-{number}", name, Export(name=name))
    (tmp_path / "reader-3" / "model.json").write_text("{}")
    store.get("encoder-1", "span", Export(name="span"))
    store.keep_only("reader", "reader-2", "span")
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"reader-1", "reader-2", "reader-3", "encoder-1"}


def test_a_half_made_copy_of_a_killed_process_is_removed_once_it_is_old(tmp_path):
    old, young = (tmp_path / f".{name}.{number:016x}.tmp" for name, number in (("a", 1), ("b", 2)))
    for path in (old, young):
        path.mkdir()
    os.utime(old, (0, 0))
    ModelStore(tmp_path).get(KEY, "m", Export())
    assert not old.exists()
    assert young.exists()
