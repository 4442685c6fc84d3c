"""Published command lines (guides, blogs, manuals of distributions, scripts) and the warnings that each prints.

The lines are unchanged, except for media, disks, pools and networks, which are those of the test. A warning is
correct only if the user can act on it: at most one for each mistake in a line, and none for a correct line with
--osinfo. Wrong lines are errors, as with virt-install 4.1.0.
"""

from __future__ import annotations

import os
import re
import shlex
from collections import Counter
from pathlib import Path

import pytest

from tests.cases.facts import HOSTS
from tests.media.isofiles import build_iso
from virtinstall.cli.main import main
from virtinstall.facts import NetworkFacts
from virtinstall.libvirt_host.connection import LibvirtHost
from virtinstall.storage import space
from virtinstall.survey import networks

DATA = Path(__file__).parents[1] / "data"
_VERSION = Path("/usr/share/osinfo/VERSION")
OF_TABLE = _VERSION.exists() and _VERSION.read_text().strip() == "20221203"
"""Whether the installed OS database is that of the table (Debian 12): newer ones know more systems and sizes."""
LINES = [
    line
    for line in Path(__file__).with_name("published_lines.txt").read_text().replace("\\\n", "").splitlines()
    if not line.startswith("#")
]
TEXTS = {
    "userdata.yaml": "#cloud-config\nhostname: x\n",
    "metadata.yaml": "instance-id: x\n",
    "netcfg.yaml": "version: 2\n",
    "ks.cfg": "text\n",
}
IMAGE_BYTES = 8 << 30
TREE = (
    "[general]\nfamily = Fedora\nversion = 36\narch = x86_64\n"
    "[images-x86_64]\nkernel = images/pxeboot/vmlinuz\ninitrd = images/pxeboot/initrd.img\n"
)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """ISO images, disk images of 8 GiB, answer files, an install tree, and paths for new disks."""
    folder = tmp_path_factory.mktemp("published")
    for name in ("iso.iso", "iso2.iso"):
        build_iso(folder / name, {"README": b"x"})
    for name in ("img.qcow2", "img2.qcow2"):
        (folder / name).touch()
        os.truncate(folder / name, IMAGE_BYTES)
    for name, text in TEXTS.items():
        (folder / name).write_text(text)
    boot = folder / "tree" / "images" / "pxeboot"
    boot.mkdir(parents=True)
    (folder / "tree" / ".treeinfo").write_text(TREE)
    for name in ("vmlinuz", "initrd.img"):
        (boot / name).write_bytes(b"x")
    paths = {path.stem: str(path) for path in folder.iterdir()}
    return {**paths, "new": str(folder / "new.qcow2"), "new2": str(folder / "new2.qcow2")}


@pytest.fixture(autouse=True)
def kvm_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host with KVM, UEFI, much space and known bridges; its guests, pools and networks are those of the driver."""
    text = (DATA / "capabilities-debian12.xml").read_text()
    # QEMU runs as the user of the tests, who can read their files
    capabilities = re.sub(r"\+\d+:\+\d+(?=</baselabel>)", f"+{os.getuid()}:+{os.getgid()}", text)
    # a kernel on hardware offers all enlightenments, the nested one of the file only two
    offered = "".join(f"<value>{name}</value>" for name in ("relaxed", "vapic", "spinlocks", "vendor_id"))
    text = (DATA / "domain-capabilities-kvm-q35.xml").read_text()
    kvm = re.sub(r"(<hyperv .*?<enum name='features'>).*?(</enum>)", rf"\1{offered}\2", text, flags=re.DOTALL)
    emulated_arm = (HOSTS / "qemu" / "domcaps-aarch64-virt.xml").read_text()

    def domain_capabilities(host: LibvirtHost, _: object, arch: str, machine: object, virt_type: str) -> str | None:
        return {("x86_64", "kvm"): kvm, ("aarch64", "qemu"): emulated_arm}.get((arch, virt_type))

    monkeypatch.setattr(LibvirtHost, "driver", lambda host: "qemu")
    monkeypatch.setattr(LibvirtHost, "capabilities_xml", lambda host: capabilities)
    monkeypatch.setattr(LibvirtHost, "domain_capabilities_xml", domain_capabilities)
    monkeypatch.setattr(LibvirtHost, "check_guest_xml", lambda host, xml: True)
    monkeypatch.setattr(networks, "links", lambda: ())
    monkeypatch.setattr(networks, "has_passt", lambda **_: True)
    monkeypatch.setattr(space, "free_bytes", lambda path: None)


@pytest.mark.parametrize("line", LINES)
def test_published_line_has_the_listed_warnings(
    line: str, files: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The table contains the number of short warnings, or the error."""
    parts = re.fullmatch(r"(\d|error)(?: \[(.*?)\])? (.*)", line)
    assert parts is not None
    expected, reason, typed = parts.groups()

    status = main(["--connect", "test:///default", *arguments(typed, files), "--dry-run"])

    err = capsys.readouterr().err
    folder = str(Path(files["new"]).parent)
    found = [text for text in err.splitlines() if text.startswith("WARNING")]
    assert all(len(text.removeprefix("WARNING").strip().replace(folder, "")) <= 140 for text in found), err
    if not OF_TABLE:
        assert len(found) <= 2, err
        return
    if expected == "error":
        assert status != 0
        assert reason in err.replace(folder + "/", "")
        assert "hint:" in err
        return
    assert status == 0, err
    assert len(found) == int(expected), err


def arguments(typed: str, files: dict[str, str]) -> list[str]:
    """Return the arguments of a line, without its connection and preview."""
    args = [arg for arg in shlex.split(typed.format(**files)) if arg not in ("--print-xml", "--debug", "-d")]
    if "--connect" in args:
        del args[args.index("--connect") : args.index("--connect") + 2]
    return [arg for arg in args if not arg.startswith("--connect=")]


def test_most_published_lines_cause_no_warning() -> None:
    """The numbers are those in docs/develop/published-lines.md."""
    counts = Counter(line.partition(" ")[0] for line in LINES)

    assert len(set(LINES)) == len(LINES) >= 400
    assert counts["0"] > len(LINES) / 2
    assert counts["2"] < len(LINES) / 40
    assert set(counts) == {"0", "1", "2", "error"}


def test_hint_for_a_missing_bridge_is_its_network(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every tenth line has `bridge=virbr0`, which the network `default` creates."""
    network = LibvirtHost.network

    def inactive(host: LibvirtHost, name: str) -> NetworkFacts | None:
        found = network(host, name)
        return None if found is None else found.replace(active=False)

    monkeypatch.setattr(LibvirtHost, "network", inactive)
    monkeypatch.setattr(networks, "links", lambda: ("eth0", "lo"))
    args = ("--name", "web", "--memory", "2048", "--disk", "none", "--pxe", "--osinfo", "fedora36", "--dry-run")

    assert main(["--connect", "test:///default", *args, "--network", "bridge=virbr0"]) == 0
    assert "net-start default" in capsys.readouterr().err
    assert main(["--connect", "test:///default", *args, "--network", "bridge=other"]) == 0
    assert "net-start" not in capsys.readouterr().err
