"""`Lab`: the guests in a file."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from virtinstall.errors import RequestError, VirtInstallError
from virtinstall.fleet.apply import apply_all
from virtinstall.fleet.choose import Selection, compare_all, selection
from virtinstall.fleet.compare import Comparison
from virtinstall.fleet.hosts import Connections, connect_all
from virtinstall.fleet.lab_guest import LabGuest
from virtinstall.fleet.load import Loaded, load
from virtinstall.fleet.outcome import Outcome
from virtinstall.fleet.placement import Placed, UnreachableError, place
from virtinstall.fleet.sessions import Hypervisors, Sessions
from virtinstall.hypervisor import Hypervisor
from virtinstall.hypervisor import connect as connect_one
from virtinstall.record import Record
from virtinstall.safe_text import reason_of
from virtinstall.similar import did_you_mean

if TYPE_CHECKING:
    from virtinstall.fleet.inventory import Inventory


Opened = Hypervisor | Connections
"""One connection, or one for each host of a file."""


class Lab(Record):
    """The guests in a file.

    `connect` is the URI in the file, or None. `hosts` are the URIs of several hosts by name, in a file without
    `connect`. `file` is the path of a file that does not set its project, otherwise None; it distinguishes the guests
    of files that have the same project because their directories have the same name.
    """

    project: str
    guests: tuple[LabGuest, ...]
    connect: str | None = None
    hosts: Mapping[str, str] = {}
    file: str | None = None

    @staticmethod
    def load(path: str | os.PathLike[str], *, variables: Mapping[str, str] | None = None) -> Lab:
        """Return the guests in a file (YAML or JSON).

        `variables` are the values for `${NAME}`; by default, those of the environment.

        Raises: FileError, with the position of each mistake; RequestError, if the file cannot be read.
        """
        where = Path(path)
        try:
            data = where.read_bytes()
        except OSError as error:
            if isinstance(error, FileNotFoundError):
                raise RequestError(
                    f"no such guests file: {where}", hint="check the path and the name of the file"
                ) from error
            raise RequestError(f"cannot read the guests file '{where}': {reason_of(error)}") from error
        there = where.resolve()
        loaded = load(data, str(where), there.parent.name, os.environ if variables is None else variables)
        return Lab._of(loaded, None if loaded.sets_project else str(there))

    @staticmethod
    def parse(
        data: str | bytes,
        label: str = "guests",
        *,
        project: str = "guests",
        variables: Mapping[str, str] | None = None,
    ) -> Lab:
        """Return the guests in the text of a file.

        `label` names the file in errors, and `project` is used if the file does not set one. `variables` are the values
        for `${NAME}`; by default, those of the environment.

        Raises: FileError.
        """
        return Lab._of(load(data, label, project, os.environ if variables is None else variables))

    @staticmethod
    def _of(loaded: Loaded, file: str | None = None) -> Lab:
        return Lab(project=loaded.project, guests=loaded.guests, connect=loaded.connect, hosts=loaded.hosts, file=file)

    @staticmethod
    def export(hypervisor: Hypervisor, names: Sequence[str]) -> str:
        """Return a guests file (YAML) for existing guests, with comments about everything that it does not express.

        Raises: GuestNotFound; RequestError; HostError.
        """
        from virtinstall.fleet.export import export, export_text

        return export_text(export(hypervisor, names))

    def open(self, uri: str | None = None, *, open_one: Callable[[str | None], Hypervisor] = connect_one) -> Opened:
        """Connect to all hosts of the file, or to `uri`, by default the URI in the file or else libvirt's choice.

        The result is a context manager, and a parameter of the other methods; `open_one` opens one connection. A host
        that cannot be reached is in `Connections.errors`, and only its guests fail.

        Raises: RequestError, if `uri` is not None although the file names hosts; HypervisorError, if no host can be
        reached.
        """
        if not self.hosts:
            return open_one(uri or self.connect)
        if uri is not None:
            raise RequestError("--connect cannot be used with a guests file that lists hosts", hint="omit --connect")
        return connect_all(self.hosts, open_one)

    def placed(self, hypervisors: Hypervisors, names: Collection[str] = (), adopt: Collection[str] = ()) -> Placed:
        """Return the guests (all, or those of `names`) with their hosts; change nothing.

        Existing guests stay where they are, and new guests with `spread` get a host. The `problems` of the result are
        the errors of guests whose host cannot be reached. Guests of `adopt` need not have been created from the file.

        Raises: RequestError, if a guest is on a host other than that in the file; HostError.
        """
        chosen = self.chosen(names)
        if not self.hosts:
            return Placed(chosen, {})
        if isinstance(hypervisors, Hypervisor):
            raise RequestError(
                "the guests file lists hosts, but a single connection was passed", hint="pass the result of Lab.open()"
            )
        errors = dict(hypervisors.errors) if isinstance(hypervisors, Connections) else {}
        for name in self.hosts:
            if name not in hypervisors and name not in errors:
                errors[name] = RequestError("no connection to this host was passed")
        return place(chosen, self.project, hypervisors, errors, adopt)

    def chosen(self, names: Collection[str]) -> tuple[LabGuest, ...]:
        """Return the guests of these names, or all guests if `names` is empty.

        The name of a `count` means all of its guests.

        Raises: RequestError, for a name that the file does not contain.
        """
        if isinstance(names, str):
            raise RequestError(f"'names' must be a list, not the string '{names}'", hint=f"use ['{names}']")
        if not names:
            return self.guests
        known = {guest.name for guest in self.guests} | {group for guest in self.guests for group in guest.groups}
        for name in names:
            if name not in known:
                raise RequestError(f"no such guest or group: '{name}'", hint=did_you_mean(name, sorted(known)))
        return tuple(guest for guest in self.guests if guest.name in names or set(guest.groups) & set(names))

    def names_to_delete(self, names: Collection[str] = ()) -> list[str]:
        """Return the names of the guests (all, or those of `names`), each before the guests that it comes after.

        Raises: RequestError, for a name that the file does not contain.
        """
        order: list[str] = []
        after = {guest.name: guest.after for guest in self.guests}
        while len(order) < len(after):
            order += [name for name in after if name not in order and set(after[name]) <= set(order)]
        chosen = {guest.name for guest in self.chosen(names)}
        return [name for name in reversed(order) if name in chosen]

    def diff(
        self,
        hypervisors: Hypervisors,
        names: Collection[str] = (),
        *,
        prune: bool = False,
        adopt: Collection[str] = (),
        recreate: Collection[str] = (),
        reboot: bool = False,
    ) -> list[Comparison]:
        """Return a comparison of each guest (all, or those of `names`) with the existing guest; change nothing.

        `hypervisors` is the result of `open`: a connection, or a mapping of the names of hosts to connections. A guest
        whose host cannot be reached has the action `unreachable`. `prune` includes guests of this project that the file
        no longer contains; `adopt`, `recreate` and `reboot` have the same meaning as for `apply`.

        Raises: RequestError, if a guest exists that was not created from this file; HostError.
        """
        chosen = self._selection(hypervisors, names, prune=prune, adopt=adopt, recreate=recreate, reboot=reboot)
        return compare_all(chosen, Sessions(hypervisors))

    def apply(
        self,
        hypervisors: Hypervisors,
        names: Collection[str] = (),
        *,
        prune: bool = False,
        adopt: Collection[str] = (),
        recreate: Collection[str] = (),
        reboot: bool = False,
        found: Sequence[Comparison] | None = None,
        jobs: int | None = None,
        force: bool = False,
        on_warning: Callable[[str], None] | None = None,
        report: Callable[[str, str], None] | None = None,
        on_outcome: Callable[[Outcome], None] | None = None,
    ) -> list[Outcome]:
        """Create, update and delete guests until they are as the file describes them; return an outcome for each.

        A failure is an outcome, and skips only the guests that depend on the failed one. Guests of `recreate` are
        deleted with their disks and created again, and guests of `adopt` are adopted unchanged. `prune` deletes guests
        of this project that the file no longer contains. `reboot` restarts guests with changes that take effect at
        their next boot; `force` powers off guests that must be deleted or restarted and do not shut down within a
        minute. `found` is the result of `diff` for the same parameters; by default, the guests are compared first.
        `jobs` is the number of guests of a host that are processed at the same time, at least 1; None for the default.
        `report` receives a guest's name and what is done with the guest, in the thread that does it, and `on_outcome`
        receives each outcome as soon as it is known. By default, warnings and reports are written to the log.

        Ctrl-C stops downloads and waiting, starts no further step, and leaves each guest complete or absent.

        Raises: the same errors as `diff`, before anything changes.
        """
        hosts = None if found is None else {each.name: each.host for each in found}
        more = {"prune": prune, "adopt": adopt, "recreate": recreate, "reboot": reboot}
        chosen = self._selection(hypervisors, names, hosts, **more)
        sessions = Sessions(hypervisors)
        if found is None:
            found = compare_all(chosen, sessions)
        return apply_all(
            chosen,
            found,
            sessions,
            jobs=jobs,
            force=force,
            on_warning=on_warning,
            report=report,
            on_outcome=on_outcome,
        )

    def inventory(self, hypervisors: Hypervisors, names: Collection[str] = ()) -> Inventory:
        """Return how to reach the guests (all, or those of `names`) by SSH, with their groups.

        The inventory has a warning for each guest that does not exist.

        Raises: RequestError, for a name that the file does not contain; StorageError, if a file with a host key cannot
        be written; HostError.
        """
        from virtinstall.fleet.inventory import Inventory

        connections = list(hypervisors.values()) if isinstance(hypervisors, Mapping) else [hypervisors]
        errors = hypervisors.errors if isinstance(hypervisors, Connections) else {}
        found = Inventory.of_guests(self.chosen(names), connections, errors)
        lost = tuple(UnreachableError(name, error).message for name, error in errors.items())
        return found.replace(warnings=(*lost, *found.warnings))

    def to_kubevirt(
        self, names: Collection[str] = (), *, drop: Collection[str] = (), namespace: str | None = None
    ) -> list[dict[str, Any]]:
        """Return KubeVirt manifests of the guests (all, or those of `names`), without guests that must be absent.

        Nothing is changed, and no hypervisor is contacted. Groups become labels, and Secrets with the same content are
        one object. `drop` are options to omit, in addition to `kubevirt-drop` in the file. `namespace` is the namespace
        of the objects; by default, that in the file, if any.

        Raises: RequestError, for everything that KubeVirt cannot express, and for a generated password, of which the
        manifests contain only the hash.
        """
        from virtinstall.fleet.manifests import guest_manifests
        from virtinstall.request import KubevirtRequest

        options = KubevirtRequest(drop=tuple(drop), namespace=namespace)
        found = guest_manifests(self.project, self.chosen(names), options)
        for guest in found:
            if guest.passwords:
                raise RequestError(
                    f"{guest.name}: a generated password would be lost, because the manifests contain only its hash",
                    hint="use user-password-file=FILE, or print the manifests and the password with: virt-guest export "
                    "--format kubevirt",
                )
        return [document for guest in found for document in guest.documents]

    def _selection(
        self,
        hypervisors: Hypervisors,
        names: Collection[str],
        hosts: Mapping[str, str | None] | None = None,
        **more: Any,
    ) -> Selection:
        """Return the guests with their hosts; `hosts` are those that an earlier comparison chose."""
        if hosts is None or not self.hosts:
            placed = self.placed(hypervisors, names, more.get("adopt", ()))
        else:
            chosen = self.chosen(names)
            placed = Placed(tuple(each.replace(host=hosts.get(each.name, each.host)) for each in chosen), {})
        if more.get("prune") and not names and hosts is None and isinstance(hypervisors, Connections):
            lost = {f"host {name}": _not_pruned(name, error) for name, error in hypervisors.errors.items()}
            placed = Placed(placed.guests, {**placed.problems, **lost})
        return selection(placed, self.guests, names, project=self.project, file=self.file, **more)


def _not_pruned(host: str, error: VirtInstallError) -> RequestError:
    return UnreachableError(host, error, "guests that the file no longer contains may exist")
