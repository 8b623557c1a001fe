"""Files in, documents out: the text kept to the character, everything else refused clearly."""

import os
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import InvalidDocument
from corpus.formats import SIZE_LIMIT, document_id_for, read_bytes, read_path
from corpus.formats.raw import Parsed

ODD_TEXTS = [
    "One line.\r\nAnother.\r\n",
    "Old Mac.\rAnother.\r",
    "Cafe\u0301 and café.",
    "A family \U0001f468\u200d\U0001f469\u200d\U0001f467 and a flag \U0001f1f0\U0001f1f7.",
    "\u1112\u1161\u11ab\uae00 한글.",
    "Ташкент вырос. Ё и й.",
    "Tabs\tand\u00a0hard\u3000blanks \u200b \ufeff.",
    "\n\n  leading and trailing  \n\n",
    "Line\u2028and paragraph\u2029separators\x85and\x0cpages.",
]


def parsed(data: bytes | str, name: str = "note.md", document_id: str | None = None) -> Parsed:
    data = data.encode() if isinstance(data, str) else data
    return read_bytes(data, name, f"file:///{name}", document_id)


def refusal(data: bytes | str, name: str = "note.md") -> str:
    with pytest.raises(InvalidDocument) as caught:
        parsed(data, name)
    return str(caught.value)


@pytest.mark.parametrize("text", ODD_TEXTS)
@pytest.mark.parametrize("name", ["note.md", "note.txt"])
def test_the_text_is_the_file_to_the_character(text, name):
    assert parsed(text, name).document.text == text


@pytest.mark.parametrize("text", ODD_TEXTS)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_after_front_matter_the_text_is_the_rest_of_the_file(text, line_end):
    text = f"# H{text}"
    read = parsed(f"---{line_end}title: T{line_end}---{line_end}{text}").document
    assert (read.title, read.text) == ("T", text)


@given(st.lists(st.sampled_from([*"# =-\n\r\x0b\x0c\x1c\x85\u2028\u200b\ufeff\u3000\x07.?한а́e*>|`1",
                                 "---\n"]), max_size=12).map("".join))  # fmt: skip
def test_any_text_is_kept_or_refused(text):
    for name in ("note.md", "note.txt"):
        try:
            kept = parsed(text, name).document.text
        except InvalidDocument as error:
            kept, reason = "", str(error)
        assert text.endswith(kept)
        assert kept or re.search("is empty|is not YAML|is a binary file", reason)


def test_a_byte_order_mark_is_no_part_of_the_text():
    assert parsed("\ufeffKorea.", "note.txt").document.text == "Korea."
    assert parsed("\ufeff---\ntitle: T\n---\nKorea.").document.title == "T"


def test_the_title_is_the_front_matters_else_the_first_heading_else_the_files_name():
    assert parsed("---\ntitle: T\n---\n# Heading\n\nText.").document.title == "T"
    assert parsed("# A *heading* #\n\nText.").document.title == "A *heading*"
    assert parsed("Heading\n=======\n\nText.").document.title == "Heading"
    assert parsed("Text.").document.title == "note"
    assert parsed("# Learn C#\n\nText.").document.title == "Learn C#"
    assert parsed("Annual Report\n\nKorea grew.", "note.txt").document.title == "Annual Report"
    assert parsed("Korea grew.", "note.txt").document.title == "note"
    menu = "Menu\n\nHome News\n\nA forum on digital cooperation opens\n\nKorea grew."
    assert parsed(menu, "note.txt").document.title == "A forum on digital cooperation opens"


def test_a_control_character_in_a_heading_does_not_stand_in_the_title():
    assert parsed("# A\x07b\n\nText.").document.title == "A b"
    assert parsed("Annual\x0bReport\x07\n\nKorea grew.", "note.txt").document.text.startswith("Ann")


@pytest.mark.parametrize("name", ["note.md", "note.txt"])
@pytest.mark.parametrize("data", [b"", b" \n\t\r\n", "\ufeff".encode(), "\u3000\u2028".encode()])
def test_an_empty_file_is_refused(name, data):
    assert refusal(data, name) == f"{name}: The document is empty: there is no text to index."


