"""Commands and library: libvirt is not needed, standard output has the documents, standard error everything else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import virtinstall
from tests.cases.facts import ENVIRONMENT
from virtinstall.cli.main import guest_main, main
from virtinstall.devices import Disk, Graphics, Interface
from virtinstall.domain.domain import Domain
from virtinstall.spec import CloudImage, CloudInit, User

LINE = "--name web --memory 2048 --osinfo debian12 --disk vol=pvc/a --import"
FILE = """
version: 1
project: shop
defaults: {memory: 2G, osinfo: debian12, import: true, disk: size=5}
guests:
  web: {count: 2, groups: [frontend], kubevirt-namespace: shop}
  db: {graphics: spice}
  old: {state: absent}
"""


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> Path:
    path = tmp_path / "guests.yaml"
    path.write_text(FILE)
    return path


@pytest.mark.parametrize(
    ("entry", "args"),
    [("main", [*LINE.split(), "--output", "kubevirt"]), ("guest_main", ["export", "--format", "kubevirt", "-f", "-"])],
)
def test_libvirt_is_not_loaded(entry: str, args: list[str]) -> None:
    """The commands work on a machine without libvirt."""
    code = (
        f"import sys; sys.modules['libvirt'] = None; from virtinstall.cli.main import {entry} as m; sys.exit(m({args}))"
    )
    file = FILE.replace("{graphics: spice}", "{}")
    done = subprocess.run([sys.executable, "-c", code], input=file, capture_output=True, text=True, env={**os.environ})

    assert done.returncode == 0, done.stderr
    assert all(document["kind"] == "VirtualMachine" for document in yaml.safe_load_all(done.stdout))


def test_output_is_only_the_manifest(capsys: pytest.CaptureFixture[str]) -> None:
    """Warnings and generated passwords are printed to standard error, so that the output can be piped to kubectl."""
    assert main([*LINE.split(), "--cloud-init", "root-password-generate=on", "--output", "kubevirt"]) == 0
    printed = capsys.readouterr()
    secret, guest = yaml.safe_load_all(printed.out)
    password = printed.err.rpartition(": ")[2].strip()

    assert "Password of 'root' in the guest 'web': " in printed.err
    assert password not in printed.out
    assert "$6$" in secret["stringData"]["userdata"]
    assert "$6$" not in str(guest)


def test_unsupported_option_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    """The message names the option, and nothing is printed to standard output."""
    assert main([*LINE.split(), "--graphics", "spice", "--output", "kubevirt"]) == 1
    printed = capsys.readouterr()

    assert printed.out == ""
    assert "--graphics type=spice: not supported by KubeVirt" in printed.err
    assert "--kubevirt-drop graphics.type" in printed.err


def test_dropped_option_is_omitted(capsys: pytest.CaptureFixture[str]) -> None:
    """With --kubevirt-drop, the same command line prints the manifest."""
    assert main([*LINE.split(), "--graphics", "spice", "--output", "kubevirt", "--kubevirt-drop", "graphics"]) == 0

    assert yaml.safe_load(capsys.readouterr().out)["kind"] == "VirtualMachine"


def test_export_of_a_file_has_a_document_for_each_guest(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Groups become labels, and the namespace is that in the file; absent guests are omitted."""
    assert guest_main(["export", "-f", str(file), "--format", "kubevirt", "--kubevirt-drop", "graphics"]) == 0
    documents = list(yaml.safe_load_all(capsys.readouterr().out))

    assert [document["metadata"]["name"] for document in documents] == ["web-1", "web-2", "db"]
    assert documents[0]["metadata"]["namespace"] == "shop"
    assert documents[0]["metadata"]["labels"] == {
        "kubevirt.io/domain": "web-1",
        "app.kubernetes.io/part-of": "shop",
        "group.virtinstall/frontend": "true",
        "group.virtinstall/web": "true",
    }


def test_export_selects_guests_by_name_or_group(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`virt-guest apply` selects guests in the same way."""
    assert guest_main(["export", "-f", str(file), "--format", "kubevirt", "frontend"]) == 0

    assert [each["metadata"]["name"] for each in yaml.safe_load_all(capsys.readouterr().out)] == ["web-1", "web-2"]


def test_error_of_an_export_has_a_position(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is the position of the guest in the file."""
    assert guest_main(["export", "-f", str(file), "--format", "kubevirt"]) == 1

    assert f"{file}:7:3: db: --graphics type=spice: not supported by KubeVirt" in capsys.readouterr().err


def test_library_returns_the_documents(file: Path) -> None:
    """`Lab.to_kubevirt` and `GuestSpec.to_kubevirt` return what the commands print."""
    lab = virtinstall.Lab.load(file)
    spec = virtinstall.GuestSpec(
        Domain(name="web", memory_kib=2 << 20, devices=[Disk(vol="pvc/a"), Interface(type="user")]),
        install=CloudImage(CloudInit(users=[User("anna", ssh_keys=["ssh-ed25519 AAAA anna"])])),
        os="debian12",
    )
    guest = spec.to_kubevirt(namespace="shop", run_strategy="Halted")

    assert [each["metadata"]["name"] for each in lab.to_kubevirt(["web"])] == ["web-1", "web-2"]
    assert [each["kind"] for each in guest] == ["VirtualMachine"]
    assert guest[0]["metadata"]["namespace"] == "shop"
    assert guest[0]["spec"]["runStrategy"] == "Halted"
    assert guest[0]["spec"]["template"]["spec"]["domain"]["memory"] == {"guest": "2Gi"}


def test_error_of_the_library_names_the_option() -> None:
    """The script sets the corresponding attribute."""
    domain = Domain(name="web", memory_kib=2 << 20, devices=[Disk(vol="pvc/a"), Graphics(type="spice")])
    spec = virtinstall.GuestSpec(domain, os="debian12")

    with pytest.raises(virtinstall.RequestError, match="--graphics type=spice: not supported by KubeVirt"):
        spec.to_kubevirt()
    assert spec.to_kubevirt(drop=["graphics"])


def test_library_rejects_generated_passwords() -> None:
    """The documents would contain only the hash of the password."""
    seed = CloudInit(generate_root_password=True)
    spec = virtinstall.GuestSpec(
        Domain(name="web", memory_kib=2 << 20, devices=[Disk(vol="pvc/a")]), install=CloudImage(seed), os="debian12"
    )
    with pytest.raises(virtinstall.RequestError, match="password would be lost, because the manifests"):
        spec.to_kubevirt()


def test_warning_of_all_guests_is_printed_once(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A file with many guests would repeat it for each of them."""
    path = tmp_path / "guests.yaml"
    path.write_text(FILE.replace("osinfo: debian12", "osinfo: generic").replace("graphics: spice", ""))
    assert guest_main(["export", "-f", str(path), "--format", "kubevirt"]) == 0

    assert capsys.readouterr().err.count("--osinfo generic: using slow devices") == 1
