"""The planning of a copy: the XML of the original and the facts determine the copy's XML and the new images.

Values that must differ between two guests are changed: name, UUID, MAC addresses, names of network devices, fixed ports
of displays, sockets and logs that are named after the guest. Everything else is kept.

Source: the output of virt-clone; https://libvirt.org/formatdomain.html
"""

from __future__ import annotations

import os
import shlex

from lxml import etree

from virtinstall.clone.disks import DiskPlanner, NewDisk
from virtinstall.clone.names import clone_name, clone_path, nvram_path
from virtinstall.clone.request import CloneFacts, ClonePlan, CloneRequest, Copy
from virtinstall.devices.channel import Channel
from virtinstall.devices.console import Console
from virtinstall.devices.disk import Disk
from virtinstall.devices.graphics import Graphics
from virtinstall.devices.interface import Interface
from virtinstall.devices.serial import Serial
from virtinstall.domain.domain import Domain
from virtinstall.errors import RequestError
from virtinstall.naming import OTHER_MAC_PREFIX, QEMU_MAC_PREFIX, Random, check_mac
from virtinstall.run.state_files import has_emulated_tpm
from virtinstall.safe_text import one_line, referenced, require_xml


def plan_clone(request: CloneRequest, facts: CloneFacts) -> ClonePlan:
    """Return the plan of the copy, which depends only on `request` and `facts`.

    Raises: RequestError or StorageError, if the guest cannot be copied as requested.
    """
    _require_xml(request)
    domain = Domain.parse(facts.xml)
    original = domain.name or ""
    name = _new_name(request, facts, original)
    if not request.auto_clone and not request.files:
        raise RequestError(
            "no destination specified for the copied disks",
            hint="use --file PATH for each disk, or use --auto-clone to generate the paths",
        )
    random = Random(facts.random_bytes)
    uuid = request.uuid or random.uuid()
    _rename(domain, name, uuid, random)
    disks = DiskPlanner(request, facts, original, name)
    new_disks = disks.new_disks(domain.devices_of(Disk))
    for disk in new_disks:
        _point_at(disk)
    warnings: list[str] = disks.warnings
    copies = [disk.copy for disk in new_disks if disk.copy is not None]
    copies += _nvram(domain, name, request, facts, disks, warnings)
    _report_uncopied_state(domain, facts, warnings)
    _interfaces(domain, request, facts, random, warnings)
    _displays(domain, warnings)
    _sockets(domain)
    _logs(domain, original, name, facts)
    return ClonePlan(
        name=name,
        uuid=uuid,
        generated=not request.name,
        # not indented again: <metadata> belongs to other programs
        xml=referenced(etree.tostring(domain.ensure_node(), encoding="unicode")).rstrip("\n") + "\n",
        virt_type=domain.type or "kvm",
        copies=tuple(copies),
        replaces=request.replaces and name in facts.guest_names,
        keeps_nvram=request.nvram is not None,
        uuid_is_new=request.uuid is None,
        tpm=None if facts.tpm is None else (facts.tpm, os.path.join(os.path.dirname(facts.tpm), uuid.lower())),
        original_xml=None if request.original is None else facts.xml,
        warnings=tuple(warnings),
    )


def _require_xml(request: CloneRequest) -> None:
    """Reject values that XML cannot contain.

    Raises: RequestError.
    """
    single = (("--name", request.name), ("--uuid", request.uuid), ("--nvram", request.nvram))
    many = (("--file", request.files), ("--mac", request.macs))
    for option, value in (*single, *((option, value) for option, values in many for value in values)):
        require_xml(option, value or "")


def _new_name(request: CloneRequest, facts: CloneFacts, original: str) -> str:
    name = request.name
    if name and not name.strip():
        raise RequestError(
            f"--name '{name}': the name must not be blank", hint="omit --name and use --auto-clone to generate a name"
        )
    if not name:
        if not request.auto_clone:
            raise RequestError(
                "no name specified for the copy", hint="use --name NAME, or use --auto-clone to generate a name"
            )
        return clone_name(original, facts.guest_names)
    if "/" in name or "\n" in name:
        example = name.replace("/", "-").replace("\n", "-")
        raise RequestError(
            f"--name '{one_line(name)}': the name must not contain a slash or a line break",
            hint=f"use another name, for example: --name {shlex.quote(example)}",
        )
    if name == original and request.original is not None and request.replaces:
        raise RequestError(f"--replace: cannot replace '{name}', the original guest", hint="use another --name")
    if name in facts.guest_names and not request.replaces:
        raise RequestError(
            f"a guest named '{name}' already exists", hint="use another --name, or delete that guest with --replace"
        )
    return name


def _rename(domain: Domain, name: str, uuid: str, random: Random) -> None:
    """Set the name, the UUID and a new generation ID, which shows the guest that it is a copy; remove the title."""
    old_uuid = (domain.uuid or "").strip().lower()
    # the number of a running guest, which is not part of its configuration
    domain.ensure_node().attrib.pop("id", "")
    domain.name, domain.uuid, domain.title = name, uuid, None
    if domain.genid_enable:
        domain.genid = random.uuid()
    for sysinfo in domain.sysinfos:
        # libvirt rejects a guest whose SMBIOS UUID differs from its UUID
        if old_uuid and (sysinfo.system_uuid or "").strip().lower() == old_uuid:
            sysinfo.system_uuid = uuid


