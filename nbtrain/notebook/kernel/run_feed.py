"""Which runs a kernel has, and how they are: what the page's list of runs is fed with."""

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
from nbtrain.notebook.kernel.throttle import Throttle
from nbtrain.views import browser_json
from nbtrain.views.chart import png
from nbtrain.views.record import Record

if TYPE_CHECKING:
    from nbtrain.events.commands import Control
    from nbtrain.events.state import RunState

NEWS = frozenset({Evaluated, Ended, Paused, Prepared, Resumed, Started})
KEPT = 50
"""Runs that have ended and are still known."""


class Outbox(Protocol):
    """What a feed needs of the channel to the pages.

    Attributes:
        feeds: The runs of this kernel.
        rate: Messages a second, per run, that the newest page asked for.
    """

    feeds: RunFeeds
    rate: float

    @property
    def attended(self) -> bool:
        """Whether a page with the extension is connected."""

    def cell_id(self) -> str:
        """The id of the cell that is running, or ""."""

    def send(self, message: dict[str, Any]) -> None:
        """Send a message to every page."""


class RunFeed(View):
    """Tells the pages of one run: news at once, steps as often as they asked for. It holds on to nothing large.

    Args:
        channel: Where to tell it.
        blocks: Whether a cell of the run blocks the kernel.
        image: Gives the newest drawing of its curve.
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
        self._blocks = blocks
        self._image = image
        self._state: Callable[[], RunState | None] = lambda: None
        self._control: Control | None = None
        self._throttle = Throttle()
        self._has_news = False
        self._status = self._phase = ""
        self._directory = ""
        self._last: dict[str, Any] = {}
        self.name = ""

    def update(self, state: RunState, event: Event) -> None:
        """Tell what `event` made of `state`, if it is due. Most calls only look at the clock."""
        if self._state() is not state:
            self._begin(state)
        if isinstance(event, Ended):
            self._end(state)
            return
        self._has_news |= self._is_news(state, event)
        if not self._has_news and isinstance(event, Waiting):
            return
        if self._throttle.allows(urgent=self._has_news):
            self._tell()
        if isinstance(event, Started):  # the cell has assigned its variable by now
            self._channel.feeds.tell_new_names()

    def steer(self, control: Control) -> None:
        """From now on the run hears commands, where anybody can be heard."""
        self._control, self._has_news = control, True

    @contextlib.contextmanager
    def served(self) -> Iterator[None]:
        """A cell waits for the run meanwhile, and blocks the kernel."""
        before, self._blocks, self._has_news = self._blocks, True, True
        try:
            yield
        finally:
            self._blocks, self._has_news = before, True

    @property
    def ended(self) -> bool:
        """Whether the run is over, or gone."""
        state = self._state()
        return state is None or state.ended

    def summary(self) -> dict[str, Any]:
        """The run as it is now, for the page's list; on any thread."""
        state = self._state()
        if state is not None:
            going = not state.ended
            self._directory = state.directory
            self._last = {
                **browser_json.brief(state),
                "name": self.name,
                "cell": self._cell,
                "blocking": self._blocks and going,
                "controls": going and self._control is not None and self._control.attended,
            }
        return {**self._last, "name": self.name}

    def request(self, command: str, values: Mapping[str, Any]) -> str:
        """Steer the run; returns what will happen, in words.

        Raises:
            ValueError: It cannot be steered, or not so; the message is for people.
            TypeError: As ValueError.
        """
        state, control = self._state(), self._control
        if state is None or state.ended:
            raise ValueError(f"This run is not going on any more: it is {self.summary()['head']['status']}.")
        if control is None:
            raise ValueError("This run is getting ready and hears nothing yet; an interrupt of the kernel ends it.")
        return control.request(command, **values)

    def bundle(self) -> dict[str, Any] | None:
        """The run's record; None where nothing is left of it."""
        state = self._state()
        return bundle_of(self._directory, self._image()) if state is None else _bundle(state, self._image())

    def _begin(self, state: RunState) -> None:
        self._state = weakref.ref(state)  # whatever trains, or the user's handle, holds it
        self.summary()
        self._channel.feeds.add(state.run, self)

    def _end(self, state: RunState) -> None:
        image = self._image()
        self._image = lambda: image
        self._control = None
        self.summary()
        self._tell()
        if state.started is None:  # nothing is kept of it, either
            self._channel.feeds.remove(state.run)

    def _is_news(self, state: RunState, event: Event) -> bool:
        status, self._status = self._status, state.status
        phase, self._phase = self._phase, event.name if isinstance(event, Phase) else ""
        return type(event) in NEWS or self._status != status or self._phase not in ("", phase)

    def _tell(self) -> None:
        if self._channel.attended:
            self._channel.send({"type": "run", "run": self.summary()})
        self._throttle.seconds = 1 / self._channel.rate
        self._throttle.record()
        self._has_news = False


