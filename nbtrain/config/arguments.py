"""The fields of the installed `TrainingArguments`, parsed from its source.

Importing the class would import torch, which takes seconds: too long for the first Tab press in a cell. The source has
everything: names, types, defaults, choices and help.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbtrain.config.fields import Field
from nbtrain.errors import NbTrainError

FILES = {"TrainingArguments": "training_args.py", "Seq2SeqTrainingArguments": "training_args_seq2seq.py"}
"""The file of each class, in transformers."""

ENUMS = ("training_args.py", "trainer_utils.py", "debug_utils.py")
"""The files with the enumerations of their types."""

UNKNOWN = "(depends on the machine)"


@functools.cache
def training_arguments(name: str = "TrainingArguments") -> dict[str, Field]:
    """All fields that a class of arguments defines itself, in the order of their definition.

    Raises:
        NbTrainError: transformers is not installed, or its source has an unknown structure.
    """
    enums = {enum: values for file in ENUMS for enum, values in _enums(_parsed(file))}
    body = next(
        (node for node in _parsed(FILES[name]).body if isinstance(node, ast.ClassDef) and node.name == name), None
    )
    if body is None:
        raise NbTrainError(f"`{name}` was not found in the installed version of transformers. Update nbtrain.")
    fields = (_field(node, enums, body) for node in body.body if isinstance(node, ast.AnnAssign))
    return {field.name: field for field in fields if field is not None}


@functools.cache
def _parsed(file: str) -> ast.Module:
    """The source of a file of transformers."""
    spec = importlib.util.find_spec("transformers")  # does not import it
    if spec is None or not spec.submodule_search_locations:
        raise NbTrainError("transformers is not installed. Run `pip install transformers`.")
    return ast.parse((Path(spec.submodule_search_locations[0]) / file).read_text(encoding="utf-8"))


def _enums(tree: ast.Module) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Name and values of each `ExplicitEnum` of a module."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and any(
            isinstance(base, ast.Name) and base.id == "ExplicitEnum" for base in node.bases
        ):
            values = [_literal(item.value) for item in node.body if isinstance(item, ast.Assign)]
            yield node.name, tuple(value for value in values if isinstance(value, str))


def _field(node: ast.AnnAssign, enums: dict[str, tuple[str, ...]], owner: ast.ClassDef) -> Field | None:
    if not (
        isinstance(node.target, ast.Name)
        and isinstance(node.value, ast.Call)
        and ast.unparse(node.value.func).endswith("field")
    ):
        return None
    arguments = {keyword.arg: keyword.value for keyword in node.value.keywords}
    if isinstance(init := arguments.get("init"), ast.Constant) and init.value is False:
        return None
    metadata = _dictionary(arguments.get("metadata"))
    names = list(_type_names(node.annotation))
    choices = metadata.get("choices") or next((enums[name] for name in names if name in enums), ())
    help = metadata.get("help")
    return Field(
        name=node.target.id,
        kinds=_kinds(names, enums),
        default=_default(arguments, owner),
        help=" ".join(help.split()) if isinstance(help, str) else "",
        choices=tuple(choices) if isinstance(choices, (list, tuple)) else (),
        optional="None" in names,
    )


def _kinds(names: list[str], enums: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The kinds of value for the members of a union type, in order and without duplicates."""
    kinds = {name: name for name in ("int", "float", "bool", "str", "list", "dict")} | {"Literal": "bool"}
    found = [("str" if name in enums else kinds.get(name, "object")) for name in names if name != "None"]
    if "float" in found and "int" not in found:
        found.append("int")
    return tuple(dict.fromkeys(found))


def _type_names(annotation: ast.expr) -> Iterator[str]:
    """Names of the members of a union, such as "str", "None" and "list" for `str | list[str] | None`."""
    match annotation:
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            yield from _type_names(left)
            yield from _type_names(right)
        case ast.Constant(value=None):
            yield "None"
        case ast.Constant(value=str(text)):
            yield from _type_names(ast.parse(text, mode="eval").body)
        case ast.Subscript(value=value):
            yield from _type_names(value)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            yield name


def _default(arguments: dict[str | None, ast.expr], owner: ast.ClassDef) -> Any:
    if (factory := arguments.get("default_factory")) is not None:
        return {"list": [], "dict": {}}.get(ast.unparse(factory), UNKNOWN)
    default = arguments.get("default")
    if isinstance(default, ast.Name):  # a name assigned in the class body; the last assignment is for current versions
        assigned = [
            node
            for node in ast.walk(owner)
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == default.id
        ]
        default = max(assigned, key=lambda node: node.lineno).value if assigned else None
    return UNKNOWN if default is None else _literal(default)


def _dictionary(node: ast.expr | None) -> dict[str, Any]:
    if not isinstance(node, ast.Dict):
        return {}
    return {
        key.value: _literal(value)
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    }


def _literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return UNKNOWN
