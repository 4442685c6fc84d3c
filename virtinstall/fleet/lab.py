"""The class `Lab`: the guests in a guests file, and the operations on them."""

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
"""A connection, or the connections to the hosts that a guests file lists."""


class Lab(Record):
    """The guests in a guests file.

    `connect` is the connection URI that the file sets, or None. `hosts` maps the names of the hosts that the file lists
    to their URIs. A file can set `connect` or `hosts`, but not both.

    `file` is None if the file sets its project, or if it was parsed from a string. Otherwise, the name of the file's
    directory is the project, and `file` is the absolute path of the file. The path distinguishes the file's guests from
    those of a file in a different directory that has the same name.
    """

    project: str
    guests: tuple[LabGuest, ...]
    connect: str | None = None
    hosts: Mapping[str, str] = {}
    file: str | None = None

    @staticmethod
    def load(path: str | os.PathLike[str], *, variables: Mapping[str, str] | None = None) -> Lab:
        """Load a guests file (YAML or JSON).

        `variables` maps the names in `${NAME}` to their values; by default, the environment variables are used.

        Raises: FileError, if the content is invalid, with the position of each error; RequestError, if the file cannot
        be read.
        """
        where = Path(path)
        try:
            data = where.read_bytes()
        except OSError as error:
            if isinstance(error, FileNotFoundError):
                raise RequestError(f"no such guests file: '{where}'", hint="check the path") from error
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
        """Parse the content of a guests file (YAML or JSON).

        Error messages use `label` as the file name. `project` is the name of the project if the file does not set one.
        `variables` maps the names in `${NAME}` to their values; by default, the environment variables are used.

        Raises: FileError, if the content is invalid, with the position of each error.
        """
        return Lab._of(load(data, label, project, os.environ if variables is None else variables))

    @staticmethod
    def _of(loaded: Loaded, file: str | None = None) -> Lab:
        return Lab(project=loaded.project, guests=loaded.guests, connect=loaded.connect, hosts=loaded.hosts, file=file)

    @staticmethod
    def export(hypervisor: Hypervisor, names: Sequence[str]) -> str:
        """Return a guests file (YAML) for the existing guests with these names.

        Comments at the top list everything that the file does not express.

        Raises: GuestNotFound, if a guest does not exist; RequestError, if a guest cannot be described by options;
        HostError.
        """
        from virtinstall.fleet.export import export, export_text

        return export_text(export(hypervisor, names))

    def open(self, uri: str | None = None, *, open_one: Callable[[str | None], Hypervisor] = connect_one) -> Opened:
        """Connect to all hosts that the file lists; if it lists none, connect to `uri`.

        If `uri` is None, the URI in the file is used, or libvirt's default URI if the file sets none. `open_one` is
        called with each URI, or with None for libvirt's default URI, and returns a connection; by default, it is
        `connect`. Pass the result of this method to the other methods. If the result is used in a `with` statement, its
        connections are closed on leaving the `with` block.

        If only some of the hosts can be reached, the `errors` of the result contain the errors for the other hosts, and
        only the guests on those hosts fail.

        Raises: RequestError, if `uri` is not None although the file lists hosts; HypervisorError, if no host can be
        reached.
        """
        if not self.hosts:
            return open_one(uri or self.connect)
        if uri is not None:
            raise RequestError("--connect cannot be used with a guests file that lists hosts", hint="omit --connect")
        return connect_all(self.hosts, open_one)

    def placed(self, hypervisors: Hypervisors, names: Collection[str] = (), adopt: Collection[str] = ()) -> Placed:
        """Return the guests with their hosts; change nothing.

        `hypervisors` has the same meaning as for `diff`. `names` are names of guests and groups; if `names` is empty,
        all guests are returned. Existing guests stay on their hosts, and for each new guest that sets `spread`, a host
        is chosen. The `problems` of the result are the errors for guests whose host cannot be reached. `adopt` are
        names of guests that may exist without having been created from the file.

        Raises: RequestError, if a name is not the name of a guest or group in the file, if a guest exists on a host
        other than the one in the file, or if no host is suitable for a new guest; HostError.
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
        """Return the guests with these names and the guests in groups with these names, or all if `names` is empty.

        The guests that an entry with `count` describes form a group: `web` stands for `web-1`, `web-2` and so on.

        Raises: RequestError, if a name is not the name of a guest or group in the file.
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
        """Return the names of the guests in the order in which to delete them.

        Each guest comes before the guests that it depends on. `names` are names of guests and groups; if `names` is
        empty, the names of all guests are returned.

        Raises: RequestError, if a name is not the name of a guest or group in the file.
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
        """Compare the guests in the file with the existing guests; return a comparison for each. Nothing is changed.

        `hypervisors` is the result of `open`: a connection, or a mapping from host names to connections. `names` are
        names of guests and groups; if `names` is empty, all guests are compared. A guest whose host cannot be reached
        has the action `unreachable`. The other parameters have the same meaning as for `apply`.

        Raises: RequestError, if a name is not the name of a guest or group in the file, if an existing guest was not
        created from this file and is not in `adopt`, or if a change is not possible; HostError.
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
        """Create, update and delete guests so that they match the file; return an outcome for each guest.

        If an action fails, the outcome contains the error, and only the guests that depend on the failed guest are
        skipped. `hypervisors` and `names` have the same meaning as for `diff`. `prune` deletes the guests that were
        created from this file but are no longer in the file; it has no effect if `names` is not empty. `adopt` are the
        names of guests to adopt unchanged, although they were not created from this file. `recreate` are the names of
        guests to delete, together with their disks, and to create again. With `reboot`, guests are shut down and
        started again if changes require it. With `force`, guests that must be deleted are powered off instead of shut
        down, and guests that must be restarted are powered off if they do not shut down within a minute.

        `found` is the result of `diff` with the same parameters; by default, the guests are compared first. `jobs` is
        the number of guests to process at the same time on each host, at least 1; None stands for the default.
        `on_warning` is called with each warning, and `report` with a guest's name and the step that starts, such as
        `creating`, both in the thread that processes the guest. `on_outcome` is called with each outcome as soon as it
        is known. By default, warnings and steps are written to the log.

        Ctrl-C interrupts every download and every wait, and no further guests are processed. Each guest is then
        complete or absent.

        Raises: RequestError, if `jobs` is less than 1; the same errors as `diff`, before anything changes.
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
        """Return an inventory of the guests, with their groups and the parameters for SSH connections.

        `hypervisors` has the same meaning as for `diff`. `names` are names of guests and groups; if `names` is empty,
        all guests are included. The inventory has a warning for each guest that does not exist and for each host that
        cannot be reached.

        Raises: RequestError, if a name is not the name of a guest or group in the file; StorageError, if a file with a
        host key cannot be written; HostError.
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
        """Return KubeVirt manifests for the guests, except for guests that must be absent.

        Nothing is changed, and no hypervisor is contacted. `names` are names of guests and groups; if `names` is empty,
        all guests are converted. Groups become labels, and identical Secrets are combined. `drop` are the names of
        options to omit, in addition to those that the file lists under `kubevirt-drop`. `namespace` is the namespace of
        the objects; by default, the one in the file is used, if any.

        Raises: RequestError, if a name is not the name of a guest or group in the file, if KubeVirt cannot express an
        option, or if a password would be generated. The password would be lost, because the manifests contain only its
        hash.
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
