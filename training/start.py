"""The model that training starts from: the packaged encoder's weights with a new span head."""

from typing import Any

import torch

from index.models import DEFAULT_ENCODER, model_folder
from service.span_model import shipped_folder
from service.torch_span_model import load_from_folder
from service.windows import Windows

FROZEN = "word_embeddings"
"""The vectors of the words stay as the encoder has them, and need not be stored again."""


def starting_model(seed: int) -> Any:
    """Return the encoder with a span head, drawn by the seed, its word vectors frozen.

    Without dropout: in so few epochs a model of this size forgets rather than learns by heart.
    """
    from transformers import AutoModelForQuestionAnswering  # noqa: PLC0415
    from transformers.utils import logging  # noqa: PLC0415

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    torch.manual_seed(seed)
    model = AutoModelForQuestionAnswering.from_pretrained(
        str(model_folder(DEFAULT_ENCODER)),
        local_files_only=True,
        attention_probs_dropout_prob=0.0,
        hidden_dropout_prob=0.0,
    )
    for name, value in model.named_parameters():
        value.requires_grad = FROZEN not in name
    return model


def fastest_device() -> torch.device:
    """Return the GPU where torch finds one, else the processor.

    A GPU adds up in another order each time: there the same data and seed don't give the same bits.
    """
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def starting_tokenizer() -> Any:
    """Return the packaged encoder's tokenizer."""
    from transformers import AutoTokenizer  # noqa: PLC0415

    return AutoTokenizer.from_pretrained(str(model_folder(DEFAULT_ENCODER)), local_files_only=True)


def starting_windows(limit: int) -> Windows:
    """Return what cuts texts into windows of so many tokens for the packaged encoder."""
    tokenizer = starting_tokenizer()
    return Windows(tokenizer.backend_tokenizer, tokenizer.model_input_names, limit)


def shipped_model() -> Any:
    """Return the shipped reader's weights, to train on; the word vectors frozen."""
    with shipped_folder() as folder:
        model = load_from_folder("span", folder).weights
    for part in model.modules():
        if isinstance(part, torch.nn.Dropout):
            part.p = 0.0
    for name, value in model.named_parameters():
        value.requires_grad = FROZEN not in name
    return model
