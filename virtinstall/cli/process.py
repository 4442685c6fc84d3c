"""The console scripts, each of which runs a command as a process."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from virtinstall.cli.main import clone_main, guest_main, main, xml_main

_OBJECTS_BETWEEN_COLLECTIONS = 200_000


def virt_install() -> NoReturn:
    """Run `virt-install` and exit."""
    _end_with(main)


def virt_clone() -> NoReturn:
    """Run `virt-clone` and exit."""
    _end_with(clone_main)


def virt_xml() -> NoReturn:
    """Run `virt-xml` and exit."""
    _end_with(xml_main)


def virt_guest() -> NoReturn:
    """Run `virt-guest` and exit."""
    _end_with(guest_main)


def _end_with(command: Callable[[], int]) -> NoReturn:
    import gc
    import os
    import sys

    _open_closed_streams()
    # a run of 0.1 s creates almost no garbage: collecting it takes 15 % of the time, and finalizing the
    # interpreter 5 %
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    status = command()
    sys.stderr.flush()
    os._exit(status)


def _open_closed_streams() -> None:
    """Open /dev/null for closed descriptors (`>&-`); otherwise a file opened later would get the output."""
    import os
    import sys

    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            # the lowest free number, which is this stream's own
            fd = os.open(os.devnull, os.O_RDWR)
            os.set_inheritable(fd, True)
            setattr(sys, name, os.fdopen(fd, "r" if name == "stdin" else "w", encoding="utf-8"))
