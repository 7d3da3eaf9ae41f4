"""Lines of text in which pieces are marked: which tokens count, what entities were found, what a model writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from nbtrain import format
from nbtrain.events import Piece
from nbtrain.events.state import RunState

MAX_PIECES = 60
MAX_LENGTH = 600
"""Characters of a line that are shown."""

MAX_UNMARKED = 160
"""Characters of a piece without a mark; a longer one loses its middle."""

GOOD, BAD = "rgba(63,143,214,0.28)", "rgba(217,83,79,0.30)"
"""Background of a marked piece, and of a wrong one; semi-transparent, so that they suit light and dark pages."""


@dataclass(frozen=True)
class Block:
    """Lines under a title."""

    title: str
    lines: list[list[Piece]]


def blocks(state: RunState) -> list[Block]:
    """What there is to show of a run, with at most `MAX_LENGTH` characters in a line."""
    found = []
    if state.prepared and state.prepared.example:
        found.append(Block("First training example; what is marked is learned", [state.prepared.example]))
    if state.predictions and state.predictions.shown:
        found.append(Block("Predictions for validation examples", state.predictions.shown))
    return [Block(block.title, [_shortened(line) for line in block.lines]) for block in found]


def example(state: RunState) -> list[Piece]:
    """The first training example, with at most `MAX_LENGTH` characters; empty if nothing in it is marked."""
    return _shortened(state.prepared.example) if state.prepared else []


def html(block: Block) -> str:
    """A block as HTML without classes, as a saved notebook has it."""
    lines = "".join(f'<p style="margin:2px 0">{"".join(map(_piece, line))}</p>' for line in block.lines)
    title = f'<p style="margin:0;opacity:0.6"><small>{escape(block.title, quote=False)}</small></p>'
    return f'<div style="margin:8px 0;overflow-wrap:anywhere">{title}{lines}</div>'


def _piece(piece: Piece) -> str:
    text, label, wrong = piece
    shown = escape(text, quote=False).replace("\n", "<br>")
    if not label:
        return shown
    style = f"background:{BAD if wrong else GOOD};border-radius:3px;padding:0 2px"
    return f'<span style="{style}">{shown}<small style="opacity:0.75"> {escape(label, quote=False)}</small></span>'


def _shortened(line: Sequence[Piece]) -> list[Piece]:
    shown: list[Piece] = []
    left = MAX_LENGTH
    for text, label, wrong in line[:MAX_PIECES]:
        if left <= 0:
            break
        if not label and len(text) > MAX_UNMARKED:
            text = f"{text[: MAX_UNMARKED // 2].rstrip()} ... {text[-MAX_UNMARKED // 2 :].lstrip()}"
        shown.append((format.shorten(text, left) if len(text) > left else text, label, wrong))
        left -= len(text)
    if len(shown) < len(line):
        shown.append((" ...", "", False))
    return shown
