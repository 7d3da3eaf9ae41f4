"""How Sphinx builds the documentation: `make docs`."""

from __future__ import annotations

import importlib.metadata
import re
import textwrap
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
REPOSITORY = PROJECT["urls"]["Source"]
PAGES = {
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "docs/columns.md": "columns.md",
    "docs/environments.md": "environments.md",
}
"""Pages for the files next to README.md; all other targets of its links are in the repository only."""

project = "nbtrain"
author = "The nbtrain developers"
release = importlib.metadata.version("nbtrain")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_heading_anchors = 3
default_role = "code"  # docstrings have `code` in single backticks
autodoc_member_order = "bysource"
autodoc_typehints = "description"

html_theme = "pydata_sphinx_theme"
html_theme_options = {"github_url": REPOSITORY}


def link(match: re.Match[str]) -> str:
    """The link of README.md, rewritten for the documentation."""
    target = match[1]
    return f"]({PAGES.get(target, f'{REPOSITORY}/blob/main/{target}')})"


def rewrite_links(app: Sphinx, relative_path: Path, parent: str, content: list[str]) -> None:
    """Point the links of an included file, except those to images, to their targets."""
    content[0] = re.sub(r"\]\((?!https?:|#)([^)]+(?<!\.png))\)", link, content[0])


def write_blocks(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Convert the fenced code of a docstring to reStructuredText."""

    def block(fenced: re.Match[str]) -> str:
        return "::\n\n" + textwrap.indent(fenced[1], "    ")

    lines[:] = re.sub(r"^```\w*\n(.*?)^```$", block, "\n".join(lines), flags=re.DOTALL | re.MULTILINE).split("\n")


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("include-read", rewrite_links)
    app.connect("autodoc-process-docstring", write_blocks)
