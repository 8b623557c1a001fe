"""The answerer behind the tools: opened behind the scenes, waited for, and tried again."""

import threading

import pytest
from conftest import answerer_over

pytest.importorskip("mcp", reason="the extra mcp is not installed")

from corpus.errors import IndexBusy, IndexNotFound
from service.tool_server import OpenedLater


def test_it_is_opened_once_however_often_it_is_prepared(tmp_path) -> None:
    opened = []

    def open_it():
        opened.append(answerer_over(tmp_path, {"note": "It was 16."}, {}))
        return opened[-1]

    later = OpenedLater(open_it)
    later.prepare()
    later.prepare()
    assert later() is later()
    assert len(opened) == 1


def test_who_asks_while_a_collection_is_read_is_told_to_ask_again(tmp_path) -> None:
    answerer = answerer_over(tmp_path, {"note": "It was 16."}, {})
    begun, read = threading.Event(), threading.Event()

    def open_it():
        begun.set()
        assert read.wait(60)
        return answerer

    later = OpenedLater(open_it, patience=0)
    later.prepare()
    assert begun.wait(60)
    with pytest.raises(IndexBusy, match="read for the first time: ask again"):
        later()
    read.set()
    assert OpenedLater(open_it)() is answerer


def test_what_could_not_be_opened_is_tried_again(tmp_path) -> None:
    answerer = answerer_over(tmp_path, {"note": "It was 16."}, {})
    results = [IndexNotFound("There is no index."), answerer]

    def open_it():
        result = results.pop(0)
        if isinstance(result, Exception):
            raise result
        return result

    later = OpenedLater(open_it)
    with pytest.raises(IndexNotFound):
        later()
    assert later() is answerer
