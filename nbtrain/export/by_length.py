"""The source of `nbtrain.training.length_batching`, which a script includes."""

from __future__ import annotations

import ast
import inspect

from nbtrain.training import length_batching


def classes() -> tuple[dict[str, list[str]], list[str]]:
    """The imports of the module (names by module), and the source of each class and function."""
    source = inspect.getsource(length_batching)
    imports: dict[str, list[str]] = {}
    parts = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module != "__future__":
            imports.setdefault(node.module, []).extend(alias.name for alias in node.names)
        elif isinstance(node, ast.Import):
            imports |= {f"{alias.name} as {alias.asname}": [] for alias in node.names}
        elif isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            parts.append(ast.get_source_segment(source, node) or "")
    return imports, parts
