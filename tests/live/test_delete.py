"""`virt-guest delete` with libvirtd: exactly the files of the plan are removed, and the others are unchanged."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.live.machine import Connection, Outcome

pytestmark = [pytest.mark.live, pytest.mark.parametrize("connection", ["system"], indirect=True)]
VirtInstall = Callable[..., Outcome]
NO_DEVICES = ("--osinfo", "generic", "--network", "none", "--graphics", "none", "--noautoconsole", "--memory", "64")
MAIN = "import sys; from virtinstall.cli.main import guest_main; sys.exit(guest_main())"


def virt_guest(connection: Connection, *args: str | Path, ok: bool = True) -> tuple[int, str, str]:
    """Run virt-guest; return exit status, standard output and standard error."""
    done = subprocess.run(
        [*connection.prefix, sys.executable, "-c", MAIN, args[0], "--connect", connection.option, *map(str, args[1:])],
        env=connection.full_environ(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert not ok or done.returncode == 0, f"{done.stdout}{done.stderr}"
    return done.returncode, done.stdout, done.stderr


def files(*folders: Path) -> dict[str, str]:
    """Return the digest of each file (or the target of a symbolic link) below the directories."""
    found = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_symlink():
                found[str(path)] = f"-> {os.readlink(path)}"
            elif path.is_file():
                found[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def delete_as_planned(connection: Connection, name: str, *args: str, folders: tuple[Path, ...]) -> dict[str, Any]:
    """Delete the guest; assert that exactly the files of the plan are removed. Return the plan."""
    if connection.state(name) == "running":
        connection.virsh("destroy", name)
    before = files(*folders)
    _, printed, _ = virt_guest(connection, "delete", name, *args, "--dry-run", "--output", "json")
    plan = json.loads(printed)["guests"][0]
    assert files(*folders) == before, "--dry-run changes nothing"
    _, printed, _ = virt_guest(connection, "delete", name, *args, "--yes", "--output", "json")
    done = json.loads(printed)["guests"][0]
    assert done["failed"] == []
    assert (done["removed"], done["kept"]) == (plan["removed"], plan["kept"])
    gone = {item["path"] for item in plan["removed"]}
    assert files(*folders) == {path: digest for path, digest in before.items() if not is_in(path, gone)}
    assert name not in connection.names()
    return dict(plan)


def is_in(path: str, named: set[str]) -> bool:
    """Return whether the path is one of `named`, or below one."""
    return any(path == each or path.startswith(f"{each}/") for each in named)


def kept(plan: dict[str, Any]) -> dict[str, str]:
    """Return path -> reason of the files that the plan keeps."""
    return {item["path"]: item["reason"] for item in plan["kept"]}


def removed(plan: dict[str, Any], *kinds: str) -> set[str]:
    """Return the paths of these kinds that the plan removes."""
    return {item["path"] for item in plan["removed"] if item["kind"] in kinds}


@pytest.fixture
def folders(work: Path) -> tuple[Path, ...]:
    """The directories with files of guests."""
    return (
        work,
        Path("/var/lib/libvirt/qemu/nvram"),
        Path("/var/lib/libvirt/qemu/save"),
        Path("/var/lib/libvirt/swtpm"),
    )


def test_uefi_variables_and_tpm_state_are_deleted_with_the_disk(
    connection: Connection, work: Path, folders: tuple[Path, ...], virt_install: VirtInstall, guest_name: str
) -> None:
    """libvirt's definition need not contain their paths."""
    args = ("--boot", "uefi", "--tpm", "emulator", "--disk", f"{work}/a.qcow2,size=1")
    virt_install("--name", guest_name, *NO_DEVICES, "--import", *args).ok()
    plan = delete_as_planned(connection, guest_name, folders=folders)
    assert removed(plan, "disk") == {f"{work}/a.qcow2"}
    assert removed(plan, "nvram") == {f"/var/lib/libvirt/qemu/nvram/{guest_name}_VARS.fd"}
    assert not any(Path(path).exists() for path in removed(plan, "nvram", "tpm"))
    assert plan["kept"] == []


