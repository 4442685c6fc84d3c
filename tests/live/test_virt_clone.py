"""virt-clone with libvirtd: the clone has the same data and starts, and a failure leaves nothing."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.machine import Connection, listing

pytestmark = pytest.mark.live

MIB = 1 << 20
SYSTEM = "qemu:///system"


def clone_command(*args: str | Path, uri: str = SYSTEM) -> list[str]:
    """Return a virt-clone command for a connection."""
    call = "import sys; from virtinstall.cli.main import clone_main; sys.exit(clone_main())"
    return [sys.executable, "-c", call, "--connect", uri, *map(str, args)]


def virt_clone(*args: str | Path) -> subprocess.CompletedProcess[str]:
    """Run virt-clone to its end."""
    return subprocess.run(clone_command(*args), capture_output=True, text=True, timeout=120, check=False)


def qemu_img(*args: str | Path) -> str:
    """Run qemu-img; return its output. Raises: CalledProcessError."""
    return subprocess.run(["qemu-img", *map(str, args)], capture_output=True, text=True, check=True, timeout=120).stdout


def fill(image: Path, size: int = 8 * MIB) -> None:
    """Write random data to the middle of an image."""
    with image.with_suffix(".data").open("wb") as data:
        data.write(os.urandom(size))
    command = f"write -s {data.name} {16 * MIB} {size}"
    subprocess.run(["qemu-io", "-f", "qcow2", "-c", command, str(image)], check=True, capture_output=True, timeout=120)
    Path(data.name).unlink()


@pytest.fixture
def name(system: Connection) -> Iterator[str]:
    """A name that no guest has; the guest and its clone are removed after the test."""
    name = f"vitest-{uuid.uuid4().hex[:8]}"
    yield name
    for guest in (f"{name}-clone", name):
        system.remove(guest)


@pytest.fixture
def original(system: Connection, name: str, work: Path) -> Path:
    """A guest that is off, with an overlay on a base image and a raw disk, which contain data; yields the overlay."""
    base, overlay, raw = work / "base.qcow2", work / f"{name}.qcow2", work / "data.img"
    qemu_img("create", "-q", "-f", "qcow2", base, "256M")
    fill(base)
    qemu_img("create", "-q", "-f", "qcow2", "-b", base, "-F", "qcow2", overlay)
    fill(overlay, MIB)
    with raw.open("wb") as file:
        file.write(os.urandom(MIB))
        file.truncate(64 * MIB)
    disks = "".join(
        f"<disk type='file' device='disk'><driver name='qemu' type='{form}'/><source file='{path}'/>"
        f"<target dev='{target}' bus='virtio'/></disk>"
        for form, path, target in (("qcow2", overlay, "vda"), ("raw", raw, "vdb"))
    )
    definition = work / "original.xml"
    definition.write_text(
        f"<domain type='qemu'><name>{name}</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>"
        f"<os><type arch='x86_64' machine='q35'>hvm</type></os><devices>{disks}"
        f"<serial type='file'><source path='{work / name}.log'/></serial>"
        "<graphics type='vnc' port='5999' autoport='no'/></devices></domain>"
    )
    system.virsh("define", str(definition))
    return overlay


def test_clone_has_the_same_data_and_starts(system: Connection, original: Path, name: str, work: Path) -> None:
    """The overlay is still an overlay, and holes are preserved."""
    done = virt_clone("--original", name, "--auto-clone")

    assert done.returncode == 0, done.stderr
    copy = work / f"{name}-clone.qcow2"
    assert "identical" in qemu_img("compare", "-f", "qcow2", "-F", "qcow2", original, copy)
    assert "identical" in qemu_img("compare", "-f", "raw", "-F", "raw", work / "data.img", work / "data-clone.img")
    assert f"backing file: {work / 'base.qcow2'}" in qemu_img("info", copy)
    assert (work / "data-clone.img").stat().st_blocks * 512 <= 2 * MIB
    assert copy.stat().st_size == original.stat().st_size
    xml = system.xml(f"{name}-clone")
    sources = [source.get("file") for source in xml.iterfind("devices/disk/source")]
    assert sources == [str(copy), str(work / "data-clone.img")]
    assert xml.findtext("uuid") != system.xml(name).findtext("uuid")
    serial = xml.find("devices/serial/source")
    assert serial is not None
    assert serial.get("path") == f"{work / name}-clone.log"
    system.virsh("start", f"{name}-clone")
    assert system.state(f"{name}-clone") == "running"


def test_failed_copy_leaves_nothing(system: Connection, original: Path, name: str, work: Path) -> None:
    """The second disk cannot be copied; the copy of the first one is removed."""
    (work / "data.img").unlink()
    (work / "data.img").symlink_to("/dev/zero")
    before = listing(work)

    done = virt_clone("--original", name, "--auto-clone")

    assert done.returncode == 1
    assert listing(work) == before
    assert f"{name}-clone" not in system.names()


def test_rejected_definition_leaves_nothing(system: Connection, original: Path, name: str, work: Path) -> None:
    """The UUID belongs to another guest; the copied images are removed."""
    before = listing(work)
    taken = system.virsh("domuuid", name).strip()

    done = virt_clone("--original", name, "--auto-clone", "--uuid", taken)

    assert done.returncode == 1
    assert f"the UUID {taken} is already in use by" in done.stderr
    assert listing(work) == before
    assert system.names() >= {name}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_copy_leaves_nothing(
    system: Connection, original: Path, name: str, work: Path, number: signal.Signals
) -> None:
    """Ctrl-C or SIGTERM arrives while a disk is copied."""
    with (work / "data.img").open("r+b") as file:
        file.write(os.urandom(MIB) * 512)
    before = listing(work)
    process = subprocess.Popen(
        clone_command("--original", name, "--auto-clone"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )

    while not (work / f"{name}-clone.qcow2").exists() and process.poll() is None:
        time.sleep(0.002)
    process.send_signal(number)
    output, _ = process.communicate(timeout=60)

    assert process.returncode in (128 + number, 130), output
    assert listing(work) == before
    assert f"{name}-clone" not in system.names()


def test_clone_of_a_running_guest_is_an_error(system: Connection, original: Path, name: str, work: Path) -> None:
    """The guest writes to its disks."""
    xml = work / "running.xml"
    xml.write_text(system.virsh("dumpxml", name))
    system.virsh("start", name)
    before = listing(work)

    for done in (virt_clone("-o", name, "--auto-clone"), virt_clone("--original-xml", xml, "--auto-clone")):
        assert done.returncode == 1
        assert "must be shut off, but it is running" in done.stderr
    assert listing(work) == before


def test_replace_keeps_the_disks_of_the_replaced_guest(
    system: Connection, original: Path, name: str, work: Path
) -> None:
    """The clone has the name of the replaced guest."""
    assert virt_clone("--original", name, "--auto-clone").returncode == 0
    old = system.virsh("domuuid", f"{name}-clone")

    refused = virt_clone("--original", name, "--name", f"{name}-clone", "--auto-clone")
    done = virt_clone("--original", name, "--name", f"{name}-clone", "--auto-clone", "--replace")

    assert refused.returncode == 1
    assert done.returncode == 0, done.stderr
    assert system.virsh("domuuid", f"{name}-clone") != old
    assert (work / f"{name}-clone.qcow2").exists()
    assert (work / f"{name}-clone-1.qcow2").exists()


def replaced_guest(system: Connection, name: str, work: Path) -> Path:
    """Define a guest with UEFI variables, a snapshot, a managed save and autostart; return the variables."""
    nvram = work / f"{name}-clone_VARS.fd"
    nvram.write_bytes(Path("/usr/share/OVMF/OVMF_VARS_4M.fd").read_bytes())
    firmware = "<loader readonly='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE_4M.fd</loader>"
    xml = work / "old.xml"
    xml.write_text(
        f"<domain type='qemu'><name>{name}-clone</name><memory unit='MiB'>64</memory><os><type machine='q35'>hvm</type>"
        f"{firmware}<nvram>{nvram}</nvram></os><features><acpi/></features></domain>"
    )
    system.virsh("define", str(xml))
    system.virsh("autostart", f"{name}-clone")
    system.virsh("start", f"{name}-clone")
    system.virsh("managedsave", f"{name}-clone")
    snapshot = work / "snapshot.xml"
    snapshot.write_text(
        f"<domainsnapshot><name>kept</name><state>shutoff</state><creationTime>1</creationTime>"
        f"{system.virsh('dumpxml', '--inactive', f'{name}-clone')}</domainsnapshot>"
    )
    system.virsh("snapshot-create", f"{name}-clone", str(snapshot), "--redefine")
    return nvram


@pytest.mark.parametrize("running", [False, True])
def test_rejected_clone_does_not_change_the_replaced_guest(
    system: Connection, original: Path, name: str, work: Path, running: bool
) -> None:
    """UEFI variables, managed save, snapshots, autostart and state are kept; nothing of the clone is left."""
    clone, bad = f"{name}-clone", work / "bad.xml"
    nvram = replaced_guest(system, name, work)
    if running:
        system.virsh("start", clone)
    content, before = nvram.read_bytes(), listing(work)
    xml = system.virsh("dumpxml", "--inactive", name)
    bad.write_text(xml.replace("</devices>", "<controller type='pci' model='nonsense'/></devices>", 1))
    old = state_of(system, clone)

    done = virt_clone(
        "--original-xml", bad, "--name", clone, "--file", work / "n.qcow2", "--file", work / "n.img", "--replace"
    )

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert state_of(system, clone) == old
    assert nvram.read_bytes() == content
    bad.unlink()
    assert listing(work) == before
    system.virsh("snapshot-delete", clone, "kept", "--metadata")
    if not running:
        system.virsh("managedsave-remove", clone)


def state_of(system: Connection, guest: str) -> list[str]:
    """Return virsh's information about a guest, except its CPU time."""
    lines = "".join(system.virsh(command, guest) for command in ("dominfo", "snapshot-list")).splitlines()
    return [line for line in lines if not line.startswith("CPU time")]


