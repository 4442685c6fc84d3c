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

    `message` describes the problem, including the invalid value. `hint` suggests a solution, or is None.
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
    """An error about an invalid or missing value of a field or a parameter; the message names it."""


class UnknownFieldError(FieldError, AttributeError):
    """An error about a field that a record or an element does not have, or that cannot be changed."""


class GuestNotFound(RequestError):
    """An error about a guest that does not exist, or no longer exists."""


class HostError(VirtInstallError):
    """An error that the request does not cause, such as a failure of the host, of storage or of a download.

    `code` is libvirt's VIR_ERR_* number, or None if the error is not from libvirt.
    """

    def __init__(self, message: str, *, hint: str | None = None, code: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.code = code


class TakenError(HostError):
    """An error about a generated name or address that is already in use; planning again generates another one."""


class StorageError(HostError):
    """An error about a disk, pool or volume that could not be examined, created or accessed."""


class NoSpaceError(StorageError):
    """An error about insufficient space for a disk."""


class FetchError(HostError):
    """An error about install media or an image that could not be read or downloaded.

    If an HTTP server refused the request, `status` is the HTTP status, otherwise None. `challenge` is the
    WWW-Authenticate header of a response with the status 401, otherwise an empty string.
    """

    status: int | None = None
    challenge: str = ""


class HypervisorError(HostError):
    """An error from libvirt or the hypervisor."""


class WaitTimeout(HostError):
    """A timeout: the guest, which is still running, did not reach a condition or complete a command in time."""


class GuestStopped(HostError):
    """An error about a guest that powered off, was powered off, or was removed before it reached a condition."""


class CloudInitFailed(HostError):
    """A failure of cloud-init in the guest, which is still running; `errors` are the errors from cloud-init."""

    def __init__(self, message: str, errors: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint="see /var/log/cloud-init.log in the guest")
        self.errors = errors


class GuestCrashed(HostError):
    """A crash of the guest before it reached a condition."""
