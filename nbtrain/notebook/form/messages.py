"""What the widgets of the form's front end send and sync, as types.

`python -m scripts.protocol_types` writes them in TypeScript, into `labextension/src/kernel/protocol.ts`.
"""

from __future__ import annotations

from typing import Literal, TypedDict


class FormQuestion(TypedDict):
    """Sent after the change number `asked` of a form, and echoed by the kernel, which has applied the change then."""

    asked: int


class WriteRequest(TypedDict):
    """The button that writes a form's text to a cell was clicked."""

    command: Literal["write"]


class WriteButtonTraits(TypedDict):
    """What that button syncs: the text, and whether the extension writes it."""

    text: str
    writes: bool
