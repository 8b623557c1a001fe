"""Question and passage as a reading model takes them: tokens that fit its window, with offsets."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from corpus.sentences import Extent

_OVERLAP = 64
"""Tokens that two windows of one long passage share: more than the longest answer has."""

_QUESTION_SHARE = 0.5
"""The part of a window that a long question may fill; its end is cut off."""


@dataclass(frozen=True, slots=True)
class Window:
    """What the model reads at once.

    inputs: the model's arguments by name, a row of integers each. first: the position of the first
    token of the passage itself. extents: where the passage's tokens stand in its text.
    """

    inputs: dict[str, list[int]]
    first: int
    extents: tuple[Extent, ...]

    def __len__(self) -> int:
        return len(self.inputs["input_ids"])


class Windows:
    """Cuts question and passage into windows, as a Hugging Face tokenizer joins them.

    Special tokens and token types are the tokenizer's own, so that each family of models gets
    what it was trained with.
    """

    def __init__(self, tokenizer: Any, limit: int) -> None:
        """Take a fast tokenizer and the most tokens that the model reads at once."""
        self._tokenizer = tokenizer
        self._limit = limit

    def of(self, question: str, context: str, text: str) -> list[Window]:
        """Return the windows of a passage; its context is read before it and holds no answer."""
        prefix = closed(context)
        encoded = self._tokenizer(
            self._shortened(question),
            prefix + text,
            truncation="only_second",
            max_length=self._limit,
            stride=min(_OVERLAP, self._limit // 4),
            padding=False,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
        )
        names = [name for name in self._tokenizer.model_input_names if name in encoded]
        windows = []
        for number, offsets in enumerate(encoded["offset_mapping"]):
            own = [
                position
                for position, (sequence, place) in enumerate(
                    zip(encoded.sequence_ids(number), offsets, strict=True)
                )
                if sequence == 1 and place[1] > max(place[0], len(prefix))
            ]
            if own:
                inputs = {name: list(encoded[name][number]) for name in names}
                extents = tuple(
                    _extent(offsets[p], len(prefix)) for p in range(own[0], own[-1] + 1)
                )
                windows.append(Window(inputs, own[0], extents))
        return windows

    def _shortened(self, question: str) -> str:
        most = max(1, int(self._limit * _QUESTION_SHARE) - 4)
        offsets = self._tokenizer(
            question, add_special_tokens=False, return_offsets_mapping=True, truncation=False
        )["offset_mapping"]
        return question if len(offsets) <= most else question[: offsets[most - 1][1]]


def closed(context: str) -> str:
    """Return what is read first as it stands before what follows: closed by a stop and a blank."""
    if not context:
        return ""
    return f"{context} " if context[-1] in ".?!:;" else f"{context}. "


def _extent(place: Sequence[int], shift: int) -> Extent:
    return Extent(max(0, place[0] - shift), place[1] - shift)
