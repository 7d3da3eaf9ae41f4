"""Find the free names of a piece of source."""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterator


def free_names(tree: ast.Module, *, annotations: bool = False) -> list[str]:
    """Sorted names that the code in `tree` uses but does not define; optionally including those in annotations."""
    copy = ast.parse(ast.unparse(tree))
    table = symtable.symtable(ast.unparse(copy if annotations else _Unannotated().visit(copy)), "<source>", "exec")
    own = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned()}
    return sorted(set(_used(table)) - own)


def _used(table: symtable.SymbolTable) -> Iterator[str]:
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (symbol.is_global() or table.get_type() == "module"):
            yield symbol.get_name()
    for child in table.get_children():
        yield from _used(child)


class _Unannotated(ast.NodeTransformer):
    """Removes annotations, which a script does not evaluate."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        self.generic_visit(node)
        if node.value is None:
            return ast.copy_location(ast.Pass(), node)
        return ast.copy_location(ast.Assign(targets=[node.target], value=node.value), node)
