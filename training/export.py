"""Writing a trained reader: its weights at half precision, without what the encoder already has."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from index.models import DEFAULT_ENCODER, DEFAULT_WEIGHTS_SHA256
from service.confidence import WEIGHED, ConfidenceModel
from service.span_model import SETTINGS_FILE
from training.start import FROZEN

_DECIMALS = 5


def write_reader(
    model: Any, folder: Path, confidence: ConfidenceModel | None, trained: Mapping[str, object]
) -> None:
    """Write a reader's weights and settings into a folder, which `--reader` then takes.

    The words' vectors are left to the packaged encoder. Half precision keeps eleven bits of each
    weight: what that costs in answers, the model card says.
    """
    from safetensors.torch import save_file  # noqa: PLC0415

    folder.mkdir(parents=True, exist_ok=True)
    weights = {
        name: value.detach().cpu().to(torch.float16).contiguous()
        for name, value in model.state_dict().items()
        if FROZEN not in name
    }
    save_file(weights, folder / "model.safetensors")
    write_settings(folder, confidence, trained)


def write_settings(
    folder: Path, confidence: ConfidenceModel | None, trained: Mapping[str, object]
) -> None:
    """Write what a reader knows beside its weights."""
    settings = {
        "base": DEFAULT_ENCODER,
        "base_sha256": DEFAULT_WEIGHTS_SHA256,
        "trained": dict(trained),
        "confidence": confidence_json(confidence) if confidence else None,
    }
    (folder / SETTINGS_FILE).write_text(json.dumps(settings, indent=2) + "\n", "utf-8")


def confidence_json(model: ConfidenceModel) -> dict[str, object]:
    """Return what is stored of a confidence model, its weights by the names of their features."""
    values = asdict(model)
    values["weights"] = {
        name: round(weight, _DECIMALS) for name, weight in zip(WEIGHED, model.weights, strict=True)
    }
    values["bias"] = round(model.bias, _DECIMALS)
    return values
