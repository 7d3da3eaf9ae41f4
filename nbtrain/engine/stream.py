"""Training as a stream of events: the unmodified `Trainer.train()` as an iterator.

`train()` runs in a greenlet. After each callback of the Trainer a hook switches to the consumer with an event, and the
consumer's `next()` switches back. Everything runs in one thread, in the order of `train()`; no training loop is
reimplemented.

The hooks are monkey-patched methods of the instances, while the stream is open: `callback_handler.call_event`, and
`training_step` and `_clip_grad_norm`, because no callback gets the loss and the gradient norm. The results are
bit-identical to those of a plain `train()`.
"""

from __future__ import annotations

import contextlib
import contextvars
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from greenlet import getcurrent, greenlet

from nbtrain.engine.guards.memory import explain, is_out_of_memory
from nbtrain.engine.hooks import Hooks
from nbtrain.engine.patching import PatchedMethod
from nbtrain.errors import RunError
from nbtrain.events import Event
from nbtrain.events.commands import Control

if TYPE_CHECKING:
    from types import TracebackType

    from transformers import Trainer
    from transformers.trainer_utils import TrainOutput


class TrainingClosed(BaseException):
    """Raised inside `train()` when its stream is closed early. Not an `Exception`, so that no handler catches it."""


class Stream(Iterator[Event]):
    """The events of one training; iterate over it to train.

    Closing it early, also by `with` or by dropping the last reference to it, unwinds `train()`. The Trainer can then
    train again.

    Args:
        trainer: Any `transformers.Trainer`.
        train: Function to call instead of `trainer.train`.
        guarded: Keep the training alive if memory or the disk is full. If a loss is not finite, ask the user who
            attends the run; if nobody does, only report it.
        stops_if_nonfinite: With `guarded`: stop the training if a loss is not finite and nobody attends the run.
        control: Takes commands already; by default a new one.
        arguments: Keyword arguments of `train`, such as `resume_from_checkpoint`.

    Attributes:
        control: Takes commands, such as `control.stop()`, while the stream is open.
    """

    def __init__(
        self,
        trainer: Trainer,
        train: Callable[..., TrainOutput] | None = None,
        *,
        guarded: bool = False,
        stops_if_nonfinite: bool = False,
        control: Control | None = None,
        **arguments: Any,
    ) -> None:
        self.trainer = trainer
        self._guarded = guarded
        self._stops_if_nonfinite = stops_if_nonfinite
        self.control = Control() if control is None else control
        self._bridge = _Bridge(lambda: (train or trainer.train)(**arguments))
        self._hooks: Hooks | None = None

    @property
    def result(self) -> TrainOutput | None:
        """Return value of `train()`; None before the end."""
        return self._bridge.result

    def __iter__(self) -> Stream:
        return self

    def __next__(self) -> Event:
        """Train up to the next event.

        Raises:
            StopIteration: The training has ended.
            RunError: Another stream of this Trainer is open.
            NotEnoughMemoryError: The stream is guarded, and smaller micro-batches do not help.
            RuntimeError: `train()` raised StopIteration, which is its cause: raised as it is, it would end a `for`
                loop as if the training were over (as in PEP 479).
            Exception: Any other exception of `train()`, with its traceback.
        """
        if self._bridge.inside.dead:
            raise StopIteration
        if self._hooks is None:
            self._install_hooks()
        try:
            event = self._bridge.across(self._bridge.inside.switch)
        except BaseException as error:
            self._remove_hooks()
            if isinstance(error, StopIteration):
                raise RuntimeError("the training raised StopIteration") from error
            if self._guarded and is_out_of_memory(error):
                raise explain(error, self.trainer) from None
            raise
        if event is None:
            self._remove_hooks()
            raise StopIteration
        return event

    def close(self) -> None:
        """End the training at once, even in the middle of an epoch. Does nothing if it has ended."""
        try:
            self._bridge.unwind()
        finally:
            self._remove_hooks()

    def __enter__(self) -> Stream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_hooks", None) is not None:
            self.close()

    def _install_hooks(self) -> None:
        if isinstance(vars(self.trainer.callback_handler).get("call_event"), PatchedMethod):
            raise RunError("Another stream of this Trainer is open. Call its `.close()` first.")
        self._hooks = Hooks(
            self.trainer,
            self.control,
            self._bridge.emit,
            guarded=self._guarded,
            stops_if_nonfinite=self._stops_if_nonfinite,
        )
        self._hooks.install()

    def _remove_hooks(self) -> None:
        if self._hooks is not None:
            self._hooks.remove()
            self._hooks = None
            self.trainer.is_in_train = False


