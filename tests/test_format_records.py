"""JSON and JSON Lines: a document a record, a bad record refused by its place, the others kept."""

import json
from dataclasses import asdict

import pytest

from corpus.document import Block
from corpus.errors import InvalidDocument
from corpus.formats import Metadata, read_documents
from corpus.formats.raw import Parsed, Refused
from corpus.formats.records import RECORD_LIMIT
from index.records import StoredDocument
from service.documents import text_of

ENGLISH = "Korea and Peru signed an agreement on trade in aircraft this year."


def read(value, name="notes.json", document_id=None, **options):
    if isinstance(value, bytes):
        data = value
    else:
        data = (value if isinstance(value, str) else json.dumps(value)).encode()
    return read_documents(data, name, f"file:///{name}", document_id, **options)


def lines(*records, **options):
    text = "\n".join(r if isinstance(r, str) else json.dumps(r) for r in records)
    return read(text, "notes.jsonl", **options)


def documents(reading):
    assert all(isinstance(parsed, Parsed) for parsed in reading), reading
    return [parsed.document for parsed in reading]


def refusal(value, name="notes.json", **options) -> str:
    with pytest.raises(InvalidDocument) as caught:
        read(value, name, **options)
    return str(caught.value)


def test_an_object_is_one_document_with_the_keys_of_front_matter():
    record = {
        "id": "own", "title": "T", "publisher": "P", "author": "A", "published": "2024-06",
        "url": "https://example.org/x", "language": "en", "licence": "CC0", "kind": "digest",
        "countries": ["KR", "PE"], "tags": "trade", "text": "Korea grew.\r\n",
        "sources": [{"title": "S", "published": "2023", "url": None}],
    }  # fmt: skip
    (document,) = documents(read(record))
    for key in ("id", "title", "publisher", "author", "published", "url", "language", "text"):
        assert getattr(document, key) == record[key]
    assert (document.kind, document.countries, document.tags) == (
        "digest",
        ("KR", "PE"),
        ("trade",),
    )
    assert document.sources[0].title == "S"
    assert document.origin == "file:///notes.json"


def test_an_object_without_an_id_or_title_has_the_files_name():
    (document,) = documents(read({"text": "Korea grew."}))
    assert (document.id, document.title) == ("notes", "notes")
    (given,) = documents(read({"id": "own", "text": "Korea grew."}, document_id="mine"))
    assert given.id == "mine"


@pytest.mark.parametrize("wrap", [lambda records: records, lambda records: {"documents": records}])
def test_a_list_gives_each_record_an_id_and_an_origin_of_its_own(wrap):
    first, second = documents(read(wrap([{"text": "One."}, {"id": "b", "text": "Two."}])))
    assert (first.id, first.origin) == ("notes-1", "file:///notes.json#1")
    assert (second.id, second.origin) == ("b", "file:///notes.json#b")


def test_a_line_is_a_record_and_its_number_its_place():
    first, second = lines({"text": "One. \u2028 Still one."}, "", " \r", {"text": "Two."})
    assert (first.document.id, first.document.origin) == ("notes-1", "file:///notes.jsonl#1")
    assert second.document.id == "notes-4"
    assert first.document.text == "One. \u2028 Still one."
    assert documents(read('{"text": "x"}', "notes.NDJSON"))[0].id == "notes-1"


def test_a_long_name_leaves_room_for_the_number():
    name = "x" * 200 + ".json"
    ids = [document.id for document in documents(read([{"text": "a"}, {"text": "b"}], name))]
    assert ids == ["x" * 126 + "-1", "x" * 126 + "-2"]


