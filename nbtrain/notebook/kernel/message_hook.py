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

from nbtrain.notebook.kernel.throttle import Throttle

SERVED = {
    *("comm_open", "comm_msg", "comm_close", "comm_info_request", "kernel_info_request"),
    *("complete_request", "inspect_request", "is_complete_request", "history_request"),
}
"""Messages that execute nothing."""

SEVEN = ("shell_channel_thread", "shell_channel_thread_main", "shell_stream", "_shell_parent", "_shell_parent_ident")
SIX = ("msg_queue", "shell_stream", "dispatch_shell")
SECONDS = 5.0
"""Longest wait for the kernel's own threads."""
POLL_SECONDS = 0.01
"""Least time between two readings of the queue of ipykernel 6, all of which is read each time."""
MAX_POLLS = 100
"""In any one second."""


class Hook(Protocol):
    """A kernel that is served while it blocks. What goes wrong with a message is no error of these methods."""

    def poll(self) -> None:
        """Handle what has come in meanwhile; on the main thread."""

    def close(self) -> None:
        """Give the kernel its messages back; what was not handled yet is handled now. Closing twice is closing once."""


def serve(kernel: Any, comms: Callable[[], set[str]], report: Callable[[str], None]) -> Hook | None:
    """Serve `kernel` while it blocks.

    Args:
        kernel: The kernel, as `get_ipython().kernel` gives it.
        comms: The ids of our own comms, as they are now; called from any thread.
        report: Is told what went wrong in handling a message.

    Returns:
        The hook, to be polled and closed (with the cell it closes by itself); None where this kernel cannot be served.
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
        self._thread = threading.get_ident()
        self._cell = kernel.get_parent("shell")
        self._cell_ident = kernel._shell_parent_ident.get()
        self._helper = threading.Thread(target=self._help, name="nbtrain-controls", daemon=True)
        try:
            self._on_shell_thread(self._install)
        except BaseException:
            self._open = False  # it may be installed yet, when that thread gets to it: then it keeps nothing back
            raise
        self._helper.start()
        kernel.shell.events.register("post_run_cell", self._end_of_cell)

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
        if not self._open:
            return
        self._open = False
        with contextlib.suppress(Exception):
            self._kernel.shell.events.unregister("post_run_cell", self._end_of_cell)
        with contextlib.suppress(Exception):
            self._on_shell_thread(self._uninstall)
        self._ours.put(None)
        self._helper.join(SECONDS)
        self.poll()

    def _end_of_cell(self, _: Any) -> None:
        """However it ended, nothing polls any more. A cell that ends in a subshell is another one."""
        if threading.get_ident() == self._thread:
            self.close()

    def _install(self) -> None:
        stream = self._kernel.shell_stream
        self._before = getattr(stream, "_recv_callback", None) or self._kernel.shell_channel_thread_main
        stream.on_recv(self._receive, copy=False)

    def _uninstall(self) -> None:
        """Put back what received before, unless another hook came since: that one passes over this when it goes."""
        stream, before = self._kernel.shell_stream, self._before
        while isinstance(owner := getattr(before, "__self__", None), _Seven) and not owner._open:
            before = owner._before
        if getattr(stream, "_recv_callback", self._receive) == self._receive:
            stream.on_recv(before, copy=False)

    def _receive(self, frames: Any) -> Any:
        """In the shell channel's thread: who is to handle this message?"""
        to = self._destination(frames) if self._open else None
        if to is None:
            return self._before(frames)
        to.put(frames)
        return None

    def _destination(self, frames: Any) -> queue.SimpleQueue[Any] | None:
        session = self._kernel.session
        try:
            kind, parts = _kind(session, frames)
            if kind not in SERVED:
                return None
            is_ours = kind == "comm_msg" and session.unpack(parts[4].bytes).get("comm_id") in self._comms()
            return self._ours if is_ours else self._others
        except Exception:  # the kernel says what is wrong with it
            return None

    def _help(self) -> None:
        """In the helper thread: messages of our own, at once. It only ever leaves a request for the engine."""
        while (frames := self._ours.get()) is not None:
            with contextlib.suppress(Exception):  # the next click is to be heard, whatever became of this one
                self._handle(frames, self._set_parent_here, self._call_back)
            if self._open:
                self._still_busy()

    def _set_parent_here(self, idents: Any, message: Any, channel: str) -> None:
        """The parent for this thread only: the one of the process stays the cell, where prints belong."""
        self._kernel._shell_parent_ident.set(idents)
        self._kernel._shell_parent.set(message)

    def _call_back(self, _stream: Any, _idents: Any, message: Any) -> None:
        """Hand a message to its comm. The kernel's way has IPython show and close the figures that are open, and from
        this thread that would be in the middle of whatever draws them.
        """
        comm = self._kernel.comm_manager.get_comm(message["content"]["comm_id"])
        if comm is not None and comm._msg_callback is not None:
            comm._msg_callback(message)

    def _handle(self, frames: Any, set_parent: Callable[..., None], handler: Callable[..., Any] | None = None) -> None:
        """Handle one message as `dispatch_shell` would. Its idle matters: a widget waits for it."""
        kernel = self._kernel
        try:
            idents, parts = kernel.session.feed_identities(frames, copy=False)
            message = kernel.session.deserialize(parts, content=True, copy=False)
        except Exception as error:  # forged, or sent twice
            kernel.log.error("Invalid message: %s", error)
            return
        set_parent(idents, message, channel="shell")
        kernel._publish_status("busy", "shell", parent=message)
        try:
            stream = kernel.shell_channel_thread.manager.get_subshell_to_shell_channel_socket(None)
            _finish((handler or kernel.shell_handlers[message["header"]["msg_type"]])(stream, idents, message))
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
        self._throttle = Throttle(POLL_SECONDS, MAX_POLLS)
        self._cell = kernel.get_parent("shell")
        idents = kernel._parent_ident
        self._cell_ident = idents.get("shell", b"") if isinstance(idents, dict) else idents
        list(self._waiting())  # raises where the queue is another one

    def poll(self) -> None:
        if not self._throttle.allows():
            return
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
        self._throttle.record()

    def close(self) -> None:
        """Nothing is kept back."""

    def _waiting(self) -> Iterator[Any]:
        for item in self._kernel.msg_queue._queue:
            arguments = item[2]
            with contextlib.suppress(Exception):  # broken: the kernel says what is wrong with it, when its turn comes
                if arguments and _kind(self._kernel.session, arguments[0])[0] in SERVED:
                    yield item


def _kind(session: Any, frames: Any) -> tuple[str, Any]:
    """The type of a message, unchecked, and its parts: signature, header, parent's header, metadata, content."""
    _, parts = session.feed_identities(frames, copy=False)
    return session.unpack(parts[1].bytes)["msg_type"], parts


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
