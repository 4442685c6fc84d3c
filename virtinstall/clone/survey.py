"""The facts about the guest to copy, its images, and the directories of the copies; nothing is changed."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from virtinstall.clone.names import clone_name, nvram_path
from virtinstall.clone.request import CloneFacts, CloneRequest, Place, SourceFacts
from virtinstall.devices.disk import Disk
from virtinstall.domain.domain import Domain
from virtinstall.errors import RequestError
from virtinstall.libvirt_host.host import has_real_storage
from virtinstall.run.state_files import guest_nvram, tpm_folder
from virtinstall.virsh_commands import guest_hint, shutdown_hint, virsh_command

if TYPE_CHECKING:
    from lxml import etree

    from virtinstall.facts import PoolFacts, VolumeFacts
    from virtinstall.libvirt_host.host import Host, HostGuest

# formats whose images may refer to other files
_LINKED_FORMATS = ("qcow2", "qcow", "qed", "vmdk")
_DRIVERS_LIKE_QEMU = ("qemu", "kvm")


def survey_clone(request: CloneRequest, host: Host, random_bytes: bytes) -> CloneFacts:
    """Return the facts from which the copy that `request` describes is planned.

    The plan generates the copy's UUID and MAC addresses from `random_bytes`.

    Raises: RequestError, if the original does not exist or is not shut off, or if `request` contains invalid XML, an
    empty path, or two paths that refer to the same file; HostError, if the host cannot be queried.
    """
    if "" in request.files:
        raise RequestError(
            "--file '': the path is empty", hint="omit --file and use --auto-clone to generate the paths"
        )
    xml = request.original_xml if request.original_xml is not None else _xml_of(request.original or "", host)
    domain = _parsed(xml)
    node = domain.ensure_node()
    if request.original_xml is not None:
        guest = host.find_guest(domain.uuid or "")
        if guest is not None and guest.name == domain.name:
            _require_shut_off(guest, "--original-xml", host)
    remote = not host.is_local()
    pretended = not has_real_storage(host)
    look = _Look(host, remote=remote, pretended=pretended)
    disks = tuple(look.at_disk(disk) for disk in domain.devices_of(Disk))
    nvram = look.at_nvram(node)
    paths = [source.path for source in (*disks, nvram) if source is not None and source.path is not None]
    paths += [os.path.abspath(path) for path in (*request.files, request.nvram) if path]
    paths += [path for path in _log_paths(node) if path.startswith("/")]
    facts = CloneFacts(
        xml=xml,
        disks=disks,
        nvram=nvram,
        places={directory: look.at_place(directory) for directory in {os.path.dirname(path) for path in paths}},
        guest_names=host.guest_names(),
        guest_macs=host.guest_macs(),
        is_qemu=domain.type in _DRIVERS_LIKE_QEMU or host.driver() == "qemu",
        remote=remote,
        pretended=pretended,
        random_bytes=random_bytes,
        tpm=None if pretended else _tpm_state(node, host),
        uri=host.uri,
    )
    return _with_uses(facts, request, host, domain.name or "")


def _xml_of(name: str, host: Host) -> str:
    guest = host.find_guest(name)
    if guest is None:
        raise RequestError(f"no such guest: '{name}'", hint=guest_hint(host, name))
    _require_shut_off(guest, f"--original {name}", host)
    return guest.xml(inactive=True)


def _require_shut_off(guest: HostGuest, option: str, host: Host) -> None:
    """Check that the guest is shut off, because the images of a running guest are not consistent.

    Raises: RequestError, if it is not.
    """
    state = guest.state()
    if state != "shut off":
        found = "shutting down" if state == "shutdown" else state
        raise RequestError(
            f"{option}: the guest '{guest.name}' must be shut off, but it is {found}",
            hint=_how_to_stop(guest.name, state, host),
        )


def _how_to_stop(name: str, state: str, host: Host) -> str:
    """Return the hint for a guest that must be shut off; only a running guest reacts to a shutdown request."""
    if state == "running":
        return shutdown_hint(host.uri, name)
    if state == "shutdown":
        return "wait until the guest is shut off"
    return f"power it off with: {virsh_command(host.uri, 'destroy', name)}"


def _parsed(xml: str) -> Domain:
    if not xml.strip():
        raise RequestError("--original-xml: the file is empty", hint="use the output of: virsh dumpxml NAME")
    try:
        domain = Domain.parse(xml)
    except ValueError as error:
        raise RequestError(f"--original-xml: {error}", hint="use the output of: virsh dumpxml NAME") from error
    if not domain.name:
        raise RequestError("--original-xml: the XML has no <name>", hint="use the output of: virsh dumpxml NAME")
    return domain


def _tpm_state(domain: etree._Element, host: Host) -> str | None:
    """Return the directory of the TPM's state, or None if the guest has none or it is on another host."""
    named = host.is_local() and (domain.findtext("uuid") or "").strip()
    path = tpm_folder(domain, host) if named else None
    return path if path is not None and os.path.isdir(path) else None


