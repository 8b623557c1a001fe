"""What the reader is trained for: the likelihood of the accepted answers, or of none.

Three terms, the sum of which is the loss: start and end by themselves and spans as a whole, each
with «no answer» among the choices of a passage (the compound objective of Fajcik et al., 2020), and
the spans of all passages of a question normalised together (Clark and Gardner, 2018). Where several
answers are accepted, their likelihoods add up.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from service.decoder import SPAN_TOKENS
from training.exercises import ANSWERS, Item

_NEVER = -1e4


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded readings as tensors, shape (readings, tokens) where not said otherwise.

    own: the tokens an answer may have. starts, ends: the answers' tokens, (readings, ANSWERS), -1
    where there are fewer. group: the number of the exercise that a reading belongs to, (readings,).
    """

    inputs: dict[str, Tensor]
    own: Tensor
    starts: Tensor
    ends: Tensor
    group: Tensor

    def to(self, device: torch.device) -> "Batch":
        """Return the batch on a device."""
        inputs = {name: values.to(device) for name, values in self.inputs.items()}
        others = (self.own, self.starts, self.ends, self.group)
        return Batch(inputs, *(values.to(device) for values in others))


def batch_of(groups: Sequence[Sequence[Item]], pad: int) -> Batch:
    """Pad the readings of some exercises to the length of the longest one."""
    items = [item for group in groups for item in group]
    width = max(len(item.window) for item in items)
    names = items[0].window.inputs
    inputs = {name: torch.zeros(len(items), width, dtype=torch.long) for name in names}
    inputs["input_ids"] += pad
    own = torch.zeros(len(items), width, dtype=torch.bool)
    starts = torch.full((len(items), ANSWERS), -1)
    ends = torch.full((len(items), ANSWERS), -1)
    for row, item in enumerate(items):
        for name, values in item.window.inputs.items():
            inputs[name][row, : len(values)] = torch.tensor(values)
        own[row, item.window.first : item.window.first + len(item.window.extents)] = True
        for column, answer in enumerate(item.answers):
            starts[row, column], ends[row, column] = answer.start, answer.end
    group = torch.tensor([number for number, group in enumerate(groups) for _ in group])
    return Batch(inputs, own, starts, ends, group)


def loss_of(start: Tensor, end: Tensor, batch: Batch) -> Tensor:
    """Return the mean loss of a batch for its start and end logits, shape (readings, tokens)."""
    held = batch.starts[:, 0] >= 0
    lone = _independent(start, batch.own, batch.starts) + _independent(end, batch.own, batch.ends)
    spans = _span_scores(start, end, batch.own)
    accepted = _accepted(spans, batch)
    null = (start[:, 0] + end[:, 0]).float()
    everything = torch.logaddexp(spans.flatten(1).logsumexp(1), null)
    joint = everything - torch.where(held, accepted, null)
    shared = _shared(spans.flatten(1).logsumexp(1), accepted, held, batch.group)
    return (lone / 2 + joint).mean() + shared


def _independent(logits: Tensor, own: Tensor, positions: Tensor) -> Tensor:
    """Return minus the log-likelihood of the positions, or of the first token where none is."""
    choices = own.clone()
    choices[:, 0] = True
    logs = logits.float().masked_fill(~choices, _NEVER).log_softmax(1)
    wanted = torch.zeros_like(own)
    rows, columns = (positions >= 0).nonzero(as_tuple=True)
    wanted[rows, positions[rows, columns]] = True
    wanted[:, 0] |= positions[:, 0] < 0
    return -logs.masked_fill(~wanted, _NEVER).logsumexp(1)


def _span_scores(start: Tensor, end: Tensor, own: Tensor) -> Tensor:
    """Return the score of each span, shape (readings, tokens, SPAN_TOKENS): by start and length."""
    width = start.shape[1]
    reach = min(SPAN_TOKENS, width)
    ends = torch.nn.functional.pad(end.float().masked_fill(~own, _NEVER), (0, reach), value=_NEVER)
    by_length = ends.unfold(1, reach, 1)[:, :width]
    return start.float().masked_fill(~own, _NEVER)[:, :, None] + by_length


def _accepted(spans: Tensor, batch: Batch) -> Tensor:
    """Return the log of the summed likelihoods, not normalised, of each reading's answers."""
    lengths = (batch.ends - batch.starts).clamp(0, spans.shape[2] - 1)
    rows = torch.arange(len(spans), device=spans.device)[:, None].expand_as(lengths)
    scores = spans[rows, batch.starts.clamp(min=0), lengths]
    none = (batch.starts < 0) | (batch.ends - batch.starts >= spans.shape[2])
    return scores.masked_fill(none, _NEVER).logsumexp(1)


def _shared(every: Tensor, accepted: Tensor, held: Tensor, group: Tensor) -> Tensor:
    """Return minus the mean log-likelihood of the answers among all spans of their question."""
    total = 0 * every.sum()
    groups = sorted(set(group[held].tolist()))
    for number in groups:
        members = group == number
        if int(members.sum()) > 1:
            total = total + every[members].logsumexp(0) - accepted[members & held].logsumexp(0)
    return total / max(1, len(groups))
