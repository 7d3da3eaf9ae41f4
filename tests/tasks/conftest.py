"""The shell in which a form is shown."""

from __future__ import annotations

from tests.notebook.conftest import shell

__all__ = ["shell"]
