"""The guest that a run creates: its name and UUID are claimed first, and only this guest is removed on failure.

libvirt keeps names unique, but a definition with an existing UUID replaces the other guest. A definition under a
unique name is atomic for every user and host: libvirt rejects it if another guest has the UUID. A UUID that the user
requested is therefore claimed with a small guest under such a name, which is then renamed.

Source: https://libvirt.org/html/libvirt-libvirt-domain.html (virDomainDefineXML, virDomainRename)
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lxml import etree

from virtinstall.errors import HypervisorError, TakenError
from virtinstall.rollback.claim_mark import CLAIM_TITLE
from virtinstall.rollback.signals import deferred_signals
from virtinstall.run.state_files import StateFiles

if TYPE_CHECKING:
    from virtinstall.libvirt_host.host import Host, HostGuest
    from virtinstall.rollback.journal import Journal
    from virtinstall.rollback.undo import Undo

_LONGEST_STEM = 40


class OwnGuest:
    """The guest that a run creates and that `xml` describes; a rollback of `undo` removes this guest, but no other.

    `replaces` is true if the guest already exists and is redefined (--reinstall); a rollback then restores its
    definition. `uuid_is_new` is true if the UUID was generated for this run. `name_is_generated` is true if the name
    was generated; if a generated name is already in use, TakenError is raised, so that the caller can generate a
    different one.
    """

    def __init__(
        self,
        xml: str,
        host: Host,
        undo: Undo,
        *,
        replaces: bool = False,
        uuid_is_new: bool = False,
        name_is_generated: bool = False,
    ) -> None:
        self._document = etree.fromstring(xml.encode())
        self._xml = xml
        self._host = host
        self._undo = undo
        self._replaces = replaces
        self._uuid_is_new = uuid_is_new
        self._name_is_generated = name_is_generated
        self.name = self._document.findtext("name") or ""
        self.uuid = (self._document.findtext("uuid") or "").lower()
        self._files: StateFiles | None = None
        self._is_ours = False
        self._stub: HostGuest | None = None
        self._before: str | None = None
        self._definition: str | None = None
        self._started = False

    def claim(self) -> None:
        """Claim the name and the UUID, and push the guest's removal to `undo`.

        Call this just before the guest is defined or started.

        Raises: HypervisorError, if another guest has the UUID or the requested name; TakenError, if another guest has
        the generated name.
        """
        self._files = StateFiles(self._xml, self._host, uuid_is_new=self._uuid_is_new)
        if self._replaces:
            self._before = _require_replaceable(self.name, self.uuid, self._host)
        else:
            require_free(
                self.name,
                self.uuid,
                self._host,
                name_is_generated=self._name_is_generated,
                uuid_is_new=self._uuid_is_new,
            )
            self._undo.push(f"the NVRAM file of the guest '{self.name}'", self._files.remove_new_nvram)
        self._undo.push(f"the guest '{self.name}'", self._roll_back, uses_older=True)
        # a random UUID is unique
        self._is_ours = self._uuid_is_new and not self._replaces
        if not self._uuid_is_new and not self._replaces and self._host.driver() == "qemu":
            self._claim_uuid()

    def define(self, xml: str) -> HostGuest:
        """Define the guest with `xml`; return the guest.

        Raises: HypervisorError, if the guest cannot be defined; TakenError, if another guest has the generated name.
        """
        with deferred_signals(), self._name_taken():
            guest = self._host.define_guest(xml)
            self._is_ours = True
            self._definition = guest.xml(inactive=True)
            self._stub = None
        return guest

    def start(self, guest: HostGuest, *, paused: bool) -> None:
        """Start the defined guest; if `paused` is true and the driver supports this, the guest stays paused.

        Raises: HypervisorError, if the guest cannot be started.
        """
        with deferred_signals():
            guest.start(paused=paused)
            self._started = True

    def start_undefined(self, xml: str, *, paused: bool) -> HostGuest:
        """Start the guest with `xml`, without defining it; return the guest.

        If `paused` is true and the driver supports this, the guest stays paused.

        Raises: HypervisorError, if the guest cannot be started; TakenError, if another guest has the generated name.
        """
        with deferred_signals(), self._name_taken():
            guest = self._host.start_guest(xml, paused=paused)
            self._is_ours = self._started = True
            if self._stub is not None:
                self._stub.undefine()
                self._stub = self._definition = None
        return guest

    def _claim_uuid(self) -> None:
        """Claim the UUID with a small definition under a unique name, then the name."""
        stub = _small_definition(self._document, f"{self.name[:_LONGEST_STEM]}.{os.urandom(6).hex()}")
        with deferred_signals():
            try:
                guest = self._host.define_guest(stub)
            except HypervisorError as error:
                if self._host.is_alive() and self._host.guest_by_uuid(self.uuid) is not None:
                    raise _uuid_exists(self.uuid, self._host) from error
                raise
            self._is_ours = True
            with self._name_taken():
                guest.rename(self.name)
            self._stub = guest
            self._definition = guest.xml(inactive=True)

    @contextmanager
    def _name_taken(self) -> Iterator[None]:
        """Explain an error that is due to a guest with the same name."""
        try:
            yield
        except HypervisorError as error:
            other = self._host.guest_named(self.name) if self._host.is_alive() else None
            if other is None or other.uuid == self.uuid:
                raise
            raise _name_exists(self.name, name_is_generated=self._name_is_generated, code=error.code) from error

    def _roll_back(self) -> None:
        """Remove the guest if this run created it, or restore its definition.

        Raises: HypervisorError.
        """
        if not self._host.is_alive():
            raise HypervisorError("the connection to libvirt was lost")
        guest = self._host.guest_by_uuid(self.uuid)
        if guest is not None and self._is_ours:
            self._require_unchanged(guest)
            if self._started or not self._replaces:
                guest = self._power_off(guest)
            if self._before is not None:
                if self._definition is not None:
                    self._host.define_guest(self._before)
            elif guest is not None:
                assert self._files is not None
                guest.undefine(remove_tpm=not self._files.keeps_tpm)
        if not self._host.is_alive():
            raise HypervisorError("the connection to libvirt was lost in the meantime")

    def _require_unchanged(self, guest: HostGuest) -> None:
        if self._definition is not None and guest.is_persistent() and guest.xml(inactive=True) != self._definition:
            raise HypervisorError("another program has changed the guest's definition in the meantime")

    def _power_off(self, guest: HostGuest) -> HostGuest | None:
        """Power the guest off if it is running; return it, or None if it is no longer defined."""
        assert self._files is not None
        if guest.is_active():
            if self._files.keeps_tpm and not guest.is_persistent():
                # libvirt deletes the TPM state of an undefined guest at its end
                guest = self._host.define_guest(self._xml)
            try:
                guest.destroy()
            except HypervisorError:
                if guest.is_active():
                    raise
        return self._host.guest_by_uuid(self.uuid)


def require_free(
    name: str, uuid: str, host: Host, *, name_is_generated: bool = False, uuid_is_new: bool = False
) -> None:
    """Check that no guest has the name or the UUID; a UUID that was generated for this run is not checked.

    Raises: HypervisorError, if the UUID or a requested name is in use; TakenError, if a generated name is in use.
    """
    if not uuid_is_new and host.guest_by_uuid(uuid) is not None:
        raise _uuid_exists(uuid, host)
    if host.guest_named(name) is not None:
        raise _name_exists(name, name_is_generated=name_is_generated)


@contextmanager
def keep_journal_if_lost(journal: Journal | None, host: Host) -> Iterator[None]:
    """Keep the journal for the next run if the `with` block raises an error and the connection is lost.

    In this case, libvirt may have created objects whose creation it could not report. `journal` is None if the run has
    no journal.
    """
    try:
        yield
    except Exception:
        if journal is not None and not host.is_alive():
            journal.keep_for_next_run()
        raise


def _require_replaceable(name: str, uuid: str, host: Host) -> str:
    """Return the current definition of the guest to reinstall.

    Raises: HypervisorError, if the guest is running or no longer exists.
    """
    guest = host.guest_by_uuid(uuid)
    if guest is None or guest.name != name:
        raise HypervisorError(
            f"the guest '{name}' no longer exists", hint="use --name instead of --reinstall to create the guest"
        )
    if guest.is_active():
        from virtinstall.virsh_commands import shutdown_hint

        raise HypervisorError(
            f"the guest '{name}' has been started in the meantime", hint=shutdown_hint(host.uri, name)
        )
    return guest.xml(inactive=True)


def _uuid_exists(uuid: str, host: Host) -> HypervisorError:
    other = host.guest_by_uuid(uuid)
    whose = "another guest" if other is None else f"the guest '{other.name}'"
    return HypervisorError(f"the UUID {uuid} is already in use by {whose}", hint="use another UUID, or omit --uuid")


def _name_exists(name: str, *, name_is_generated: bool, code: int | None = None) -> HypervisorError | TakenError:
    message = f"a guest named '{name}' was created in the meantime"
    if name_is_generated:
        return TakenError(message, hint="try again; another name is then generated")
    return HypervisorError(message, hint="use another name with --name", code=code)


def _small_definition(document: etree._Element, name: str) -> str:
    """Return a definition with the UUID, type and machine of `document`, and no devices."""
    domain = etree.Element("domain", type=document.get("type", "qemu"))
    etree.SubElement(domain, "name").text = name
    etree.SubElement(domain, "uuid").text = document.findtext("uuid")
    etree.SubElement(domain, "title").text = CLAIM_TITLE
    etree.SubElement(domain, "memory", unit="MiB").text = "64"
    boots = etree.SubElement(domain, "os")
    kind = document.find("os/type")
    kept = etree.SubElement(boots, "type")
    kept.text = "hvm" if kind is None else kind.text
    for key, value in () if kind is None else kind.attrib.items():
        kept.set(key, value)
    return etree.tostring(domain, encoding="unicode")
