"""The runs of a kernel and their current state, as sent to the runs panel of the page."""

from __future__ import annotations

import contextlib
import sys
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from nbtrain.errors import RunError
from nbtrain.events import Ended, Evaluated, Event, Paused, Phase, Prepared, Resumed, Started, Waiting
from nbtrain.events.lineage import ancestors
from nbtrain.events.recorder import View
from nbtrain.events.run_dir import ROOT
from nbtrain.notebook.kernel.printed import PrintedText, PrintedTexts
from nbtrain.notebook.kernel.protocol import Text
from nbtrain.notebook.kernel.throttle import Throttle
from nbtrain.views import browser_json
from nbtrain.views.chart import png
from nbtrain.views.record import Record

if TYPE_CHECKING:
    from nbtrain.events.commands import Control
    from nbtrain.events.state import RunState

URGENT_EVENTS = frozenset({Evaluated, Ended, Paused, Prepared, Resumed, Started})
MAX_ENDED_RUNS = 50
"""Maximum number of ended runs that are kept."""


class Outbox(Protocol):
    """What a feed needs of the channel.

    Attributes:
        feeds: The runs of this kernel.
        rate: Messages per second and run, as the newest page requested.
    """

    feeds: RunFeeds
    rate: float

    @property
    def attended(self) -> bool:
        """Whether a page with the extension is connected."""

    def cell_id(self) -> str:
        """ID of the running cell, or ""."""

    def cell_request(self) -> tuple[str, str]:
        """ID of the message that runs the cell, and the session of the page that sent it, or ""."""

    def send(self, message: dict[str, Any]) -> None:
        """Send a message to every page."""


class RunFeed(View):
    """Sends the state of one run to the pages: urgent events at once, steps at the rate that the page requested.

    It holds only a weak reference to the run's state.

    Args:
        channel: Where to send it.
        blocks: Whether a cell of the run blocks the kernel.
        image: Returns the newest PNG of its curve.
    """

    def __init__(
        self,
        channel: Outbox,
        *,
        blocks: bool,
        image: Callable[[], bytes | None] = lambda: None,
    ) -> None:
        self._channel = channel
        self._cell = channel.cell_id()
        self._request, self._page = channel.cell_request()
        self.printed = channel.feeds.printed.follow(self._request) if self._cell else PrintedText()
        self._sent_printed = 0
        self._blocks = blocks
        self._image = image
        self._state: Callable[[], RunState | None] = lambda: None
        self._control: Control | None = None
        self._throttle = Throttle()
        self._is_urgent = False
        self._status = self._phase = ""
        self._directory = ""
        self._last: dict[str, Any] = {}
        self.name = ""

    def update(self, state: RunState, event: Event) -> None:
        """Send `state` if a message is due. Most calls only check the clock."""
        self._channel.feeds.printed.listen()
        if self._state() is not state:
            self._start(state)
        if isinstance(event, Ended):
            self._end(state)
            return
        self._is_urgent |= self._makes_urgent(state, event)
        if not self._is_urgent and isinstance(event, Waiting):
            return
        if self._throttle.allows(urgent=self._is_urgent):
            self._send()
        if isinstance(event, Started):  # the cell has assigned its variable
            self._channel.feeds.send_renamed()

    def steer(self, control: Control) -> None:
        """Accept commands for the run from now on."""
        self._control, self._is_urgent = control, True

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Around each turn of a background run: what it prints is recorded."""
        self._channel.feeds.printed.listen()
        yield

    @contextlib.contextmanager
    def served(self) -> Iterator[None]:
        """Inside the context, a cell waits for the run and blocks the kernel."""
        before, self._blocks, self._is_urgent = self._blocks, True, True
        try:
            yield
        finally:
            self._blocks, self._is_urgent = before, True

    @property
    def ended(self) -> bool:
        """Whether the run has ended, or its state no longer exists."""
        state = self._state()
        return state is None or state.ended

    def summary(self) -> dict[str, Any]:
        """Current state of the run as JSON, for the runs panel; on any thread."""
        state = self._state()
        if state is not None:
            is_running = not state.ended
            self._directory = state.directory
            self._last = {
                **browser_json.brief(state),
                "name": self.name,
                "cell": self._cell,
                "request": self._request,
                "page": self._page,
                "blocking": self._blocks and is_running,
                "controls": is_running and self._control is not None and self._control.attended,
            }
        return {**self._last, "name": self.name, "printed": self.printed.end}

    @property
    def has_unsent_text(self) -> bool:
        """Whether its cell has printed something since the last message."""
        return self.printed.end > self._sent_printed

    def request(self, command: str, values: Mapping[str, Any]) -> str:
        """Queue a command for the run; returns a sentence that says what will happen.

        Raises:
            ValueError: The run cannot be controlled now, or the command is invalid; the message is shown to the user.
            TypeError: As ValueError.
        """
        state, control = self._state(), self._control
        if state is None or state.ended:
            raise ValueError(f"This run has ended (status: {self.summary()['head']['status']}).")
        if control is None:
            raise ValueError("This run is still preparing and takes no commands yet. To end it, interrupt the kernel.")
        return control.request(command, **values)

    def bundle(self) -> dict[str, Any] | None:
        """MIME bundle of the run's record; None if there is no data."""
        state = self._state()
        return bundle_of(self._directory, self._image()) if state is None else _bundle(state, self._image())

    def send_summary(self) -> None:
        """Send its current state."""
        summary = self.summary()
        self._sent_printed = summary["printed"]
        self._channel.send({"type": "run", "run": summary})

    def _start(self, state: RunState) -> None:
        self._state = weakref.ref(state)  # the training, or the user's `Run`, holds it
        self.summary()
        self._channel.feeds.add(state.run, self)

    def _end(self, state: RunState) -> None:
        image = self._image()
        self._image = lambda: image
        self._control = None
        self.summary()
        self._send()
        if state.started is None:  # its directory is not kept, either
            self._channel.feeds.remove(state.run)

    def _makes_urgent(self, state: RunState, event: Event) -> bool:
        status, self._status = self._status, state.status
        phase, self._phase = self._phase, event.name if isinstance(event, Phase) else ""
        return type(event) in URGENT_EVENTS or self._status != status or self._phase not in ("", phase)

    def _send(self) -> None:
        if self._channel.attended:
            self.send_summary()
        self._throttle.seconds = 1 / self._channel.rate
        self._throttle.record()
        self._is_urgent = False


