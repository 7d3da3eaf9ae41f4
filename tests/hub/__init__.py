"""A loopback server that answers like the Hugging Face hub, so that tests take the way a networked user takes."""

from __future__ import annotations

from tests.hub.glue import glue_repo
from tests.hub.server import Hub

__all__ = ["Hub", "glue_repo"]
