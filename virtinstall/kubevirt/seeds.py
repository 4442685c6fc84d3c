"""The cloud-init, Ignition and sysprep data: inline if small and public, otherwise in a Secret.

Source: https://kubevirt.io/user-guide/user_workloads/startup_scripts/
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from virtinstall.devices.disk import Disk
from virtinstall.kubevirt.conversion import Conversion, Node
from virtinstall.kubevirt.disks import attach, default_bus
from virtinstall.kubevirt.table import REFUSED
from virtinstall.xml.kinds import parse_switch

if TYPE_CHECKING:
    from virtinstall.seed.cloud_init import CloudInitRequest

LONGEST_INLINE = 2048
"""Bytes of user data or network data that KubeVirt accepts in the guest itself."""
_SECRET_MARKS = (
    "passw",
    "secret",
    "token",
    "private key",
    "api_key",
    "apikey",
    "credential",
    "ssh_keys",
    "write_files",
)
_LOGIN = re.compile(r"://[^/\s\"']*@")
_DRIVERS = "quay.io/kubevirt/virtio-container-disk"
_GENERATED_MAC = "02:00:00"


def map_seeds(conversion: Conversion, seed: CloudInitRequest | None, ignition: bytes | None) -> None:
    """Add a disk for the cloud-init, Ignition or sysprep data.

    `seed` is the cloud-init data and `ignition` the Ignition configuration, from the request or from the defaults for
    the image, or None.
    """
    if seed is not None and ignition is not None:
        conversion.break_rule("a guest can have only one seed", "use --cloud-init or --ignition", "ignition")
    if seed is not None:
        _add_cloud_init(conversion, seed)
    if ignition is not None:
        _add_ignition(conversion, ignition)
    if conversion.install.unattended is not None:
        _add_sysprep(conversion)


def _add_cloud_init(conversion: Conversion, seed: CloudInitRequest) -> None:
    from virtinstall.seed.cloud_init import seed_files

    if seed.meta_data is not None:
        conversion.refuse("cloud-init", "meta-data", "...", REFUSED["cloud-init"]["meta-data"])
    files = seed_files(seed, conversion.name, "", _first_mac(conversion, seed))
    user, network = files["user-data"].decode(), files.get("network-config")
    secret = bool(
        seed.root.password_hash
        or seed.default_user_password_hash
        or any(account.password_hash for account in seed.users)
        or seed.commands
        or (seed.user_data is not None and _looks_secret(user))
    )
    bus = seed.bus or default_bus(conversion, "disk")
    if bus not in (None, "virtio", "sata", "scsi", "usb"):
        conversion.refuse("cloud-init", "bus", bus, "use virtio, sata, scsi or usb")
    source = _seed_source(conversion, "cloudinit", user, None if network is None else network.decode(), secret=secret)
    attach(conversion, "cloudinitdisk", "disk", bus, {"cloudInitNoCloud": source})
    conversion.passwords += seed.generated_passwords
    for text in seed.warnings:
        conversion.warn(text)


def _looks_secret(text: str) -> bool:
    lower = text.lower()
    return any(mark in lower for mark in _SECRET_MARKS) or _LOGIN.search(text) is not None


def _first_mac(conversion: Conversion, seed: CloudInitRequest) -> str:
    """Return the MAC address of the first interface, which a static address refers to; empty without an interface."""
    if seed.address is None:
        return ""
    interfaces = conversion.devices.get("interfaces", [])
    if not interfaces:
        conversion.refuse("cloud-init", "address", seed.address.address, "the guest has no network interface")
        return ""
    first: Node = interfaces[0]
    if "masquerade" in first:
        conversion.refuse(
            "cloud-init",
            "address",
            seed.address.address,
            "the pod network assigns the address",
            "use a network in the cluster: --network bridge=NAME",
        )
    if "macAddress" not in first:
        import hashlib

        digest = hashlib.sha256(conversion.name.encode()).hexdigest()
        first["macAddress"] = ":".join([_GENERATED_MAC, digest[:2], digest[2:4], digest[4:6]])
        conversion.comment(
            first, "macAddress", "generated from the name, because the network configuration refers to it"
        )
    return str(first["macAddress"])


def _seed_source(conversion: Conversion, suffix: str, user: str, network: str | None, *, secret: bool) -> Node:
    """Return the source of a seed's volume: inline, or with a Secret that contains both texts."""
    texts = {"userdata": user} if network is None else {"userdata": user, "networkdata": network}
    if not secret and all(len(text.encode()) <= LONGEST_INLINE for text in texts.values()):
        return {"userData": user} if network is None else {"userData": user, "networkData": network}
    reference: Node = {}
    conversion.add_secret(suffix, texts, reference, "name")
    source: Node = {"secretRef": reference}
    if network is not None:
        # the same object, so that a shared secret is named once
        source["networkDataSecretRef"] = reference
    return source