@pytest.mark.parametrize("args", [("--keep-disks",), ("--storage", "none")])
def test_uefi_variables_and_tpm_state_are_kept_with_the_disk(
    connection: Connection,
    work: Path,
    folders: tuple[Path, ...],
    virt_install: VirtInstall,
    guest_name: str,
    args: tuple[str, ...],
) -> None:
    """The TPM may have sealed keys of the disk."""
    options = ("--boot", "uefi", "--tpm", "emulator", "--disk", f"{work}/a.qcow2,size=1")
    virt_install("--name", guest_name, *NO_DEVICES, "--import", *options).ok()
    plan = delete_as_planned(connection, guest_name, *args, folders=folders)
    assert removed(plan, "disk", "nvram", "tpm") == set()
    for path in kept(plan):
        assert Path(path).exists()
        shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)


def test_uefi_variables_of_a_renamed_guest_are_reported(
    connection: Connection, work: Path, folders: tuple[Path, ...], virt_install: VirtInstall, guest_name: str
) -> None:
    """`virsh domrename` of libvirt 9 leaves them under the former name; they are kept."""
    virt_install(
        "--name", guest_name, *NO_DEVICES, "--import", "--boot", "uefi", "--disk", f"{work}/a.qcow2,size=1"
    ).ok()
    connection.virsh("destroy", guest_name)
    connection.virsh("domrename", guest_name, f"{guest_name}-new")
    plan = delete_as_planned(connection, f"{guest_name}-new", folders=folders)
    path = f"/var/lib/libvirt/qemu/nvram/{guest_name}_VARS.fd"
    if path in removed(plan, "disk", "nvram"):
        # newer versions keep the path in the definition
        assert not os.path.exists(path)
        return
    assert removed(plan, "disk", "nvram") == {f"{work}/a.qcow2"} and "former name" in kept(plan)[path]
    os.unlink(path)


def test_file_with_the_inode_of_a_removed_disk_is_kept(
    connection: Connection, work: Path, folders: tuple[Path, ...], virt_install: VirtInstall, guest_name: str
) -> None:
    """The user removes the disk and creates a file at its path; many file systems reuse the inode."""
    disk = work / "a.qcow2"
    virt_install("--name", guest_name, *NO_DEVICES, "--import", "--disk", f"{disk},size=1").ok()
    connection.virsh("destroy", guest_name)
    inode = disk.stat().st_ino
    fillers = []
    for number in range(200):
        disk.unlink()
        fillers.append(disk.with_name(f"filler{number}"))
        disk.write_text("the user's data")
        if disk.stat().st_ino == inode:
            break
        os.link(disk, fillers[-1])
    for each in fillers:
        each.unlink(missing_ok=True)
    plan = delete_as_planned(connection, guest_name, folders=folders)
    assert "replaced" in kept(plan)[str(disk)] and disk.read_text() == "the user's data"


def test_guest_with_internal_snapshot_and_saved_state_is_deleted(
    connection: Connection, work: Path, folders: tuple[Path, ...], virt_install: VirtInstall, guest_name: str
) -> None:
    """libvirt refuses to undefine it without special flags."""
    virt_install("--name", guest_name, *NO_DEVICES, "--import", "--disk", f"{work}/a.qcow2,size=1").ok()
    connection.virsh("snapshot-create-as", guest_name, "one")
    connection.virsh("managedsave", guest_name)
    plan = delete_as_planned(connection, guest_name, folders=(work,))
    assert removed(plan, "snapshot-metadata", "saved-state", "disk") == {"one", guest_name, f"{work}/a.qcow2"}
    assert not Path(f"/var/lib/libvirt/qemu/save/{guest_name}.save").exists()


