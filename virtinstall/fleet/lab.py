"""`Lab`: the guests of a file."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from virtinstall.errors import RequestError
from virtinstall.fleet.keys import suggestion
from virtinstall.fleet.lab_guest import LabGuest
from virtinstall.fleet.load import load
from virtinstall.record import Record


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
