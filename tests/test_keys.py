"""The file of API keys: what is kept of a key, and what a running service sees of a change."""

import hashlib
import json
import os
import re
import stat
import threading
from pathlib import Path

import pytest

from corpus.errors import InvalidSetting, KeysUnavailable
from service.keys import KeyRing, add_key, matching, read_keys, revoke_key


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "folder" / "keys.json"


def test_a_key_is_random_recognised_and_kept_as_its_hash_alone(path) -> None:
    token = add_key(path, "newsroom", ["read", "ask"])
    assert re.fullmatch(r"attache_[A-Za-z0-9_-]{43}", token)  # 43 of base64's letters: 256 bits
    assert token not in path.read_text("utf-8")
    (key,) = read_keys(path) or ()
    assert key.sha256 == hashlib.sha256(token.encode()).hexdigest()
    assert (key.name, key.scopes) == ("newsroom", ("ask", "read"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", key.created)


def test_two_keys_are_different(path) -> None:
    assert add_key(path, "a", ["ask"]) != add_key(path, "b", ["ask"])


def test_only_its_owner_may_read_the_file(path) -> None:
    add_key(path, "newsroom", ["ask"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    revoke_key(path, "newsroom")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_is_found_by_its_text_alone(path) -> None:
    first, second = add_key(path, "first", ["ask"]), add_key(path, "second", ["write"])
    keys = read_keys(path) or ()
    assert [getattr(matching(keys, token), "name", None) for token in (first, second)] == [
        "first",
        "second",
    ]
    for wrong in ("", "attache_", first[:-1], first + "A", first.upper(), keys[0].sha256, "é"):
        assert matching(keys, wrong) is None


@pytest.mark.parametrize(
    "name", ["", " ", "a b", "-a", "../a", "a\0", "ä", "a" * 65, "a\n", "\u202e", "/"]
)
def test_a_name_that_can_be_none_is_refused(path, name) -> None:
    with pytest.raises(InvalidSetting, match="can't be used"):
        add_key(path, name, ["ask"])
    assert not path.exists()


@pytest.mark.parametrize("scopes", [[], ["all"], ["ask", "admin"], ["ASK"]])
def test_a_key_without_a_scope_or_with_an_unknown_one_is_refused(path, scopes) -> None:
    with pytest.raises(InvalidSetting, match="ask, read, write"):
        add_key(path, "newsroom", scopes)


def test_a_name_is_taken_once_until_its_key_is_revoked(path) -> None:
    old = add_key(path, "newsroom", ["ask"])
    with pytest.raises(InvalidSetting, match="already: revoke it first"):
        add_key(path, "newsroom", ["write"])
    assert revoke_key(path, "newsroom") == 0
    new = add_key(path, "newsroom", ["write"])
    keys = read_keys(path) or ()
    assert matching(keys, old) is None
    assert matching(keys, new) == keys[0]


def test_revoking_what_is_not_there_is_refused(path) -> None:
    with pytest.raises(InvalidSetting, match="no key named 'newsroom'"):
        revoke_key(path, "newsroom")


def test_no_file_is_other_than_a_file_without_keys(path) -> None:
    assert read_keys(path) is None
    add_key(path, "newsroom", ["ask"])
    revoke_key(path, "newsroom")
    assert read_keys(path) == ()


def damaged_files() -> list[bytes]:
    good = {"name": "a", "sha256": "0" * 64, "scopes": ["ask"], "created": "2026-01-01T00:00:00Z"}
    changes = [
        {"sha256": "0" * 63}, {"sha256": None}, {"scopes": ["root"]}, {"scopes": "ask"},
        {"scopes": None}, {"name": 7}, {"name": ""}, {"created": None},
    ]  # fmt: skip
    entries = [json.dumps({"format": 1, "keys": [good | change]}).encode() for change in changes]
    return [
        b"", b"{", b"\xff\xfe", b"null", b"[]", b'"keys"', b'{"format": 1}', b"[" * 100_000,
        b'{"format": 2, "keys": []}', b'{"format": 1, "keys": [7]}', b'{"format": 1, "keys": 7}',
        b" " * (1024 * 1024 + 1), *entries,
    ]  # fmt: skip


@pytest.mark.parametrize("content", damaged_files(), ids=range(len(damaged_files())))
def test_a_damaged_file_is_refused_and_not_written_over(path, content) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(KeysUnavailable, match=r"keys\.json can't be used: .*attache keys add"):
        read_keys(path)
    for change in (lambda: add_key(path, "a", ["ask"]), lambda: revoke_key(path, "a")):
        with pytest.raises(KeysUnavailable):
            change()
    assert path.read_bytes() == content


def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", ""):
        with pytest.raises(KeysUnavailable, match="not a regular file"):
            read_keys(tmp_path / name)


def test_a_ring_sees_each_change_at_once(path) -> None:
    ring = KeyRing(path)
    assert ring.keys() is None
    token = add_key(path, "newsroom", ["ask"])
    assert matching(ring.keys() or (), token)
    assert ring.keys() is ring.keys()  # not read again
    revoke_key(path, "newsroom")
    assert ring.keys() == ()
    path.unlink()
    assert ring.keys() is None


def test_a_ring_refuses_while_the_file_is_damaged_and_mends_with_it(path) -> None:
    add_key(path, "newsroom", ["ask"])
    ring, good = KeyRing(path), path.read_bytes()
    assert len(ring.keys() or ()) == 1
    path.write_bytes(b"{")
    for _ in range(2):
        with pytest.raises(KeysUnavailable):
            ring.keys()
    path.write_bytes(good)
    assert len(ring.keys() or ()) == 1


def test_keys_made_at_the_same_time_are_all_kept(path) -> None:
    names = {f"key-{number}" for number in range(8)}
    threads = [threading.Thread(target=add_key, args=(path, name, ["ask"])) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {key.name for key in read_keys(path) or ()} == names
    assert not list(path.parent.glob(".keys.json.*"))


def test_a_file_that_cannot_be_written_is_told(tmp_path) -> None:
    (tmp_path / "file").write_text("no folder", "utf-8")
    with pytest.raises(KeysUnavailable, match="can't be written"):
        add_key(tmp_path / "file" / "keys.json", "newsroom", ["ask"])