def test_files_of_external_snapshots_are_deleted(
    connection: Connection, work: Path, folders: tuple[Path, ...], virt_install: VirtInstall, guest_name: str
) -> None:
    """They are overlays and memory files; the disk that the user added is kept."""
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", work / "own.qcow2", "8M"], check=True)
    args = ("--disk", f"{work}/a.qcow2,size=1", "--disk", f"{work}/own.qcow2")
    virt_install("--name", guest_name, *NO_DEVICES, "--import", *args).ok()
    connection.virsh("snapshot-create-as", guest_name, "one", "--memspec", f"{work}/memory")
    connection.virsh("snapshot-create-as", guest_name, "two", "--disk-only")
    plan = delete_as_planned(connection, guest_name, folders=folders)
    assert removed(plan, "disk", "snapshot") == {f"{work}/a.qcow2", f"{work}/a.one", f"{work}/a.two"}
    assert set(kept(plan)) == {f"{work}/own.qcow2", f"{work}/own.one", f"{work}/own.two", f"{work}/memory"}


def test_base_image_of_two_guests_is_kept(
    connection: Connection, work: Path, folders: tuple[Path, ...], virt_install: VirtInstall, guest_name: str
) -> None:
    """It is kept even without guests; an overlay on a guest's disk keeps that disk."""
    base = work / "base.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", base, "8M"], check=True)
    other = f"{guest_name}-2"
    for name in (guest_name, other):
        disk = f"{work}/{name}.qcow2,backing_store={base},backing_format=qcow2"
        virt_install("--name", name, *NO_DEVICES, "--import", "--disk", disk).ok()
    try:
        overlay = work / "overlay.qcow2"
        create = f"qemu-img create -q -f qcow2 -F qcow2 -b {work}/{other}.qcow2 {overlay}".split()
        subprocess.run(["qemu-img", "info", "-U", base], check=True, capture_output=True)
        plan = delete_as_planned(connection, guest_name, folders=folders)
        assert removed(plan, "disk") == {f"{work}/{guest_name}.qcow2"}
        assert set(kept(plan)) == {str(base)}
        connection.virsh("destroy", other)
        subprocess.run(create, check=True)
        plan = delete_as_planned(connection, other, "--storage", "all", folders=folders)
        assert kept(plan)[f"{work}/{other}.qcow2"] == f"it is the backing file of '{overlay}'"
    finally:
        connection.remove(other)


def test_volume_of_a_directory_pool_is_deleted(
    connection: Connection, work: Path, folders: tuple[Path, ...], virt_install: VirtInstall, guest_name: str
) -> None:
    """The pool's list of volumes is up to date afterwards."""
    connection.virsh("pool-create-as", guest_name, "dir", "--target", str(work))
    try:
        virt_install("--name", guest_name, *NO_DEVICES, "--import", "--disk", f"pool={guest_name},size=1").ok()
        assert len(connection.virsh("vol-list", guest_name).split()) == 2
        plan = delete_as_planned(connection, guest_name, folders=folders)
        assert len(removed(plan, "disk")) == 1
        assert connection.virsh("vol-list", guest_name).split() == []
    finally:
        connection.virsh("pool-destroy", guest_name)


def test_disk_in_a_linked_directory_is_deleted(
    connection: Connection, work: Path, folders: tuple[Path, ...], virt_install: VirtInstall, guest_name: str
) -> None:
    """The symbolic link to the directory is kept."""
    (work / "real").mkdir()
    (work / "link").symlink_to(work / "real")
    virt_install("--name", guest_name, *NO_DEVICES, "--import", "--disk", f"{work}/link/a.qcow2,size=1").ok()
    connection.virsh("destroy", guest_name)
    virt_guest(connection, "delete", guest_name, "--yes")
    assert files(work) == {f"{work}/link": f"-> {work}/real"}


def test_disk_at_a_symbolic_link_of_the_user_is_kept(
    connection: Connection, work: Path, folders: tuple[Path, ...], virt_install: VirtInstall, guest_name: str
) -> None:
    """The link points to a file of the user."""
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", work / "own.qcow2", "8M"], check=True)
    (work / "link.qcow2").symlink_to(work / "own.qcow2")
    virt_install("--name", guest_name, *NO_DEVICES, "--import", "--disk", f"{work}/link.qcow2").ok()
    plan = delete_as_planned(connection, guest_name, folders=folders)
    assert kept(plan) == {f"{work}/link.qcow2": "virtinstall did not create it for this guest"}


