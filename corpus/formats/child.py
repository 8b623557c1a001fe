"""The process that parses: it bounds itself, then answers one file after another.

It opens no file of a user, its bytes come over standard input; whatever a library prints goes
nowhere. Started by ``corpus.formats.bounded``.
"""

import os
import sys
from contextlib import suppress
from typing import IO

from corpus.errors import InvalidDocument
from corpus.formats.wire import (
    READY,
    Limits,
    Request,
    check_limits,
    receive,
    request_from,
    send,
    send_failure,
    send_reading,
)
from corpus.language import detect_language

OUT_OF_MEMORY = 12
"""The exit status where there was not enough memory, of which nothing more can be said safely."""

_OPEN_FILES = 64
_NEW_NETWORK, _NEW_USER = 0x40000000, 0x10000000  # CLONE_NEWNET and CLONE_NEWUSER of Linux
_ANY_LENGTH = 2**63


def main(limits: Limits) -> None:
    """Answer until standard input ends."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    sys.dont_write_bytecode = True
    _bound(limits)
    with suppress(EOFError, BrokenPipeError):
        send(answers, READY)
        while True:
            request = request_from(receive(requests, _ANY_LENGTH))
            data = receive(requests, _ANY_LENGTH)
            _give_time(limits.seconds)
            try:
                _answer(answers, request, data, limits)
            except MemoryError:
                os._exit(OUT_OF_MEMORY)


def _answer(answers: IO[bytes], request: Request, data: bytes, limits: Limits) -> None:
    from corpus.formats import read_documents  # noqa: PLC0415  -- its libraries count as parsing

    try:
        reading = read_documents(
            data,
            request.name,
            request.origin,
            request.document_id,
            given=request.given,
            encoding=request.encoding,
        )
        check_limits(reading, request.name, limits)
    except InvalidDocument as error:
        send_failure(answers, "invalid", str(error))
    except RecursionError:
        send_failure(answers, "invalid", f"{request.name}: it is nested too deeply to be read.")
    except MemoryError:
        raise
    except Exception as error:
        send_failure(answers, "failed", f"{type(error).__name__}: {error}"[:300])
    else:
        send_reading(answers, reading)


def _bound(limits: Limits) -> None:
    """Take from this process what parsing does not need."""
    _leave_network()
    # A library's threads would each reserve address space that is counted.
    os.putenv("OPENBLAS_NUM_THREADS", "1")
    os.putenv("OMP_NUM_THREADS", "1")
    detect_language("")  # its model is unpacked into a file, which can't be done later
    _lower("RLIMIT_AS", limits.memory)
    _lower("RLIMIT_CORE", 0)
    _lower("RLIMIT_FSIZE", 0)
    _lower("RLIMIT_NOFILE", _OPEN_FILES)
    _lower("RLIMIT_NPROC", 0)


def _lower(name: str, value: int) -> None:
    try:
        import resource  # noqa: PLC0415  -- missing on Windows
    except ImportError:
        return
    if hasattr(resource, name):
        which = getattr(resource, name)
        hard = resource.getrlimit(which)[1]
        lowest = value if hard == resource.RLIM_INFINITY else min(value, hard)
        with suppress(OSError, ValueError):
            resource.setrlimit(which, (lowest, lowest))


def _give_time(seconds: int) -> None:
    """Let the system end this process some seconds of work from now, also where nobody waits."""
    try:
        import resource  # noqa: PLC0415  -- missing on Windows
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + seconds + 1
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _leave_network() -> None:
    """Move into a network of its own without any connection, where the system lets it."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes  # noqa: PLC0415  -- of no use elsewhere

    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        # As root the first succeeds; others need a user namespace, where one is allowed.
        if library.unshare(_NEW_NETWORK) != 0:
            library.unshare(_NEW_USER | _NEW_NETWORK)
