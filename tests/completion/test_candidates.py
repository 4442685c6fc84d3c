"""What fits at a place of the command line, without a shell."""

from __future__ import annotations

from pathlib import Path

import pytest

from virtinstall.options.complete import candidates
from virtinstall.options.complete_values import Candidate

NAMES = {
    "guests": ["web"],
    "networks": ["default", "lab"],
    "pools": ["images"],
    "volumes of images": ["a.qcow2", "b.raw"],
    "node devices": ["pci_0000_00_02_0"],
}


def found(line: str, prog: str = "virt-install") -> list[Candidate]:
    """The candidates for the end of `line`, with a libvirt that has NAMES."""
    return candidates(prog, line.split(" "), lambda kind: NAMES.get(kind, []))


@pytest.mark.parametrize(
    ("line", "texts"),
    [
        ("--noautoc", ["--noautoconsole"]),
        ("--disk siz", ["size="]),
        ("--disk size=1,fo", ["size=1,format="]),
        ("--disk=size=1,fo", ["--disk=size=1,format="]),
        ("--disk size=1,cache=write", ["size=1,cache=writeback", "size=1,cache=writethrough"]),
        ("--disk pool=", ["pool=images"]),
        ("--disk vol=", ["vol=images/"]),
        ("--disk vol=images/", ["vol=images/a.qcow2", "vol=images/b.raw"]),
        ("--network mac", ["mac.", "mac="]),
        ("--network network=", ["network=default", "network=lab"]),
        ("--netw network=l", ["network=lab"]),
        ("-w network=l", ["network=lab"]),
        ("--hostdev pci", ["pci_0000_00_02_0"]),
        ("--reinstall w", ["web"]),
        ("--finish w", ["web"]),
        ("--wait-for s", ["shutdown", "ssh"]),
        ("--output ", ["text", "json", "spec", "kubevirt"]),
        ("--osinfo debian1", ["debian1.1", "debian1.2", "debian1.3", "debian10", "debian11"]),
        ("--osinfo detect=on,na", ["detect=on,name="]),
        ("--osinfo detect=", ["detect=on", "detect=off"]),
        ("--numatune memnode1.no", ["memnode1.nodeset="]),
        ("--boot hd,ne", ["hd,network"]),
        ("--autoconsole t", ["text"]),
        ("--connect qemu:///se", ["qemu:///session"]),
        ("--vcpus=4,max", ["--vcpus=4,maxvcpus="]),
        ("--disk 'size=1,fo", []),
        ("--nosuch ", None),
    ],
)
def test_what_fits(line: str, texts: list[str] | None) -> None:
    """Options, sub-options after a comma, values, and names that libvirt or the OS database has."""
    texts_found = [candidate.text for candidate in found(line)]
    if texts is None:
        assert "--disk" in texts_found
    elif line.startswith("--osinfo debian"):
        assert set(texts) <= set(texts_found)
    else:
        assert texts_found == texts


def test_dotted_names_are_entered_like_folders() -> None:
    """`driver.` is one candidate until its dot is typed."""
    assert [each.text for each in found("--disk driv")] == ["driver."]
    assert "driver.cache=" in [each.text for each in found("--disk driver.")]


def test_candidates_have_a_description() -> None:
    """A sub-option comes with its line of doc and its kind of value."""
    (size,) = found("--disk siz")
    assert size.doc.startswith("Size in GiB")
    assert size.open


def test_a_given_sub_option_is_not_offered_again() -> None:
    """Only what isn't there yet fits after the comma."""
    assert "size=1,size=" not in [each.text for each in found("--disk size=1,")]


def test_hidden_options_stay_hidden() -> None:
    """Old spellings work and aren't offered."""
    assert {"--ram", "--vnc", "--nographics"}.isdisjoint(each.text for each in found("--"))


def test_guests_come_first_in_virt_xml() -> None:
    """virt-xml's first word is a guest; then its actions and the XML options."""
    assert [each.text for each in found("", "virt-xml")] == ["web"]
    assert "--add-device" in [each.text for each in found("web --", "virt-xml")]
    assert [each.text for each in found("web --edit --disk cache=unm", "virt-xml")] == []
    assert [each.text for each in found("--original w", "virt-clone")] == ["web"]


def test_files(tmp_path: Path) -> None:
    """Paths are completed, folders to go on with."""
    (tmp_path / "disk.qcow2").touch()
    assert [each.text for each in found(f"--disk path={tmp_path}/di")] == [f"path={tmp_path}/disk.qcow2"]
    assert [each.text for each in found(f"--cdrom {tmp_path}/")] == [f"{tmp_path}/disk.qcow2"]
    assert found(f"--cdrom {tmp_path}") == [Candidate(f"{tmp_path}/", "", True)]


@pytest.mark.parametrize("action", ["apply", "diff", "delete", "inventory", "export"])
def test_guests_and_groups_of_a_file(action: str, tmp_path: Path) -> None:
    """With -f, arguments and options with a name complete what the file has; a file with mistakes has nothing."""
    from virtinstall.cli.guest_completion import candidates as of_virt_guest

    path = tmp_path / "guests.yaml"
    path.write_text("version: 1\nguests: {db: {groups: data}, web: {count: 2}}\n")
    words = [action, "-f", str(path)]
    assert [each.text for each in of_virt_guest([*words, ""])] == ["db", "web-1", "web-2", "data", "web"]
    assert [each.text for each in of_virt_guest([*words, "web-1", "web-"])] == ["web-2"]
    if action == "apply":
        assert [each.text for each in of_virt_guest([*words, "--recreate", "d"])] == ["db", "data"]
    path.write_text("version: 2\n")
    assert of_virt_guest([*words, ""]) == []
