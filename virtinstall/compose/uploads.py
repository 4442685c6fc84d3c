"""Uploads of local files to a remote host, where the files become volumes in a pool."""

from __future__ import annotations

from virtinstall.compose.draft import Draft
from virtinstall.devices.disk import Disk
from virtinstall.domain.domain import Domain
from virtinstall.errors import RequestError
from virtinstall.plan import Upload
from virtinstall.virsh_commands import new_pool_hint

_PREFIX = "virtinst-"


def path_there(draft: Draft, path: str) -> str:
    """Return the path of the local file `path` on the hypervisor's host; plan an upload if the host is remote.

    Raises: RequestError, if the remote host has no pool for the file.
    """
    if draft.facts.host.local or not draft.facts.host.has_real_storage:
        return path
    known = next((upload.target for upload in draft.uploads if upload.path == path), None)
    if known is not None:
        return known
    pool = draft.facts.storage.upload_pool
    if pool is None:
        raise RequestError(
            f"cannot upload '{path}' to '{draft.facts.host.uri}': the guest's disks are not in a storage pool for "
            "files, and the host has no such pool named 'default'",
            hint="use a pool of type dir for the guest's disk: --disk pool=NAME,size=20, or "
            f"{new_pool_hint(draft.facts.host.uri, 'default')}",
        )
    if not pool.active and pool.name not in draft.start_pools:
        draft.start_pools.append(pool.name)
    name = path.rpartition("/")[2]
    if not name.startswith(_PREFIX):
        name = f"{_PREFIX}{draft.facts.token}-{name}"
    target = f"{pool.target}/{name}"
    draft.uploads.append(Upload(path=path, pool=pool.name, name=name, target=target))
    return target


def resolved_uploads(draft: Draft, final: Domain) -> list[Upload]:
    """Return the planned uploads; `keep` is set for those that `final`, the finished guest, uses.

    Examples of such uploads are the install medium of Windows and a live system.
    """
    stay = {disk.source_file for disk in final.devices_of(Disk)} | {final.os.kernel, final.os.initrd}
    return [upload.replace(keep=upload.target in stay) for upload in draft.uploads]
