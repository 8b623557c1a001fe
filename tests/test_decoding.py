"""Bytes to text: each encoding is recognised or refused, and no text ever changes unsaid."""

from pathlib import Path

import pytest

from corpus.errors import InvalidDocument
from corpus.formats import read_documents
from corpus.formats.decoding import decode
from corpus.formats.legacy import CANDIDATES
from corpus.formats.raw import Parsed

LANGUAGES = Path(__file__).parent / "fixtures" / "languages"
WITHOUT_UZBEK_LETTERS = str.maketrans("қғҳҚҒҲ", "кгхКГХ")  # as it is typed in Windows-1251
PLAIN_SIGNS = str.maketrans("–“”’«»", '-""\'""')
WRITTEN_IN = [
    ("english", "cp1252", "Windows-1252"),
    ("spanish", "cp1252", "Windows-1252"),
    ("russian", "cp1251", "Windows-1251"),
    ("russian", "koi8-r", "KOI8-R"),
    ("russian", "iso8859-5", "ISO-8859-5"),
    ("russian", "cp866", "code page 866"),
    ("uzbek", "cp1251", "Windows-1251"),
    ("korean", "cp949", "EUC-KR (CP949)"),
    ("korean", "euc-kr", "EUC-KR (CP949)"),
]


def text_in(language: str, encoding: str) -> str:
    """Return the language's text with what the encoding can't hold written as people write it."""
    text = (LANGUAGES / f"{language}.txt").read_text("utf-8")
    if language == "uzbek" and encoding == "cp1251":
        text = text.translate(WITHOUT_UZBEK_LETTERS)
    return text.translate(PLAIN_SIGNS) if encoding in {"koi8-r", "iso8859-5", "cp866"} else text


def refusal(data: bytes, encoding: str | None = None) -> str:
    with pytest.raises(InvalidDocument) as caught:
        decode(data, encoding)
    return str(caught.value)


def text_or_refusal(data: bytes) -> str:
    try:
        return decode(data).text
    except InvalidDocument as error:
        return str(error)


@pytest.mark.parametrize("language", ["english", "spanish", "russian", "uzbek", "korean"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_tells_the_encoding_and_is_no_part_of_the_text(language, encoding):
    text = text_in(language, encoding)
    assert decode(text.encode(encoding)).text == text
    assert decode(text.encode(encoding)).warnings == ()


def test_each_byte_order_with_its_mark_is_read():
    for name in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"):
        decoded = decode(("\ufeff" + "Korea.").encode(name))
        assert (decoded.text, decoded.encoding) == ("Korea.", name)


@pytest.mark.parametrize("language", ["english", "spanish", "russian", "uzbek", "korean"])
@pytest.mark.parametrize(("encoding", "name"), [("utf-16-le", "LE"), ("utf-16-be", "BE")])
def test_utf_16_without_a_mark_is_known_by_its_zero_bytes(language, encoding, name):
    text = text_in(language, encoding)
    decoded = decode(text.encode(encoding))
    assert decoded.text == text
    assert decoded.warnings == (f"read as UTF-16 {name}: it has no byte-order mark.",)


@pytest.mark.parametrize(("language", "encoding", "name"), WRITTEN_IN)
def test_an_older_encoding_is_recognised_and_told(language, encoding, name):
    text = text_in(language, encoding)
    decoded = decode(text.encode(encoding))
    assert decoded.text == text
    assert decoded.warnings == (f"read as {name}.",)


@pytest.mark.parametrize(("language", "encoding", "name"), WRITTEN_IN)
@pytest.mark.parametrize("length", [12, 40, 120])
def test_no_part_of_a_text_is_ever_read_as_another_text(language, encoding, name, length):
    text = text_in(language, encoding)
    parts = [text[start : start + length] for start in range(0, len(text) - length, 37)]
    read = [text_or_refusal(part.encode(encoding)) for part in parts]
    refused = [found for found, part in zip(read, parts, strict=True) if found != part]
    assert all("--encoding NAME" in found for found in refused)
    assert len(refused) < len(parts)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Güney Kore ile Özbekistan arasındaki ticaret geçen yıl arttı, dedi bakan.", "cp1254"),
        ("Wymiana handlowa między Koreą a Peru wzrosła w zeszłym roku o osiem procent.", "cp1250"),
        ("Obchod mezi Koreou a Peru loni vzrostl o osm procent, řekl ministr.", "cp1250"),
        ("Το εμπόριο μεταξύ Κορέας και Περού αυξήθηκε πέρυσι κατά οκτώ τοις εκατό.", "cp1253"),
        ("הסחר בין קוריאה לפרו גדל בשנה שעברה בשמונה אחוזים, אמר השר.", "cp1255"),
        ("韩国与秘鲁之间的贸易去年增长了百分之八,部长说。", "gb18030"),
        ("韓國與秘魯之間的貿易去年增長了百分之八,部長說。", "big5"),
        ("韓国とペルーの貿易は昨年八パーセント増えたと大臣は述べた。", "shift_jis"),
        ("韓国とペルーの貿易は昨年八パーセント増えたと大臣は述べた。", "euc_jp"),
        ("El comercio entre los países creció y la población lo notó según el señor ministro.",
         "mac_roman"),
        ("El comercio entre los países creció y la población lo notó según el señor ministro.",
         "cp850"),
    ],
)  # fmt: skip
def test_what_is_written_in_an_encoding_that_is_not_known_is_refused_not_misread(text, encoding):
    assert "--encoding NAME" in refusal(text.encode(encoding))
    assert decode(text.encode(encoding), encoding).text == text


