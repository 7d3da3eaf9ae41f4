"""Estimate the memory of a training from the shape of the model and the configuration.

It is the sum of weights, gradients, optimizer states and activations. The activations follow
Korthikanti et al., "Reducing Activation Recomputation in Large Transformer Models" (2022), section 4.1: for a
batch of `b` examples of `s` tokens a layer keeps, with elements of `e` bytes and dropout masks of one byte,

    b s ((8 h + 2 f) e + 2 h)  +  a b s^2 (2 e + 1)

for hidden size `h`, feed-forward size `f` (4 h in the paper, which gives its 34 b s h + 5 a b s^2 at e = 2) and `a`
heads. The second term, the attention scores, counts only for eager attention: the fused kernels of accelerators do not
keep it. On a CPU masks take `e` bytes, and bfloat16 saves almost nothing. With gradient checkpointing every layer keeps
its input, and one layer at a time keeps all activations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbtrain.training.optimizer_memory import state_bytes

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel

    from nbtrain.config import Config


@dataclass(frozen=True)
class Shape:
    """The properties of a model that determine its memory.

    Args:
        parameters: Number of parameters.
        trained: Number of trained parameters.
        bytes_each: Bytes per parameter.
        hidden: Hidden size; 0 if unknown.
        feed_forward: Feed-forward size.
        heads: Attention heads per layer.
        layers: Number of layers.
    """

    parameters: int
    trained: int
    bytes_each: int
    hidden: int
    feed_forward: int
    heads: int
    layers: int

    @classmethod
    def of(cls, model: PreTrainedModel, model_config: PreTrainedConfig) -> Shape:
        """The shape of `model`, which may be on the meta device; `model_config` has the dtype of its weights."""
        config = model_config.get_text_config()
        hidden = _number(config, "hidden_size")
        dtype = next(model.parameters()).dtype if model.device.type != "meta" else model_config.dtype
        return cls(
            parameters=sum(parameter.numel() for parameter in model.parameters()),
            trained=sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad),
            bytes_each=getattr(dtype, "itemsize", 4),
            hidden=hidden,
            feed_forward=_number(config, "intermediate_size", "hidden_dim", "d_ff", "ffn_dim") or 4 * hidden,
            heads=_number(config, "num_attention_heads"),
            layers=_number(config, "num_hidden_layers") + _number(config, "num_decoder_layers"),
        )


def patches(model_config: PreTrainedConfig) -> int:
    """Length of the sequence that a vision transformer makes of an image; 1 for other models."""
    size, patch = _number(model_config, "image_size"), _number(model_config, "patch_size")
    return (size // patch) ** 2 + 1 if size and patch else 1


def training_memory(shape: Shape, config: Config, length: int, *, on_cpu: bool) -> int:
    """Bytes for training with batches whose longest example has `length` tokens."""
    mixed = bool(config["bf16"] or config["fp16"]) and shape.bytes_each > 2
    weights = shape.parameters * (shape.bytes_each + (2 if mixed else 0))  # autocast keeps a copy in half precision
    gradients = shape.trained * shape.bytes_each
    states = shape.trained * state_bytes(str(config["optim"]), shape.bytes_each)
    tokens = config["per_device_train_batch_size"] * length
    size = 2 if mixed and not on_cpu else shape.bytes_each
    layer = tokens * _layer_bytes(shape, length, size, on_cpu=on_cpu)
    if config["gradient_checkpointing"]:
        activations = shape.layers * tokens * shape.hidden * size + layer
    else:
        activations = shape.layers * layer
    return int(weights + gradients + states + activations)


def _layer_bytes(shape: Shape, length: int, size: int, *, on_cpu: bool) -> int:
    """Activation bytes of a layer per token; `size` is the bytes of an element."""
    mask = size if on_cpu else 1
    scores = shape.heads * length * (2 * size + mask) if on_cpu else 0
    return (8 * shape.hidden + 2 * shape.feed_forward) * size + 2 * shape.hidden * mask + scores


def _number(config: Any, *names: str) -> int:
    """The first of the settings `names` that the model's configuration has; 0 if it has none."""
    found = (getattr(config, name, None) for name in names)
    return next((value for value in found if isinstance(value, int)), 0)
