"""Whether QEMU's user will reach a disk: `--check path_access=`.

Each directory on the way (through symbolic links too) must be searchable; the file itself
readable or writable, unless libvirt will give it to that user. Nothing is ever changed:
what blocks the way is told together with the command that would mend it.

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
    """One path that `account` can't pass: `need` is `search`, `read`, `write` or `read and write`."""

    path: str
    need: str
    account: str
    command: str

    def __str__(self) -> str:
        return f"user '{self.account}' may not {self.need} '{self.path}' (mend: {self.command})"


def find_blocked(path: str, account: Account, *, write: bool = True, owner_is_given: bool = False) -> list[Blocked]:
    """What keeps `account` from the disk at `path`, top-most first; empty when nothing is known to.

    A disk that is not there yet is judged by its directory alone. `owner_is_given`: libvirt makes the
    account the file's owner before it starts QEMU (`dynamic_ownership`), so its mode doesn't matter.
    What we may not look at ourselves is not judged.

    Raises: StorageError, when the symbolic links on the way loop.
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
    """Raises: StorageError with all commands that mend it, when `find_blocked` finds anything."""
    blocked = find_blocked(path, account, write=write, owner_is_given=owner_is_given)
    if blocked:
        listed = "; ".join(f"no {b.need} permission on '{b.path}'" for b in blocked)
        raise StorageError(
            f"QEMU runs as user '{account.name}', which can't use '{path}': {listed}",
            hint=f"run {' && '.join(b.command for b in blocked)}, or go on with --check path_access=off",
        )


def _walk(path: str) -> tuple[list[str], str | None]:
    """The directories passed on the way to `path`, and what it leads to; None where that is not seen."""
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
                raise StorageError(f"too many symbolic links in '{path}'", hint="they loop: mend them")
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
    """The names that `path` goes through, the first one last."""
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
    return Blocked(path, need, account.name, _mending(path, permissions, account, wanted))


def _mending(path: str, permissions: Permissions, account: Account, wanted: int) -> str:
    """The command that gives the least that helps: an ACL entry for this user, else a mode bit."""
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
