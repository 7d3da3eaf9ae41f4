"""What a run does to be fast on the hardware at hand, and why: `speed = "auto"`.

It goes by what torch says of the device, by the model and by the lengths of the inputs, never by a clock, so that the
same run on the same machine is always the same. Nothing here changes more than the rounding and the order of batches,
and no key that the user gave is overridden.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nbtrain.data.feature_types import percent
from nbtrain.engine import malloc

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nbtrain.config import Config

EVAL_BATCH_SIZE = 32
LITTLE_PADDING = 0.02
"""Share of padding that is not worth another order of the examples."""

PRECISION = ("bf16", "fp16", "bf16_full_eval", "fp16_full_eval", "deepspeed", "fsdp", "accelerator_config")
"""Keys with which the user decides on the precision himself."""

DROPOUTS = ("attention_probs_dropout_prob", "attention_dropout", "attn_pdrop", "attn_dropout")
"""What models call the dropout of their attention."""


@dataclass(frozen=True)
class Facts:
    """What is known of the device.

    Args:
        device: Its type: "cpu", "cuda", ...
        bf16: Whether it has instructions for bfloat16.
        keeps_heap: Whether the C library can be told to keep memory.
    """

    device: str
    bf16: bool
    keeps_heap: bool = False

    @classmethod
    def current(cls, *, use_cpu: bool = False) -> Facts:
        """Those of the device that a Trainer takes here."""
        import torch

        accelerator = None if use_cpu else torch.accelerator.current_accelerator(check_available=True)
        if accelerator is None:
            return cls("cpu", _cpu_has_bf16(), malloc.can_retain())
        return cls(accelerator.type, _accelerator_has_bf16(accelerator.type))


@dataclass(frozen=True)
class Inputs:
    """What is known of model and data.

    Args:
        dtype: Type of the model's weights, as in "float32".
        dropout: Whether its attention has dropout.
        attention: The attention that was chosen for it already; None where the library decides.
        lengths: Tokens of each training example; None where that is not known.
    """

    dtype: str = "float32"
    dropout: bool = False
    attention: str | None = None
    lengths: NDArray[Any] | None = None

    @classmethod
    def of(cls, model: Any, model_config: Any, train: Any) -> Inputs:
        """Those of a run.

        Args:
            model: What the user named, or the model itself.
            model_config: The model's configuration.
            train: The encoded training split.
        """
        from nbtrain.training.length_batching import input_lengths

        is_object = not isinstance(model, str) or model.startswith(("$", "<"))  # so a run of the past has its name
        dtype = getattr(model, "dtype", None) if is_object else getattr(model_config, "dtype", None)
        return cls(
            dtype="float32" if dtype is None else str(dtype).removeprefix("torch."),
            dropout=any(getattr(model_config, name, 0.0) for name in DROPOUTS),
            attention="its own" if is_object else getattr(model_config, "_attn_implementation_internal", None),
            lengths=input_lengths(train),
        )


@dataclass(frozen=True)
class Choices:
    """What was chosen.

    Args:
        arguments: Fields of `TrainingArguments`.
        by_length: Whether batches are made of inputs of similar length, and evaluations begin with the longest.
        attention: The attention that the model is loaded with; None leaves it to the library.
        keeps_heap: Whether the process keeps the memory that a step frees.
        reasons: What was done and why, in clauses.
    """

    arguments: dict[str, Any] = field(default_factory=dict)
    by_length: bool = False
    attention: str | None = None
    keeps_heap: bool = False
    reasons: tuple[str, ...] = ()

    @property
    def notes(self) -> list[str]:
        """For the record."""
        return [f'speed = "auto": {"; ".join(self.reasons)}.'] if self.reasons else []

    @property
    def recorded(self) -> dict[str, Any]:
        """What an export needs to know."""
        chosen = {"arguments": self.arguments, "by_length": self.by_length, "attention": self.attention}
        return {name: value for name, value in chosen.items() if value}


def choose(config: Config, facts: Facts, inputs: Inputs) -> Choices:
    """What a run with `config` does."""
    if config["speed"] == "exact":
        return Choices()
    if config["trainer_class"] is not None:
        return Choices(reasons=("a plain Trainer otherwise, since `trainer_class` may do what it wants",))
    precision, why_precision = _precision(config, facts, inputs)
    by_length, why_by_length = _by_length(config, inputs)
    evaluation, why_evaluation = _evaluation(config, by_length=by_length)
    attention, why_attention = _attention(facts, inputs, in_bf16=bool(precision))
    keeps = facts.device == "cpu" and facts.keeps_heap
    why_keeps = "memory that a step frees is kept for the next one" if keeps else ""
    reasons = (why_precision, why_by_length, why_evaluation, why_attention, why_keeps)
    return Choices(
        arguments={**precision, **evaluation},
        by_length=by_length,
        attention=attention,
        keeps_heap=keeps,
        reasons=tuple(reason for reason in reasons if reason),
    )


def choose_for_prediction(config: Config, facts: Facts, model_config: Any) -> Choices:
    """What is done where a model is only to predict that a run with `config` has left: as in the run, as far as it can
    be.
    """
    if config["speed"] == "exact" or config["trainer_class"] is not None:
        return Choices()
    inputs = Inputs.of(config["model"], model_config, None)
    precision, _ = _precision(config, facts, inputs)
    evaluation, _ = _evaluation(config, by_length=True)
    attention, _ = _attention(facts, inputs, in_bf16=bool(precision))
    return Choices({**precision, **evaluation}, config["data_collator"] is None, attention)


def _precision(config: Config, facts: Facts, inputs: Inputs) -> tuple[dict[str, Any], str]:
    """Mixed precision: weights, their gradients and the optimizer stay in float32.

    float16 is never chosen: its range is small, so that steps in which a gradient overflows would be left out, which is
    more than rounding.
    """
    if any(key in config for key in PRECISION):
        return {}, ""
    named = "this CPU" if facts.device == "cpu" else f"this device ({facts.device})"
    if inputs.dtype != "float32":
        return {}, f"the precision of the model's weights, which are {inputs.dtype}"
    if not facts.bf16:
        return {}, f"float32 throughout, since {named} has no instructions for bfloat16"
    if facts.device == "cpu":
        if config.given.get("use_cpu") is False:
            return {}, "float32 throughout, since bfloat16 on a CPU needs use_cpu = true"
        return {"bf16": True, "use_cpu": True}, "matrix products in bfloat16, for which this CPU has instructions"
    return {"bf16": True}, f"matrix products in bfloat16, for which {named} has instructions"


def _by_length(config: Config, inputs: Inputs) -> tuple[bool, str]:
    if "train_sampling_strategy" in config or inputs.lengths is None:
        return False, ""
    if config["data_collator"] is not None:
        return False, "batches in random order, since `data_collator` may pad as it wants"
    padding = padding_share(inputs.lengths, config["per_device_train_batch_size"])
    if padding < LITTLE_PADDING:
        return False, "batches in random order, since the inputs are all about as long"
    return True, f"batches of inputs of similar length, since random ones would be {percent(round(padding, 2))} padding"


def _evaluation(config: Config, *, by_length: bool) -> tuple[dict[str, Any], str]:
    in_batches = config["batch_eval_metrics"] or not config["eval_do_concat_batches"]
    in_batches = in_batches or "loss" in config["include_for_metrics"] or config["dataloader_drop_last"]
    if in_batches:  # which can be seen in the results
        return {}, ""
    order = "the longest inputs first and the results put back in order" if by_length else ""
    if "per_device_eval_batch_size" in config:
        return {}, f"evaluations with {order}" if order else ""
    said = f"evaluations with {EVAL_BATCH_SIZE} examples at a time"
    return {"per_device_eval_batch_size": EVAL_BATCH_SIZE}, f"{said}, {order}" if order else said


def _attention(facts: Facts, inputs: Inputs, *, in_bf16: bool) -> tuple[str | None, str]:
    """On a CPU, torch's fused attention has no dropout, and what steps in for it converts to float32 and back."""
    if facts.device != "cpu" or not (in_bf16 and inputs.dropout) or inputs.attention is not None:
        return None, ""
    return "eager", 'attention "eager", since the fused one has no dropout on a CPU'


def padding_share(lengths: NDArray[Any], batch_size: int) -> float:
    """Which part of the tokens of random batches would be padding."""
    import numpy as np

    whole = len(lengths) // batch_size * batch_size
    if batch_size == 1 or whole == 0:
        return 0.0
    batches = np.random.default_rng(0).permutation(lengths)[:whole].reshape(-1, batch_size)
    return 1.0 - float(batches.sum()) / float(batches.max(axis=1).sum() * batch_size)


def _cpu_has_bf16() -> bool:
    """Older versions of torch say it of x86 only."""
    import torch

    if hasattr(torch.cpu, "get_capabilities"):
        found = torch.cpu.get_capabilities()
        return any(found.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    return any(
        getattr(torch.cpu, name, lambda: False)() for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    )


def _accelerator_has_bf16(device: str) -> bool:
    """False where torch does not say."""
    import torch

    ask = getattr(getattr(torch, device, None), "is_bf16_supported", None)
    return ask is not None and bool(ask(including_emulation=False))
