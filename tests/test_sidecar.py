"""What a file's sidecar says of it."""

import pytest

from corpus.errors import InvalidDocument
from corpus.formats.metadata import Metadata
from corpus.formats.sidecar import described_by, sidecar_metadata


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        (".yaml", "title: T\ncountries: [NO, KR]\npublished: 2024\n"),
        (".yml", "{title: T, countries: [NO, KR], published: 2024}"),
        (".json", '{"title": "T", "countries": ["NO", "KR"], "published": 2024, "url": null}'),
    ],
)
def test_a_sidecar_has_the_keys_of_front_matter(tmp_path, suffix, text):
    (tmp_path / f"report.txt{suffix}").write_text(text, "utf-8")
    said = sidecar_metadata(tmp_path / "report.txt")
    assert said == Metadata(title="T", countries=("NO", "KR"), published="2024")


def test_a_file_without_a_sidecar_and_an_empty_one_say_nothing(tmp_path):
    assert sidecar_metadata(tmp_path / "report.txt") == Metadata()
    (tmp_path / "report.txt.yaml").write_bytes(b"\n")
    assert sidecar_metadata(tmp_path / "report.txt") == Metadata()


@pytest.mark.parametrize(
    ("suffix", "data", "message"),
    [
        (".yaml", b"a: [", "report.md.yaml: the sidecar is not YAML in line 1: "),
        (".yaml", b"- a", "report.md.yaml: the sidecar is no mapping"),
        (".yaml", b"title: [T]", "report.md.yaml: `title` must be text, not ['T']."),
        (".yaml", b"\xff", "report.md.yaml: the sidecar is not UTF-8 at byte 0."),
        (".yaml", b" " * 65537, "report.md.yaml: the sidecar is longer than 65536 bytes."),
        (".json", b"{", "report.md.json: the sidecar is not JSON: "),
        (".json", b"[" * 60_000, "report.md.json: the sidecar is not JSON: "),
        (".json", b'{"title": true}', "report.md.json: `title` must be text, not True."),
    ],
)
def test_a_sidecar_that_cannot_be_read_is_refused_by_its_name(tmp_path, suffix, data, message):
    (tmp_path / f"report.md{suffix}").write_bytes(data)
    with pytest.raises(InvalidDocument) as caught:
        sidecar_metadata(tmp_path / "report.md")
    assert message in str(caught.value)


def test_two_sidecars_are_one_too_many(tmp_path):
    for suffix in (".yaml", ".json"):
        (tmp_path / f"report.md{suffix}").write_bytes(b"{}")
    with pytest.raises(InvalidDocument, match=r"report\.md\.yaml and report\.md\.json: keep one"):
        sidecar_metadata(tmp_path / "report.md")


def test_a_sidecar_is_known_by_its_name(tmp_path):
    assert described_by(tmp_path / "a.md.yaml") == tmp_path / "a.md"
    assert described_by(tmp_path / "a.TXT.JSON") == tmp_path / "a.TXT"
    for name in ("a.yaml", "a.json", "a.png.yaml", "a.md", ".yaml"):
        assert described_by(tmp_path / name) is None


def test_a_file_whose_name_is_too_long_for_a_sidecar_has_none(tmp_path):
    longest = tmp_path / ("a" * 252 + ".md")
    longest.write_text("Text.", "utf-8")
    assert sidecar_metadata(longest) == Metadata()