def test_what_is_no_text_in_a_known_encoding_is_refused_with_the_byte():
    assert refusal("caf\xe9 au lait".encode("latin-1")) == (
        "note.md: it is not UTF-8: byte 3 (0xe9) can't be decoded, and no other encoding is sure. "
        "Give its encoding with `--encoding NAME`, or save it as UTF-8 and add it again."
    )
    assert refusal(b"\x7fELF\x00\x00\xff\xfe").startswith("note.md: it is a binary file")
    assert refusal(b"a\0b") == "note.md: it is a binary file, not text: byte 1 is a NUL."
    assert "is not UTF-8: byte 0" in refusal(b"\xed\xa0\x80 a surrogate in UTF-8")


def test_a_suffix_that_is_not_read_is_refused_with_those_that_are():
    assert refusal("x", "note.exe").startswith(
        "note.exe: the suffix .exe is not read: use one of ."
    )
    assert ".html, .json, .jsonl, .markdown, .md, .ndjson" in refusal("x", "note.exe")
    assert "the suffix (none) is not read" in refusal("x", "note")
    assert "the suffix (none) is not read" in refusal("x", ".md")
    assert parsed("x y z", "NOTE.MD").document.id == "note"


def test_a_file_over_the_limit_is_refused(tmp_path):
    path = tmp_path / "large.txt"
    with path.open("wb") as file:
        file.truncate(SIZE_LIMIT + 1)
    with pytest.raises(InvalidDocument, match=r"large.txt is larger than 32 MiB: split it"):
        read_path(path)
    assert "larger than 32 MiB" in refusal(b"x" * (SIZE_LIMIT + 1), "large.txt")


def test_what_is_no_regular_readable_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / "folder.md").mkdir()
    (tmp_path / "loop.md").symlink_to(tmp_path / "loop.md")
    (tmp_path / "dangling.md").symlink_to(tmp_path / "nowhere.md")
    for name, message in (
        ("missing.md", "can't be read: No such file or directory."),
        ("dangling.md", "can't be read: No such file or directory."),
        ("loop.md", "can't be read: "),
        ("folder.md", "is a folder: name the files in it."),
        ("pipe.md", "is not a regular file."),
        ("a\0b.md", "can't be read: "),
        ("x" * 300 + ".md", "can't be read: File name too long."),
    ):
        with pytest.raises(InvalidDocument) as caught:
            read_path(tmp_path / name)
        assert message in str(caught.value)


def test_a_files_origin_is_its_full_address(tmp_path, monkeypatch):
    (tmp_path / "한 note.txt").write_text("Korea grew.")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link.txt").symlink_to("한 note.txt")
    origin = read_path(tmp_path / "한 note.txt").document.origin
    assert origin.startswith("file:///")
    assert origin.endswith("/%ED%95%9C%20note.txt")
    assert read_path(tmp_path / "." / "link.txt").document.origin == origin


@pytest.mark.parametrize(
    ("stem", "document_id"),
    [
        ("Annual Report 2020", "annual-report-2020"),
        ("Perú – Año", "peru-ano"),
        ("Pe\u0301ru", "peru"),
        ("a__b..c", "a__b..c"),
        ("  -x-  ", "x"),
        ("x" * 200, "x" * 128),
        ("2020-06", "2020-06"),
        ("KOICA 보고서", "koica"),
    ],
)
def test_an_id_is_derived_from_a_files_name(stem, document_id):
    assert document_id_for(stem) == document_id


@pytest.mark.parametrize(
    "stem", ["한국", "Ташкент", "한국 2020", "Перу 2020", "...", "🙂", "\udcff"]
)
def test_a_name_in_other_letters_gets_an_id_of_its_own(stem):
    assert re.fullmatch("document-[0-9a-f]{8}", document_id_for(stem))
    assert document_id_for(stem) != document_id_for(stem + stem)


def test_a_title_made_from_a_files_name_is_one_line():
    parsed = read_bytes(b"It was 16.", "two\nlines  of a name.txt", "test:t")
    assert parsed.document.title == "two lines of a name"


def test_an_id_does_not_depend_on_how_the_file_system_writes_a_letter():
    for name in ("한국", "Йод"):
        assert document_id_for(name) == document_id_for(unicodedata.normalize("NFD", name))


def test_the_language_is_found_where_nobody_says_it():
    english = "Korea and Peru signed an agreement on trade in aircraft this year."
    assert parsed(english).document.language == "en"
    assert parsed(f"---\nlanguage: es\n---\n{english}").document.language == "es"
    assert parsed("한국과 페루는 무역 협정을 맺었다.", "note.txt").document.language == "ko"
    assert parsed("12 34 56", "note.txt").document.language is None
