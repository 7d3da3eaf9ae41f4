"""Channel: the kernel's end of the comm to the JupyterLab extension.

The kernel opens it; a page that connects later finds it in the list of the kernel's comms. Every page that shows the
kernel gets every message. Without the extension, messages are ignored.

The message types and their fields are defined in `nbtrain.notebook.kernel.protocol`.

Messages can arrive on any thread (while a cell blocks the kernel, on that of `message_hook`). So handlers use neither
the model nor random numbers, and do not plot.
"""

from __future__ import annotations

import contextlib
import math
import uuid
from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from nbtrain.notebook.kernel.cell_events import skip_cell_events
from nbtrain.notebook.kernel.comms import create_comm, register_comm
from nbtrain.notebook.kernel.protocol import COMM_TARGET as TARGET
from nbtrain.notebook.kernel.protocol import FROM_KERNEL, message_type
from nbtrain.notebook.kernel.run_feed import RunFeeds

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from nbtrain.errors import Edit

VERSION = 1
SESSION = uuid.uuid4().hex
"""Identifies this process, so that a page notices a restart of the kernel."""

SENT_TYPES = frozenset(map(message_type, FROM_KERNEL))
"""Types of the messages that the kernel sends."""
FORWARDED_TYPES = frozenset(("hello", "form_text", "form_close"))
"""Types of the messages that are passed to handlers registered with `on`. A hello is answered as well."""

MIN_RATE, MAX_RATE = 1.0, 10.0
"""Messages per second and run that a page can request."""
MAX_PAGES = 20
MAX_TEXT_LENGTH = 600

Handler = Callable[[dict[str, Any]], None]


