"""The flow, readable top to bottom: survey, compose, provision, fetch, define and boot, finish.

plan = plan_guest(request, host)
guest = create_guest(plan, host, progress)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtinstall.undo import Undo

if TYPE_CHECKING:
    from virtinstall.host.host import Guest, Host
    from virtinstall.host.survey import Surroundings
    from virtinstall.plan import Plan
    from virtinstall.progress import Progress
    from virtinstall.request import Request


def plan_guest(request: Request, host: Host, surroundings: Surroundings | None = None) -> Plan:
    """Decide everything, change nothing.

    Raises: RequestError, when the request contradicts itself or the host's abilities;
    HostError, when something it names can't be read.
    """
    from virtinstall.compose.compose import compose
    from virtinstall.host.survey import Surroundings as Real
    from virtinstall.host.survey import survey

    return compose(request, survey(request, host, surroundings or Real.real()))


def create_guest(plan: Plan, host: Host, progress: Progress, *, paused: bool = False) -> Guest:
    """Carry the plan out; on any failure remove what this call had made, and nothing else.

    The guest runs when this returns (`paused`: it waits for `resume_if_paused`, so that no
    line of its console is missed), and its final configuration is defined. Kernel, initrd
    and seeds are removed as soon as QEMU has them open. Raises: StorageError, FetchError or
    HypervisorError.
    """
    from virtinstall.host.boot import boot
    from virtinstall.host.boot_files import fetch_boot_files, make_seeds, remove_served
    from virtinstall.storage.carry_out import make_storage

    with Undo() as undo:
        make_storage(plan, host, undo, progress)
        served = fetch_boot_files(plan, host, undo, progress) + make_seeds(plan, host, undo)
        guest = boot(plan, host, undo, paused=paused)
        remove_served(served)
        undo.keep_everything()
    return guest
