"""What tests of the training share: readings made by hand, and a model of two small layers."""

import torch
from transformers import BertConfig, BertForQuestionAnswering

from corpus.sentences import Extent
from service.windows import Window
from training.exercises import Item


def item(tokens: int, *answers: tuple[int, int], own: int | None = None, shift: int = 0) -> Item:
    """Make a reading of so many tokens, the last ``own`` of which are the passage's."""
    own = tokens - 2 if own is None else own
    inputs = {
        "input_ids": [1 + (shift + 7 * place) % 28 for place in range(tokens)],
        "token_type_ids": [int(place >= tokens - own) for place in range(tokens)],
        "attention_mask": [1] * tokens,
    }
    window = Window(inputs, tokens - own, tuple(Extent(n, n + 1) for n in range(own)))
    return Item(window, tuple(Extent(*answer) for answer in answers))


def small_model():
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=40, hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=64,
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    return BertForQuestionAnswering(config)
