"""Which language a text is written in, where nobody said so."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_SAMPLE = 5_000
_CERTAIN = 0.9


def detect_language(text: str) -> str | None:
    """Return the ISO 639 code of the text's language, or None where it isn't plain.

    Judged on the first 5,000 characters by py3langid (langid.py, Lui and Baldwin, 2012), and
    trusted at a probability of 0.9 or more.
    """
    code, probability = _identifier().classify(text[:_SAMPLE])
    return str(code) if probability >= _CERTAIN else None


def language_shares(text: str) -> dict[str, float]:
    """Return the probability of each language that is known, which add up to 1."""
    return {code: float(share) for code, share in _identifier().rank(text[:_SAMPLE])}


@cache
def _identifier() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415  -- takes a second

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