def test_state_of_the_replaced_guest_is_removed(system: Connection, original: Path, name: str, work: Path) -> None:
    """The clone does not get its managed save, snapshots and UEFI variables."""
    nvram = replaced_guest(system, name, work)

    done = virt_clone("--original", name, "--name", f"{name}-clone", "--auto-clone", "--replace")

    assert done.returncode == 0, done.stderr
    assert not nvram.exists()
    assert "kept" not in system.virsh("snapshot-list", f"{name}-clone")
    assert "Managed save:   no" in system.virsh("dominfo", f"{name}-clone")
    assert f"{name}-clone" in system.names()


@pytest.fixture
def pool(system: Connection, name: str, work: Path) -> Iterator[str]:
    """A directory pool."""
    folder = work / "pool"
    folder.mkdir()
    system.virsh("pool-create-as", name, "dir", "--target", str(folder))
    yield name
    system.virsh("pool-destroy", name)


def test_volume_is_copied_to_its_pool(system: Connection, original: Path, name: str, pool: str, work: Path) -> None:
    """The pool lists the copy immediately."""
    system.virsh("vol-create-as", pool, "v.qcow2", "64M", "--format", "qcow2")
    fill(work / "pool" / "v.qcow2", MIB)
    definition = work / "volume.xml"
    definition.write_text(
        f"<domain type='qemu'><name>{name}</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>"
        "<os><type arch='x86_64' machine='q35'>hvm</type></os><devices>"
        "<disk type='volume' device='disk'><driver name='qemu' type='qcow2'/>"
        f"<source pool='{pool}' volume='v.qcow2'/><target dev='vda' bus='virtio'/></disk></devices></domain>"
    )

    done = virt_clone("--original-xml", definition, "--auto-clone")

    assert done.returncode == 0, done.stderr
    assert "v-clone.qcow2" in system.virsh("vol-list", pool)
    compared = qemu_img("compare", "-f", "qcow2", "-F", "qcow2", work / "pool/v.qcow2", work / "pool/v-clone.qcow2")
    assert "identical" in compared


