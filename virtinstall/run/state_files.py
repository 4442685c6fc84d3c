"""Files that libvirt keeps for a guest: UEFI variables and TPM state. A run removes only those that it created.

Source: https://libvirt.org/formatdomain.html#bios-bootloader (nvram), #tpm-device; libvirt's qemu.conf (nvram).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lxml import etree

from virtinstall.errors import StorageError
from virtinstall.libvirt_host.state_folders import NVRAM, TPM, state_folder
from virtinstall.rollback.file_state import Identity
from virtinstall.safe_text import reason_of

if TYPE_CHECKING:
    from virtinstall.libvirt_host.host import Host

_SYSTEM_NVRAM = "/var/lib/libvirt/qemu/nvram"
_SYSTEM_TPM = "/var/lib/libvirt/swtpm"


class StateFiles:
    """The UEFI variables and TPM state that exist before a run defines the guest that `xml` describes.

    Create this object before the guest is defined. `uuid_is_new` is true if the UUID was generated for this run, so
    that no TPM state exists for it. `keeps_tpm` is true if TPM state may have existed before this run and must
    therefore not be deleted.
    """

    def __init__(self, xml: str, host: Host, *, uuid_is_new: bool) -> None:
        domain = etree.fromstring(xml.encode())
        self._host = host
        self._name = domain.findtext("name") or ""
        self._named_nvram = nvram_path(domain)
        self._has_nvram = _has_nvram(domain)
        self._folder = state_folder(host.uri, NVRAM) if host.driver() == "qemu" else None
        self._before = self._identities()
        self.keeps_tpm = not uuid_is_new and domain.find("devices/tpm") is not None and self._tpm_may_exist(domain)

    def remove_new_nvram(self) -> None:
        """Remove the UEFI variables that libvirt created for this run's guest.

        Call this after the guest has been removed.

        Raises: StorageError, if the file cannot be removed, or if it is unknown whether this run created the file.
        """
        if not self._has_nvram:
            return
        if self._before is None:
            raise StorageError("it is unknown whether this run created it")
        for path in self._candidates():
            identity = Identity.of_target(path)
            if identity is None or identity in self._before or self._is_used(identity):
                continue
            try:
                os.unlink(path)
            except OSError as error:
                raise StorageError(f"{path}: {reason_of(error)}") from error

    def _identities(self) -> frozenset[Identity] | None:
        """Return the existing files of UEFI variables; None if this process cannot list them."""
        if not self._has_nvram or self._folder is None:
            return None
        try:
            names = os.listdir(self._folder)
        except FileNotFoundError:
            names = []
        except OSError:
            return None
        paths = [os.path.join(self._folder, name) for name in names]
        if self._named_nvram:
            paths.append(self._named_nvram)
        return frozenset(found for path in paths if (found := Identity.of_target(path)) is not None)

    def _candidates(self) -> Iterator[str]:
        if self._named_nvram:
            yield self._named_nvram
        elif self._folder is not None and os.path.isdir(self._folder):
            stem = f"{self._name}_VARS."
            yield from (os.path.join(self._folder, name) for name in os.listdir(self._folder) if name.startswith(stem))

    def _is_used(self, identity: Identity) -> bool:
        """Return whether any guest has this file for its UEFI variables."""
        documents = (etree.fromstring(xml.encode()) for _, xml in self._host.guest_xmls())
        return any(path and Identity.of_target(path) == identity for path in map(nvram_path, documents))

    def _tpm_may_exist(self, domain: etree._Element) -> bool:
        if self._folder != _SYSTEM_NVRAM:
            return True
        return os.path.lexists(os.path.join(_SYSTEM_TPM, (domain.findtext("uuid") or "").lower()))


def nvram_path(domain: etree._Element) -> str | None:
    """Return the path of the UEFI variables in `domain`, a <domain> element; None if `domain` contains no path."""
    node = domain.find("os/nvram")
    if node is None:
        return None
    source = node.find("source")
    return (node.text or "").strip() or (None if source is None else source.get("file"))


def guest_nvram(domain: etree._Element, host: Host) -> tuple[str | None, bool]:
    """Return the path of the guest's UEFI variables, and whether it is in a directory that libvirt uses for them.

    `domain` is a <domain> element. The path is None if the guest has no UEFI variables or their path is unknown.
    """
    path = nvram_path(domain)
    if path is not None:
        return (path, os.path.dirname(path) in _nvram_folders(host)) if path.startswith("/") else (None, False)
    # the definition need not name the file that libvirt has chosen
    path = nvram_of_name(domain.findtext("name") or "", host) if _has_nvram(domain) else None
    return path, path is not None


def nvram_of_name(name: str, host: Host) -> str | None:
    """Return the path of the UEFI variables that libvirt created for a guest with the name `name`.

    The result is None if the file does not exist or libvirt runs on another host.
    """
    if not host.is_local():
        return None
    names = [
        os.path.join(folder, f"{name}_VARS{suffix}") for folder in _nvram_folders(host) for suffix in (".fd", ".qcow2")
    ]
    return next((each for each in names if os.path.lexists(each)), None)


def _nvram_folders(host: Host) -> tuple[str, str]:
    # root's session keeps its files where the system's libvirtd does
    return state_folder(host.uri, NVRAM) or _SYSTEM_NVRAM, _SYSTEM_NVRAM


def has_emulated_tpm(domain: etree._Element) -> bool:
    """Return whether the guest that `domain`, a <domain> element, describes has a TPM whose state is on the host."""
    return domain.find("devices/tpm/backend[@type='emulator']") is not None


def tpm_folder(domain: etree._Element, host: Host) -> str | None:
    """Return the directory of the guest's TPM state on the host.

    `domain` is a <domain> element. The result is None if the guest has no emulated TPM, or if the hypervisor is not
    QEMU.
    """
    if not has_emulated_tpm(domain) or host.driver() != "qemu":
        return None
    uuid = (domain.findtext("uuid") or "").lower()
    system = f"{_SYSTEM_TPM}/{uuid}"
    folder = state_folder(host.uri, TPM)
    if folder is None:
        return system
    # root's session uses the directory of the system
    own = f"{folder}/{uuid}"
    return system if os.path.lexists(system) and not os.path.lexists(own) else own


def _has_nvram(domain: etree._Element) -> bool:
    loader = domain.find("os/loader")
    pflash = loader is not None and loader.get("type") == "pflash"
    return pflash or domain.find("os/nvram") is not None or domain.find("os[@firmware='efi']") is not None
