"""A Trainer of a linear regression, which trains in a fraction of a second, in the many forms that users give it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedConfig, PreTrainedModel, Trainer, TrainingArguments, set_seed


class LinearConfig(PreTrainedConfig):
    model_type = "linear-regression"


class Linear(PreTrainedModel):
    config_class = LinearConfig

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self.a = nn.Parameter(torch.tensor(0.0))
        self.b = nn.Parameter(torch.tensor(0.0))
        self.post_init()

    def forward(self, x: Any, labels: Any = None, **kwargs: Any) -> Any:
        y = self.a * x + self.b + 0 * torch.rand(())  # random numbers, so that a disturbed generator shows
        y = y + 0.01 * torch.rand(())
        return (y,) if labels is None else (nn.functional.mse_loss(y, labels), y)


class PlainLinear(nn.Module):
    """No `PreTrainedModel`: the Trainer takes any module whose forward gives a loss."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Parameter(torch.tensor(0.0))
        self.b = nn.Parameter(torch.tensor(0.0))

    def forward(self, x: Any, labels: Any = None, **kwargs: Any) -> Any:
        return Linear.forward(self, x, labels)  # type: ignore[arg-type]


def rows(count: int = 32) -> list[dict[str, float]]:
    return [{"x": float(x), "labels": float(2 * x + 3)} for x in torch.linspace(-1, 1, count)]


def make(folder: Path, *, cls: type[Trainer] = Trainer, model: Any = None, **options: Any) -> Any:
    """A Trainer; what it takes itself is in `options` by its name, all else are `TrainingArguments`."""
    own = {"train_dataset": rows(), "eval_dataset": rows(12)}
    own |= {name: options.pop(name) for name in TRAINER if name in options}
    arguments: dict[str, Any] = {
        "output_dir": str(folder),
        "per_device_train_batch_size": 8,
        "num_train_epochs": 2,
        "learning_rate": 0.1,
        "report_to": "none",
        "use_cpu": True,
        "disable_tqdm": True,
        "logging_steps": 1,
        "save_strategy": "no",
        "eval_strategy": "epoch",
        "seed": 0,
        "dataloader_pin_memory": False,
        **options,
    }
    set_seed(0)
    if model is None and "model_init" not in own:
        model = Linear(LinearConfig())
    trainer = cls(model=model, args=TrainingArguments(**arguments), **own)
    trainer.model_accepts_loss_kwargs = False
    return trainer


TRAINER = (
    *("train_dataset", "eval_dataset", "data_collator", "callbacks", "compute_metrics", "model_init"),
    *("processing_class", "preprocess_logits_for_metrics"),
)


def outcome(trainer: Any) -> tuple[Any, ...]:
    """All that a training leaves behind and that must not depend on who watches it."""
    timing = ("runtime", "per_second", "preparation_time")
    log = [
        {name: value for name, value in entry.items() if not any(word in name for word in timing)}
        for entry in trainer.state.log_history
    ]
    weights = {name: value.tolist() for name, value in trainer.model.state_dict().items()}
    callbacks = [type(callback).__name__ for callback in trainer.callback_handler.callbacks]
    return (
        weights,
        log,
        trainer.state.global_step,
        trainer.model.training,
        callbacks,
        hash(torch.get_rng_state().numpy().tobytes()),
    )