def test_uefi_variables_are_copied(system: Connection, name: str, work: Path) -> None:
    """The clone can start, and both guests can be undefined."""
    firmware = Path("/usr/share/OVMF")
    if not (firmware / "OVMF_VARS_4M.fd").exists():
        pytest.skip("NOT RUN: OVMF is missing (Debian: ovmf)")
    variables = work / f"{name}_VARS.fd"
    variables.write_bytes((firmware / "OVMF_VARS_4M.fd").read_bytes()[:-1] + b"x")
    definition = work / "uefi.xml"
    definition.write_text(
        f"<domain type='qemu'><name>{name}</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>"
        "<os><type arch='x86_64' machine='q35'>hvm</type>"
        f"<loader readonly='yes' type='pflash'>{firmware}/OVMF_CODE_4M.fd</loader><nvram>{variables}</nvram></os>"
        "<features><acpi/></features><devices/></domain>"
    )
    system.virsh("define", str(definition))

    done = virt_clone("--original", name, "--auto-clone")

    assert done.returncode == 0, done.stderr
    copy = work / f"{name}-clone_VARS.fd"
    assert copy.read_bytes() == variables.read_bytes()
    assert (system.xml(f"{name}-clone").findtext("os/nvram") or "").strip() == str(copy)
    system.virsh("start", f"{name}-clone")


