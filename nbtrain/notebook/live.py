"""The message hook: a kernel that blocks in a cell hears the panel all the same.

While a cell blocks, ipykernel leaves every message waiting. `serve` looks at them first:

- messages of our own comms are handled at once (ipykernel 7: in a helper thread, within milliseconds; ipykernel 6: at
  the next `poll`);
- other messages that execute nothing (a page that was reloaded asks for kernel and widgets, a Tab asks for a
  completion) are handled by `poll`, on the main thread, at step boundaries;
- requests to execute are passed on untouched, so that "Run All" keeps its order.

All of this is internal to ipykernel (7.0 to 7.4 and 6.x were tried), so everything is looked for before it is used;
where it is not there, `serve` returns None, and the cell simply blocks.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import inspect
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, Protocol

SERVED = {
    *("comm_open", "comm_msg", "comm_close", "comm_info_request", "kernel_info_request"),
    *("complete_request", "inspect_request", "is_complete_request", "history_request"),
}
"""Messages that execute nothing."""

SEVEN = ("shell_channel_thread", "shell_channel_thread_main", "shell_stream", "_shell_parent", "_shell_parent_ident")
SIX = ("msg_queue", "shell_stream", "dispatch_shell")
SECONDS = 5.0
"""Longest wait for the kernel's own threads."""


class Hook(Protocol):
    """A kernel that is served while it blocks."""

    def poll(self) -> None:
        """Handle what has come in meanwhile; on the main thread."""

    def close(self) -> None:
        """Give the kernel its messages back; what was not handled yet is handled now."""


def serve(kernel: Any, comms: Callable[[], set[str]], report: Callable[[str], None]) -> Hook | None:
    """Serve `kernel` while it blocks.

    Args:
        kernel: The kernel, as `get_ipython().kernel` gives it.
        comms: The ids of our own comms, as they are now; called from any thread.
        report: Is told what went wrong in handling a message.

    Returns:
        The hook, to be polled and closed; None where this kernel cannot be served.
    """
    with contextlib.suppress(Exception):  # a kernel that is built otherwise: it blocks, as it does without us
        if all(getattr(kernel, name, None) is not None for name in SEVEN):
            return _Seven(kernel, comms, report)
        if all(getattr(kernel, name, None) is not None for name in SIX):
            return _Six(kernel, report)
    return None


