"""Errors of virtinstall, grouped by who can fix them.

    VirtInstallError
    |-- EndedError          the run was interrupted by Ctrl-C or another signal
    |-- RequestError        the request is invalid, contradictory or not supported by the host
    |   |-- FieldError      a record or an element received a value of the wrong type (also a TypeError)
    |   |   `-- UnknownFieldError   unknown field, or the field cannot be changed (also an AttributeError)
    |   `-- GuestNotFound   no guest with that name or UUID
    `-- HostError           an operation on the host, its storage or the network failed
        |-- TakenError      a generated name or address is already in use
        |-- StorageError    disks, pools, volumes, permissions
        |   `-- NoSpaceError    not enough space for a disk
        |-- FetchError      install trees, ISOs, downloads
        |-- HypervisorError an error from libvirt or the hypervisor
        |-- WaitTimeout     timed out; the guest is still running
        |-- GuestStopped    the guest powered off or was removed too soon
        |-- CloudInitFailed cloud-init ended with errors in the guest
        `-- GuestCrashed    the guest crashed

Each error has a message (what is wrong, with the value) and a hint (what to do).
"""

from __future__ import annotations


class VirtInstallError(Exception):
    """The base class of all errors that virtinstall raises.

    `message` describes the problem and contains the invalid value, if there is one. `hint` suggests a solution, or is
    None.
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
    """An interruption of the run by Ctrl-C or another signal."""


class RequestError(VirtInstallError):
    """An error about a request that is invalid, contradictory or not supported by the host; the user can correct it."""


class FieldError(RequestError, TypeError):
    """An error about an invalid or missing value; the message names the field or parameter."""


class UnknownFieldError(FieldError, AttributeError):
    """An error about a field that does not exist in a record or an element, or that cannot be changed."""


class GuestNotFound(RequestError):
    """An error about a guest that does not exist or no longer exists."""


class HostError(VirtInstallError):
    """An error that is not caused by the request, such as a failure of the host, the storage or a download.

    `code` is libvirt's VIR_ERR_* number, or None if the error is not from libvirt.
    """

    def __init__(self, message: str, *, hint: str | None = None, code: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.code = code


class TakenError(HostError):
    """An error about a generated name or address that is already in use; a new plan contains a different one."""


class StorageError(HostError):
    """An error about a disk, pool, volume, file or directory that could not be examined, created, used or removed."""


class NoSpaceError(StorageError):
    """An error about insufficient space for a disk."""


class FetchError(HostError):
    """An error about install media or an image that could not be read or downloaded.

    `status` is the HTTP status if an HTTP server rejected the request, otherwise None. `challenge` is the
    WWW-Authenticate header of the server's response, or an empty string if there is none.
    """

    status: int | None = None
    challenge: str = ""


class HypervisorError(HostError):
    """An error from libvirt or the hypervisor."""


class WaitTimeout(HostError):
    """An error about a running guest that did not meet a condition or complete a command in time."""


class GuestStopped(HostError):
    """An error about a guest that powered off or was removed too soon.

    The guest had not yet met the condition that was waited for, or had not yet completed the command.
    """


class CloudInitFailed(HostError):
    """An error about a running guest in which cloud-init failed; `errors` contains cloud-init's error messages."""

    def __init__(self, message: str, errors: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint="see /var/log/cloud-init.log in the guest")
        self.errors = errors


class GuestCrashed(HostError):
    """An error about a guest that crashed before it met the condition that was waited for."""
