"""The source of a module of nbtrain that a script includes."""

from __future__ import annotations

import ast
import inspect
from types import ModuleType


def classes(module: ModuleType, name: str = "") -> tuple[dict[str, list[str]], list[str]]:
    """The imports of `module` (names by module), and the source of each class and function, or only of `name`."""
    source = inspect.getsource(module)
    imports: dict[str, list[str]] = {}
    parts = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module != "__future__":
            imports.setdefault(node.module, []).extend(alias.name for alias in node.names)
        elif isinstance(node, ast.Import):
            imports |= {f"{one.name} as {one.asname}" if one.asname else one.name: [] for one in node.names}
        elif isinstance(node, (ast.ClassDef, ast.FunctionDef)) and name in ("", node.name):
            parts.append(ast.get_source_segment(source, node) or "")
    return imports, parts
