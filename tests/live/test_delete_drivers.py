"""`virt-guest delete` with the embedded and the session driver: the plan is the same as with the system's libvirtd."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.machine import Connection
from tests.live.test_delete import NO_DEVICES, VirtInstall, delete_as_planned, kept, removed

pytestmark = [pytest.mark.live, pytest.mark.parametrize("connection", ["embed", "session"], indirect=True)]


@pytest.fixture(scope="module")
def session(qemu: None) -> Iterator[Connection]:
    """The session driver of a normal user, who is root outside of a user namespace and can read the same files.

    The user has an account: libvirt 11 crashes without one.
    """
    user = pwd.getpwnam("nobody")
    prefix = ("unshare", "--user", f"--map-user={user.pw_uid}", f"--map-group={user.pw_gid}")
    folder = Path(tempfile.mkdtemp(prefix="vis", dir="/var/tmp"))
    folder.chmod(0o755)
    environ = {
        "XDG_CONFIG_HOME": f"{folder}/config",
        "XDG_CACHE_HOME": f"{folder}/cache",
        "XDG_RUNTIME_DIR": f"{folder}/run",
        "XDG_DATA_HOME": f"{folder}/data",
    }
    for path in environ.values():
        Path(path).mkdir(mode=0o700)
    daemon = subprocess.Popen(
        [*prefix, "libvirtd", "--timeout", "300"], env={**os.environ, **environ}, stderr=subprocess.DEVNULL
    )
    yield Connection("qemu:///session", "qemu:///session", environ, prefix)
    daemon.terminate()
    daemon.wait()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def state(connection: Connection) -> Path:
    """The directory of the driver's state."""
    if connection.option == "embed":
        return Path(connection.uri.partition("root=")[2])
    return Path(connection.environ["XDG_CONFIG_HOME"]) / "libvirt" / "qemu"


def test_everything_of_a_guest_is_removed(
    connection: Connection, work: Path, state: Path, virt_install: VirtInstall, guest_name: str
) -> None:
    """These are disk, UEFI variables, TPM state and a snapshot; the user's disk is kept."""
    own = work / "own.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", own, "8M"], check=True)
    words = ("--disk", f"{work}/a.qcow2,size=1", "--disk", str(own), "--boot", "uefi", "--tpm", "emulator")
    virt_install("--name", guest_name, *NO_DEVICES, "--import", *words).ok()
    # QEMU of the embedded driver may end with the process that started it
    subprocess.run(
        [*connection.prefix, "virsh", "-q", "-c", connection.uri, "destroy", guest_name],
        env=connection.full_environ(),
        check=False,
    )
    connection.virsh("snapshot-create-as", guest_name, "one", "--disk-only")
    plan = delete_as_planned(connection, guest_name, folders=(work, *nvram_and_tpm(state)))
    assert removed(plan, "disk", "snapshot") == {f"{work}/a.qcow2", f"{work}/a.one"}
    assert set(kept(plan)) == {str(own), f"{work}/own.one"}
    for kind in ("nvram", "tpm"):
        (path,) = removed(plan, kind)
        assert path.startswith(str(state)), kind
        assert not os.path.exists(path), kind


def nvram_and_tpm(state: Path) -> list[Path]:
    """Return the directories for UEFI variables and TPM state."""
    return [path for name in ("nvram", "swtpm") for path in state.rglob(name) if path.is_dir()]
