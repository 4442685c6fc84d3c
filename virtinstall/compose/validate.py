"""Checks of the request that do not depend on the host; they run before anything is read or fetched."""

from __future__ import annotations

from virtinstall.errors import RequestError
from virtinstall.request import Request
from virtinstall.similar import alternatives

_METHODS = (("--location", "location"), ("--cdrom", "cdrom"), ("--pxe", "pxe"), ("--import", "boot_disk"))
"""Installation methods in virt-install's order of precedence, and their fields."""
_BOOT_DEVICES = ("hd", "cdrom", "network", "fd")


def resolve_methods(request: Request) -> Request:
    """Return the request with only one installation method, and with a warning about each ignored method.

    --location has priority over --cdrom, --cdrom over --pxe, and --pxe over --import.
    """
    from virtinstall.devices.disk import Disk

    install = request.install
    if not install.has_method and any(disk.image is not None for disk in request.domain.devices_of(Disk)):
        # an image is already installed
        return request.replace(install=install.replace(boot_disk=True))
    methods = [(name, field) for name, field in _METHODS if getattr(install, field)]
    warnings = [*request.warnings]
    for name, field in methods[1:]:
        hint = "; to only attach a CD-ROM, use --disk PATH,device=cdrom" if methods[0][1] == "cdrom" else ""
        warnings.append(f"{name} has no effect: the guest is installed with {methods[0][0]}{hint}")
        install = install.replace(**{field: False if field in ("pxe", "boot_disk") else None})
    return request.replace(install=install, warnings=tuple(warnings))


def validate_request(request: Request) -> None:
    """Check the request for contradictions, and for values that no guest can have.

    Raises: RequestError, for the first problem.
    """
    _check_methods(request)
    _check_identity(request)
    _check_amounts(request)
    if request.run.transient and request.run.autostart:
        raise RequestError(
            "--transient and --autostart cannot be used together: a transient guest cannot be started automatically",
            hint="omit one of them",
        )


def _check_methods(request: Request) -> None:
    install = request.install
    given = [name for name, field in _METHODS if getattr(install, field)]
    if install.unattended is not None and install.cloud_init is not None:
        raise RequestError(
            "--unattended and --cloud-init cannot be used together",
            hint="use --unattended with an installer, or --cloud-init with a cloud image",
        )
    if install.live_cdrom and install.cdrom is None:
        raise RequestError(
            "--livecd requires --cdrom", hint="specify the live image, for example: --cdrom /images/live.iso"
        )
    if install.unattended is not None and given and given[0] in ("--import", "--pxe"):
        why, more = "there is no installer to automate", ", or --cloud-init with a cloud image"
        if given[0] == "--pxe":
            why, more = "the installer that is booted over the network is unknown", ""
        raise RequestError(
            f"--unattended and {given[0]} cannot be used together: {why}", hint=f"use --location or --cdrom{more}"
        )
    _check_ignition(request)
    if install.boot_device is not None and install.boot_device not in _BOOT_DEVICES:
        raise RequestError(f"--install bootdev={install.boot_device}: must be {alternatives(_BOOT_DEVICES)}")


def _check_ignition(request: Request) -> None:
    install = request.install
    if install.ignition is None:
        return
    if install.cloud_init is not None:
        raise RequestError(
            "--ignition and --cloud-init cannot be used together",
            hint="use --ignition for CoreOS, or --cloud-init for other operating systems",
        )
    for option, given in (("--install no_install=yes", install.no_install), ("--livecd", install.live_cdrom)):
        if given:
            raise RequestError(
                f"--ignition and {option} cannot be used together: Ignition runs only at the first boot",
                hint="use --import instead, which boots the disk with the Ignition configuration",
            )


def _check_identity(request: Request) -> None:
    domain = request.domain
    if domain.uuid is not None and len(_digits(domain.uuid)) != 32:
        raise RequestError(
            f"invalid UUID '{domain.uuid}'", hint="use 32 hexadecimal digits, or generate a UUID with: uuidgen"
        )


def _digits(uuid: str) -> str:
    plain = uuid.replace("-", "").lower()
    return plain if set(plain) <= set("0123456789abcdef") else ""


def _check_amounts(request: Request) -> None:
    domain = request.domain
    for kib in (domain.memory_kib, domain.current_memory_kib):
        if kib is not None and kib <= 0:
            raise RequestError(
                f"--memory {kib // 1024}: must be greater than 0", hint="for example: --memory 2048 or --memory 2G"
            )
    most, count = domain.vcpu, domain.vcpu_current
    for number in (most, count):
        if number is not None and number < 1:
            raise RequestError(f"--vcpus {number}: must be at least 1", hint="for example: --vcpus 2")
    if most is not None and count is not None and count > most:
        raise RequestError(
            f"--vcpus {count} exceeds maxvcpus={most}",
            hint=f"use fewer vCPUs, or raise the maximum: --vcpus {count},maxvcpus={count}",
        )
