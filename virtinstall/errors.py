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
    """Base class of all errors that virtinstall raises.

    `message` describes what is wrong, with the value; `hint` describes what to do, or is None.
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
    """Interruption of the run by Ctrl-C or a signal."""


class RequestError(VirtInstallError):
    """Error that the user can fix: the request is contradictory, misspelled or impossible on this host."""


class FieldError(RequestError, TypeError):
    """Value that a field of a record or an element does not accept. The message contains the field's name."""


class UnknownFieldError(FieldError, AttributeError):
    """Unknown field of a record or an element, or a field that cannot be changed."""


class GuestNotFound(RequestError):
    """Name or UUID that no guest has."""


class HostError(VirtInstallError):
    """Failure outside the request.

    `code` is libvirt's VIR_ERR_* number, or None if the error is not from libvirt.
    """

    def __init__(self, message: str, *, hint: str | None = None, code: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.code = code


class TakenError(HostError):
    """Generated name or address that is now used by something else: planning again generates another one."""


class StorageError(HostError):
    """Disk, pool or volume that could not be examined, created or accessed."""


class NoSpaceError(StorageError):
    """Lack of space for a disk."""


class FetchError(HostError):
    """Install media that could not be read or downloaded.

    `status` is the HTTP status of a refusal, or None; `challenge` is the WWW-Authenticate header of a 401, or empty.
    """

    status: int | None = None
    challenge: str = ""


class HypervisorError(HostError):
    """Error of libvirt or the hypervisor."""


class WaitTimeout(HostError):
    """Timeout: the guest did not reach the condition in time; it is unchanged."""


class GuestStopped(HostError):
    """Guest that powered off, was powered off, or was removed before it reached the condition."""


class CloudInitFailed(HostError):
    """Errors of cloud-init in the guest, which is still running. `errors` are lines of text."""

    def __init__(self, message: str, errors: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint="see /var/log/cloud-init.log in the guest")
        self.errors = errors


class GuestCrashed(HostError):
    """Guest that crashed during the wait."""
