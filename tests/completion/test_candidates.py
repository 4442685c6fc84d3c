"""Candidates for the completion of a command line, without a shell."""

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
    """Return the candidates for the end of `line`; libvirt has the objects in NAMES."""
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
def test_candidates_for_the_end_of_a_line(line: str, texts: list[str] | None) -> None:
    """They are options, sub-options after a comma, values, and names that libvirt or the OS database has."""
    texts_found = [candidate.text for candidate in found(line)]
    if texts is None:
        assert "--disk" in texts_found
    elif line.startswith("--osinfo debian"):
        assert set(texts) <= set(texts_found)
    else:
        assert texts_found == texts


def test_dotted_names_are_completed_in_two_steps() -> None:
    """`driver.` is one candidate; its sub-options are candidates after the dot."""
    assert [each.text for each in found("--disk driv")] == ["driver."]
    assert "driver.cache=" in [each.text for each in found("--disk driver.")]


def test_candidates_have_a_description() -> None:
    """The description of a sub-option is a line of its documentation."""
    (size,) = found("--disk siz")
    assert size.doc.startswith("Size in GiB")
    assert size.open


def test_a_used_sub_option_is_not_a_candidate() -> None:
    """After the comma, only other sub-options are candidates."""
    assert "size=1,size=" not in [each.text for each in found("--disk size=1,")]


def test_hidden_options_are_not_candidates() -> None:
    """Old spellings are accepted, but not suggested."""
    assert {"--ram", "--vnc", "--nographics"}.isdisjoint(each.text for each in found("--"))


def test_first_argument_of_virt_xml_is_a_guest() -> None:
    """Its actions and the XML options follow; --original of virt-clone is a guest, too."""
    assert [each.text for each in found("", "virt-xml")] == ["web"]
    assert "--add-device" in [each.text for each in found("web --", "virt-xml")]
    assert [each.text for each in found("web --edit --disk cache=unm", "virt-xml")] == []
    assert [each.text for each in found("--original w", "virt-clone")] == ["web"]


def test_paths_are_completed(tmp_path: Path) -> None:
    """A directory is completed with a slash, so that the path can be continued."""
    (tmp_path / "disk.qcow2").touch()
    assert [each.text for each in found(f"--disk path={tmp_path}/di")] == [f"path={tmp_path}/disk.qcow2"]
    assert [each.text for each in found(f"--cdrom {tmp_path}/")] == [f"{tmp_path}/disk.qcow2"]
    assert found(f"--cdrom {tmp_path}") == [Candidate(f"{tmp_path}/", "", True)]


@pytest.mark.parametrize("action", ["apply", "diff", "delete", "inventory", "export"])
def test_guests_and_groups_of_a_file_are_candidates(action: str, tmp_path: Path) -> None:
    """The option -f names the file; an invalid file has no candidates."""
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
