"""Run a script with simulated guests: SSH servers reply, and installers end with a shutdown.

libvirt's test driver supports neither. Usage: python -m tests.docs.world SCRIPT.
"""

from __future__ import annotations

import runpy
import sys
import threading
from typing import Any

from virtinstall.hypervisor import Hypervisor
from virtinstall.run import wait

_INSTALL_SECONDS = 0.5


def main(script: str) -> None:
    """Run the file `script` with simulated guests."""
    create = Hypervisor.create

    def create_and_install(self: Hypervisor, *arguments: Any, **options: Any) -> Any:
        guest = create(self, *arguments, **options)
        if guest.plan is not None and guest.plan.install is not None and not guest.plan.seeded:
            threading.Timer(_INSTALL_SECONDS, guest.shutdown).start()
        return guest

    Hypervisor.create = create_and_install  # type: ignore[method-assign]
    wait.is_ssh_server = lambda address, port=22: True
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1])