class _Bridge:
    """The greenlet in which `train` runs, and the switches into and out of it.

    It has no reference to its `Stream`: the greenlet refers to this object, and must not keep the stream alive.

    Attributes:
        inside: The greenlet; dead when `train` has returned.
        result: Return value of `train`.
    """

    def __init__(self, train: Callable[[], TrainOutput]) -> None:
        self.result: TrainOutput | None = None
        self._train = train
        self.inside = greenlet(self._run)
        self.inside.gr_context = contextvars.copy_context()  # Jupyter kernels route output by context variables
        self._began = time.perf_counter()
        self._seq = 0
        self._grad_enabled = True

    def unwind(self) -> None:
        """Raise `TrainingClosed` inside `train`, if it is running."""
        if self.inside and not self.inside.dead:
            with contextlib.suppress(TrainingClosed):
                self.across(lambda: self.inside.throw(TrainingClosed))

    def emit(self, event: Event) -> bool:
        """Pass `event` to the consumer; returns when the consumer asks for the next one.

        Returns:
            False, without passing it, if the consumer itself is using the Trainer between two events.
        """
        if getcurrent() is not self.inside:
            return False
        self._seq += 1
        self._grad_enabled = torch.is_grad_enabled()
        event.stamp(seq=self._seq, time=time.perf_counter() - self._began)
        if torch.is_inference_mode_enabled():
            with torch.inference_mode(False):
                self.inside.parent.switch(event)
        else:
            self.inside.parent.switch(event)
        return True

    def _run(self) -> None:
        self.result = self._train()

    def across(self, switch: Callable[[], Event | None]) -> Event | None:
        """Continue `train` by calling `switch`; returns its next event, or None if it has returned.

        Autograd modes belong to the thread, so they are saved and restored for each side.
        """
        if torch.is_inference_mode_enabled():
            with torch.inference_mode(False):
                return self.across(switch)
        self.inside.parent = getcurrent()
        enabled = torch.is_grad_enabled()
        if enabled != self._grad_enabled:
            torch.set_grad_enabled(self._grad_enabled)
        try:
            return switch()
        finally:
            if torch.is_grad_enabled() != enabled:
                torch.set_grad_enabled(enabled)


def stream(trainer: Trainer, *, resume_from_checkpoint: str | Path | bool | None = None, **arguments: Any) -> Stream:
    """Drive `trainer.train()` one event at a time.

    ```python
    import nbtrain
    from nbtrain.events import Stepped

    for event in nbtrain.stream(trainer):
        if isinstance(event, Stepped) and event.loss < 0.1:
            break
    ```

    Args:
        trainer: Any `transformers.Trainer`, also of a subclass.
        resume_from_checkpoint: As for `Trainer.train`.
        **arguments: Further arguments of `Trainer.train`.

    Returns:
        An iterator of events: `Started`, then one `Stepped` per optimizer step, `Evaluated` per evaluation, `Logged`
        per log, `Saved` per checkpoint, `EpochEnded` per complete epoch, and a `Phase` per evaluated batch (all in
        `nbtrain.events`). It also has `.control`, `.close()` and, at the end, `.result`.
    """
    if resume_from_checkpoint is not None:
        is_path = isinstance(resume_from_checkpoint, Path)
        arguments["resume_from_checkpoint"] = str(resume_from_checkpoint) if is_path else resume_from_checkpoint
    return Stream(trainer, **arguments)
