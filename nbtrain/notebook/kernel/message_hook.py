"""Message hook: serves messages while a cell blocks the kernel.

While a cell runs, ipykernel queues every message. `serve` intercepts them:

- Messages of our own comms are handled at once: in a helper thread within milliseconds (ipykernel 7), or at the next
  `poll` (ipykernel 6).
- Other messages that execute no code are handled by `poll`, on the main thread, at step boundaries: a reloaded page
  asks for kernel info and widgets, Tab asks for completions.
- Execute requests are passed on unchanged, so "Run All" keeps its order.

This uses internals of ipykernel (tested: 6.x, 7.0 to 7.4). If one is missing, `serve` returns None.
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

from nbtrain.notebook.kernel.throttle import Throttle

SERVED_TYPES = {
    *("comm_open", "comm_msg", "comm_close", "comm_info_request", "kernel_info_request"),
    *("complete_request", "inspect_request", "is_complete_request", "history_request"),
}
"""Types of messages that execute no code."""

NAMES_7 = ("shell_channel_thread", "shell_channel_thread_main", "shell_stream", "_shell_parent", "_shell_parent_ident")
NAMES_6 = ("msg_queue", "shell_stream", "dispatch_shell")
"""Attributes of a kernel of ipykernel 7 and 6 that are used here."""
TIMEOUT_SECONDS = 5.0
"""Longest wait for the kernel's own threads."""
MIN_POLL_SECONDS = 0.01
"""Minimum time between two scans of ipykernel 6's queue; each reads the whole queue."""
MAX_POLLS_PER_SECOND = 100


class Hook(Protocol):
    """Serves a kernel while it blocks. These methods do not raise if handling a message fails."""

    def poll(self) -> None:
        """Handle the messages that have arrived; call it on the main thread."""

    def close(self) -> None:
        """Handle the rest, then let the kernel receive its messages again. Idempotent."""


def serve(kernel: Any, comms: Callable[[], set[str]], report: Callable[[str], None]) -> Hook | None:
    """Start to serve `kernel` while a cell blocks it.

    Args:
        kernel: The kernel, as `get_ipython().kernel` gives it.
        comms: Returns the current IDs of our own comms; called from any thread.
        report: Called with the error text if a message could not be handled.

    Returns:
        The hook; it closes itself with the cell. None if this kernel is not supported.
    """
    with contextlib.suppress(Exception):  # unknown kernel internals: the cell blocks, as it would without nbtrain
        if all(getattr(kernel, name, None) is not None for name in NAMES_7):
            return _Ipykernel7Hook(kernel, comms, report)
        if all(getattr(kernel, name, None) is not None for name in NAMES_6):
            return _Ipykernel6Hook(kernel, report)
    return None


