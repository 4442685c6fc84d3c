"""`Lab`: the guests of a file."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from virtinstall.errors import RequestError
from virtinstall.fleet.apply import Selection, apply_all, compare_all, selection
from virtinstall.fleet.compare import Comparison
from virtinstall.fleet.keys import suggestion
from virtinstall.fleet.lab_guest import LabGuest
from virtinstall.fleet.load import load
from virtinstall.fleet.outcome import Outcome
from virtinstall.fleet.sessions import Hypervisors, Sessions
from virtinstall.record import Record

if TYPE_CHECKING:
    from virtinstall.fleet.inventory import Inventory


class Lab(Record):
    """The guests of a file; `connect` is the URI that the file names."""

    project: str
    guests: tuple[LabGuest, ...]
    connect: str | None = None

    @staticmethod
    def load(path: str | os.PathLike[str], *, variables: Mapping[str, str] | None = None) -> Lab:
        """Read a file (YAML or JSON). `variables` are for `${NAME}`; by default those of the environment.

        Raises: FileError, with the position of each mistake; RequestError, when the file cannot be read.
        """
        where = Path(path)
        try:
            data = where.read_bytes()
        except OSError as error:
            raise RequestError(f"'{where}' cannot be read: {error.strerror}") from error
        return Lab.parse(data, str(where), project=where.resolve().parent.name, variables=variables)

    @staticmethod
    def parse(
        data: str | bytes,
        label: str = "guests",
        *,
        project: str = "guests",
        variables: Mapping[str, str] | None = None,
    ) -> Lab:
        """Read the text of a file, which `label` names in errors. Raises: FileError."""
        loaded = load(data, label, project, os.environ if variables is None else variables)
        return Lab(project=loaded.project, guests=loaded.guests, connect=loaded.connect)

    def chosen(self, names: Collection[str]) -> tuple[LabGuest, ...]:
        """Return the guests of those names; all, if there are none. A name of several (`count`) means all of them.

        Raises: RequestError, for a name that the file does not have.
        """
        if not names:
            return self.guests
        known = {guest.name for guest in self.guests} | {group for guest in self.guests for group in guest.groups}
        for name in names:
            if name not in known:
                raise RequestError(f"the file has no guest or group '{name}'{suggestion(name, known)}")
        return tuple(guest for guest in self.guests if guest.name in names or set(guest.groups) & set(names))

    def names_to_delete(self, names: Collection[str] = ()) -> list[str]:
        """Return names of guests (all, or those of `names`), each before the guests that it comes after.

        Raises: RequestError, for a name that the file does not have.
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
        """Compare the guests (all, or those of `names`) with those that exist; change nothing.

        `hypervisors` is a connection, or a mapping of the names of hosts to connections.
        `prune` includes guests of this project that the file no longer has; `adopt`, `recreate` and `reboot` are as for
        `apply`.
        Raises: RequestError, when a guest exists that was not created from this file; HostError.
        """
        chosen = self._selection(names, prune=prune, adopt=adopt, recreate=recreate, reboot=reboot)
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

        A failure is an outcome, and skips only the guests that come after the failed one. Guests of `recreate` are
        deleted with their disks and created again; those of `adopt` are taken over as they are. `reboot` shuts down and
        starts guests with changes that take effect at their next boot; `force` powers off guests that must be deleted
        or restarted and do not shut down within a minute. `found` is what `diff` returned for the same parameters; the
        guests are compared if it is not given. `jobs` is the number of guests of a host that are worked on at the same
        time. `report` receives a guest's name and what is done with it, in the thread that does it, and `on_outcome`
        each outcome as soon as it is known.
        An interrupt (Ctrl-C) ends downloads and waiting, begins nothing new, and leaves each guest complete or absent.
        Raises: as `diff`, before anything changes.
        """
        chosen = self._selection(names, prune=prune, adopt=adopt, recreate=recreate, reboot=reboot)
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
        """Return how the guests (all, or those of `names`) are reached by SSH, with their groups.

        Guests that do not exist are in its warnings. Raises: RequestError, for a name that the file does not have;
        StorageError, when a file with a host key cannot be written; HostError.
        """
        from virtinstall.fleet.inventory import Inventory

        connections = list(hypervisors.values()) if isinstance(hypervisors, Mapping) else [hypervisors]
        return Inventory.of_guests(self.chosen(names), connections)

    def to_kubevirt(
        self, names: Collection[str] = (), *, drop: Collection[str] = (), namespace: str | None = None
    ) -> list[dict[str, Any]]:
        """Return KubeVirt manifests of the guests (all, or those of `names`), without those that must be absent.

        Nothing is changed, and no hypervisor is contacted. Groups are labels, and Secrets with the same content are
        one object. `drop` are options that are omitted, in addition to `kubevirt-drop` in the file. Raises:
        RequestError, which names everything that KubeVirt cannot express, and for a generated password, which the
        manifests contain only as a hash.
        """
        from virtinstall.fleet.manifests import guest_manifests
        from virtinstall.request import KubevirtRequest

        options = KubevirtRequest(drop=tuple(drop), namespace=namespace)
        found = guest_manifests(self.project, self.chosen(names), options)
        for guest in found:
            if guest.passwords:
                raise RequestError(
                    f"{guest.name}: the manifests contain only the hash of a generated password",
                    hint="use user-password-file=FILE, or `virt-guest export`, which prints the password",
                )
        return [document for guest in found for document in guest.documents]

    def _selection(self, names: Collection[str], **more: Any) -> Selection:
        return selection(self.project, self.chosen(names), self.guests, names, **more)
