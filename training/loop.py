"""The training loop: stages with their schedules, checkpoints from which it goes on."""

import json
import pickle
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from corpus.errors import InvalidSetting
from training.batches import batches
from training.exercises import Item
from training.objective import batch_of, loss_of

Judge = Callable[[Any], dict[str, float]]
"""Measures a model on held-out questions."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One part of the training: what is read, how often, and the learning rate's course.

    The rate rises over ``warm_up`` steps to ``rate``, then falls in a line to ``final_rate``.
    tokens: of a batch. average: how much of the running mean of the weights stays at each step.
    steps: batches at most, where the epochs hold more; the rate's course ends with the last one.
    start: the stages from the mean of whose weights it goes on, where that is not the one before.
    seed: added to the training's own, so that it goes through the same data in another order.
    """

    name: str
    epochs: int
    rate: float
    final_rate: float
    warm_up: int
    tokens: int = 2_000
    average: float = 0.998
    steps: int | None = None
    start: tuple[str, ...] = ()
    seed: int = 0


Exercises = Callable[[Stage, int], Sequence[tuple[Item, ...]]]
"""Gives what is read in an epoch, counted from 0, of a stage."""


@dataclass(slots=True)
class Standing:
    """Where the training stands."""

    stage: int = 0
    step: int = 0
    seconds: float = 0.0