class RunFeeds:
    """The runs of a kernel, oldest first; of ended runs only the newest `MAX_ENDED_RUNS`.

    Args:
        channel: Where to send them.
        variables: Returns the variables of the notebook.
    """

    def __init__(self, channel: Outbox, variables: Callable[[], Mapping[str, Any]]) -> None:
        self._channel = channel
        self._variables = variables
        self._feeds: dict[str, RunFeed] = {}  # replaced, never mutated: other threads read it
        self.printed = PrintedTexts()

    def add(self, run: str, feed: RunFeed) -> None:
        """Add a run that starts; drop the oldest ended ones."""
        ended = [run for run, each in self._feeds.items() if each.ended]
        gone = ended[: max(0, len(ended) - MAX_ENDED_RUNS)]
        self._feeds = {**{key: each for key, each in self._feeds.items() if key not in gone}, run: feed}

    def remove(self, run: str) -> None:
        """Forget a run."""
        self._feeds = {key: each for key, each in self._feeds.items() if key != run}

    def summaries(self) -> list[dict[str, Any]]:
        """Current state of every run."""
        self._update_names()
        return [feed.summary() for feed in self._feeds.values()]

    def send_renamed(self) -> None:
        """Send the runs whose variable names have changed, or whose cells have printed more."""
        renamed = self._update_names()
        for feed in self._feeds.values():
            if self._channel.attended and (feed in renamed or feed.has_unsent_text):
                feed.send_summary()

    def printed_by(self, run: str, start: int) -> tuple[list[Text], int]:
        """What the cell of a run has printed after the first `start` characters, and the number of all characters."""
        feed = self._feeds.get(run)
        return ([], 0) if feed is None else feed.printed.since(start)

    def request(self, run: str, command: str, values: Mapping[str, Any]) -> str:
        """Queue a command for a run; as `RunFeed.request`."""
        feed = self._feeds.get(run)
        if feed is None:
            raise ValueError(f"This kernel has no run {run}.")
        return feed.request(command, values)

    def bundle(self, run: str) -> dict[str, Any] | None:
        """The record of a run of this kernel, or of an earlier one in the same folder; None if there is none."""
        feed = self._feeds.get(run)
        if feed is not None:
            return feed.bundle()
        return bundle_of(Path(ROOT, run)) if run == Path(run).name else None  # a name, not a path

    def _update_names(self) -> list[RunFeed]:
        """Look up which variables hold the runs; returns the feeds whose name has changed."""
        names, feeds = _names(self._variables()), self._feeds
        changed = [feed for run, feed in feeds.items() if feed.name != names.get(run, "")]
        for run, feed in feeds.items():
            feed.name = names.get(run, "")
        return changed


def bundle_of(directory: str | Path, image: bytes | None = None) -> dict[str, Any] | None:
    """The record of the run in `directory`; None if there is no run."""
    from nbtrain.training.live_run import StoredRun

    try:
        return _bundle(StoredRun.load(directory).state, image)
    except RunError:
        return None


def _bundle(state: RunState, image: bytes | None) -> dict[str, Any]:
    """The record, with `image` as its curve. The curve of an ended run is drawn again if this is the main thread."""
    others = ancestors(state)
    if state.ended and state.curves["loss"].bins and threading.current_thread() is threading.main_thread():
        image = png(state, others)
    return Record(state, state.config, state.directory, image, next(iter(others), None)).bundle()


def _names(variables: Mapping[str, Any]) -> dict[str, str]:
    """Run IDs with the name of the first variable that holds the run, truncated for display."""
    runs = sys.modules.get("nbtrain.runs.run")
    if runs is None:  # never imported: there is no run
        return {}
    names: dict[str, str] = {}
    for name, value in variables.items():
        if type(value) is runs.Run and not name.startswith("_"):
            names.setdefault(value.id, name[: browser_json.MAX_NAME_LENGTH])
    return names