def test_a_bad_record_is_refused_by_its_place_and_the_others_go_on():
    bad = lines({"text": "One."}, "{", {"title": "T"}, {"text": 7}, "[]", {"text": "Two."})
    assert [type(part) for part in bad] == [Parsed, Refused, Refused, Refused, Refused, Parsed]
    assert bad[1] == Refused(
        "line 2",
        "it is not JSON: line 1, column 2: Expecting property name enclosed in double quotes.",
    )
    assert bad[2].reason == "it has no `text`: give the document's text under `text`."
    assert bad[3].reason == "`text` must be text, not 7: give the document's text under `text`."
    assert bad[4].reason == "it must be an object, not []."
    assert read([{"text": "One."}, None, {"text": " "}])[1:] == (
        Refused("record 2", "it must be an object, not None."),
        Refused("record 3", "The document is empty: there is no text to index."),
    )


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ('{"text": "a", "text": "b"}', "the key 'text' stands twice."),
        ('{"text": "a", "published": "June"}', "`published`: 'June' is not a date: write YYYY"),
        ('{"text": "a", "published": 2024}', "`published` must be text, not 2024."),
        ('{"text": "a", "url": "ftp://x"}', "`url` must start with http:// or https://"),
        ('{"text": "a", "id": "A B"}', "The id 'A B' can't be used"),
        ('{"text": "a", "format": "html"}', "`format` must be text or markdown, not 'html'."),
        ('{"text": "a", "format": []}', "`format` must be text or markdown, not []."),
        ('{"text": "a", "tags": {}}', "`tags` must be a list of texts"),
        ('{"text": "\\ud800"}', "The document holds a lone surrogate at offset 0"),
        ('{"text": "a", "title": "\\ud800"}', "`title` holds a lone surrogate"),
        ('{"text": "a\\u0000"}', "The document holds a NUL character at offset 1"),
        ('{"text": "a", "x": NaN}', "it is not JSON: NaN is no JSON number."),
        ('{"text": "a", "x": -Infinity}', "it is not JSON: -Infinity is no JSON number."),
        ('{"text": "a", "x": ' + "9" * 5_000 + "}", "it is not JSON: Exceeds the limit"),
        ('{"text": "a", "x": ' + "[" * 100_000 + "}", "it is not JSON: it is nested too deeply."),
        ('{"a":' * 100_000, "it is not JSON: it is nested too deeply."),
    ],
)
def test_what_a_record_must_not_be_is_said(record, reason):
    refused, kept = lines(record, {"text": "Korea grew."})
    assert isinstance(refused, Refused)
    assert refused.reason.startswith(reason)
    assert len(refused.reason) < 300
    assert isinstance(kept, Parsed)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "it is not JSON: line 1, column 1: Expecting value."),
        ('{"text": "a"} {"text": "b"}', "it is not JSON: line 1, column 15: Extra data."),
        ("[" * 100_000, "it is not JSON: it is nested too deeply."),
        ('[{"text": "a", "x": NaN}]', "it is not JSON: NaN is no JSON number."),
        ("7", "it is neither an object, nor a list, nor has it `documents`."),
        ('{"documents": 7}', "it is neither an object, nor a list, nor has it `documents`."),
        ("[]", "it holds no record."),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "it is a binary file, not text: byte 4 is a NUL."),
    ],
)
def test_a_file_that_is_no_json_is_refused_as_a_whole(value, reason):
    assert refusal(value) == f"notes.json: {reason}"


def test_a_file_of_blank_lines_is_refused():
    assert refusal("\n \n", "notes.jsonl") == "notes.jsonl: it holds no record."


def test_an_id_that_stands_twice_is_refused_the_second_time():
    reading = read([{"id": "a", "text": "One."}, {"id": "a", "text": "Two."}])
    assert reading[1] == Refused("record 2", "the id 'a' stands in record 1 already.")
    taken = read([{"id": "notes-2", "text": "One."}, {"text": "Two."}])
    assert taken[1] == Refused("record 2", "the id 'notes-2' stands in record 1 already.")


def test_one_id_for_several_records_is_refused():
    message = refusal([{"text": "One."}, {"text": "Two."}], document_id="mine")
    assert message.startswith("notes.json: it holds 2 records, and one id was given: leave out")
    (only,) = documents(lines({"text": "One."}, document_id="mine"))
    assert only.id == "mine"


def test_unknown_keys_are_told_once_a_file():
    first, second = read([{"text": "a", "body": 1, "x": 2}, {"text": "b", "body": 3}])
    assert first.warnings == ("the keys 'body', 'x' are unknown and were left out.",)
    assert second.warnings == ()
    (only,) = read({"text": "a", "content": "b"})
    assert only.warnings == ("the key 'content' is unknown and was left out.",)
    (many,) = read({"text": "a"} | {f"k{number:02}": 1 for number in range(12)})
    assert many.warnings[0].endswith("'k09' and 2 more are unknown and were left out.")


def test_a_record_may_be_markdown():
    record = {"text": "# Head\n\nBody.", "format": "markdown"}
    (document,) = documents(read(record))
    assert document.title == "Head"
    assert document.blocks == (Block("heading", 0, 6, 1), Block("text", 8, 13))
    (plain,) = documents(read({**record, "format": "text"}))
    assert plain.blocks[0] == Block("text", 0, 6)


def test_what_the_user_gives_wins_over_every_record():
    given = Metadata(publisher="Mine")
    reading = documents(read([{"text": "a", "publisher": "P"}, {"text": "b"}], given=given))
    assert [document.publisher for document in reading] == ["Mine", "Mine"]


def test_the_encoding_is_recognised_and_told_once():
    text = "Делегация из Сеула прибыла в Ташкент. На переговорах обсуждали поставки поездов."
    data = json.dumps([{"text": text}, {"text": text}], ensure_ascii=False).encode("cp1251")
    first, second = read(data)
    assert first.document.text == second.document.text == text
    assert (first.warnings, second.warnings) == (("read as Windows-1251.",), ())
    assert documents(read(json.dumps({"text": text}).encode("utf-16")))[0].text == text


def test_a_document_that_the_service_gave_can_be_read_back():
    (document,) = documents(read({"id": "own", "publisher": "P", "text": ENGLISH}))
    reply = asdict(text_of(StoredDocument(document=document, generation=12)))
    (parsed,) = read(reply | {"pages": [0]}, "reply.json")
    assert (parsed.document.id, parsed.document.text) == ("own", ENGLISH)
    assert (parsed.document.publisher, parsed.document.language) == ("P", "en")
    assert parsed.warnings == ()


def test_more_records_than_the_limit_are_refused():
    count = RECORD_LIMIT + 1
    said = f"it holds {count} records, {RECORD_LIMIT} are read: split it."
    assert refusal('{"a":1}\n' * count, "notes.jsonl") == f"notes.jsonl: {said}"
    assert refusal([0] * count) == f"notes.json: {said}"
