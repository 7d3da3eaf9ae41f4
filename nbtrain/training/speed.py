"""Optimizations for the available hardware, and the reasons for them: `speed = "auto"`.

The choices depend on the device, the model and the lengths of the inputs, never on measured times, so the same run on
the same machine always makes the same choices. They change nothing but rounding and the order of batches, and no key
that the user gave is overridden.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nbtrain.data.feature_types import percent
from nbtrain.engine import malloc

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nbtrain.config import Config
    from nbtrain.tasks.base import Task

EVAL_BATCH_SIZE = 32
MIN_PADDING = 0.02
"""Share of padding below which grouping by length is not worth it."""

PRECISION = ("bf16", "fp16", "bf16_full_eval", "fp16_full_eval", "deepspeed", "fsdp", "accelerator_config")
"""Keys that set the precision; if one is given, it is left alone."""

DROPOUTS = ("attention_probs_dropout_prob", "attention_dropout", "attn_pdrop", "attn_dropout")
"""Names of the attention dropout in model configurations."""


@dataclass(frozen=True)
class DeviceInfo:
    """Properties of the device.

    Args:
        device: Its type: "cpu", "cuda", ...
        bf16: Whether it has instructions for bfloat16.
        keeps_heap: Whether the C library can retain freed memory.
    """

    device: str
    bf16: bool
    keeps_heap: bool = False

    @classmethod
    def current(cls, *, use_cpu: bool = False) -> DeviceInfo:
        """The device that a Trainer uses on this machine."""
        import torch

        accelerator = None if use_cpu else torch.accelerator.current_accelerator(check_available=True)
        if accelerator is None:
            return cls("cpu", _cpu_has_bf16(), malloc.can_retain())
        return cls(accelerator.type, _accelerator_has_bf16(accelerator.type))


@dataclass(frozen=True)
class Inputs:
    """Properties of model and data.

    Args:
        dtype: Type of the model's weights, such as "float32".
        dropout: Whether its attention has dropout.
        attention: The attention implementation that is already chosen; None if the library decides.
        lengths: Number of tokens of each training example; None if unknown.
    """

    dtype: str = "float32"
    dropout: bool = False
    attention: str | None = None
    lengths: NDArray[Any] | None = None

    @classmethod
    def of(cls, model: Any, model_config: Any, train: Any) -> Inputs:
        """The properties for a run.

        Args:
            model: The model's name, or the model itself.
            model_config: The model's configuration.
            train: The encoded training split.
        """
        from nbtrain.training.length_batching import input_lengths

        is_object = not isinstance(model, str) or model.startswith(("$", "<"))  # "$": as stored in a run directory
        dtype = getattr(model, "dtype", None) if is_object else getattr(model_config, "dtype", None)
        return cls(
            dtype="float32" if dtype is None else str(dtype).removeprefix("torch."),
            dropout=any(getattr(model_config, name, 0.0) for name in DROPOUTS),
            attention="its own" if is_object else getattr(model_config, "_attn_implementation_internal", None),
            lengths=input_lengths(train),
        )


@dataclass(frozen=True)
class Choices:
    """The chosen optimizations.

    Args:
        arguments: Fields of `TrainingArguments`.
        by_length: Whether batches group inputs of similar length, and evaluations start with the longest inputs.
        attention: The attention implementation to load the model with; None leaves it to the library.
        keeps_heap: Whether the process retains the memory that a step frees.
        reasons: What was chosen and why, as clauses.
        words: What was chosen, in a few words each.
    """

    arguments: dict[str, Any] = field(default_factory=dict)
    by_length: bool = False
    attention: str | None = None
    keeps_heap: bool = False
    reasons: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    @property
    def notes(self) -> list[str]:
        """What was chosen as a note for the record: a line, and then the reasons in another one."""
        if not self.reasons:
            return []
        return [f'Speed-ups: {", ".join(self.words) or "none"}.\nspeed = "auto": {"; ".join(self.reasons)}.']

    @property
    def recorded(self) -> dict[str, Any]:
        """The choices that the exported script needs."""
        chosen = {"arguments": self.arguments, "by_length": self.by_length, "attention": self.attention}
        return {name: value for name, value in chosen.items() if value}


def choose(config: Config, info: DeviceInfo, inputs: Inputs, task: Task | None = None) -> Choices:
    """The choices for a run with `config`, which has another Trainer if its task has one."""
    if config["speed"] == "exact":
        return Choices()
    if config["trainer_class"] is not None:
        return Choices(reasons=("no optimizations, since `trainer_class` may change what the Trainer does",))
    precision, why_precision = _precision(config, info, inputs)
    by_length, why_by_length = _by_length(config, inputs)
    if by_length and task is not None and task.trainer != "Trainer":
        by_length, why_by_length = False, ""
    evaluation, why_evaluation = _evaluation(config, by_length=by_length)
    if task is not None and task.outputs_vocabulary:  # a larger batch would need far more memory than training
        evaluation, why_evaluation = {}, ""
    attention, why_attention = _attention(info, inputs, in_bf16=bool(precision))
    keeps = info.device == "cpu" and info.keeps_heap
    why_keeps = "freed memory is reused by the next step" if keeps else ""
    reasons = (why_precision, why_by_length, why_evaluation, why_attention, why_keeps)
    size = evaluation.get("per_device_eval_batch_size")
    words = (
        "bfloat16" if precision else "",
        why_by_length.partition(" (")[0] + f" (saves {_saved(config, inputs)} padding)" if by_length else "",
        f"evaluation batch size {size}" if size else "",
        f"{attention} attention" if attention else "",
        "freed memory is reused" if keeps else "",
    )
    return Choices(
        arguments={**precision, **evaluation},
        by_length=by_length,
        attention=attention,
        keeps_heap=keeps,
        reasons=tuple(filter(None, reasons)),
        words=tuple(filter(None, words)),
    )


def choose_for_prediction(config: Config, info: DeviceInfo, model_config: Any) -> Choices:
    """The choices for predictions with the saved model of a run with `config`: as far as possible those of the run."""
    if config["speed"] == "exact" or config["trainer_class"] is not None:
        return Choices()
    inputs = Inputs.of(config["model"], model_config, None)
    precision, _ = _precision(config, info, inputs)
    evaluation, _ = _evaluation(config, by_length=True)
    attention, _ = _attention(info, inputs, in_bf16=bool(precision))
    return Choices({**precision, **evaluation}, config["data_collator"] is None, attention)


def _precision(config: Config, info: DeviceInfo, inputs: Inputs) -> tuple[dict[str, Any], str]:
    """Mixed precision: weights, gradients and optimizer stay in float32.

    float16 is never chosen: its range is small, so steps in which a gradient overflows would be skipped, which is more
    than rounding.
    """
    if any(key in config for key in PRECISION):
        return {}, ""
    named = "this CPU" if info.device == "cpu" else f"this device ({info.device})"
    if inputs.dtype != "float32":
        return {}, f"the precision of the model's weights ({inputs.dtype})"
    if not info.bf16:
        return {}, f"float32 ({named} has no bfloat16 instructions)"
    if info.device == "cpu":
        if config.given.get("use_cpu") is False:
            return {}, "float32 (bfloat16 on a CPU needs use_cpu = true)"
        return {"bf16": True, "use_cpu": True}, "bfloat16 mixed precision (this CPU has instructions for it)"
    return {"bf16": True}, f"bfloat16 mixed precision ({named} has instructions for it)"


def _by_length(config: Config, inputs: Inputs) -> tuple[bool, str]:
    if "train_sampling_strategy" in config or inputs.lengths is None:
        return False, ""
    if config["data_collator"] is not None:
        return False, "examples in random order (`data_collator` may pad in its own way)"
    if padding_share(inputs.lengths, config["per_device_train_batch_size"]) < MIN_PADDING:
        return False, "examples in random order (all inputs have about the same length)"
    return True, f"batches grouped by input length (random batches would be {_saved(config, inputs)} padding)"


def _saved(config: Config, inputs: Inputs) -> str:
    """The share of padding that batches of similar length save, as a percentage."""
    assert inputs.lengths is not None
    return percent(round(padding_share(inputs.lengths, config["per_device_train_batch_size"]), 2))


def _evaluation(config: Config, *, by_length: bool) -> tuple[dict[str, Any], str]:
    in_batches = config["batch_eval_metrics"] or not config["eval_do_concat_batches"]
    in_batches = in_batches or "loss" in config["include_for_metrics"] or config["dataloader_drop_last"]
    if in_batches:  # the results depend on the batches
        return {}, ""
    order = "longest inputs first (results are restored to the original order)" if by_length else ""
    if "per_device_eval_batch_size" in config:
        return {}, f"evaluation with {order}" if order else ""
    said = f"evaluation batch size {EVAL_BATCH_SIZE}"
    return {"per_device_eval_batch_size": EVAL_BATCH_SIZE}, f"{said}, {order}" if order else said


def _attention(info: DeviceInfo, inputs: Inputs, *, in_bf16: bool) -> tuple[str | None, str]:
    """On a CPU, torch's fused attention does not support dropout; its fallback converts to float32 and back."""
    if info.device != "cpu" or not (in_bf16 and inputs.dropout) or inputs.attention is not None:
        return None, ""
    return "eager", 'attention "eager" (the fused one does not support dropout on a CPU)'


def padding_share(lengths: NDArray[Any], batch_size: int) -> float:
    """Share of padding tokens if batches were random."""
    import numpy as np

    whole = len(lengths) // batch_size * batch_size
    if batch_size == 1 or whole == 0:
        return 0.0
    batches = np.random.default_rng(0).permutation(lengths)[:whole].reshape(-1, batch_size)
    return 1.0 - float(batches.sum()) / float(batches.max(axis=1).sum() * batch_size)


def _cpu_has_bf16() -> bool:
    """Whether the CPU has bfloat16 instructions. Older versions of torch know it for x86 only."""
    import torch

    if hasattr(torch.cpu, "get_capabilities"):
        found = torch.cpu.get_capabilities()
        return any(found.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    return any(
        getattr(torch.cpu, name, lambda: False)() for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    )


def _accelerator_has_bf16(device: str) -> bool:
    """Whether the accelerator has bfloat16 instructions; False if torch does not know."""
    import torch

    ask = getattr(getattr(torch, device, None), "is_bf16_supported", None)
    return ask is not None and bool(ask(including_emulation=False))