class RunFeeds:
    """The runs of a kernel, oldest first; of those that ended, the newest `KEPT`.

    Args:
        channel: Where they are told.
        variables: Gives the variables of the notebook.
    """

    def __init__(self, channel: Outbox, variables: Callable[[], Mapping[str, Any]]) -> None:
        self._channel = channel
        self._variables = variables
        self._feeds: dict[str, RunFeed] = {}  # replaced, never changed: it is read on other threads

    def add(self, run: str, feed: RunFeed) -> None:
        """A run begins."""
        ended = [run for run, each in self._feeds.items() if each.ended]
        gone = ended[: max(0, len(ended) - KEPT)]
        self._feeds = {**{key: each for key, each in self._feeds.items() if key not in gone}, run: feed}

    def remove(self, run: str) -> None:
        """A run is not worth knowing any more."""
        self._feeds = {key: each for key, each in self._feeds.items() if key != run}

    def summaries(self) -> list[dict[str, Any]]:
        """Every run as it is now."""
        self._name()
        return [feed.summary() for feed in self._feeds.values()]

    def tell_new_names(self) -> None:
        """Tell of the runs whose variables are others than they were."""
        for feed in self._name():
            if self._channel.attended:
                self._channel.send({"type": "run", "run": feed.summary()})

    def request(self, run: str, command: str, values: Mapping[str, Any]) -> str:
        """Steer a run; as `RunFeed.request`."""
        feed = self._feeds.get(run)
        if feed is None:
            raise ValueError(f"This kernel has no run {run}.")
        return feed.request(command, values)

    def bundle(self, run: str) -> dict[str, Any] | None:
        """The record of a run of this kernel, or of one before it in the same folder; None where there is none."""
        feed = self._feeds.get(run)
        if feed is not None:
            return feed.bundle()
        return bundle_of(Path(ROOT, run)) if run == Path(run).name else None  # it is a name, and no path

    def _name(self) -> list[RunFeed]:
        """Find out which variables hold the runs; returns those where that changed."""
        names, feeds = _names(self._variables()), self._feeds
        changed = [feed for run, feed in feeds.items() if feed.name != names.get(run, "")]
        for run, feed in feeds.items():
            feed.name = names.get(run, "")
        return changed


def bundle_of(directory: str | Path, image: bytes | None = None) -> dict[str, Any] | None:
    """The record of the run in `directory`; None where there is none."""
    from nbtrain.training.live_run import StoredRun

    try:
        return _bundle(StoredRun.load(directory).state, image)
    except RunError:
        return None


def _bundle(state: RunState, image: bytes | None) -> dict[str, Any]:
    """The record, with `image` as its curve. That of a run that has ended is drawn anew, on the main thread."""
    others = ancestors(state)
    if state.ended and state.curves["loss"].bins and threading.current_thread() is threading.main_thread():
        image = png(state, others)
    return Record(state, state.config, state.directory, image, next(iter(others), None)).bundle()


def _names(variables: Mapping[str, Any]) -> dict[str, str]:
    """The first variable that holds a run, by the run's id. A name is shown, so it is short."""
    runs = sys.modules.get("nbtrain.runs.run")
    if runs is None:  # there is none yet
        return {}
    names: dict[str, str] = {}
    for name, value in variables.items():
        if type(value) is runs.Run and not name.startswith("_"):
            names.setdefault(value.id, name[: browser_json.MAX_NAME_LENGTH])
    return names