def _log_paths(domain: etree._Element) -> list[str]:
    # of any device, also of one that no class declares
    found = [source.get("path") for source in domain.iterfind("devices/*[@type='file']/source")]
    found += [log.get("file") for log in domain.iterfind("devices/*/log")]
    return [path for path in found if path]


def _with_uses(facts: CloneFacts, request: CloneRequest, host: Host, original: str) -> CloneFacts:
    """Return `facts` with the users of each file that the copy may write or use, except a guest that is replaced.

    Raises: RequestError, if two --file options refer to the same file.
    """
    files = [os.path.abspath(path) for path in request.files]
    name = request.name or clone_name(original, facts.guest_names)
    nvram = None if facts.nvram is None or facts.nvram.path is None else nvram_path(facts.nvram.path, name, request)
    paths = [*files, *(() if nvram is None else (nvram,))]
    if not paths:
        return facts
    from virtinstall.storage.file_uses import FileUse, Role, refuse_no_disks
    from virtinstall.storage.in_use import files_in_use

    in_use = files_in_use(host)
    for number, path in enumerate(files):
        for earlier in files[:number]:
            if in_use.same_file(path, earlier):
                raise RequestError(
                    f"--file {path} is the same file as --file {earlier}", hint="use a different file for each disk"
                )
    facts = facts._replace(formats=_formats(files, facts, host) if request.preserve_data else {})
    own = in_use.among([(original, facts.xml)])
    found, onto_source = {}, set()
    for path in paths:
        wanted = [FileUse(name, Role.NVRAM if path == nvram else Role.DISK, path, writes=True)]
        if not facts.remote:
            refuse_no_disks(wanted)
        skip = request.name if request.replaces else None
        found[path] = tuple(dict.fromkeys(conflict.reason for conflict in in_use.conflicts(wanted, skip=skip)))
        if own.conflicts(wanted):
            onto_source.add(path)
    return facts._replace(
        uses={path: users for path, users in found.items() if users}, onto_source=frozenset(onto_source)
    )


def _formats(files: list[str], facts: CloneFacts, host: Host) -> dict[str, str]:
    """Return the formats of existing images by path, from their pools or headers."""
    from virtinstall.survey.storage import look_at

    found: dict[str, str] = {}
    for path in files:
        volume = host.volume_by_path(path)
        local = None if facts.remote or facts.pretended else look_at(path).format
        form = local or (None if volume is None else volume.format)
        if form is not None:
            found[path] = "raw" if form == "iso" else form
    return found