class Channel:
    """The comm, and the pages that are connected to it.

    Args:
        shell: The IPython of the kernel.

    Attributes:
        shell: As given.
        feeds: The runs of this kernel.
        rate: Messages per second and run, as the newest page requested.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        self.feeds = RunFeeds(self, lambda: dict(shell.user_ns))  # a copy, since another thread may read it
        self.rate = MIN_RATE
        self._pages: dict[str, None] = {}  # pages that sent a hello, by session ID
        self._on: dict[str, list[Handler]] = {}
        self._comm: Any = None
        self._handlers: dict[str, Handler] = {
            "hello": self._hello,
            "command": self._command,
            "schema": self._schema,
            "printed": self._printed,
            "check": self._check,
            "record": self._record,
            "runs": self._runs,
        }

    @property
    def received_types(self) -> frozenset[str]:
        """Types of the messages that the kernel accepts."""
        return FORWARDED_TYPES.union(self._handlers)

    @property
    def attended(self) -> bool:
        """Whether a page with the extension is connected."""
        return self._comm is not None and bool(self._pages)

    @property
    def comms(self) -> set[str]:
        """ID of the comm as a set; empty if it is closed."""
        return set() if self._comm is None else {self._comm.comm_id}

    def open(self) -> None:
        """Open the comm, if it is not open."""
        if self._comm is None:
            self._attach(create_comm(target_name=TARGET))
            self.shell.events.register("post_run_cell", self._on_cell_end)

    def close(self) -> None:
        """Close the comm. The list of runs is kept, in case it is opened again."""
        ours, self._comm, self._pages = self._comm, None, {}
        if ours is not None:
            ours.on_close(None)
            ours.close()
            self.shell.events.unregister("post_run_cell", self._on_cell_end)

    def send(self, message: dict[str, Any]) -> None:
        """Send a message to every page; from any thread."""
        if message["type"] not in SENT_TYPES:
            raise ValueError(f"`{message['type']}` is not a message type of the kernel.")
        if self._comm is not None:
            self._comm.send(message)

    def on(self, type: str, handler: Handler) -> Callable[[], None]:
        """Call `handler` with every message of a type in `FORWARDED_TYPES`, possibly on another thread.

        Returns:
            A function that removes the handler.
        """
        if type not in FORWARDED_TYPES:
            raise ValueError(f"`{type}` is not a forwarded message type.")
        handlers = self._on.setdefault(type, [])
        handlers.append(handler)

        def remove() -> None:
            with contextlib.suppress(ValueError):  # removed before
                handlers.remove(handler)

        return remove

    def cell_id(self) -> str:
        """ID of the running cell; "" if the front end sends none."""
        return running_cell(self.shell)

    def cell_request(self) -> tuple[str, str]:
        """ID of the message that runs the cell, and the session of the page that sent it; "" if no cell runs."""
        header = _request(self.shell).get("header") or {}
        return str(header.get("msg_id") or ""), str(header.get("session") or "")

    def _attach(self, ours: Any) -> None:
        ours.on_msg(self._on_message)
        skip_cell_events(ours)
        ours.on_close(self._on_close)
        self._comm = ours

    def _on_close(self, message: dict[str, Any]) -> None:
        """Keep the comm for other pages when one closes it. A page without the extension closes it at once."""
        self._pages = {page: None for page in self._pages if page != _session(message)}
        if self._comm is not None:
            again = create_comm(target_name=TARGET, comm_id=self._comm.comm_id, primary=False)
            register_comm(again)
            self._attach(again)

    def _on_cell_end(self, _: Any) -> None:
        if self.attended:
            self.feeds.send_renamed()

    def _on_message(self, message: dict[str, Any]) -> None:
        """Handle a message; errors are reported to its sender."""
        request = message.get("content", {}).get("data")
        try:
            if not isinstance(request, dict):
                raise _InvalidMessage("A message must be an object with a `type`.")
            self._dispatch(request, _session(message))
        except _InvalidMessage as error:
            self._fail(request, str(error))
        except Exception as error:  # in a handler: report it to the page, since nobody reads the kernel's log
            self._fail(request, f"{type(error).__name__}: {error}")

    def _dispatch(self, request: dict[str, Any], page: str) -> None:
        kind = request.get("type")
        if not isinstance(kind, str) or kind not in self.received_types:
            raise _InvalidMessage(f"`{kind}` is not a message type that nbtrain knows.")
        if kind == "hello":
            self._pages = dict(list({**self._pages, page: None}.items())[-MAX_PAGES:])
        own = [self._handlers[kind]] if kind in self._handlers else []
        handlers = [*own, *self._on.get(kind, [])]
        if not handlers:
            raise _InvalidMessage(f"No handler is registered for `{kind}`.")
        for handler in handlers:
            handler(request)

    def _fail(self, request: Any, text: str) -> None:
        number = request.get("id") if isinstance(request, dict) else None
        self.send({"type": "failed", "id": number if isinstance(number, int) else -1, "text": text[:MAX_TEXT_LENGTH]})

    def _hello(self, request: dict[str, Any]) -> None:
        rate = _field(request, "rate", (int, float))
        if math.isfinite(rate):
            self.rate = min(MAX_RATE, max(MIN_RATE, float(rate)))
        about = {"version": VERSION, "nbtrain": version("nbtrain"), "session": SESSION}
        self.send({"type": "hello", **about, "runs": self.feeds.summaries()})

    def _command(self, request: dict[str, Any]) -> None:
        number, run, command = _field(request, "id", int), _field(request, "run", str), _field(request, "command", str)
        values = _field(request, "values", dict)
        try:
            text, error = self.feeds.request(run, command, values), False
        except (ValueError, TypeError) as refusal:
            text, error = str(refusal), True
        self.send({"type": "heard", "id": number, "text": text, "error": error})

    def _schema(self, request: dict[str, Any]) -> None:
        from nbtrain.notebook.cell.schema import cell_schema

        self.send({"type": "schema", "id": _field(request, "id", int), "schema": cell_schema()})

    def _printed(self, request: dict[str, Any]) -> None:
        number, run, start = _field(request, "id", int), _field(request, "run", str), _field(request, "start", int)
        texts, end = self.feeds.printed_by(run, start)
        self.send({"type": "printed", "id": number, "texts": texts, "end": end})

    def _check(self, request: dict[str, Any]) -> None:
        from nbtrain.notebook.cell.check import problems_of

        number, text = _field(request, "id", int), _field(request, "text", str)
        problems = problems_of(text, dict(self.shell.user_ns))
        found = [
            {**{name: getattr(one, name) for name in ("line", "key", "message", "fix")}, "edit": _json(one.edit)}
            for one in problems
        ]
        self.send({"type": "problems", "id": number, "problems": found})

    def _runs(self, request: dict[str, Any]) -> None:
        from nbtrain.runs.compare import choices

        number = _field(request, "id", int)
        self.send({"type": "runs", "id": number, "runs": choices(dict(self.shell.user_ns))})

    def _record(self, request: dict[str, Any]) -> None:
        number, run = _field(request, "id", int), _field(request, "run", str)
        self.send({"type": "record", "id": number, "run": run, "bundle": self.feeds.bundle(run)})


def _json(edit: Edit | None) -> dict[str, str] | None:
    return None if edit is None else asdict(edit)


class _InvalidMessage(Exception):  # noqa: N818
    """What is wrong with a message."""


def _field(request: dict[str, Any], name: str, kind: type | tuple[type, ...]) -> Any:
    value = request.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise _InvalidMessage(f"`{request['type']}` needs a valid `{name}`, got {value!r:.100}.")
    return value


def running_cell(shell: InteractiveShell) -> str:
    """ID of the running cell; "" if no cell runs, or if the front end sends none."""
    return str((_request(shell).get("metadata") or {}).get("cellId") or "")


def _request(shell: InteractiveShell) -> dict[str, Any]:
    """The message that the kernel handles; empty without one."""
    kernel = getattr(shell, "kernel", None)
    return (kernel.get_parent("shell") if kernel is not None else None) or {}


def _session(message: dict[str, Any]) -> str:
    """Session ID of the page that sent a message."""
    return str(message.get("header", {}).get("session", ""))


_channel: Channel | None = None


def channel() -> Channel | None:
    """The open channel of this kernel; None in a terminal, or before `connect`."""
    return _channel if _channel is not None and _channel.comms else None


def connect(shell: InteractiveShell) -> Channel | None:
    """Open the channel of the kernel in which `shell` runs, if it is not open.

    Returns:
        The channel; None without a kernel, or if the notebook is executed without a front end.
    """
    global _channel
    kernel = getattr(shell, "kernel", None)
    if kernel is None or _is_headless(kernel):
        return None
    if _channel is None or _channel.shell is not shell:
        disconnect()
        _channel = Channel(shell)
    with contextlib.suppress(Exception):  # a kernel without comms: outputs of cells work without them
        _channel.open()
    return channel()


def _is_headless(kernel: Any) -> bool:
    """Whether a cell is executed by nbclient, papermill or nbconvert, which warn of unknown comms. False before the
    first cell (if IPython's configuration loads nbtrain), when this is not known.
    """
    return bool(kernel.get_parent("shell")) and not getattr(kernel, "_allow_stdin", True)


def disconnect() -> None:
    """Close the channel."""
    if _channel is not None:
        _channel.close()
