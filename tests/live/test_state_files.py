"""State files of a guest that existed before a failed run are kept, and new ones are removed."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.machine import Connection, Outcome, finish, start_virt_install

pytestmark = pytest.mark.live
OVMF = Path("/usr/share/OVMF")
NVRAM = Path("/var/lib/libvirt/qemu/nvram")
TPM = Path("/var/lib/libvirt/swtpm")
WAYS = ("import", "transient", "location")
"""Defined and started; only started; started for the installation, then defined."""


@pytest.fixture
def guest_name(system: Connection) -> Iterator[str]:
    """A name that no guest has."""
    name = f"vitest-{uuid.uuid4().hex[:8]}"
    yield name
    system.remove(name)
    (NVRAM / f"{name}_VARS.fd").unlink(missing_ok=True)


def run_rejected_by_qemu(system: Connection, name: str, way: str, tree: Path, *args: str) -> Outcome:
    """Run virt-install for a guest that QEMU does not start."""
    method = {
        "import": ["--import"],
        "transient": ["--import", "--transient"],
        "location": ["--location", str(tree), "--extra-args", "console=ttyS0"],
    }[way]
    run = finish(
        start_virt_install(
            *("--connect", system.option, "--virt-type", "qemu", "--network", "none", "--graphics", "none"),
            *("--name", name, "--memory", "64", "--osinfo", "generic", "--noautoconsole", "--disk", "none"),
            *("--qemu-commandline=-nonsense", *method, *args),
        )
    )
    # libvirt sometimes reports the closed monitor instead of QEMU's message
    assert run.status == 1 and ("-nonsense" in run.output or "monitor" in run.output), run.output
    assert name not in system.names()
    return run


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("place", ["named", "linked", "default"])
def test_existing_uefi_variables_are_kept(
    system: Connection, work: Path, tiny_tree: Path, guest_name: str, way: str, place: str
) -> None:
    """The user specifies the file, possibly by a symbolic link, or `undefine --keep-nvram` has left it."""
    path = NVRAM / f"{guest_name}_VARS.fd" if place == "default" else work / "my_VARS.fd"
    shutil.copyfile(OVMF / "OVMF_VARS_4M.fd", path)
    named = path
    if place == "linked":
        named = work / "link_VARS.fd"
        named.symlink_to(path)
    loader = f"loader={OVMF}/OVMF_CODE_4M.fd,loader.readonly=yes,loader.type=pflash,nvram={named}"
    run_rejected_by_qemu(system, guest_name, way, tiny_tree, "--boot", "uefi" if place == "default" else loader)
    assert path.read_bytes() == (OVMF / "OVMF_VARS_4M.fd").read_bytes()
    assert named.exists()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("place", ["named", "default"])
def test_new_uefi_variables_are_removed(
    system: Connection, work: Path, tiny_tree: Path, guest_name: str, way: str, place: str
) -> None:
    """libvirt created them for the guest that did not start."""
    path = NVRAM / f"{guest_name}_VARS.fd" if place == "default" else work / "my_VARS.fd"
    loader = f"loader={OVMF}/OVMF_CODE_4M.fd,loader.readonly=yes,loader.type=pflash,nvram={path}"
    run_rejected_by_qemu(system, guest_name, way, tiny_tree, "--boot", "uefi" if place == "default" else loader)
    assert not path.exists()


@pytest.mark.parametrize("way", WAYS)
def test_existing_tpm_state_is_kept(system: Connection, tiny_tree: Path, guest_name: str, way: str) -> None:
    """It belongs to a guest with the same UUID, and `undefine --keep-tpm` has left it."""
    guest_uuid = str(uuid.uuid4())
    state = TPM / guest_uuid / "tpm2" / "tpm2-00.permall"
    state.parent.mkdir(parents=True)
    state.write_text("sealed")
    try:
        run_rejected_by_qemu(system, guest_name, way, tiny_tree, "--uuid", guest_uuid, "--tpm", "emulator")
        assert state.read_text() == "sealed"
    finally:
        shutil.rmtree(TPM / guest_uuid)


def test_reinstall_of_a_guest_with_a_managed_save_is_an_error(
    system: Connection, work: Path, tiny_tree: Path, guest_name: str
) -> None:
    """The managed save is kept."""
    work.chmod(0o755)
    args = ["--connect", system.option, "--virt-type", "qemu", "--network", "none", "--graphics", "none"]
    finish(
        start_virt_install(
            *args,
            *("--name", guest_name, "--memory", "32", "--osinfo", "generic", "--noautoconsole", "--import"),
            *("--disk", f"path={work / 'disk.qcow2'},size=0.05"),
        )
    ).ok()
    system.virsh("managedsave", guest_name)
    try:
        again = finish(
            start_virt_install(
                *("--connect", system.option, "--reinstall", guest_name, "--location", str(tiny_tree)),
                *("--osinfo", "generic", "--noautoconsole"),
            )
        )
        assert again.status == 1 and "saved state" in again.output
        assert Path(f"/var/lib/libvirt/qemu/save/{guest_name}.save").exists()
    finally:
        system.virsh("managedsave-remove", guest_name)