class _Seven:
    """ipykernel 7: shell messages come in on a thread of their own, and are looked at there."""

    def __init__(self, kernel: Any, comms: Callable[[], set[str]], report: Callable[[str], None]) -> None:
        self._kernel = kernel
        self._comms = comms
        self._report = report
        self._ours: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._others: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._open = True
        self._cell = kernel.get_parent("shell")
        self._cell_ident = kernel._shell_parent_ident.get()
        self._helper = threading.Thread(target=self._help, name="nbtrain-controls", daemon=True)
        self._on_shell_thread(lambda: kernel.shell_stream.on_recv(self._receive, copy=False))
        self._helper.start()

    def poll(self) -> None:
        handled = False
        while not self._others.empty():
            frames = self._others.get()
            try:
                with _apart():
                    self._handle(frames, self._kernel.set_parent)
            finally:
                self._kernel.set_parent(self._cell_ident, self._cell, channel="shell")
            handled = True
        if handled:
            self._still_busy()

    def close(self) -> None:
        if self._open:
            self._open = False
            with contextlib.suppress(Exception):
                original = self._kernel.shell_channel_thread_main
                self._on_shell_thread(lambda: self._kernel.shell_stream.on_recv(original, copy=False))
            self._ours.put(None)
            self._helper.join(SECONDS)
            self.poll()

    async def _receive(self, frames: Any) -> None:
        """In the shell channel's thread: who is to handle this message?"""
        to = self._destination(frames) if self._open else None
        if to is None:
            await self._kernel.shell_channel_thread_main(frames)
        else:
            to.put(frames)

    def _destination(self, frames: Any) -> queue.SimpleQueue[Any] | None:
        try:
            session = self._kernel.session
            _, parts = session.feed_identities(frames, copy=False)
            kind = session.unpack(parts[1].bytes)["msg_type"]
            if kind not in SERVED:
                return None
            is_ours = kind == "comm_msg" and session.unpack(parts[4].bytes).get("comm_id") in self._comms()
            return self._ours if is_ours else self._others
        except Exception:  # the kernel says what is wrong with it
            return None

    def _help(self) -> None:
        """In the helper thread: messages of our own, at once. It only ever leaves a request for the engine."""
        while (frames := self._ours.get()) is not None:
            self._handle(frames, self._set_parent_here)
            if self._open:
                self._still_busy()

    def _set_parent_here(self, idents: Any, message: Any, channel: str) -> None:
        """The parent for this thread only: the one of the process stays the cell, where prints belong."""
        self._kernel._shell_parent_ident.set(idents)
        self._kernel._shell_parent.set(message)

    def _handle(self, frames: Any, set_parent: Callable[..., None]) -> None:
        """Handle one message as `dispatch_shell` would. Its idle matters: a widget waits for it."""
        kernel = self._kernel
        idents, parts = kernel.session.feed_identities(frames, copy=False)
        message = kernel.session.deserialize(parts, content=True, copy=False)
        set_parent(idents, message, channel="shell")
        kernel._publish_status("busy", "shell", parent=message)
        try:
            stream = kernel.shell_channel_thread.manager.get_subshell_to_shell_channel_socket(None)
            _finish(kernel.shell_handlers[message["header"]["msg_type"]](stream, idents, message))
        except Exception as error:
            self._report(f"A message of the front end could not be handled: {type(error).__name__}: {error}")
        finally:
            kernel._publish_status("idle", "shell", parent=message)

    def _still_busy(self) -> None:
        """Otherwise the front end takes the cell for done."""
        self._kernel._publish_status("busy", "shell", parent=self._cell)

    def _on_shell_thread(self, call: Callable[[], Any]) -> None:
        done: concurrent.futures.Future[None] = concurrent.futures.Future()

        def run() -> None:
            try:
                call()
                done.set_result(None)
            except BaseException as error:
                done.set_exception(error)

        self._kernel.shell_channel_thread.io_loop.add_callback(run)
        done.result(SECONDS)


class _Six:
    """ipykernel 6: messages wait in the kernel's own queue, from which `poll` takes those that execute nothing."""

    def __init__(self, kernel: Any, report: Callable[[str], None]) -> None:
        self._kernel = kernel
        self._report = report
        self._cell = kernel.get_parent("shell")
        idents = kernel._parent_ident
        self._cell_ident = idents.get("shell", b"") if isinstance(idents, dict) else idents
        list(self._waiting())  # raises where the queue is another one

    def poll(self) -> None:
        self._kernel.shell_stream.flush()
        for item in list(self._waiting()):
            self._kernel.msg_queue._queue.remove(item)
            self._kernel.msg_queue.task_done()
            _, dispatch, arguments = item
            try:
                with _apart():
                    _finish(dispatch(*arguments))
            except Exception as error:
                self._report(f"A message of the front end could not be handled: {type(error).__name__}: {error}")
            finally:
                self._kernel.set_parent(self._cell_ident, self._cell, channel="shell")
                self._kernel._publish_status("busy", "shell", parent=self._cell)

    def close(self) -> None:
        """Nothing is kept back."""

    def _waiting(self) -> Iterator[Any]:
        session = self._kernel.session
        for item in self._kernel.msg_queue._queue:
            arguments = item[2]
            if arguments:
                _, parts = session.feed_identities(arguments[0], copy=False)
                if session.unpack(parts[1].bytes)["msg_type"] in SERVED:
                    yield item


def _apart() -> contextlib.AbstractContextManager[None]:
    """A widget of the user's may draw random numbers, and must not change those of the training."""
    if "torch" not in sys.modules:  # nothing is trained yet, and torch takes seconds to import
        return contextlib.nullcontext()
    from nbtrain.engine.isolation import isolated

    return isolated()


def _finish(result: Any) -> None:
    """Run a handler that is a coroutine to its end. One that really waits for something cannot be served here."""
    if inspect.iscoroutine(result):
        with contextlib.suppress(StopIteration):
            while True:
                result.send(None)