def _add_ignition(conversion: Conversion, content: bytes) -> None:
    text = content.decode().rstrip("\n")
    source = _seed_source(conversion, "ignition", text, None, secret=_looks_secret(text))
    attach(conversion, "ignitiondisk", "disk", default_bus(conversion, "disk"), {"cloudInitConfigDrive": source})


def ignition_of(conversion: Conversion) -> bytes | None:
    """Return the Ignition configuration of --ignition; None if the option is not used.

    For a URL, the result is a configuration with which the guest downloads the actual one.

    Raises: RequestError, if the file cannot be read or is not a valid configuration.
    """
    source = conversion.install.ignition
    if source is None:
        return None
    if source.startswith(("http://", "https://")):
        return json.dumps({"ignition": {"version": "3.0.0", "config": {"replace": {"source": source}}}}).encode()
    from virtinstall.seed.ignition import config_bytes

    return config_bytes(source, conversion.read_file(source, "--ignition"))


def _add_sysprep(conversion: Conversion) -> None:
    """Add the answer file of Windows Setup, which contains passwords, as a Secret."""
    from virtinstall.seed.answers import AnswerTarget, answer_files

    values = dict(conversion.install.unattended or {})
    if not conversion.os.is_windows:
        conversion.refuse(
            "unattended",
            "",
            conversion.os.short_id,
            "Linux installers read their answers from the initrd",
            "use --image with --cloud-init",
        )
        return
    _check_drivers(conversion, values)
    if "reg-login" in values:
        conversion.refuse("unattended", "reg-login", values["reg-login"], REFUSED["unattended"]["reg-login"])
    from virtinstall.survey.unattended import survey_unattended

    facts = survey_unattended(
        {**values, "drivers": "no"},
        conversion.arch,
        conversion.os,
        None,
        conversion.arch,
        conversion.environ,
        conversion.read_file,
    )
    for text in facts.warnings:
        conversion.warn(text)
    answers = facts.unattended
    assert answers is not None
    efi = "efi" in conversion.machine.get("firmware", {}).get("bootloader", {})
    target = AnswerTarget(conversion.name, conversion.arch, _first_disk(conversion), efi)
    files = {name: content.decode() for name, content in answer_files(answers, target).items()}
    if set(files) != {"autounattend.xml"}:
        conversion.refuse(
            "unattended", "", conversion.os.short_id, "a sysprep volume can contain only autounattend.xml"
        )
        return
    reference: Node = {}
    conversion.add_secret("sysprep", files, reference, "name")
    bus = default_bus(conversion, "cdrom")
    attach(conversion, "sysprep", "cdrom", bus, {"sysprep": {"secret": reference}})


def _check_drivers(conversion: Conversion, values: dict[str, str]) -> None:
    try:
        wanted = parse_switch(values.get("drivers") or "no")
    except ValueError as error:
        conversion.refuse("unattended", "drivers", values["drivers"], str(error))
        return
    if wanted:
        conversion.refuse(
            "unattended",
            "drivers",
            "yes",
            "the sysprep volume cannot contain drivers",
            f"add the container image with the drivers: --disk image=docker://{_DRIVERS},device=cdrom,transient=yes",
        )


def _first_disk(conversion: Conversion) -> str:
    virtio = any(disk.target_bus in (None, "virtio") for disk in conversion.request.domain.devices_of(Disk)[:1])
    return "/dev/vda" if virtio else "/dev/sda"
