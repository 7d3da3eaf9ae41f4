"""Messages of nbtrain's comms are no cells: they trigger none of IPython's events.

ipykernel triggers "pre_execute" and "post_execute" for each comm message. After "post_execute" matplotlib's inline
backend shows all open figures and closes them, also those that a callback of the training is still drawing.
"""

from __future__ import annotations

from typing import Any


def skip_cell_events(comm: Any) -> None:
    """Let messages of `comm` reach their handler directly. Comms of an unknown structure stay as they are."""
    if hasattr(comm, "_msg_callback") and hasattr(comm, "handle_msg"):

        def handle(message: Any) -> None:
            if comm._msg_callback is not None:
                comm._msg_callback(message)

        comm.handle_msg = handle
