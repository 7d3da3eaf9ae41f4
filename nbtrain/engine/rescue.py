"""Rescue: where memory runs out in a step, the step is done again in smaller pieces, with the same gradients.

The whole accumulation window is replayed from its beginning: gradients at zero, random numbers as they were, each batch
in pieces whose losses are weighted so that their gradients add up to those of the whole batch. The optimizer sees no
difference but for rounding (and for dropout, whose random numbers fall on other places).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nbtrain.engine.isolation import World, isolated
from nbtrain.engine.memory import attempt, device_memory
from nbtrain.engine.wraps import Wraps
from nbtrain.errors import NotEnoughMemoryError
from nbtrain.events import Diagnosed, Event, Split

if TYPE_CHECKING:
    import torch
    from transformers import Trainer

Step = Callable[..., "torch.Tensor"]


class Rescue:
    """Stands around `training_step`, `compute_loss` and `evaluation_loop` of a Trainer; not in several processes.

    Args:
        trainer: The Trainer.
        emit: Takes the events.

    Attributes:
        parts: Pieces in which each batch is worked on.
    """

    def __init__(self, trainer: Trainer, emit: Callable[[Event], bool]) -> None:
        self.parts = 1
        self._trainer = trainer
        self._emit = emit
        self._wraps = Wraps()
        self._window: list[tuple[Any, ...]] = []
        self._world: World | None = None
        self._share: float | None = None
        self._counted: bool | None = None

    def install(self) -> None:
        if self._trainer.args.world_size == 1:
            self._wraps.wrap(self._trainer, "compute_loss", self._weigh)
            self._wraps.wrap(self._trainer, "training_step", self._step)
            self._wraps.wrap(self._trainer, "evaluation_loop", self._evaluate)

    def remove(self) -> None:
        self._wraps.undo()
        self.begin_window()

    def begin_window(self) -> None:
        """A step begins: nothing of it is done yet."""
        self._window.clear()
        self._world = None

    def leave_out(self, original: Step) -> None:
        """Have the gradients be those of the window without its newest batch."""
        self._window.pop()
        if self.parts > 1:  # otherwise nothing of that batch has reached them
            self._trainer.model.zero_grad()
            for model, inputs, rest, named in self._window:
                self._in_pieces(original, model, inputs, rest, named)

    def _step(self, original: Step, model: Any, inputs: Any, *rest: Any, **named: Any) -> torch.Tensor:
        if self._world is None:
            self._world = World.current()
        self._window.append((model, inputs, rest, named))
        loss, said = attempt(lambda: self._in_pieces(original, model, inputs, rest, named))
        while loss is None:
            self._make_smaller(said)
            loss, said = attempt(lambda: self._replay(original))
        return loss

    def _make_smaller(self, said: str) -> None:
        largest = max(_batch_size(inputs) for _, inputs, _, _ in self._window)
        if largest <= self.parts:
            raise NotEnoughMemoryError(self._numbers(said, largest))
        self.parts *= 2
        step = self._trainer.state.global_step
        piece = -(-largest // self.parts)
        accumulate = self._trainer.args.gradient_accumulation_steps * self.parts
        self._emit(Split(step=step, parts=self.parts))
        message = (
            f"Memory ran out with {largest} examples at once. Each batch is worked on in {self.parts} pieces from now "
            f"on, with the same gradients. Next time write per_device_train_batch_size = {piece} and "
            f"gradient_accumulation_steps = {accumulate}."
        )
        self._emit(Diagnosed(step=step, level="warning", message=message))

    def _replay(self, original: Step) -> torch.Tensor:
        """The whole window once more; the loss of its newest batch."""
        assert self._world is not None
        self._trainer.model.zero_grad()
        self._world.enter()
        for model, inputs, rest, named in self._window:
            loss = self._in_pieces(original, model, inputs, rest, named)
        return loss

    def _in_pieces(self, original: Step, model: Any, inputs: Any, rest: Any, named: Any) -> torch.Tensor:
        """`training_step` on each piece of a batch; the loss of all."""
        size = _batch_size(inputs)
        if self.parts == 1 or size <= 1:
            return original(model, inputs, *rest, **named)
        whole, items = _weight(inputs), named.get("num_items_in_batch", rest[0] if rest else None)
        is_counted = self._is_counted(model, inputs, size, items)
        losses = []
        try:
            for piece in _pieces(inputs, size, self.parts):
                self._share = None if is_counted else _weight(piece) / whole
                losses.append(original(model, piece, *rest, **named))
        finally:
            self._share = None
        return sum(losses[1:], losses[0])

    def _weigh(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """The loss of a piece, as the part that it has in the loss of its batch."""
        result = original(*args, **kwargs)
        if self._share is None:
            return result
        return (result[0] * self._share, *result[1:]) if isinstance(result, tuple) else result * self._share

    def _is_counted(self, model: Any, inputs: Any, size: int, items: Any) -> bool:
        """Whether the loss is divided by the items of the whole window, so that the losses of pieces add up as they
        are; otherwise it is a mean. Models that are told the number need not use it, so one is tried with two numbers.
        """
        import torch

        if items is None:
            return False
        if self._counted is None:
            one = self._trainer._prepare_inputs(_pieces(inputs, size, size)[0])
            losses = []
            for number in (items, items * 2):
                with torch.no_grad(), isolated():
                    losses.append(float(self._trainer.compute_loss(model, dict(one), num_items_in_batch=number)))
            self._counted = abs(losses[1] - losses[0] / 2) < 1e-3 * abs(losses[0])
        return self._counted

    def _evaluate(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        output, said = attempt(lambda: original(*args, **kwargs))
        if output is None:
            size = self._trainer.args.eval_batch_size
            fix = f"Write per_device_eval_batch_size = {max(1, size // 2)}." if size > 1 else "Shorten max_length."
            memory = device_memory(self._trainer.args.device)
            facts = f"{size} examples at once" + (f" ({memory})" if memory else "")
            raise NotEnoughMemoryError(f"Memory ran out while evaluating {facts}: {said}\n    {fix}")
        return output

    def _numbers(self, said: str, largest: int) -> str:
        parameters = sum(parameter.numel() for parameter in self._trainer.model.parameters())
        longest = max(_length(inputs) for _, inputs, _, _ in self._window)
        memory = device_memory(self._trainer.args.device)
        facts = [
            f"batches of {largest}",
            f"inputs of up to {longest} tokens" if longest else "",
            f"{parameters / 1e6:.1f} million parameters",
            memory,
        ]
        return (
            f"Memory ran out even with one example at a time ({', '.join(fact for fact in facts if fact)}): {said}\n"
            "    Write a smaller max_length, or take a smaller model."
        )


def _batch_size(inputs: Any) -> int:
    from accelerate.utils import find_batch_size

    return find_batch_size(inputs) or 0


def _length(inputs: Any) -> int:
    ids = inputs.get("input_ids") if hasattr(inputs, "get") else None
    return int(ids.shape[-1]) if ids is not None and ids.ndim > 1 else 0


def _weight(inputs: Any) -> float:
    """What a mean loss is a mean over: labels that count, where they are class numbers; else examples."""
    labels = inputs.get("labels") if hasattr(inputs, "get") else None
    if labels is not None and not labels.is_floating_point() and labels.ndim > 0:
        return float((labels != -100).sum())
    return float(_batch_size(inputs))


def _pieces(inputs: Any, size: int, parts: int) -> list[Any]:
    """`inputs` cut along the batch, at most `parts` times; what is no tensor with a row per example goes into each."""
    from accelerate.utils.operations import recursively_apply

    length = -(-size // parts)

    def cut(start: int) -> Any:
        def rows(tensor: torch.Tensor) -> torch.Tensor:
            return tensor[start : start + length] if tensor.ndim > 0 and tensor.shape[0] == size else tensor

        return recursively_apply(rows, inputs)

    return [cut(start) for start in range(0, size, length)]
