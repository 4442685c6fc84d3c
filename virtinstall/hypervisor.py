"""The library's entry point: `connect()` returns a `Hypervisor`, which plans, creates and finds guests.

with virtinstall.connect("qemu:///system") as hypervisor:
    plan = hypervisor.plan(spec)
    guest = hypervisor.create(plan, on_warning=log.warning)
    guest.wait_for("ip", timeout=300)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtinstall.errors import GuestNotFound
from virtinstall.libvirt_host.open import open_host
from virtinstall.redact import log_info, log_warning
from virtinstall.script_calls import checked, checked_for_scripts, for_scripts
from virtinstall.script_terms import in_terms_of, script_terms, terms_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import TracebackType

    from virtinstall.guest import Guest
    from virtinstall.guest_spec import GuestSpec
    from virtinstall.images.cache import CachedImage
    from virtinstall.images.stored import StoredImage
    from virtinstall.libvirt_host.connection import LibvirtHost
    from virtinstall.libvirt_host.host import HostGuest
    from virtinstall.lifecycle.addresses import Summary
    from virtinstall.lifecycle.delete import Deletion
    from virtinstall.lifecycle.deletion_plan import DeletionPlan, Storage
    from virtinstall.plan import Plan
    from virtinstall.progress import Progress
    from virtinstall.request import Request
    from virtinstall.run.installation import BackgroundInstallation


@checked
def connect(uri: str | None = None) -> Hypervisor:
    """Connect to a hypervisor; use the result as a context manager, or call its `close()`.

    `uri` is a libvirt URI, such as `qemu:///system` or `qemu+ssh://host/system`. The URI `embed` runs libvirt's QEMU
    driver in this process. None stands for libvirt's default URI, which virsh also uses.

    Raises: HypervisorError, if the connection fails; StorageError, if the embedded driver's directory cannot be used;
    RequestError, if `uri` names a file for the test driver and the file does not exist.
    """
    with script_terms():
        return Hypervisor(open_host(uri))


class Hypervisor:
    """A connection to libvirt.

    Several methods accept callbacks. `on_warning` is called with each warning, and `report` with each line about the
    progress. If a callback is None, the logger `virtinstall.create` logs the text instead, with the level WARNING for
    warnings and INFO for progress. `progress` is an object that receives the progress of downloads and copies; None
    shows no progress.
    """

    def __init__(self, host: LibvirtHost, *, for_commands: bool = False) -> None:
        self.host = host
        """The underlying connection, for virtinstall's commands."""
        self.for_commands = for_commands
        """Whether errors name command-line options instead of Python parameters."""
        self._installations: list[BackgroundInstallation] = []

    @property
    def uri(self) -> str:
        """The URI of the connection, as libvirt reports it."""
        return self.host.uri

    def close(self) -> None:
        """Close the connection; installations continue, and can be completed with `finish` on another connection."""
        for installation in self._installations:
            installation.stop()
        for installation in self._installations:
            installation.join()
        self.host.close()

    def __enter__(self) -> Hypervisor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def reopened(self) -> Hypervisor:
        """Return a new connection to the same hypervisor, for use in another thread.

        Raises: HypervisorError or StorageError, for the same reasons as `connect`.
        """
        return Hypervisor(open_host(self.uri), for_commands=self.for_commands)

    @checked_for_scripts
    def plan(self, spec: GuestSpec | Request) -> Plan:
        """Return the complete plan for a guest; change nothing.

        `spec` is a `GuestSpec`, or a `Request` that `parse_request` returned.

        Raises: RequestError, if the request is invalid or contradictory, or the host does not support it; FetchError,
        StorageError or HypervisorError, if an object that the request names, such as an image, cannot be read.
        """
        from virtinstall.create import make_plan
        from virtinstall.request import Request

        if isinstance(spec, Request):
            return make_plan(spec, self.host)
        # only scripts describe guests this way: commands avoid these imports
        from virtinstall.spec_request import request_of

        with script_terms():
            return make_plan(request_of(spec), self.host)

    @checked_for_scripts
    def check(self, plan: Plan) -> list[str]:
        """Run the checks that `create` runs, and have libvirt check the XML; return warnings, and change nothing.

        Raises: RequestError or StorageError, for the same reasons as `create`; FetchError, if an image cannot be found;
        HypervisorError, if libvirt rejects the XML and the plan's request does not disable the check `xml`.
        """
        from virtinstall.create import check

        with terms_of(plan):
            return [*map(in_terms_of(plan), check(plan, self.host))]

    @checked_for_scripts
    def check_xml(self, plan: Plan) -> list[str]:
        """Have libvirt check the XML of `plan`; return warnings, and change nothing.

        If the connection's driver cannot check XML, the XML is not checked.

        Raises: HypervisorError, if libvirt rejects the XML and the plan's request does not disable the check `xml`.
        """
        from virtinstall.accepted import check_plan_accepted

        with terms_of(plan):
            return [*map(in_terms_of(plan), check_plan_accepted(plan, self.host))]

    @checked_for_scripts
    def create(
        self,
        plan: Plan | GuestSpec | Request,
        *,
        progress: Progress | None = None,
        on_warning: Callable[[str], None] | None = None,
        report: Callable[[str], None] | None = None,
        paused: bool = False,
        restart: bool = True,
    ) -> Guest:
        """Create a guest and start it; return the guest as soon as its first boot has started.

        `plan` is a plan that the method `plan` returned; a `GuestSpec` or `Request` is planned first. All checks run
        before anything is changed. If the creation fails, everything that it created is removed. If this process is
        killed, the next creation of a guest with the same name removes or reports what remains. If another process uses
        a generated name first, the guest is planned again; `Guest.plan` is the plan that was applied. If `paused` is
        true, the guest's CPUs do not run until `Guest.resume` is called, so that its console can be read from the first
        line.

        A guest that is being installed powers off when the installer reboots, and must then be started in its final
        configuration. If `restart` is true, a background thread does this while this connection is open; otherwise,
        call `finish`. The thread does not start a transient guest, or one whose `GuestSpec` has
        `start_installed=False`. `Guest.wait_for` waits for the end of the installation.

        A plan can create several guests; each further guest gets new generated names and addresses. If the plan's
        request specifies the guest's name, the plan can create only one guest; a further `create` raises RequestError.

        Raises: RequestError, if a check finds a mistake in the request; StorageError, if storage cannot be created or
        accessed (NoSpaceError, if there is not enough space); FetchError, if a file cannot be downloaded;
        HypervisorError; TakenError, if the generated names are already in use in every attempt. The error's notes list
        what could not be rolled back.
        """
        from virtinstall.create import create
        from virtinstall.plan import Plan

        wanted = plan if isinstance(plan, Plan) else self.plan(plan)
        guest, done = create(wanted, self.host, progress=progress, on_warning=on_warning, report=report, paused=paused)
        installation = None
        if restart and done.install is not None and not done.seeded:
            from virtinstall.run.installation import BackgroundInstallation

            start = not (done.run.noreboot or done.run.transient)
            installation = BackgroundInstallation(self.host, guest, start=start)
            self._installations.append(installation)
        return self._guest(guest, done, installation)

    @for_scripts
    def images(self) -> list[StoredImage]:
        """Return the images in this connection's cache, each with the guests and disks that use it.

        Raises: StorageError, if a disk that may use an image cannot be read.
        """
        from virtinstall.images.stored import stored_images

        return stored_images(self.host, self._image_cache())

    @for_scripts
    def fetch_image(
        self,
        name: str,
        *,
        arch: str | None = None,
        refresh: bool | None = None,
        checksum: str = "",
        progress: Progress | None = None,
        on_warning: Callable[[str], None] | None = None,
    ) -> CachedImage:
        """Return an image from the cache; download it first if the cache contains no current copy.

        `name` is the name of an image in a catalog (`NAME[:VARIANT]`), a URL or `docker://REFERENCE`. `arch` is the
        architecture; None stands for the host's. `refresh` determines whether the server is asked for a newer version
        of a cached image: True always, False never, and None at most once a day. `checksum` replaces the checksum from
        the image catalog. It is `ALGORITHM:HEX`, the URL of a checksum list, `none` to skip the verification, or an
        empty string to use the catalog's checksum. For a URL, an empty string uses the checksum list next to the image
        on the server; if there is none, the image is not verified, and `on_warning` is called with a warning.

        Raises: RequestError, if `name` is unknown or is the path of a local file; FetchError, if the image cannot be
        downloaded or its checksum is wrong; StorageError, if the cache cannot be written.
        """
        from virtinstall.images.order import fetch_by_name

        return fetch_by_name(
            self.host,
            self._image_cache(),
            name,
            arch=arch,
            refresh=refresh,
            checksum=checksum,
            progress=progress,
            on_warning=on_warning or log_warning,
        )

    @for_scripts
    def remove_images(self, images: Sequence[StoredImage]) -> list[str]:
        """Remove `images` and incomplete downloads from the cache; return the paths of all removed files.

        Raises: RequestError, if an image is in use; StorageError, if an image cannot be removed, or if a disk that may
        use an image cannot be read.
        """
        from virtinstall.images.stored import remove_unused

        return remove_unused(self.host, self._image_cache(), images)

    def _guest(
        self, handle: HostGuest, plan: Plan | None = None, installation: BackgroundInstallation | None = None
    ) -> Guest:
        # previews need no guest
        from virtinstall.guest import Guest

        return Guest(self.host, handle, plan, installation, for_commands=self.for_commands)

    def _image_cache(self) -> str:
        from virtinstall.survey.images import cache_of

        return cache_of(self.host)

    def guests(self) -> list[Guest]:
        """Return all guests, running or not, sorted by name."""
        return sorted((self._guest(each) for each in self.host.guests()), key=lambda guest: guest.name)

    def summaries(self) -> list[Summary]:
        """Return summaries of all guests, sorted by name; each includes the guest's state, addresses and image."""
        from virtinstall.lifecycle.addresses import summaries

        return summaries(self.host)

    @for_scripts
    def guest(self, name: str) -> Guest:
        """Return the guest named `name`, which must not be a UUID or one of libvirt's numeric IDs.

        Raises: GuestNotFound, if there is no such guest.
        """
        found = self.host.guest_named(name)
        if found is None:
            from virtinstall.virsh_commands import guest_hint

            raise GuestNotFound(f"no such guest: '{name}'", hint=guest_hint(self.host, name))
        return self._guest(found)

    @for_scripts
    def guest_by_uuid(self, uuid: str) -> Guest:
        """Return the guest with the UUID `uuid`.

        Raises: GuestNotFound, if there is no such guest.
        """
        found = self.host.guest_by_uuid(uuid)
        if found is None:
            from virtinstall.virsh_commands import guest_hint

            raise GuestNotFound(f"no guest has the UUID '{uuid}'", hint=guest_hint(self.host))
        return self._guest(found)

    @for_scripts
    def deletion_plan(self, name: str, storage: Storage = "own") -> DeletionPlan:
        """Return what the deletion of the guest `name` would remove and keep, with the reasons; change nothing.

        `storage` determines which disks are removed: `own` removes those that virtinstall created for the guest, `all`
        removes all of its disks, and `none` keeps them. If the guest no longer exists because its deletion was
        interrupted, the plan contains its remaining files.

        Raises: GuestNotFound, if there is nothing to delete; HostError, if the guest or its files cannot be examined.
        """
        from virtinstall.lifecycle.delete import make_deletion_plan

        return make_deletion_plan(name, self.host.guest_named(name), self.host, storage)

    @for_scripts
    def delete(
        self,
        plan: DeletionPlan,
        *,
        force: bool = False,
        shutdown_timeout: float | None = None,
        wipe: bool = False,
        on_warning: Callable[[str], None] | None = None,
        report: Callable[[str], None] | None = None,
    ) -> Deletion:
        """Apply a plan that `deletion_plan` returned; return what was removed, kept, and not removed.

        If `shutdown_timeout`, a time limit in seconds, is not None, a running guest is shut down first. If `force` is
        true, a guest that is still running is then powered off. If `wipe` is true, files are overwritten with zeros
        before they are removed. A file is kept if it has changed since the plan was created, or is now in use. If this
        process is killed, apply a new plan for the same name to complete the deletion.

        Raises: RequestError, if the guest is running, but `shutdown_timeout` is None and `force` is false, or if the
        guest cannot be shut down in its current state; WaitTimeout, if the guest does not shut down in time and `force`
        is false; HypervisorError, if libvirt cannot remove the guest.
        """
        from virtinstall.lifecycle.delete import delete

        return delete(
            plan,
            self.host.guest_named(plan.name) if plan.exists else None,
            self.host,
            force=force,
            shutdown_timeout=shutdown_timeout,
            wipe=wipe,
            on_warning=on_warning or log_warning,
            report=report or log_info,
        )

    @for_scripts
    def finish(
        self,
        name: str,
        *,
        timeout: float | None = None,
        start: bool = True,
        report: Callable[[str], None] | None = None,
    ) -> Guest:
        """Complete the installation of the guest `name` if `create` does not do so itself; return the guest.

        The method waits at most `timeout` seconds for the end of the installation; None waits without limit. When the
        installation has ended, the guest is off, and the method starts it unless `start` is false. Files that only the
        installation needed are removed.

        Raises: GuestNotFound; RequestError, if the guest is running and is not being installed, or if its creation was
        interrupted; WaitTimeout, if `timeout` expires; GuestCrashed; GuestStopped, if the guest is powered off or
        removed during its installation; HypervisorError.
        """
        from virtinstall.run.finish import finish

        return self._guest(finish(name, self.host, report or log_info, timeout_seconds=timeout, start=start))

    @for_scripts
    def remove_leftovers(
        self,
        name: str | None = None,
        *,
        named: Iterable[str] = (),
        on_warning: Callable[[str], None] | None = None,
    ) -> bool:
        """Remove what killed runs created and no guest needs; return whether there was anything for guest `name`.

        For guest `name`, objects that no guest can have used are removed, such as incomplete files. For all other
        guests, only files that were created for an installation are removed. If `name` is None, this applies to all
        guests, and the result is False. `on_warning` is called with a line about each removed object, and about each
        object of guest `name` that is kept; by default, these lines are written to the log. A file of guest `name` is
        kept if a string in `named`, such as its path, refers to it. `create` begins with the same removal.

        Raises: StorageError, if a file of guest `name` cannot be removed; HypervisorError.
        """
        from virtinstall.create import remove_traces

        return remove_traces(name, self.host, on_warning or log_warning, named)