def _point_at(new: NewDisk) -> None:
    """Set the new path as the disk's source; the rest of <source> is kept."""
    disk = new.disk
    is_block = new.kind == "block"
    if disk.type == "network":
        # the servers, logins and names of network storage do not apply to a local image
        disk.leave_source()
    disk.type = new.kind
    disk.source_file, disk.source_dev = (None, new.path) if is_block else (new.path, None)
    disk.source_dir = disk.source_pool = disk.source_volume = None
    source = disk.ensure_node().find("source")
    assert source is not None
    for name in ("mode", "index"):
        # how a volume is accessed, and its number in a running guest: no values of a file
        source.attrib.pop(name, "")
    if new.image_format is not None:
        disk.driver_name = disk.driver_name or "qemu"
        disk.driver_type = new.image_format


def _nvram(
    domain: Domain,
    name: str,
    request: CloneRequest,
    facts: CloneFacts,
    disks: DiskPlanner,
    warnings: list[str],
) -> list[Copy]:
    """Set a new file for the UEFI variables; return the copy of the original's file, in a list that may be empty."""
    found = facts.nvram
    if found is None or found.path is None:
        if request.nvram is not None:
            warnings.append(f"--nvram {request.nvram} has no effect: the guest has no UEFI variables")
        return []
    path = nvram_path(found.path, name, request)
    source = domain.ensure_node().find("os/nvram/source")
    if source is not None:
        source.set("file", path)
    else:
        # without <nvram>, libvirt stores the variables under the guest's name
        domain.os.nvram = path
    if found.kind is None and (facts.remote or not facts.places[os.path.dirname(found.path)].exists):
        warnings.append(f"cannot read the UEFI variables '{found.path}': the copy starts with new ones")
    if found.kind is None or request.preserve_data:
        disks.check_in_use(path)
        return []
    exists = os.path.basename(path) in facts.places[os.path.dirname(path)].names
    if exists and request.nvram is not None:
        disks.check_in_use(path)
        warnings.append(f"'{path}' already exists: the copy uses its UEFI variables instead of the original's")
        return []
    disks.check_overwritten(path)
    # the file of a guest that is replaced goes with it
    overwrite = exists and (request.replaces or not request.checks.path_exists)
    return [disks.copy_to(found, path, overwrite=overwrite)]


def _report_uncopied_state(domain: Domain, facts: CloneFacts, warnings: list[str]) -> None:
    """Warn about the UEFI variables and TPM state that are on a remote host, and are therefore not copied."""
    if not facts.remote:
        return
    if facts.nvram is None and domain.os.firmware == "efi":
        warnings.append("the UEFI variables are on another host: the copy starts with new ones")
    if has_emulated_tpm(domain.ensure_node()):
        warnings.append(
            "the TPM state is on another host: the copy starts with an empty TPM, "
            "which cannot unlock data that the original's TPM protects"
        )


def _interfaces(domain: Domain, request: CloneRequest, facts: CloneFacts, random: Random, warnings: list[str]) -> None:
    """Set new MAC addresses; names of host devices (<target>) are removed, so that libvirt chooses new ones."""
    given = list(request.macs)
    taken = {mac.lower() for mac in facts.guest_macs}
    prefix = QEMU_MAC_PREFIX if facts.is_qemu else OTHER_MAC_PREFIX
    for interface in domain.devices_of(Interface):
        node = interface.ensure_node()
        for target in node.findall("target"):
            # with all of its attributes
            node.remove(target)
        wanted = given.pop(0) if given else "RANDOM"
        if wanted.upper() == "RANDOM":
            wanted = random.mac(prefix, taken)
        else:
            _check_mac(check_mac(wanted), request, facts, warnings)
        taken.add(wanted.lower())
        interface.mac_address = wanted
    if given:
        warnings.append(f"--mac {given[0]}: more --mac options than network interfaces")


def _check_mac(mac: str, request: CloneRequest, facts: CloneFacts, warnings: list[str]) -> None:
    user = facts.guest_macs.get(mac.lower())
    if user is None:
        return
    message = f"the MAC address {mac} is already in use by the guest '{user}'"
    if request.checks.mac_in_use:
        raise RequestError(
            message,
            hint="use --mac RANDOM to generate an address, or skip this check with: --check mac_in_use=off",
        )
    warnings.append(message)


def _displays(domain: Domain, warnings: list[str]) -> None:
    """Remove fixed ports, which would prevent the two guests from running together."""
    for graphics in domain.devices_of(Graphics):
        if graphics.port in (None, -1):
            continue
        graphics.port, graphics.autoport = -1, None
        warnings.append(f"libvirt chooses the port of the copy's {graphics.type} display, so that both guests can run")


def _sockets(domain: Domain) -> None:
    """Remove sockets that are named after the channel; libvirt creates them again in the copy's directory."""
    for channel in domain.devices_of(Channel):
        path, name = channel.source_path, channel.target_name
        if channel.type == "unix" and path and name and name in path:
            channel.source_path = None


def _logs(domain: Domain, original: str, name: str, facts: CloneFacts) -> None:
    """Set new paths for files that serial ports write, so that the copy does not overwrite the original's."""
    renamed: dict[str, str] = {}

    def new_path(path: str) -> str:
        if path not in renamed:
            place = facts.places.get(os.path.dirname(path))
            renamed[path] = clone_path(path, original, name, frozenset() if place is None else place.names)
        return renamed[path]

    for device in (*domain.devices_of(Serial), *domain.devices_of(Console)):
        if device.type == "file" and device.source_path is not None:
            device.source_path = new_path(device.source_path)
        if device.log_file is not None:
            device.log_file = new_path(device.log_file)