def test_disks_that_may_be_needed_are_kept(
    connection: Connection, work: Path, folders: tuple[Path, ...], virt_install: VirtInstall, guest_name: str
) -> None:
    """They have a second hard link, are open in a process, or replaced the created file, or belong to the user."""
    disks = [word for name in "abc" for word in ("--disk", f"{work}/{name}.qcow2,size=1")]
    virt_install("--name", guest_name, *NO_DEVICES, "--import", *disks).ok()
    connection.virsh("destroy", guest_name)
    os.link(work / "a.qcow2", work / "second.qcow2")
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", work / "own.qcow2", "8M"], check=True)
    connection.virsh(
        "attach-disk", guest_name, f"{work}/own.qcow2", "vdz", "--config", "--driver", "qemu", "--subdriver", "qcow2"
    )
    shutil.copy(work / "c.qcow2", work / "copy.qcow2")
    os.replace(work / "copy.qcow2", work / "c.qcow2")
    reader = subprocess.Popen(["tail", "-f", work / "b.qcow2"], stdout=subprocess.DEVNULL)
    try:
        plan = delete_as_planned(connection, guest_name, folders=folders)
    finally:
        reader.kill()
        reader.wait()
    assert removed(plan, "disk") == set()
    assert kept(plan) == {
        f"{work}/a.qcow2": "it has 2 hard links",
        f"{work}/b.qcow2": f"it is open in process {reader.pid} (tail)",
        f"{work}/c.qcow2": "another file has replaced the one that virtinstall created",
        f"{work}/own.qcow2": "virtinstall did not create it for this guest",
    }


def test_disk_that_another_guest_uses_is_kept(
    connection: Connection, work: Path, folders: tuple[Path, ...], virt_install: VirtInstall, guest_name: str
) -> None:
    """The other guest has it in its definition, at another path, or only in a snapshot."""
    args = ("--disk", f"{work}/a.qcow2,size=1")
    virt_install("--name", guest_name, *NO_DEVICES, "--import", *args).ok()
    connection.virsh("destroy", guest_name)
    other = f"{guest_name}-2"
    (work / "link").symlink_to(work)
    disk = f"<disk type='file'><source file='{work}/link/a.qcow2'/><target dev='vda'/></disk>"
    head = f"<domain type='qemu'><name>{other}</name><memory>1</memory><os><type>hvm</type></os>"
    (work / "other.xml").write_text(f"{head}<devices>{disk}</devices></domain>")
    connection.virsh("define", str(work / "other.xml"))
    try:
        plan = delete_as_planned(connection, guest_name, "--storage", "all", folders=folders)
        assert kept(plan) == {f"{work}/a.qcow2": f"it is used by the guest '{other}' (disk 'vda')"}
    finally:
        connection.remove(other)


def test_transient_guest_is_deleted_with_its_disk(
    connection: Connection, work: Path, folders: tuple[Path, ...], virt_install: VirtInstall, guest_name: str
) -> None:
    """Its record, which exists only while it runs, is read before it is destroyed."""
    args = ("--transient", "--disk", f"{work}/a.qcow2,size=1", "--boot", "uefi")
    virt_install("--name", guest_name, *NO_DEVICES, "--import", *args).ok()
    status, _, error = virt_guest(connection, "delete", guest_name, "--yes", ok=False)
    assert (status, "is running" in error) == (1, True)
    virt_guest(connection, "delete", guest_name, "--yes", "--force")
    assert files(work) == {}
    assert not Path(f"/var/lib/libvirt/qemu/nvram/{guest_name}_VARS.fd").exists()
    status, output, _ = virt_guest(connection, "delete", guest_name, "--yes", "--output", "json")
    assert json.loads(output)["changed"] is False


