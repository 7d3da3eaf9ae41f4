"""The messages between page and kernel, held to `nbtrain.notebook.kernel.protocol`."""

from __future__ import annotations

from typing import Any, get_type_hints

import msgspec

from nbtrain.notebook.kernel import protocol
from nbtrain.views.browser_types import Head, RunChoice


def assert_is_message(message: dict[str, Any], kinds: tuple[type, ...] = protocol.FROM_KERNEL) -> None:
    """`message` is one of `kinds`, with all its fields of their types and no others; what is in it, too."""
    [kind] = [kind for kind in kinds if protocol.message_type(kind) == message["type"]]
    assert_has_fields(message, kind)
    for choice in message["runs"] if message["type"] == "runs" else []:
        assert_has_fields(choice, RunChoice)
    summaries = {"run": lambda: [message["run"]], "hello": lambda: message.get("runs", [])}
    for run in summaries.get(message["type"], list)():
        assert_has_fields(run, protocol.RunSummary)
        assert_has_fields(run["head"], Head)
    for problem in message.get("problems", []):
        assert_has_fields(problem, protocol.Problem)


def assert_has_fields(values: dict[str, Any], kind: Any) -> None:
    """`values` has the fields of a `TypedDict`, and no others."""
    assert set(values) == set(get_type_hints(kind)), values
    msgspec.convert(values, kind)
