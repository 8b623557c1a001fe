"""How a model in training reads the right paragraph, on questions it is not trained on."""

from collections.abc import Callable, Sequence
from typing import Any

import torch

from eval.metrics import exact_match, token_f1
from service.decoder import best_spans
from service.windows import Windows
from training.exercises import Item
from training.objective import batch_of
from training.sources import SquadQuestion

_TOGETHER = 24


def judge_of(
    questions: Sequence[SquadQuestion], windows: Windows, pad: int
) -> Callable[[Any], dict[str, float]]:
    """Return what measures a model's F1 and EM, in percent, on the questions' own paragraphs.

    Of a paragraph over one window, the first window is read, below its title where it has one.
    """
    rows = [
        (question, Item(window, ()))
        for question in questions
        for window in windows.of(question.question, question.title, question.text)[:1]
    ]
    rows.sort(key=lambda row: len(row[1].window))

    def judge(model: Any) -> dict[str, float]:
        exact = shared = 0.0
        for first in range(0, len(rows), _TOGETHER):
            part = rows[first : first + _TOGETHER]
            batch = batch_of([[item] for _, item in part], pad).to(model.device)
            with torch.no_grad():
                found = model(**batch.inputs)
            for number, (question, item) in enumerate(part):
                own = slice(item.window.first, item.window.first + len(item.window.extents))
                start = found.start_logits[number, own].float().cpu().numpy()
                end = found.end_logits[number, own].float().cpu().numpy()
                extent = best_spans(start, end, 1)[0].extent(item.window.extents)
                text = question.text[extent.start : extent.end]
                accepted = [question.text[a.start : a.end] for a in question.answers]
                exact += exact_match(text, accepted)
                shared += token_f1(text, accepted)
        return {
            "f1": round(100 * shared / max(1, len(rows)), 2),
            "exact": round(100 * exact / max(1, len(rows)), 2),
            "questions": len(rows),
        }

    return judge
