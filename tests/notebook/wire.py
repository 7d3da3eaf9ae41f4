"""A live panel whose comm records its messages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from comm.base_comm import BaseComm

from nbtrain.events import Event
from nbtrain.events.state import RunState
from nbtrain.notebook.panel.panel import Panel


class Wire(BaseComm):
    """A comm that records messages and their sizes in bytes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.messages: list[tuple[dict[str, Any], list[bytes], int]] = []
        super().__init__(*args, **kwargs)

    def publish_msg(self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **_: Any) -> None:
        if msg_type != "comm_msg":
            return
        text = json.dumps(data, allow_nan=False)  # as strict as a front end
        parts = [bytes(part) for part in buffers or ()]
        self.messages.append((data, parts, len(text) + sum(map(len, parts))))

    def deltas(self) -> list[tuple[dict[str, Any], list[bytes], int]]:
        return [(data["content"], parts, size) for data, parts, size in self.messages if data["method"] == "custom"]

    def told(self) -> list[tuple[dict[str, Any], list[bytes]]]:
        """Each delta and each snapshot, in their order, with the bins of their curves."""
        contents = [(data.get("content") or data["state"].get("snapshot"), parts) for data, parts, _ in self.messages]
        return [(content, parts) for content, parts in contents if content and "head" in content]

    def snapshot_sizes(self) -> list[int]:
        return [size for data, _, size in self.messages if data["method"] == "update"]


class Live:
    """A run with a panel: `tell` it events, `wire` has its messages. The clock only advances in `wait`.

    Args:
        behind: Earlier runs.
    """

    def __init__(self, behind: Sequence[RunState] = ()) -> None:
        self.now = 0.0
        self.state = RunState()
        self.panel = Panel(hint="interrupt to stop", behind=behind)
        for throttle in (self.panel._throttle, self.panel._snapshot_throttle):
            throttle.clock = lambda: self.now
        self.wire: Wire = self.panel.comm

    def tell(self, event: Event) -> None:
        self.state.apply(event)
        self.panel.update(self.state, event)

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def heads(self) -> list[dict[str, Any]]:
        """The head of each message, deltas and snapshots."""
        return [content["head"] for content, _ in self.wire.told()]
