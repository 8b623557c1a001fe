"""API keys: made and revoked in one file, which a running service reads again when it changes.

A key is 256 random bits, so its plain SHA-256 is what is stored: there is no guessable password
behind it that a slow hash would have to protect, and a request is checked in microseconds.
"""

import hashlib
import hmac
import json
import os
import re
import secrets
import stat
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from corpus.errors import InvalidSetting, KeysUnavailable
from index.durable import sync

SCOPES = ("ask", "read", "write")
"""What a key may do: ask and search; read documents and metrics; add and remove documents."""

FILE_NAME = "keys.json"
PREFIX = "attache_"
"""What every key begins with, so that one that leaked into a text is recognised."""

_FORMAT = 1
_SIZE_LIMIT = 1024 * 1024
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_LOCK_SECONDS = 10

Stamp = tuple[int, ...] | None
"""Tells one state of a file from another; None where there is no file."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it is kept: its name, the SHA-256 of the key, what it may do, when it was made."""

    name: str
    sha256: str
    scopes: tuple[str, ...]
    created: str


Keys = tuple[Key, ...]


def read_keys(path: Path) -> Keys | None:
    """Return the keys of a file by name; None where there is no file.

    Raises KeysUnavailable where it can't be read or isn't what was written.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for ever
            raise _damaged(path, "it is not a regular file")
        with path.open("rb") as file:
            content = file.read(_SIZE_LIMIT + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        reason = error.strerror or str(error)
        raise KeysUnavailable(f"The API keys in {path} can't be read: {reason}.") from None
    if len(content) > _SIZE_LIMIT:
        raise _damaged(path, f"it is larger than {_SIZE_LIMIT // 1024} KiB")
    try:
        return _parsed(json.loads(content))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _damaged(path, "it is not what `attache keys` writes") from None


def add_key(path: Path, name: str, scopes: Sequence[str]) -> str:
    """Make a key, keep its hash in the file, and return the key: it is shown nowhere again.

    Raises InvalidSetting where the name is taken or can't be one, or no scope is given.
    """
    if not _NAME.fullmatch(name):
        raise InvalidSetting(
            f"The key's name {name[:80]!r} can't be used: "
            "take 1 to 64 of the characters A-Z a-z 0-9 . _ @ -"
        )
    if not scopes or set(scopes) - set(SCOPES):
        raise InvalidSetting(f"A key needs one or more of the scopes {', '.join(SCOPES)}.")
    token = PREFIX + secrets.token_urlsafe(32)
    created = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    ordered = tuple(scope for scope in SCOPES if scope in scopes)
    made = Key(name, _digest(token), ordered, created)

    def with_it(keys: Keys) -> Keys:
        if any(key.name == name for key in keys):
            raise InvalidSetting(
                f"There is a key named {name} in {path} already: revoke it first, or name another."
            )
        return (*keys, made)

    _change(path, with_it)
    return token


def revoke_key(path: Path, name: str) -> int:
    """Take a key out of the file; return how many are left. Raises InvalidSetting without it."""

    def without_it(keys: Keys) -> Keys:
        left = tuple(key for key in keys if key.name != name)
        if len(left) == len(keys):
            raise InvalidSetting(f"There is no key named {name[:80]!r} in {path}.")
        return left

    return len(_change(path, without_it))


class KeyRing:
    """The keys of a file as they are now; a change is seen by the next request."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._stamp: Stamp | int = 0  # of no file: nothing has been read yet
        self._keys: Keys | None = None

    def keys(self) -> Keys | None:
        """Return the keys, or None where there is no file. Raises KeysUnavailable."""
        with self._lock:
            stamp = _stamp_of(self.path)  # before reading: what is written meanwhile is read again
            if stamp != self._stamp:
                self._stamp = 0
                self._keys = read_keys(self.path)
                self._stamp = stamp
            return self._keys


def matching(keys: Keys, token: str) -> Key | None:
    """Return the key that this is, compared with every one in constant time."""
    digest = _digest(token)
    found = None
    for key in keys:
        if hmac.compare_digest(key.sha256, digest):
            found = key
    return found


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _parsed(content: Any) -> Keys:
    """Build the keys of a decoded file; ValueError, KeyError or TypeError where it is damaged."""
    if content["format"] != _FORMAT:
        raise ValueError
    keys = tuple(
        Key(entry["name"], entry["sha256"], tuple(entry["scopes"]), entry["created"])
        for entry in content["keys"]
    )
    for key in keys:
        whole = _NAME.fullmatch(key.name) and _DIGEST.fullmatch(key.sha256)
        if not whole or not set(key.scopes) <= set(SCOPES) or not isinstance(key.created, str):
            raise ValueError
    return keys


def _change(path: Path, change: Callable[[Keys], Keys]) -> Keys:
    """Put other keys into the file, in one step and for one process at a time."""
    from filelock import FileLock, Timeout  # noqa: PLC0415  -- only who changes keys needs it

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(path.name + ".lock"), _LOCK_SECONDS, mode=0o600):
            keys = change(read_keys(path) or ())
            _write(path, keys)
    except Timeout:
        raise KeysUnavailable(
            f"Another process is changing {path}: try again in a moment."
        ) from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise KeysUnavailable(f"The API keys in {path} can't be written: {reason}.") from None
    return keys


def _write(path: Path, keys: Keys) -> None:
    content = {"format": _FORMAT, "keys": [asdict(key) for key in keys]}
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=2)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
    sync(path.parent)


def _stamp_of(path: Path) -> Stamp:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        reason = error.strerror or str(error)
        raise KeysUnavailable(f"The API keys in {path} can't be read: {reason}.") from None
    return (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _damaged(path: Path, reason: str) -> KeysUnavailable:
    return KeysUnavailable(
        f"The API keys in {path} can't be used: {reason}. Put the file back from a copy, or remove "
        "it and make new keys with `attache keys add`; until then nobody gets in."
    )