def test_what_two_encodings_make_sense_of_is_refused_with_both_named():
    both = refusal("теплосетей".encode("koi8-r"))
    assert both.startswith("it is not UTF-8: byte 0 (0xd4) can't be decoded.")
    assert "It could be Windows-1251 or KOI8-R. Give its encoding" in both


def test_the_encoding_that_is_given_wins():
    data = "Мир".encode("cp1251")
    assert decode(data, "windows-1251").text == "Мир"
    assert decode(data, "koi8-r").text == data.decode("koi8-r")
    assert decode("똠 방각하".encode("cp949"), "EUC-KR").text == "똠 방각하"
    assert decode("\ufeffKorea".encode(), "utf8").text == "Korea"
    assert decode(data, "windows-1251").warnings == ()


def test_bytes_that_are_not_in_the_given_encoding_are_refused_with_the_place():
    assert refusal("Año".encode("latin-1"), "utf-8").startswith(
        "it is not utf-8: byte 1 (0xf1) can't be decoded."
    )
    assert refusal(b"\xff\xfe\x00", None).startswith("it is not utf-16-le: byte 0")
    assert refusal(b"x" * 3, "utf-32").startswith("it is not utf-32: byte 0")


@pytest.mark.parametrize("name", ["klingon", "", "base64", "rot13", "hex", "a\0b", "é" * 99])
def test_an_encoding_that_is_none_is_refused(name):
    assert "is unknown: use a name such as utf-8, windows-1251" in refusal(b"x", name)


def test_a_binary_file_is_refused_as_such():
    assert refusal(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR") == (
        "it is a binary file, not text: byte 8 is a NUL."
    )
    assert refusal(b"\x01\x02\x03\x04\x05" * 9).startswith("it is a binary file, not text: 45 of")
    assert refusal(b"\xff\xd8\xff\xe1\x10\x11\x12\x13").startswith("it is a binary file, not text")
    assert refusal(b"a\0b", "utf-8").startswith("it is a binary file, not text: a NUL")
    assert decode(b"Page 1\x0cPage 2 \x07").text == "Page 1\x0cPage 2 \x07"


def test_damaged_utf_8_is_not_read_as_something_else():
    data = "Мир и торговля между странами растут. Año".encode() + b"\xf1o"
    assert refusal(data).startswith("it is UTF-8, but damaged: byte 73 (0xf1) can't be decoded.")


def test_the_one_accent_of_a_long_text_is_found_wherever_it_stands():
    text = "The ministers met in Seoul and spoke of trade. " * 5_000 + "They flew to Perú later on."
    decoded = decode(text.encode("cp1252"))
    assert (decoded.text, decoded.warnings) == (text, ("read as Windows-1252.",))


def test_a_file_is_read_with_its_encoding_and_the_warning_reaches_the_user():
    data = text_in("russian", "cp1251").encode("cp1251")
    (read,) = read_documents(data, "note.txt", "file:///note.txt")
    assert isinstance(read, Parsed)
    assert read.document.language == "ru"
    assert read.warnings == ("read as Windows-1251.",)
    (given,) = read_documents(data, "note.txt", "file:///note.txt", encoding="cp1251")
    assert isinstance(given, Parsed)
    assert (given.document, given.warnings) == (read.document, ())


def test_every_candidate_has_a_codec_and_a_name_of_its_own():
    assert len({candidate.name for candidate in CANDIDATES}) == len(CANDIDATES)
    assert all("a".encode(candidate.codec) == b"a" for candidate in CANDIDATES)
