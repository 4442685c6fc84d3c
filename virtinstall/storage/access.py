"""Check whether QEMU's user can access a disk: `--check path_access=`.

Each directory on the path (also through symbolic links) must be searchable; the file must be readable or writable,
unless libvirt changes its owner to that user. Nothing is changed: an error names the blocking path and the command that
fixes it.

Source: path_resolution(7), acl(5), statvfs(3).
"""

from __future__ import annotations

import os
import stat

from virtinstall.errors import StorageError
from virtinstall.named import NamedTuple
from virtinstall.storage.posix_acl import READ, SEARCH, WRITE, Permissions, allows, read_permissions
from virtinstall.storage.qemu_account import Account

MAX_LINKS = 40
_LETTERS = ((READ, "r"), (WRITE, "w"), (SEARCH, "x"))


class Blocked(NamedTuple):
    """A path that the user `account` cannot access.

    `need` is the missing permission: `search`, `read`, `write` or `read and write`. `command` is the shell command that
    grants it.
    """

    path: str
    need: str
    account: str
    command: str

    def __str__(self) -> str:
        return f"user '{self.account}' cannot {self.need} '{self.path}' (fix: {self.command})"


def find_blocked(path: str, account: Account, *, write: bool = True, owner_is_given: bool = False) -> list[Blocked]:
    """Return the paths whose permissions prevent `account` from opening the disk at `path`, topmost first.

    The list is empty if no such path is known. If the disk does not exist yet, only its directories are checked.
    `write` is true if QEMU also writes to the disk. If `owner_is_given` is true, libvirt changes the owner of the disk
    to `account` before it starts QEMU (`dynamic_ownership`), so the permissions of the disk are ignored. Paths that the
    current user cannot examine are skipped.

    Raises: StorageError, if the symbolic links on the path form a loop.
    """
    blocked: list[Blocked] = []
    folders, final = _walk(path)
    for folder in folders:
        found = _judge(folder, account, SEARCH)
        if found is not None:
            blocked.append(found)
    if final is None:
        return blocked
    if write and _is_on_read_only_mount(final):
        command = f"mount -o remount,rw {_quote(_mount_point(final))}"
        blocked.append(Blocked(final, "write", account.name, command))
    elif not owner_is_given and not blocked:
        found = _judge(final, account, READ | WRITE if write else READ)
        if found is not None:
            blocked.append(found)
    return blocked


def require_access(path: str, account: Account, *, write: bool = True, owner_is_given: bool = False) -> None:
    """Check that `account` can open the disk at `path`; the parameters are those of `find_blocked`.

    Raises: StorageError, if `find_blocked` returns any path; the hint contains the commands that grant access.
    """
    blocked = find_blocked(path, account, write=write, owner_is_given=owner_is_given)
    if blocked:
        listed = "; ".join(f"no {b.need} permission on '{b.path}'" for b in blocked)
        raise StorageError(
            f"QEMU runs as the user '{account.name}', who cannot access '{path}': {listed}",
            hint=f"grant access with: {' && '.join(b.command for b in blocked)}; "
            "or skip this check with: --check path_access=off",
        )


def _walk(path: str) -> tuple[list[str], str | None]:
    """Return the directories on the way to `path`, and the target, None if it is not visible."""
    todo = _parts(os.path.join(os.getcwd(), path))
    here = "/"
    passed = ["/"]
    links = 0
    while todo:
        part = todo.pop()
        if part == "..":
            here = os.path.dirname(here)
            continue
        step = os.path.join(here, part)
        try:
            mode = os.lstat(step).st_mode
        except (FileNotFoundError, PermissionError, NotADirectoryError):
            return passed, None
        if stat.S_ISLNK(mode):
            links += 1
            if links > MAX_LINKS:
                raise StorageError(
                    f"too many symbolic links in '{path}'", hint=f"look for a loop with: namei -l {_quote(path)}"
                )
            target = os.readlink(step)
            if os.path.isabs(target):
                here = "/"
            todo += _parts(target)
            continue
        here = step
        if stat.S_ISDIR(mode) and here not in passed:
            passed.append(here)
    return passed, here


def _parts(path: str) -> list[str]:
    """Return the names in `path`, in reverse order."""
    return [part for part in reversed(path.split("/")) if part not in ("", ".")]


def _judge(path: str, account: Account, wanted: int) -> Blocked | None:
    try:
        permissions = read_permissions(path)
    except PermissionError:
        return None
    if allows(permissions, account.uid, account.groups, wanted):
        return None
    missing = [bit for bit, _ in _LETTERS if wanted & bit and not allows(permissions, account.uid, account.groups, bit)]
    names = {READ: "read", WRITE: "write", SEARCH: "search"}
    need = " and ".join(names[bit] for bit in missing)
    return Blocked(path, need, account.name, _remedy(path, permissions, account, wanted))


def _remedy(path: str, permissions: Permissions, account: Account, wanted: int) -> str:
    """Return the command that grants the minimum permission: an ACL entry for this user, or a mode bit."""
    letters = "".join(letter for bit, letter in _LETTERS if wanted & bit)
    if account.uid == permissions.uid:
        return f"chmod u+{letters} {_quote(path)}"
    if permissions.acl_supported:
        return f"setfacl -m u:{account.name}:{letters} {_quote(path)}"
    who = "g" if permissions.gid in account.groups else "o"
    return f"chmod {who}+{letters} {_quote(path)}"


def _is_on_read_only_mount(path: str) -> bool:
    return bool(os.statvfs(path).f_flag & os.ST_RDONLY) and not stat.S_ISBLK(os.stat(path).st_mode)


def _mount_point(path: str) -> str:
    while not os.path.ismount(path):
        path = os.path.dirname(path)
    return path


def _quote(path: str) -> str:
    import shlex

    return shlex.quote(path)
