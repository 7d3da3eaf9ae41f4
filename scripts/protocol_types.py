"""Writes the types of what kernel and page send each other in TypeScript: `python -m scripts.protocol_types`."""

from __future__ import annotations

import ast
import inspect
import textwrap
import types
import typing
from pathlib import Path
from typing import Any

from nbtrain.events import Status
from nbtrain.notebook.kernel import protocol
from nbtrain.views import browser_types

FILE = Path(__file__).parents[1] / "labextension" / "src" / "kernel" / "protocol.ts"
ALIASES: dict[str, Any] = {"Status": Status, "Num": browser_types.Num}
WORDS = {str: "string", int: "number", float: "number", bool: "boolean", type(None): "null"}
HEADER = f"""\
/**
 * The messages on the comm `{protocol.COMM_TARGET}` between kernel and page, and what the page gets of a run. Generated
 * by `python -m scripts.protocol_types` from `nbtrain/notebook/kernel/protocol.py` and
 * `nbtrain/views/browser_types.py`.
 */

import type {{ JSONObject }} from '@lumino/coreutils';

export const COMM_TARGET = '{protocol.COMM_TARGET}';
"""


def source() -> str:
    """The TypeScript module."""
    aliases = [f"export type {name} = {_expanded(alias)};\n" for name, alias in ALIASES.items()]
    named = [kind for module in (browser_types, protocol) for kind in vars(module).values() if _is_local(kind, module)]
    unions = [_union("FromKernel", protocol.FROM_KERNEL), _union("ToKernel", protocol.TO_KERNEL)]
    return "\n".join([HEADER, *aliases, *map(_interface, named), *unions])


def _is_local(kind: Any, module: types.ModuleType) -> bool:
    return typing.is_typeddict(kind) and kind.__module__ == module.__name__


def _union(name: str, kinds: tuple[type, ...]) -> str:
    return f"export type {name} =" + "".join(f"\n  | {kind.__name__}" for kind in kinds) + ";\n"


def _interface(kind: Any) -> str:
    base = _base(kind)
    inherited = typing.get_type_hints(base) if base else {}
    own = [(name, hint) for name, hint in typing.get_type_hints(kind).items() if name not in inherited]
    fields = "".join(f"  {name}: {_word(hint)};\n" for name, hint in own)
    extends = f" extends {base.__name__}" if base else ""
    return f"{_comment(inspect.getdoc(kind) or '')}export interface {kind.__name__}{extends} {{\n{fields}}}\n"


def _base(kind: Any) -> Any:
    """The type that a type extends, or None; by the source, since a class of Python 3.11 does not know it."""
    (declared,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(declared, ast.ClassDef)
    (name,) = (base.id for base in declared.bases if isinstance(base, ast.Name))
    return None if name == "TypedDict" else getattr(inspect.getmodule(kind), name)


def _comment(text: str) -> str:
    lines = textwrap.wrap(" ".join(text.split()), 96)
    if len(lines) == 1:
        return f"/** {lines[0]} */\n"
    return "/**\n" + "".join(f" * {line}\n" for line in lines) + " */\n"


def _word(hint: Any) -> str:
    """A type in TypeScript, by its name if it has one."""
    return next((name for name, alias in ALIASES.items() if alias == hint), None) or _expanded(hint)


def _expanded(hint: Any) -> str:
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if typing.is_typeddict(hint):
        return str(hint.__name__)
    if origin is typing.Literal:
        return " | ".join(f"'{value}'" for value in inside)
    if origin in (typing.Union, types.UnionType):
        return " | ".join(map(_word, inside))
    if origin is list:
        return f"({_word(inside[0])})[]" if " " in _word(inside[0]) else f"{_word(inside[0])}[]"
    if origin is dict:
        return "JSONObject" if inside[1] is Any else f"Record<string, {_word(inside[1])}>"
    return WORDS[hint]


if __name__ == "__main__":
    FILE.write_text(source(), encoding="utf-8")
