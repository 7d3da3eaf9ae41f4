"""The messages between page and kernel, as the page's own source has them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).parents[2] / "labextension" / "src" / "kernel" / "protocol.ts"


def messages(union: str) -> dict[str, set[str]]:
    """The fields of each message of a union, `type` among them, by its type."""
    body = re.search(rf"export type {union} =\n(.*?);\n(?:\n|$)", _source(), re.DOTALL)
    assert body is not None
    found = {}
    for fields in re.findall(r"\{ (type: '.*?) \}", body[1]):
        kind = re.match(r"type: '(\w+)'", fields)
        assert kind is not None
        found[kind[1]] = set(re.findall(r"(?:^|; )(\w+)\??:", fields))
    return found


def interface(name: str) -> set[str]:
    """The fields of an interface."""
    body = re.search(rf"export interface {name} \{{\n(.*?)^\}}", _source(), re.DOTALL | re.MULTILINE)
    assert body is not None
    return set(re.findall(r"^  (\w+)\??:", body[1], re.MULTILINE))


def assert_is_message(message: dict[str, Any], union: str = "FromKernel") -> None:
    """`message` is one of `union`, with all its fields and no others; what is in it, too."""
    assert set(message) == messages(union)[message["type"]], message
    for run in [message["run"]] if message["type"] == "run" else message.get("runs", []):
        assert set(run) == interface("RunSummary")
        assert set(run["head"]) == interface("Head")
    for problem in message.get("problems", []):
        assert set(problem) == interface("Problem")


def _source() -> str:
    return SOURCE.read_text(encoding="utf-8")