class Training:
    """Trains a model through its stages, on the device where it is.

    Stopped at any time, it goes on from its checkpoint.
    """

    def __init__(
        self,
        model: Any,
        stages: Sequence[Stage],
        folder: Path,
        *,
        seed: int,
        data: str,
        pad: int,
        judge: Judge,
        judge_every: int,
        save_every: int = 200,
    ) -> None:
        """Go on from the checkpoint in the folder, where there is one.

        data: tells one set of data from another. Raises InvalidSetting where the checkpoint can't
        be read, or comes from another recipe, seed or data.
        """
        self._model = model
        self._stages = tuple(stages)
        self._folder = folder
        self._seed = seed
        self._data = data
        self._pad = pad
        self._judge = judge
        self._judge_every = judge_every
        self._save_every = save_every
        self._progress = Standing()
        self._optimizer = _optimizer(model)
        self._average = _weights(model)
        folder.mkdir(parents=True, exist_ok=True)
        self._resume()

    def run(self, exercises: Exercises) -> None:
        """Go through the stages that are not done."""
        while self._progress.stage < len(self._stages):
            stage = self._stages[self._progress.stage]
            if stage.start and not self._progress.step:
                self._take_mean(stage.start)
            self._run_stage(stage, exercises)
            self._take_average()
            self._progress = Standing(self._progress.stage + 1, 0, self._progress.seconds)
            self._optimizer = _optimizer(self._model)
            save_weights(self._average, self._folder / f"{stage.name}.pt")
            self._save()

    def _take_mean(self, names: Sequence[str]) -> None:
        """Put the mean of the weights with which some stages ended into the model; log how it does.

        Of models that start alike and learn in different orders, the mean reads better than each
        (model soups; Wortsman et al., 2022).
        """
        paths = [self._folder / f"{name}.pt" for name in names]
        ended = [self._read(path, "train anew in another folder") for path in paths]
        self._average = {key: torch.stack([one[key] for one in ended]).mean(0) for key in ended[0]}
        self._take_average()
        if len(ended) > 1:
            self._measure(" + ".join(names), 0)

    def _run_stage(self, stage: Stage, exercises: Exercises) -> None:
        order = [
            batch
            for epoch in range(stage.epochs)
            for batch in batches(
                exercises(stage, epoch), stage.tokens, self._seed + stage.seed + epoch
            )
        ][: stage.steps]
        started = time.monotonic() - self._progress.seconds
        while self._progress.step < len(order):
            step = self._progress.step
            loss = self._step(stage, order[step], step, len(order))
            self._progress.step = step + 1
            self._progress.seconds = time.monotonic() - started
            if (step + 1) % 20 == 0:
                self._log(stage=stage.name, step=step + 1, steps=len(order), loss=round(loss, 4))
            if (step + 1) % self._judge_every == 0 or step + 1 == len(order):
                self._measure(stage.name, step + 1)
            if (step + 1) % self._save_every == 0:
                self._save()

    def _step(self, stage: Stage, groups: list[tuple[Item, ...]], step: int, steps: int) -> float:
        for group in self._optimizer.param_groups:
            group["lr"] = rate_at(stage, step, steps)
        self._model.train()
        batch = batch_of(groups, self._pad).to(self._model.device)
        found = self._model(**batch.inputs)
        loss = loss_of(found.start_logits, found.end_logits, batch)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._model.parameters(), 1.0)
        self._optimizer.step()
        with torch.no_grad():
            keep = min(stage.average, (step + 1) / (step + 10))
            for name, value in _trained(self._model):
                self._average[name].lerp_(value, 1 - keep)
        return float(loss.detach())

    def _measure(self, stage: str, step: int) -> None:
        """Log how the averaged weights do."""
        own = _weights(self._model)
        self._take_average()
        self._model.eval()
        with torch.no_grad():
            figures = self._judge(self._model)
        self._log(stage=stage, step=step, judged=True, **figures)
        load_weights(self._model, own)

    def _take_average(self) -> None:
        load_weights(self._model, self._average)

    def _log(self, **line: object) -> None:
        line["seconds"] = round(self._progress.seconds)
        with (self._folder / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def _save(self) -> None:
        state = {
            "stages": [repr(stage) for stage in self._stages],
            "seed": self._seed,
            "data": self._data,
            "progress": (self._progress.stage, self._progress.step, self._progress.seconds),
            "weights": _weights(self._model),
            "average": self._average,
            "optimizer": self._optimizer.state_dict(),
        }
        save_weights(state, self._folder / "checkpoint.pt")

    def _resume(self) -> None:
        path = self._folder / "checkpoint.pt"
        if not path.exists():
            return
        state = self._read(path, "remove it, and train anew")
        past = state["stages"][: state["progress"][0] + 1]
        current = [repr(stage) for stage in self._stages][: len(past)]
        if (state["seed"], state["data"], past) != (self._seed, self._data, current):
            raise InvalidSetting(
                f"{path} belongs to another recipe, seed or data: name another folder with --work, "
                "or remove it."
            )
        self._progress = Standing(*state["progress"])
        load_weights(self._model, state["weights"])
        self._average = state["average"]
        self._optimizer.load_state_dict(state["optimizer"])

    def _read(self, path: Path, remedy: str) -> dict[str, Any]:
        try:
            return dict(torch.load(path, map_location=self._model.device, weights_only=True))
        except (pickle.UnpicklingError, RuntimeError, EOFError, OSError):
            raise InvalidSetting(f"{path} can't be read: {remedy}.") from None


def rate_at(stage: Stage, step: int, steps: int) -> float:
    """Return the learning rate of a step, counted from 0."""
    if step < stage.warm_up:
        return stage.rate * (step + 1) / stage.warm_up
    done = (step - stage.warm_up) / max(1, steps - stage.warm_up)
    return stage.rate + (stage.final_rate - stage.rate) * done


def save_weights(state: object, path: Path) -> None:
    """Write a file so that it is there whole or not at all."""
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(path)


def load_weights(model: Any, weights: dict[str, torch.Tensor]) -> None:
    """Put trained weights into a model."""
    with torch.no_grad():
        for name, value in _trained(model):
            value.copy_(weights[name])


def _trained(model: Any) -> list[tuple[str, torch.Tensor]]:
    return [(name, value) for name, value in model.named_parameters() if value.requires_grad]


def _weights(model: Any) -> dict[str, torch.Tensor]:
    return {name: value.detach().clone() for name, value in _trained(model)}


def _optimizer(model: Any) -> torch.optim.AdamW:
    decayed = [value for _, value in _trained(model) if value.ndim > 1]
    others = [value for _, value in _trained(model) if value.ndim < 2]
    groups = [{"params": decayed, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.98), fused=True)
