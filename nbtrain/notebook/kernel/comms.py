"""Comms of the kernel: by the package `comm`, or by ipykernel itself before 6.18, which does not know the package."""

from __future__ import annotations

from typing import Any


def create_comm(**about: Any) -> Any:
    """A comm; it is opened unless `primary=False` is given.

    Raises:
        ImportError: The kernel has no comms.
    """
    if (own := _own_comms()) is not None:
        return own.Comm(**about)
    import comm

    return comm.create_comm(**about)


def register_comm(made: Any) -> None:
    """Have the kernel pass on the messages to a comm that was made with `primary=False`."""
    if _own_comms() is not None:
        made.kernel.comm_manager.register_comm(made)
        return
    import comm

    comm.get_comm_manager().register_comm(made)


def _own_comms() -> Any:
    """The module of ipykernel's own comms, if it is older than the package `comm`."""
    try:
        import ipykernel
        from ipykernel import comm
    except ImportError:  # another kernel
        return None
    return comm if getattr(ipykernel, "version_info", (7,)) < (6, 18) else None