def test_files_of_another_program_are_kept(
    connection: Connection, work: Path, folders: tuple[Path, ...], guest_name: str
) -> None:
    """--storage all deletes the disk of a guest of virt-install 4.1.0."""
    if shutil.which("/usr/bin/virt-install") is None:
        pytest.skip("NOT RUN: virt-install of the distribution is missing (Debian: virtinst)")
    command = ["/usr/bin/virt-install", "--connect", connection.uri, "--virt-type", "qemu", "--name", guest_name]
    command += [*NO_DEVICES, "--import", "--disk", f"{work}/a.qcow2,size=1", "--boot", "uefi"]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "PYTHONPATH": ""})
    connection.virsh("destroy", guest_name)
    xml = work / "guest.xml"
    xml.write_text(connection.virsh("dumpxml", "--inactive", guest_name))
    plan = delete_as_planned(connection, guest_name, folders=folders)
    assert kept(plan)[f"{work}/a.qcow2"] == "virtinstall did not create it for this guest"
    connection.virsh("define", str(xml))
    plan = delete_as_planned(connection, guest_name, "--storage", "all", folders=folders)
    assert removed(plan, "disk") == {f"{work}/a.qcow2"}
    Path(f"/var/lib/libvirt/qemu/nvram/{guest_name}_VARS.fd").unlink(missing_ok=True)


def test_renamed_guest_keeps_its_record(
    connection: Connection, work: Path, folders: tuple[Path, ...], virt_install: VirtInstall, guest_name: str
) -> None:
    """The record contains the UUID instead of the name."""
    words = ("--disk", f"{work}/a.qcow2,size=1")
    virt_install("--name", guest_name, *NO_DEVICES, "--import", *words).ok()
    connection.virsh("destroy", guest_name)
    name = f"{guest_name}-2"
    connection.virsh("domrename", guest_name, name)
    plan = delete_as_planned(connection, name, folders=folders)
    assert removed(plan, "disk") == {f"{work}/a.qcow2"}


def test_changed_reservation_is_kept(
    connection: Connection, work: Path, virt_install: VirtInstall, guest_name: str
) -> None:
    """Another program changed it in the running network or in its definition; the unchanged one is removed."""
    xml = work / "network.xml"
    xml.write_text(
        f"<network><name>{guest_name}</name><ip address='192.168.196.1' prefix='24'><dhcp>"
        "<range start='192.168.196.100' end='192.168.196.200'/></dhcp></ip></network>"
    )
    connection.virsh("net-define", str(xml))
    connection.virsh("net-start", guest_name)
    try:
        words = [*NO_DEVICES[:2], "--import", "--disk", "none", "--graphics", "none", "--noautoconsole"]
        for address in ("192.168.196.10", "192.168.196.11"):
            words += ["--network", f"network={guest_name},ip={address}"]
        virt_install("--name", guest_name, *words, "--memory", "64").ok()
        connection.virsh("destroy", guest_name)
        host = connection.xml(guest_name).findall("devices/interface/mac")[1].get("address")
        update = ("net-update", guest_name)
        old, new = f"<host mac='{host}' ip='192.168.196.11'/>", "<host mac='52:54:00:00:96:99' ip='192.168.196.11'/>"
        connection.virsh(*update, "delete", "ip-dhcp-host", old, "--config")
        connection.virsh(*update, "add", "ip-dhcp-host", new, "--config")
        _, printed, _ = virt_guest(connection, "delete", guest_name, "--yes", "--output", "json")
        done = json.loads(printed)["guests"][0]
        assert [item["path"].split()[0] for item in done["removed"] if item["kind"] == "reservation"] == [
            "192.168.196.10"
        ]
        (kept_one,) = (item for item in done["kept"] if item["kind"] == "reservation")
        assert kept_one["reason"] == "it is now reserved for 52:54:00:00:96:99"
        for words in ([], ["--inactive"]):
            network = connection.virsh("net-dumpxml", guest_name, *words)
            assert "ip='192.168.196.10'" not in network
            assert "ip='192.168.196.11'" in network
    finally:
        connection.virsh("net-destroy", guest_name)
        connection.virsh("net-undefine", guest_name)
