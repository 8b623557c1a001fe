"""The only place that reads the environment."""

import os
import sys
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from corpus.errors import InvalidSetting


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the index lies, the encoder to insist on, the reader, and the file of API keys.

    index_is_default: nobody named a folder, so the shipped collection fills it. keys: None for the
    file in the index's folder.
    """

    index: Path
    index_is_default: bool
    encoder: str | None
    reader: str | None = None
    keys: Path | None = None


def read_settings(
    index: Path | None = None,
    encoder: str | None = None,
    reader: str | None = None,
    environment: Mapping[str, str] = os.environ,
    keys: Path | None = None,
) -> Settings:
    """Put options over ``ATTACHE_INDEX``, ``_ENCODER``, ``_READER`` and ``ATTACHE_KEYS``.

    Raises InvalidSetting where one of them is set but blank, or the folder's ``~name`` is unknown.
    """
    for name in ("ATTACHE_INDEX", "ATTACHE_ENCODER", "ATTACHE_READER", "ATTACHE_KEYS"):
        if name in environment and not environment[name].strip():
            raise InvalidSetting(f"{name} is set but empty: give it a value, or unset it.")
    for what, given in (("encoder", encoder), ("reader", reader)):
        if given is not None and not given.strip():
            raise InvalidSetting(f"The {what}'s name is empty: give one, or leave it out.")
    named = index if index is not None else environment.get("ATTACHE_INDEX")
    named_keys = keys if keys is not None else environment.get("ATTACHE_KEYS")
    return Settings(
        index=_expanded(Path(named)) if named is not None else default_folder(),
        index_is_default=named is None,
        encoder=encoder if encoder is not None else environment.get("ATTACHE_ENCODER"),
        reader=reader if reader is not None else environment.get("ATTACHE_READER"),
        keys=_expanded(Path(named_keys)) if named_keys is not None else None,
    )


def _expanded(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:
        raise InvalidSetting(f"There is no such user: name {path} in full.") from None


def share_metrics(folder: Path, environment: MutableMapping[str, str] = os.environ) -> None:
    """Let the processes started from now on add up their metrics in a folder.

    prometheus-client reads this variable where it is imported, and no other way is there.
    """
    environment["PROMETHEUS_MULTIPROC_DIR"] = os.fspath(folder)


def default_folder() -> Path:
    """Return the folder of the default index in the user's data folder."""
    return Path(platformdirs.user_data_dir("attache", appauthor=False)) / "index"


def colors(environment: Mapping[str, str] = os.environ) -> bool:
    """Tell whether to print in color: to a terminal, unless ``NO_COLOR`` is set (no-color.org)."""
    return sys.stdout.isatty() and not environment.get("NO_COLOR")
