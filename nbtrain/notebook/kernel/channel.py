"""The kernel's end of the JupyterLab extension: one comm, over which the page is told of the kernel's runs, and asks.

The kernel opens it; a page that comes later finds it by asking for the kernel's comms. Every page that shows the kernel
gets every message. Where nobody answers, nothing is missing.

What the messages are called, and what is in them, is written down once: `labextension/src/kernel/protocol.ts`.

A message may be heard on any thread: while a cell blocks the kernel, on that of `message_hook`. So what
handles it touches neither model nor random numbers, and draws nothing.
"""

from __future__ import annotations

import contextlib
import math
import uuid
from collections.abc import Callable
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import comm

from nbtrain.notebook.kernel.run_feed import RunFeeds

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

TARGET = "nbtrain.v1"
VERSION = 1
SESSION = uuid.uuid4().hex
"""Names this process: a page sees by it that the kernel was restarted."""

SENT = frozenset(("hello", "run", "heard", "schema", "problems", "record", "failed", "write", "form_text", "form_run"))
"""What the kernel says."""
FORWARDED = frozenset(("hello", "form_text", "form_close"))
"""What is for those who asked for it with `on`; a hello is answered, too."""

SLOWEST, FASTEST = 1.0, 10.0
"""Messages a second, per run, for which a page can ask."""
MOST_PAGES = 20
MOST_TEXT = 600

Handler = Callable[[dict[str, Any]], None]


