"""The files of the checker from outside: hostile on purpose, the same for the same seed.

Shares no code with Attaché.
"""

import hashlib
import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]

CITIES = ("Seoul", "Toshkent", "Oʻzbekiston", "Bogota\u0301", "São Paulo", "서울", "Ташкент",
          "\u1107\u116e\u1109\u1161\u11ab", "Lima")  # fmt: skip
ADJECTIVES = ("blue", "new", "narrow", "covered", "Cafe\u0301-side", "solar")
NOUNS = ("bridge", "harbour", "clinic", "library", "tram", "market 👩🏽‍🔬")
ODDITIES = (
    "Cafe\u0301 owners in Bogota\u0301 asked: «¿Que\u0301 pasa?» Nobody said.",
    "The engineers 👩🏽‍🔬 and the family 👨‍👩‍👧‍👦 signed it 🇺🇿🇰🇷 in May 👍🏿.",
    "한국과 우즈베키스탄은 협력한다. \u1112\u1161\u11ab\u1100\u116e\u11a8 is the same in letters.",
    "Послы встретились в Ташкенте в 10:30. Й and И\u0306 look the same.",
    "Oʻzbekiston va Gʻijduvon o'rtasida yo‘l; so`m va to’lov.",
    'He said: "It\'s 5\u00a0km, not 5\u202f000 m²." Then “he” left…',
    "One line\u2028another line\u2029and a paragraph in the same breath.\x0cA new page.",
    "Tabs\tstand\tbetween\tthese  words \ufeffand a mark inside.",
    "The line is 1,250.5 km long, carries 25 kV at 50 Hz and cost US$ 3.2 million (2.4 %).",
    "Dr. Kim et al. wrote on p. 12 that e.g. No. 7 is ready... or not? Å and A\u030a.",
    "- a first item, 40 t\n- a second: 3 °C\n  goes on\n- a third",
    "# A heading\n\nIt has words below it.\n\n---\n\n> And a quotation.",
    "An unbroken " + "ㄱword-" * 90 + " stands here.",
    "A long line " + "of many plain words, " * 90 + "that ends at last.",
    "| city | cost |\n|---|---|\n| Lima | 12 |\n| Busan | 9 |",
)


@dataclass(frozen=True, slots=True)
class Edition:
    """A file as it was written: its bytes, the text in them, and what its front matter says."""

    name: str
    data: bytes
    document_id: str
    provenance: Json
    subjects: tuple[str, ...]
    text: str
    sha256: str


def decode(data: bytes, name: str) -> str:
    """Return the text of a file: UTF-8 without byte-order mark, Markdown without front matter."""
    text = data.decode("utf-8").removeprefix("\ufeff")
    matter = re.match(r"---(\r\n|\r|\n)(.*?(\r\n|\r|\n))??---(\r\n|\r|\n|\Z)", text, re.DOTALL)
    return text[matter.end() :] if matter and name.endswith(".md") else text


def make_edition(seed: int, number: int, edition: int) -> Edition:
    """Write the bytes of a document; its editions hold the same subjects with other costs."""
    constant = random.Random(f"{seed}/{number}")
    chance = random.Random(f"{seed}/{number}/{edition}")
    subjects = tuple(_subject(constant, number * 100 + place) for place in range(12))
    facts = [f"The {each} cost {chance.randrange(1_000_000):,} won." for each in subjects]
    facts.append(f"The {_subject(random.Random(seed), number % 4)} cost 77\u00a0000 won.")
    name = f"paper-{number:02}{'.md' if number % 2 else '.txt'}"
    written = _front_matter(number, edition) if number % 4 == 1 else {}
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in written.items()]
    head = "\n".join(["---", *lines, "---", ""]) if lines else ""
    endings = (["\n"], ["\r\n"], ["\r"], ["\n", "\r\n", "\r"])[number // 4 % 4]
    text = re.sub("\n", lambda _: chance.choice(endings), head + _body(chance, facts))
    content = ("\ufeff" * (number % 3 == 0) + text).encode("utf-8")
    own = decode(content, name)
    document_id = written.pop("id", Path(name).stem)
    known: Json = {"publisher": None, "published": None, "kind": "source", "sources": []} | written
    sha256 = hashlib.sha256(own.encode("utf-8")).hexdigest()
    return Edition(name, content, document_id, known, subjects, own, sha256)


def _subject(chance: random.Random, number: int) -> str:
    words = chance.choice(ADJECTIVES), chance.choice(NOUNS), chance.choice(CITIES)
    return f"{words[0]} {words[1]} number {number} of {words[2]}"


def _front_matter(number: int, edition: int) -> Json:
    source = {"title": "Ma\u0301s: un “informe”", "publisher": "외교부", "published": "2020-01",
              "author": None, "url": "https://example.org/a", "licence": None}  # fmt: skip
    return {
        "id": f"report_{number}.v",
        "title": f"Hisobot “{number}”: Bogota\u0301 👩🏽‍🔬 {edition}",
        "publisher": f"Oʻzbekiston & 한국 «{edition}»",
        "published": ("2021", "2022-06", "2023-02-28", None)[(number + edition) % 4],
        "kind": "digest" if number % 8 == 1 else "source",
        "sources": [source] if number % 8 == 1 else [],
    }


def _body(chance: random.Random, facts: Sequence[str]) -> str:
    blocks = ["\n" * chance.randrange(3) + chance.choice(["# Costs of the year", "Costs"])]
    for fact in chance.sample(facts, len(facts)):
        oddity = chance.choice(ODDITIES)
        shapes = (f"{fact} It is open.\n{oddity}", f"{oddity} {fact}", f"- {fact}\n{oddity}",
                  f"{fact}\t{fact.upper()} And\u00a0more.\n", f"{oddity}\n\n## {fact}\n{fact}")  # fmt: skip
        blocks.append(chance.choice(shapes))
    return "\n\n".join(blocks) + "\n" * chance.randrange(2)
