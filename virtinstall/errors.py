"""The errors of virtinstall, sorted by who can mend them.

    VirtInstallError
    |-- EndedError          the run was ended from outside: Ctrl-C, a signal
    |-- RequestError        the request contradicts itself or the host: change the options
    |   |-- FieldError      a record or an element got a value of another type (it is a TypeError as well)
    |   |   `-- UnknownFieldError   it has no such field, or the field cannot be changed (an AttributeError as well)
    |   `-- GuestNotFound   there is no guest of that name or UUID
    `-- HostError           the host or something it reaches failed
        |-- TakenError      another took a name meanwhile that we had chosen
        |-- StorageError    disks, pools, volumes, permissions
        |   `-- NoSpaceError    not room enough for a disk
        |-- FetchError      install trees, ISOs, downloads
        |-- HypervisorError libvirt or the hypervisor refused
        |-- WaitTimeout     the time to wait is over; the guest is left as it is
        |-- GuestStopped    the guest powered off before it got where it was to be
        |-- CloudInitFailed cloud-init ended with errors in the guest
        `-- GuestCrashed    the guest crashed

Each error is one sentence (what was wrong, with which value) and a hint (what to do).
"""

from __future__ import annotations


class VirtInstallError(Exception):
    """Base of all errors that virtinstall raises on purpose.

    `message` says what was wrong, with which value; `hint` says what to do, or is None.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def kind(self) -> str:
        """The class name, as the JSON output prints it."""
        return type(self).__name__


class EndedError(VirtInstallError):
    """The run was ended from outside: by Ctrl-C or a signal."""


class RequestError(VirtInstallError):
    """The user can mend it: the request is contradictory, misspelt or impossible on this host."""


class FieldError(RequestError, TypeError):
    """A record or an element was given a value that its field does not accept. The message names the field."""


class UnknownFieldError(FieldError, AttributeError):
    """A record or an element has no field of that name, or its value cannot be changed."""


class GuestNotFound(RequestError):
    """There is no guest of that name or UUID."""


class HostError(VirtInstallError):
    """Something outside the request failed.

    `code` is libvirt's VIR_ERR_* number where libvirt gave one, else None.
    """

    def __init__(self, message: str, *, hint: str | None = None, code: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.code = code


class TakenError(HostError):
    """A name or address that we had chosen was taken by another meanwhile: planning again chooses another."""


class StorageError(HostError):
    """A disk, pool or volume could not be examined, made or reached."""


class NoSpaceError(StorageError):
    """There is not room enough for a disk."""


class FetchError(HostError):
    """Install media could not be read or downloaded.

    `status` is the HTTP status of a refusal, or None; `challenge` is the WWW-Authenticate header of a 401, or empty.
    """

    status: int | None = None
    challenge: str = ""


class HypervisorError(HostError):
    """libvirt or the hypervisor refused."""


class WaitTimeout(HostError):
    """The guest did not get as far as was waited for in time; it is left as it is."""


class GuestStopped(HostError):
    """The guest powered off, was powered off, or was removed before it got as far as was waited for."""


class CloudInitFailed(HostError):
    """cloud-init has ended in the guest with errors; the guest runs. `errors` are lines of text."""

    def __init__(self, message: str, errors: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint="its log in the guest is /var/log/cloud-init.log")
        self.errors = errors


class GuestCrashed(HostError):
    """The guest crashed while it was waited for."""
