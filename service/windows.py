"""Question and passage as a reading model takes them: tokens that fit its window, with offsets."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tokenizers import Encoding, Tokenizer

from corpus.sentences import Extent

_OVERLAP = 64
"""Tokens that two windows of one long passage share: more than the longest answer has."""

_QUESTION_SHARE = 0.5
"""The part of a window that a long question may fill; its end is cut off."""


_INPUTS: Mapping[str, Callable[[Encoding], list[int]]] = {
    "input_ids": lambda encoding: encoding.ids,
    "token_type_ids": lambda encoding: encoding.type_ids,
    "attention_mask": lambda encoding: encoding.attention_mask,
}
"""The arguments that models take, by name."""


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
    """Cuts question and passage into windows, as a model's tokenizer joins them.

    Special tokens and token types are the tokenizer's own, so that each family of models gets
    what it was trained with. Safe to share between threads.
    """

    def __init__(self, tokenizer: Tokenizer, inputs: Sequence[str], limit: int) -> None:
        """Take a model's tokenizer, the arguments it wants and the most tokens it reads at once.

        Nobody else may use the tokenizer then.
        """
        self._inputs = [name for name in inputs if name in _INPUTS]
        self._limit = limit
        self._tokenizer = tokenizer
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(
            limit, stride=min(_OVERLAP, limit // 4), strategy="only_second"
        )

    def of(self, question: str, context: str, text: str) -> list[Window]:
        """Return the windows of a passage; its context is read before it and holds no answer."""
        prefix = closed(context)
        whole = self._tokenizer.encode(self._shortened(question), prefix + text)
        windows = [self._window(encoding, len(prefix)) for encoding in (whole, *whole.overflowing)]
        return [window for window in windows if window.extents]

    def _window(self, encoding: Encoding, before: int) -> Window:
        """Make a window of an encoding; ``before`` characters of the second text are context."""
        places = encoding.offsets
        own = [
            position
            for position, (sequence, place) in enumerate(
                zip(encoding.sequence_ids, places, strict=True)
            )
            if sequence == 1 and place[1] > max(place[0], before)
        ]
        inputs = {name: list(_INPUTS[name](encoding)) for name in self._inputs}
        if not own:
            return Window(inputs, 0, ())
        extents = tuple(_extent(places[p], before) for p in range(own[0], own[-1] + 1))
        return Window(inputs, own[0], extents)

    def _shortened(self, question: str) -> str:
        most = max(1, int(self._limit * _QUESTION_SHARE) - 4)
        # As the second of two texts, the only one that the tokenizer may cut: what is left is more.
        offsets = self._tokenizer.encode("", question, add_special_tokens=False).offsets
        return question if len(offsets) <= most else question[: offsets[most - 1][1]]


def closed(context: str) -> str:
    """Return what is read first as it stands before what follows: closed by a stop and a blank."""
    if not context:
        return ""
    return f"{context} " if context[-1] in ".?!:;" else f"{context}. "


def _extent(place: Sequence[int], shift: int) -> Extent:
    return Extent(max(0, place[0] - shift), place[1] - shift)