class _Ipykernel7Hook:
    """ipykernel 7: shell messages arrive on a separate thread and are sorted there."""

    def __init__(self, kernel: Any, comms: Callable[[], set[str]], report: Callable[[str], None]) -> None:
        self._kernel = kernel
        self._comms = comms
        self._report = report
        self._own_queue: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._main_queue: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._is_open = True
        self._thread = threading.get_ident()
        self._cell = kernel.get_parent("shell")
        self._cell_ident = kernel._shell_parent_ident.get()
        self._own_thread = threading.Thread(target=self._serve_own_comms, name="nbtrain-controls", daemon=True)
        try:
            self._on_shell_thread(self._install)
        except BaseException:
            self._is_open = False  # if that thread installs it later, it passes every message on
            raise
        self._own_thread.start()
        kernel.shell.events.register("post_run_cell", self._on_cell_end)

    def poll(self) -> None:
        handled = False
        while not self._main_queue.empty():
            frames = self._main_queue.get()
            try:
                with _isolated():
                    self._handle(frames, self._kernel.set_parent)
            finally:
                self._kernel.set_parent(self._cell_ident, self._cell, channel="shell")
            handled = True
        if handled:
            self._publish_busy()

    def close(self) -> None:
        if not self._is_open:
            return
        self._is_open = False
        with contextlib.suppress(Exception):
            self._kernel.shell.events.unregister("post_run_cell", self._on_cell_end)
        with contextlib.suppress(Exception):
            self._on_shell_thread(self._uninstall)
        self._own_queue.put(None)
        self._own_thread.join(TIMEOUT_SECONDS)
        self.poll()

    def _on_cell_end(self, _: Any) -> None:
        """Close with the cell, however it ended. Cells of subshells run on other threads."""
        if threading.get_ident() == self._thread:
            self.close()

    def _install(self) -> None:
        stream = self._kernel.shell_stream
        self._original = getattr(stream, "_recv_callback", None) or self._kernel.shell_channel_thread_main
        stream.on_recv(self._receive, copy=False)

    def _uninstall(self) -> None:
        """Restore the original callback, unless a newer hook is installed: it skips this one when it closes."""
        stream, before = self._kernel.shell_stream, self._original
        while isinstance(owner := getattr(before, "__self__", None), _Ipykernel7Hook) and not owner._is_open:
            before = owner._original
        if getattr(stream, "_recv_callback", self._receive) == self._receive:
            stream.on_recv(before, copy=False)

    def _receive(self, frames: Any) -> Any:
        """Sort one message; called on the shell channel's thread."""
        destination = self._queue_for(frames) if self._is_open else None
        return self._original(frames) if destination is None else destination.put(frames)

    def _queue_for(self, frames: Any) -> queue.SimpleQueue[Any] | None:
        try:
            message_type, parts = _message_type(session := self._kernel.session, frames)
            if message_type not in SERVED_TYPES:
                return None
            is_ours = message_type == "comm_msg" and session.unpack(parts[4].bytes).get("comm_id") in self._comms()
            return self._own_queue if is_ours else self._main_queue
        except Exception:  # malformed: the kernel reports it
            return None

    def _serve_own_comms(self) -> None:
        """Handle messages of our own comms at once, in the helper thread. They only queue commands for the engine."""
        while (frames := self._own_queue.get()) is not None:
            with contextlib.suppress(Exception):  # an error must not stop the thread: later clicks count, too
                self._handle(frames, self._set_parent_of_thread, self._to_comm)
            if self._is_open:
                self._publish_busy()

    def _set_parent_of_thread(self, idents: Any, message: Any, channel: str) -> None:
        """Set the parent message for this thread only, so that `print` on other threads still goes to the cell."""
        self._kernel._shell_parent_ident.set(idents)
        self._kernel._shell_parent.set(message)

    def _to_comm(self, _stream: Any, _idents: Any, message: Any) -> None:
        """Call the comm's callback directly. The kernel's handler triggers IPython events that show and close open
        figures, possibly while the main thread draws them.
        """
        comm = self._kernel.comm_manager.get_comm(message["content"]["comm_id"])
        if comm is not None and comm._msg_callback is not None:
            comm._msg_callback(message)

    def _handle(self, frames: Any, set_parent: Callable[..., None], handler: Callable[..., Any] | None = None) -> None:
        """Handle one message like `dispatch_shell`. Widgets wait for its "idle" status."""
        kernel = self._kernel
        try:
            idents, parts = kernel.session.feed_identities(frames, copy=False)
            message = kernel.session.deserialize(parts, content=True, copy=False)
        except Exception as error:  # bad signature, or a duplicate
            kernel.log.error("Invalid message: %s", error)
            return
        set_parent(idents, message, channel="shell")
        kernel._publish_status("busy", "shell", parent=message)
        try:
            stream = kernel.shell_channel_thread.manager.get_subshell_to_shell_channel_socket(None)
            _run_to_end((handler or kernel.shell_handlers[message["header"]["msg_type"]])(stream, idents, message))
        except Exception as error:
            self._report(f"Error in handling a message of the front end: {type(error).__name__}: {error}")
        finally:
            kernel._publish_status("idle", "shell", parent=message)

    def _publish_busy(self) -> None:
        """Tell the front end that the cell still runs; an "idle" marks it as finished."""
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
        done.result(TIMEOUT_SECONDS)


class _Ipykernel6Hook:
    """ipykernel 6: messages wait in the kernel's queue; `poll` takes out those that execute no code."""

    def __init__(self, kernel: Any, report: Callable[[str], None]) -> None:
        self._kernel = kernel
        self._report = report
        self._throttle = Throttle(MIN_POLL_SECONDS, MAX_POLLS_PER_SECOND)
        self._cell = kernel.get_parent("shell")
        idents = kernel._parent_ident
        self._cell_ident = idents.get("shell", b"") if isinstance(idents, dict) else idents
        list(self._waiting())  # raises if the queue has another structure

    def poll(self) -> None:
        if not self._throttle.allows():
            return
        self._kernel.shell_stream.flush()
        for item in list(self._waiting()):
            self._kernel.msg_queue._queue.remove(item)
            self._kernel.msg_queue.task_done()
            _, dispatch, arguments = item
            try:
                with _isolated():
                    _run_to_end(dispatch(*arguments))
            except Exception as error:
                self._report(f"Error in handling a message of the front end: {type(error).__name__}: {error}")
            finally:
                self._kernel.set_parent(self._cell_ident, self._cell, channel="shell")
                self._kernel._publish_status("busy", "shell", parent=self._cell)
        self._throttle.record()

    def close(self) -> None:
        """Nothing to do: `poll` leaves no message behind."""

    def _waiting(self) -> Iterator[Any]:
        for item in self._kernel.msg_queue._queue:
            arguments = item[2]
            with contextlib.suppress(Exception):  # malformed: the kernel reports it later
                if arguments and _message_type(self._kernel.session, arguments[0])[0] in SERVED_TYPES:
                    yield item


def _message_type(session: Any, frames: Any) -> tuple[str, Any]:
    """The type of a message (not validated) and its parts: signature, header, parent header, metadata, content."""
    _, parts = session.feed_identities(frames, copy=False)
    return session.unpack(parts[1].bytes)["msg_type"], parts


def _isolated() -> contextlib.AbstractContextManager[None]:
    """Context manager: random numbers that a user's widget draws do not affect the training."""
    if "torch" not in sys.modules:  # nothing has been trained, and importing torch takes seconds
        return contextlib.nullcontext()
    from nbtrain.engine.isolation import isolated

    return isolated()


def _run_to_end(result: Any) -> None:
    """Run a coroutine handler to its end. Handlers that really wait for something are not supported."""
    if inspect.iscoroutine(result):
        with contextlib.suppress(StopIteration):
            while True:
                result.send(None)
