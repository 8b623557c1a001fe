"""Small question-answering models of several families, with random weights, for reading offline.

Each has two layers of 32 dimensions and knows a few words and every letter.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from two_notes import LAC, PERU

WORDS = ("korea", "peru", "trade", "forum", "aircraft", "built", "who", "how", "many", "in", "and")
CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789.,?!:"


def bert_reader(folder: Path, positions: int = 128, **settings: Any) -> Path:
    """BERT: word pieces; token types 0 and 1; [CLS] question [SEP] passage [SEP]."""
    from transformers import BertConfig, BertForQuestionAnswering, BertTokenizerFast

    vocabulary = word_pieces()
    tokenizer = BertTokenizerFast(vocab=vocabulary)
    config = BertConfig(
        vocab_size=len(vocabulary), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=positions, **settings,
    )  # fmt: skip
    return _saved(folder, BertForQuestionAnswering, config, tokenizer)


def distilbert_reader(folder: Path, positions: int = 128) -> Path:
    """DistilBERT: BERT's tokens without their types."""
    from transformers import BertTokenizerFast, DistilBertConfig, DistilBertForQuestionAnswering

    vocabulary = word_pieces()
    tokenizer = BertTokenizerFast(
        vocab=vocabulary, model_input_names=["input_ids", "attention_mask"]
    )
    config = DistilBertConfig(
        vocab_size=len(vocabulary), dim=32, n_layers=2, n_heads=2, hidden_dim=64,
        max_position_embeddings=positions,
    )  # fmt: skip
    return _saved(folder, DistilBertForQuestionAnswering, config, tokenizer)


def roberta_reader(folder: Path, positions: int = 128) -> Path:
    """RoBERTa: byte-level BPE; no token types; two separators; positions counted from 2 on."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    from transformers import RobertaConfig, RobertaForQuestionAnswering, RobertaTokenizerFast

    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=320, special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False,
    )  # fmt: skip
    trained.train_from_iterator([PERU, LAC], trainer)
    tokenizer = RobertaTokenizerFast(tokenizer_object=trained)
    config = RobertaConfig(
        vocab_size=trained.get_vocab_size(), hidden_size=32, num_hidden_layers=2,
        num_attention_heads=2, intermediate_size=64, max_position_embeddings=positions,
        type_vocab_size=1, pad_token_id=1, bos_token_id=0, eos_token_id=2,
    )  # fmt: skip
    return _saved(folder, RobertaForQuestionAnswering, config, tokenizer)


def deberta_reader(folder: Path, positions: int = 128) -> Path:
    """DeBERTa-v2: pieces of which each holds the space before it; token types 0 and 1."""
    from transformers import DebertaV2Config, DebertaV2ForQuestionAnswering, DebertaV2TokenizerFast

    pieces = [(name, 0.0) for name in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "▁")]
    pieces += [(f"▁{word}", -2.0) for word in WORDS]
    pieces += [(character, -5.0) for character in CHARACTERS]
    tokenizer = DebertaV2TokenizerFast(vocab=pieces, do_lower_case=True)
    config = DebertaV2Config(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=positions, relative_attention=True,
        position_buckets=16, pos_att_type=["p2c", "c2p"], type_vocab_size=0,
        position_biased_input=False,
    )  # fmt: skip
    return _saved(folder, DebertaV2ForQuestionAnswering, config, tokenizer)


def mpnet_reader(folder: Path, positions: int = 128) -> Path:
    """MPNet: DistilBERT's inputs; positions counted from 2 on, as RoBERTa's."""
    from transformers import BertTokenizerFast, MPNetConfig, MPNetForQuestionAnswering

    vocabulary = word_pieces()
    tokenizer = BertTokenizerFast(
        vocab=vocabulary, model_input_names=["input_ids", "attention_mask"]
    )
    config = MPNetConfig(
        vocab_size=len(vocabulary), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=positions, pad_token_id=1,
    )  # fmt: skip
    _saved(folder, MPNetForQuestionAnswering, config, tokenizer)
    change_settings(folder / "tokenizer_config.json", tokenizer_class="PreTrainedTokenizerFast")
    return folder


FAMILIES = {
    "bert": bert_reader,
    "distilbert": distilbert_reader,
    "roberta": roberta_reader,
    "deberta": deberta_reader,
}


def word_pieces() -> dict[str, int]:
    """Return the vocabulary of the word pieces: each word, each character, at a number."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    inner = [f"##{character}" for character in CHARACTERS]
    return {piece: number for number, piece in enumerate([*special, *WORDS, *CHARACTERS, *inner])}


def change_settings(path: Path, **values: object) -> None:
    """Give values of a JSON file others."""
    settings = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**settings, **values}), "utf-8")


def change_weights(folder: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Store what a change makes of a model's weights by name."""
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    save_file(change(weights), folder / "model.safetensors", metadata={"format": "pt"})


def _saved(folder: Path, kind: Any, config: Any, tokenizer: Any) -> Path:
    import torch

    torch.manual_seed(7)
    config.initializer_range = 0.5
    kind(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
