"""Errors of virtinstall, grouped by who can fix them.

    VirtInstallError
    |-- EndedError          the run was interrupted: Ctrl-C, a signal
    |-- RequestError        the request contradicts itself or the host: change the options
    |   |-- FieldError      a record or an element received a value of the wrong type (also a TypeError)
    |   |   `-- UnknownFieldError   unknown field, or the field cannot be changed (also an AttributeError)
    |   `-- GuestNotFound   no guest with that name or UUID
    `-- HostError           the host or something it reaches failed
        |-- TakenError      another run or program took a generated name
        |-- StorageError    disks, pools, volumes, permissions
        |   `-- NoSpaceError    not enough space for a disk
        |-- FetchError      install trees, ISOs, downloads
        |-- HypervisorError libvirt or the hypervisor refused
        |-- WaitTimeout     timed out; the guest is unchanged
        |-- GuestStopped    the guest powered off before it reached the condition
        |-- CloudInitFailed cloud-init ended with errors in the guest
        `-- GuestCrashed    the guest crashed

Each error has a message (what is wrong, with the value) and a hint (what to do).
"""

from __future__ import annotations


class VirtInstallError(Exception):
    """The base class of all errors that virtinstall raises.

    `message` describes the problem, with the value; `hint` describes a solution, or is None.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def kind(self) -> str:
        """The class name, which the JSON output contains."""
        return type(self).__name__


class EndedError(VirtInstallError):
    """An interruption of the run by Ctrl-C or a signal."""


class RequestError(VirtInstallError):
    """An error that the user can fix: the request is contradictory, misspelled or impossible on this host."""


class FieldError(RequestError, TypeError):
    """An error about a value that a field of a record or an element does not accept; the message names the field."""


class UnknownFieldError(FieldError, AttributeError):
    """An error about an unknown field of a record or an element, or about a field that cannot be changed."""


class GuestNotFound(RequestError):
    """An error about a name or UUID that no guest has."""


class HostError(VirtInstallError):
    """A failure outside the request.

    `code` is libvirt's VIR_ERR_* number, or None if the error is not from libvirt.
    """

    def __init__(self, message: str, *, hint: str | None = None, code: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.code = code


class TakenError(HostError):
    """An error about a generated name or address that is already used; planning again generates another one."""


class StorageError(HostError):
    """An error about a disk, pool or volume that could not be examined, created or accessed."""


class NoSpaceError(StorageError):
    """An error about a lack of space for a disk."""


class FetchError(HostError):
    """An error about install media or an image that could not be read or downloaded.

    `status` is the HTTP status of the refusal, or None; `challenge` is the WWW-Authenticate header of a 401, or empty.
    """

    status: int | None = None
    challenge: str = ""


class HypervisorError(HostError):
    """An error of libvirt or the hypervisor."""


class WaitTimeout(HostError):
    """A timeout: the guest did not reach the condition in time; the guest is unchanged."""


class GuestStopped(HostError):
    """An error about a guest that powered off, was powered off, or was removed before it reached the condition."""


class CloudInitFailed(HostError):
    """A failure of cloud-init in the guest, which is still running; `errors` are lines of text."""

    def __init__(self, message: str, errors: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint="see /var/log/cloud-init.log in the guest")
        self.errors = errors


class GuestCrashed(HostError):
    """A crash of the guest during the wait."""