class _Look:
    """An examination of paths, through their pools or, on this machine, directly."""

    def __init__(self, host: Host, *, remote: bool, pretended: bool) -> None:
        self._host = host
        self._remote = remote
        self._pretended = pretended
        self._pools: list[PoolFacts] | None = None

    def at_disk(self, disk: Disk) -> SourceFacts:
        """Return the facts about the image of a <disk>."""
        pool, name = disk.source_pool, disk.source_volume
        if pool is not None and name is not None:
            volume = self._host.volume(pool, name)
            return SourceFacts(f"{pool}/{name}") if volume is None else self._of_volume(volume, disk.driver_type)
        path = disk.source_file or disk.source_dev or disk.source_dir
        if path is None:
            return SourceFacts(kind="network") if disk.source_protocol else SourceFacts()
        volume = self._host.volume_by_path(path)
        if volume is not None:
            return self._of_volume(volume, disk.driver_type)
        # images of the test driver's guests are simulated if their paths are possible
        pretended = self._pretended and disk.source_file is not None and os.path.isdir(os.path.dirname(path))
        return SourceFacts(path, "file") if pretended else self._of_path(path, disk.driver_type)

    def at_nvram(self, domain: etree._Element) -> SourceFacts | None:
        """Return the facts about the file of UEFI variables that the guest uses, or None if there is none."""
        node = domain.find("os/nvram")
        if node is None:
            return self._stored_nvram(domain)
        source = node.find("source")
        path = (node.text or "").strip() if source is None else source.get("file")
        if not path:
            return None
        volume = self._host.volume_by_path(path)
        return self._of_volume(volume, None) if volume is not None else self._of_path(path, node.get("format"))

    def _stored_nvram(self, domain: etree._Element) -> SourceFacts | None:
        """Return the facts about the variables that libvirt stores by the guest's name, or None if there are none."""
        path = None if self._pretended else guest_nvram(domain, self._host)[0]
        return None if path is None or not os.path.isfile(path) else self._of_path(path, None)

    def at_place(self, directory: str) -> Place:
        """Return the facts about a directory, including the active pool whose target is that directory."""
        pool = next((pool for pool in self._all_pools() if pool.active and _same(pool.target, directory)), None)
        names = self._host.volume_names(pool.name) if pool is not None else frozenset()
        if self._remote:
            return Place(pool is not None, False, names, pool)
        exists = os.path.isdir(directory)
        if exists:
            names |= _listed(directory)
        return Place(exists or pool is not None, os.access(directory, os.W_OK | os.X_OK), names, pool)

    def _all_pools(self) -> list[PoolFacts]:
        if self._pools is None:
            self._pools = self._host.pools()
        return self._pools

    def _of_volume(self, volume: VolumeFacts, image_format: str | None) -> SourceFacts:
        from virtinstall.libvirt_host.copy_volume import allocation_bytes, file_bytes

        allocation = allocation_bytes(self._host, volume.pool, volume.name)
        overlay = volume.backing_path is not None and not self._pretended
        local = SourceFacts()
        if not self._remote and not self._pretended and os.path.exists(volume.path):
            local = self._of_path(volume.path, image_format)
        return local._replace(
            path=volume.path,
            kind=volume.kind,
            volume=volume,
            capacity_bytes=volume.capacity_bytes,
            allocation_bytes=allocation,
            file_bytes=file_bytes(self._host, volume.pool, volume.name) if overlay else 0,
        )

    def _of_path(self, path: str, image_format: str | None) -> SourceFacts:
        from virtinstall.survey.storage import look_at

        if self._remote:
            return SourceFacts(path, None)
        found = look_at(path, probe=False)
        if found.kind is None:
            return SourceFacts(path)
        mode = os.stat(path).st_mode
        readable = (stat.S_ISREG(mode) or stat.S_ISBLK(mode)) and os.access(path, os.R_OK)
        facts = SourceFacts(path, found.kind, None, readable)
        return _measured(facts, image_format) if readable else facts


def _measured(facts: SourceFacts, image_format: str | None) -> SourceFacts:
    """Return the facts with the sizes and the files in the image's header, read in the format of the guest's XML."""
    from virtinstall.storage.chain import is_local_name
    from virtinstall.storage.probe import probe_image

    assert facts.path is not None
    status = os.stat(facts.path)
    info = probe_image(facts.path, image_format if image_format in _LINKED_FORMATS else "raw")
    backing = info.backing_file
    relative = backing if backing and is_local_name(backing) and not backing.startswith("/") else None
    return facts._replace(
        capacity_bytes=info.file_size,
        allocation_bytes=info.file_size if facts.kind == "block" else min(status.st_blocks * 512, info.file_size),
        relative_backing=relative,
        backing_format=info.backing_format,
        data_file=info.data_file,
    )


def _same(target: str | None, directory: str) -> bool:
    return target is not None and os.path.normpath(target) == os.path.normpath(directory)


def _listed(directory: str) -> frozenset[str]:
    try:
        return frozenset(os.listdir(directory))
    except PermissionError:
        return frozenset()