class Channel:
    """The comm, and what is known of those at its other end.

    Args:
        shell: The IPython of the kernel.

    Attributes:
        shell: As given.
        feeds: The runs of this kernel.
        rate: Messages a second, per run, that the newest page asked for.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        self.feeds = RunFeeds(self, lambda: dict(shell.user_ns))  # a copy: another thread may read it
        self.rate = SLOWEST
        self._pages: dict[str, None] = {}  # those who said hello, by the id of their session
        self._on: dict[str, list[Handler]] = {}
        self._comm: Any = None
        self._handlers: dict[str, Handler] = {
            "hello": self._hello,
            "command": self._command,
            "schema": self._schema,
            "check": self._check,
            "record": self._record,
        }

    @property
    def heard(self) -> frozenset[str]:
        """The types of the messages that are understood."""
        return FORWARDED.union(self._handlers)

    @property
    def attended(self) -> bool:
        """Whether a page with the extension said hello, and did not say that it goes."""
        return self._comm is not None and bool(self._pages)

    @property
    def comms(self) -> set[str]:
        """The ids of the comm, for those who pass messages on."""
        return set() if self._comm is None else {self._comm.comm_id}

    def open(self) -> None:
        """Open the comm, if it is not open."""
        if self._comm is None:
            self._attach(comm.create_comm(target_name=TARGET))
            self.shell.events.register("post_run_cell", self._cell_ended)

    def close(self) -> None:
        """Close the comm. The runs stay known, for when it is opened again."""
        ours, self._comm, self._pages = self._comm, None, {}
        if ours is not None:
            ours.on_close(None)
            ours.close()
            self.shell.events.unregister("post_run_cell", self._cell_ended)

    def send(self, message: dict[str, Any]) -> None:
        """Tell every page; from any thread."""
        if message["type"] not in SENT:
            raise ValueError(f"`{message['type']}` is no message of the kernel.")
        if self._comm is not None:
            self._comm.send(message)

    def on(self, type: str, handler: Handler) -> Callable[[], None]:
        """Have `handler` get every message of a type in `FORWARDED`; it may be called on any thread.

        Returns:
            A function that ends this.
        """
        if type not in FORWARDED:
            raise ValueError(f"`{type}` is not passed on.")
        handlers = self._on.setdefault(type, [])
        handlers.append(handler)

        def end() -> None:
            with contextlib.suppress(ValueError):  # it is ended already
                handlers.remove(handler)

        return end

    def cell_id(self) -> str:
        """The id of the cell that is running; "" where the front end names none."""
        return running_cell(self.shell)

    def _attach(self, ours: Any) -> None:
        ours.on_msg(self._hear)
        ours.on_close(self._page_gone)
        self._comm = ours

    def _page_gone(self, message: dict[str, Any]) -> None:
        """A page closed the comm; one without the extension does so at once. It stays, for the others."""
        self._pages = {page: None for page in self._pages if page != _session(message)}
        if self._comm is not None:
            again = comm.create_comm(target_name=TARGET, comm_id=self._comm.comm_id, primary=False)
            comm.get_comm_manager().register_comm(again)
            self._attach(again)

    def _cell_ended(self, _: Any) -> None:
        if self.attended:
            self.feeds.tell_new_names()

    def _hear(self, message: dict[str, Any]) -> None:
        """A message came. Whatever is wrong with it is told to those who sent it."""
        asked = message.get("content", {}).get("data")
        try:
            if not isinstance(asked, dict):
                raise _Malformed("A message is an object with a `type`.")
            self._take(asked, _session(message))
        except _Malformed as error:
            self._fail(asked, str(error))
        except Exception as error:  # of a handler: it is for the page, since nobody reads the kernel's log
            self._fail(asked, f"{type(error).__name__}: {error}")

    def _take(self, asked: dict[str, Any], page: str) -> None:
        kind = asked.get("type")
        if not isinstance(kind, str) or kind not in self.heard:
            raise _Malformed(f"`{kind}` is no message that nbtrain knows.")
        if kind == "hello":
            self._pages = dict(list({**self._pages, page: None}.items())[-MOST_PAGES:])
        ours = [self._handlers[kind]] if kind in self._handlers else []
        handlers = [*ours, *self._on.get(kind, [])]
        if not handlers:
            raise _Malformed(f"Nothing waits for `{kind}` now.")
        for handler in handlers:
            handler(asked)

    def _fail(self, asked: Any, text: str) -> None:
        number = asked.get("id") if isinstance(asked, dict) else None
        self.send({"type": "failed", "id": number if isinstance(number, int) else -1, "text": text[:MOST_TEXT]})

    def _hello(self, asked: dict[str, Any]) -> None:
        rate = _field(asked, "rate", (int, float))
        if math.isfinite(rate):
            self.rate = min(FASTEST, max(SLOWEST, float(rate)))
        about = {"version": VERSION, "nbtrain": version("nbtrain"), "session": SESSION}
        self.send({"type": "hello", **about, "runs": self.feeds.summaries()})

    def _command(self, asked: dict[str, Any]) -> None:
        number, run, command = _field(asked, "id", int), _field(asked, "run", str), _field(asked, "command", str)
        values = _field(asked, "values", dict)
        try:
            text, error = self.feeds.request(run, command, values), False
        except (ValueError, TypeError) as refusal:
            text, error = str(refusal), True
        self.send({"type": "heard", "id": number, "text": text, "error": error})

    def _schema(self, asked: dict[str, Any]) -> None:
        from nbtrain.notebook.cell.schema import cell_schema

        self.send({"type": "schema", "id": _field(asked, "id", int), "schema": cell_schema()})

    def _check(self, asked: dict[str, Any]) -> None:
        from nbtrain.notebook.cell.check import problems_of

        number, text = _field(asked, "id", int), _field(asked, "text", str)
        problems = problems_of(text, dict(self.shell.user_ns))
        told = [{"line": one.line, "key": one.key, "message": one.message, "fix": one.fix} for one in problems]
        self.send({"type": "problems", "id": number, "problems": told})

    def _record(self, asked: dict[str, Any]) -> None:
        number, run = _field(asked, "id", int), _field(asked, "run", str)
        self.send({"type": "record", "id": number, "run": run, "bundle": self.feeds.bundle(run)})


class _Malformed(Exception):  # noqa: N818  # what is wrong with a message, in words
    pass


def _field(asked: dict[str, Any], name: str, kind: type | tuple[type, ...]) -> Any:
    value = asked.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise _Malformed(f"`{asked['type']}` needs `{name}`; it was {value!r:.100}.")
    return value


def running_cell(shell: InteractiveShell) -> str:
    """The id of the cell that is running; "" where the front end names none, and where there is none."""
    kernel = getattr(shell, "kernel", None)
    request = (kernel.get_parent("shell") if kernel is not None else None) or {}
    return str((request.get("metadata") or {}).get("cellId") or "")


def _session(message: dict[str, Any]) -> str:
    """Names the page that sent a message."""
    return str(message.get("header", {}).get("session", ""))


_channel: Channel | None = None


def channel() -> Channel | None:
    """The channel of this kernel; None where there is none: in a terminal, or where nbtrain was not used yet."""
    return _channel if _channel is not None and _channel.comms else None


def connect(shell: InteractiveShell) -> Channel | None:
    """Open the channel of the kernel in which `shell` runs, if it is not open.

    Returns:
        The channel; None where there is no kernel, or nobody to whom a page could be shown.
    """
    global _channel
    kernel = getattr(shell, "kernel", None)
    if kernel is None or _is_headless(kernel):
        return None
    if _channel is None or _channel.shell is not shell:
        disconnect()
        _channel = Channel(shell)
    with contextlib.suppress(Exception):  # a kernel without comms: what is shown in its cells does not need them
        _channel.open()
    return channel()


def _is_headless(kernel: Any) -> bool:
    """Whether a cell is executed by nbclient, papermill or nbconvert, which warn of comms that they do not know. Before
    the first cell, where a configuration loads nbtrain, nobody can tell.
    """
    return bool(kernel.get_parent("shell")) and not getattr(kernel, "_allow_stdin", True)


def disconnect() -> None:
    """Close the channel."""
    if _channel is not None:
        _channel.close()