def test_tpm_state_is_copied(system: Connection, name: str, work: Path) -> None:
    """The owners of the files are preserved; removing the clone keeps the original's state."""
    if shutil.which("swtpm") is None:
        pytest.skip("NOT RUN: swtpm is missing (Debian: swtpm, swtpm-tools)")
    definition = work / "tpm.xml"
    definition.write_text(
        f"<domain type='qemu'><name>{name}</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>"
        "<os><type arch='x86_64' machine='q35'>hvm</type></os>"
        "<devices><tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm></devices></domain>"
    )
    system.virsh("define", str(definition))
    system.virsh("start", name)
    system.virsh("destroy", name)
    state = Path("/var/lib/libvirt/swtpm", system.xml(name).findtext("uuid") or "")
    files = [path for path in state.rglob("*") if path.name != ".lock"]
    assert len(files) >= 2

    done = virt_clone("--original", name, "--auto-clone")

    assert done.returncode == 0, done.stderr
    copy = state.with_name(system.xml(f"{name}-clone").findtext("uuid") or "")
    for path in (state, *files):
        copied = copy / path.relative_to(state)
        assert (copied.stat().st_uid, copied.stat().st_mode) == (path.stat().st_uid, path.stat().st_mode)
        assert path.is_dir() or copied.read_bytes() == path.read_bytes()
    system.virsh("start", f"{name}-clone")
    system.remove(f"{name}-clone")
    assert all(path.exists() for path in files)


def test_failed_copy_of_the_tpm_state_leaves_nothing(system: Connection, name: str, work: Path) -> None:
    """A file of another owner is in its place; it is kept, and the clone is undefined."""
    definition = work / "tpm.xml"
    definition.write_text(
        f"<domain type='qemu'><name>{name}</name><memory unit='MiB'>64</memory><os><type>hvm</type></os>"
        "<devices><tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm></devices></domain>"
    )
    system.virsh("define", str(definition))
    state = Path("/var/lib/libvirt/swtpm", system.xml(name).findtext("uuid") or "")
    taken = state.with_name(str(uuid.uuid4()))
    state.mkdir()
    (state / "mine").write_text("x")
    taken.mkdir()
    (taken / "theirs").write_text("y")

    done = virt_clone("--original", name, "--auto-clone", "--uuid", taken.name)

    assert done.returncode == 1
    assert "cannot copy the TPM state" in done.stderr
    assert f"{name}-clone" not in system.names()
    assert (taken / "theirs").read_text() == "y"
    assert (state / "mine").read_text() == "x"
    shutil.rmtree(taken)
    shutil.rmtree(state)


def test_reflink_succeeds_or_leaves_nothing(system: Connection, original: Path, name: str, work: Path) -> None:
    """It is an error if the file system does not support it."""
    before = listing(work)
    done = virt_clone("--original", name, "--auto-clone", "--reflink")
    if done.returncode == 0:
        assert (work / f"{name}-clone.qcow2").exists()
    else:
        assert "as a reflink of" in done.stderr
        assert listing(work) == before


def test_existing_file_is_overwritten_on_request(system: Connection, original: Path, name: str, work: Path) -> None:
    """--check path_exists=off is required, and a failed run does not change the file."""
    old = work / "old.qcow2"
    old.write_bytes(b"precious")
    args = ("--original", name, "--auto-clone", "--file", str(old))
    taken = system.virsh("domuuid", name).strip()

    refused = virt_clone(*args)
    failed = virt_clone(*args, "--check", "path_exists=off", "--uuid", taken)

    assert (refused.returncode, failed.returncode) == (1, 1)
    assert old.read_bytes() == b"precious"
    assert virt_clone(*args, "--check", "path_exists=off").returncode == 0
    assert "identical" in qemu_img("compare", "-f", "qcow2", "-F", "qcow2", original, old)
