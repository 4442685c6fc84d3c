"""The record of a guest: its metadata contains what was created for it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from lxml import etree

import virtinstall
from virtinstall.guest_record import LARGEST_BYTES, NAMESPACE, CreatedFile, GuestRecord, Reservation, parse_record
from virtinstall.run.store_record import store
from virtinstall.seed.host_key import new_host_key

UUID = "156f25fd-22c6-4a33-81d7-ff7799335bc3"
RECORD = GuestRecord(
    uuid=UUID,
    version="1.0",
    created="2026-11-30T12:00:00Z",
    files=(
        CreatedFile(kind="disk", path="/d/a.qcow2", base="/d/base & co.qcow2", inode=7, born=1796058701123840233),
        CreatedFile(kind="seed", path="/d/seed.iso", pool="default", volume="seed.iso"),
    ),
    reservations=(Reservation(network="default", mac="52:54:00:00:00:01", address="192.0.2.7"),),
    nvram="/d/vars.fd",
    image="debian12",
    user="anna",
    host_key="ssh-ed25519 AAAA",
    request='{"os": {"name": "debian12"}}',
)


def test_record_is_preserved_in_xml() -> None:
    """libvirt adds its namespace to the elements."""
    assert parse_record(RECORD.to_xml(), UUID) == RECORD
    namespaced = etree.fromstring(RECORD.to_xml())
    for node in namespaced.iter():
        node.tag = f"{{{NAMESPACE}}}{node.tag}"
    assert parse_record(etree.tostring(namespaced, encoding="unicode"), UUID) == RECORD


def test_record_of_another_guest_is_ignored() -> None:
    """Programs that copy a guest copy its metadata as well."""
    assert parse_record(RECORD.to_xml(), UUID.replace("1", "2")) is None


@pytest.mark.parametrize("text", ["", "no XML", "<guest", f"<guest uuid='{UUID}'><file/><request>{{</request></guest>"])
def test_invalid_metadata_causes_no_error(text: str) -> None:
    """Any program can write metadata."""
    found = parse_record(text, UUID)
    assert found is None or (found.files, found.parsed_request()) == ((), None)


def test_long_request_is_omitted_from_the_record() -> None:
    """The files in the record are complete."""
    long = RECORD.replace(request=json.dumps({"os": "x" * LARGEST_BYTES}))
    assert len(long.to_xml().encode()) <= LARGEST_BYTES
    assert parse_record(long.to_xml(), UUID) == RECORD.replace(request=None)


def test_record_of_many_files_is_truncated(tmp_path: Path) -> None:
    """A longer record would slow down every program that reads the guest's XML."""
    files = tuple(CreatedFile(kind="disk", path=f"/d/{number:040}<>.qcow2", inode=number) for number in range(500))
    many = RECORD.replace(files=files, request=json.dumps({"os": "x" * 9000}))
    assert len(many.to_xml().encode()) <= LARGEST_BYTES
    found = parse_record(many.to_xml(), UUID)
    assert found is not None
    assert found.request is None
    assert 50 < len(found.files) < 500
    assert found == many.replace(request=None, files=files[: len(found.files)])
    with virtinstall.connect("test:///default") as hypervisor:
        guest = hypervisor.guest("test").handle
        warning = store(many, guest, hypervisor.host)
        assert warning is not None
        assert f"will keep {500 - len(found.files)} files of 'test'" in warning


class _NoMetadata:
    """A guest of a driver that stores no metadata."""

    name, uuid = "web", UUID

    def set_metadata(self, namespace: str, prefix: str, xml: str) -> bool:
        return False


def test_driver_without_metadata_causes_a_warning() -> None:
    """virt-guest cannot find out which disks were created for the guest."""
    with virtinstall.connect("test:///default") as hypervisor:
        warning = store(RECORD, _NoMetadata(), hypervisor.host)  # type: ignore[arg-type]
    assert warning == (
        "virt-guest delete will keep the disks of 'web': libvirt's driver 'test' does not store metadata"
    )


def test_replaced_file_is_not_recorded(tmp_path: Path) -> None:
    """A record that is stored again keeps the inodes of its files, because the user may have replaced a file."""
    path = tmp_path / "a.qcow2"
    path.touch()
    with virtinstall.connect("test:///default") as hypervisor:
        guest = hypervisor.guest("test")
        record = GuestRecord(uuid=guest.uuid, files=(CreatedFile(kind="disk", path=str(path)),))
        assert store(record, guest.handle, hypervisor.host) is None
        stored = guest.record
        assert stored is not None
        assert stored.files[0].inode == path.stat().st_ino
        (tmp_path / "own").touch()
        (tmp_path / "own").rename(path)
        assert store(stored, guest.handle, hypervisor.host) is None
        assert guest.record == stored


def test_new_guest_has_a_record_without_passwords(capsys: pytest.CaptureFixture[str]) -> None:
    """The metadata of the OS is kept."""
    args = ["--connect", "test:///default", "--name", "lc-record", "--memory", "64", "--disk", "size=1", "--import"]
    args += ["--osinfo", "debian12", "--graphics", "vnc,password=Geheim", "--noautoconsole", "--output", "json"]
    from virtinstall.cli.main import main

    assert main(args) == 0
    document = json.loads(capsys.readouterr().out)
    record = document["record"]
    assert [(each["kind"], each["path"]) for each in record["files"]] == [
        ("disk", document["disks"][0]["path"]),
    ]
    assert record["request"]["os"] == {"values": {"name": "debian12"}}
    metadata = etree.fromstring(document["xml"]).find("metadata")
    assert metadata is not None
    assert {etree.QName(each).localname for each in metadata} == {"libosinfo", "guest"}
    assert "Geheim" not in etree.tostring(metadata, encoding="unicode")


def test_redefined_guest_keeps_its_record() -> None:
    """The record is part of the definition."""
    with virtinstall.connect("test:///default") as hypervisor:
        guest = hypervisor.guest("test").handle
        assert guest.set_metadata(NAMESPACE, "virtinstall", RECORD.replace(uuid=guest.uuid).to_xml())
        guest.destroy()
        hypervisor.host.define_guest(guest.xml(inactive=True))
        found = parse_record(guest.metadata(NAMESPACE), guest.uuid)
        assert found == RECORD.replace(uuid=guest.uuid)


def test_host_key_is_accepted_by_ssh(tmp_path: Path) -> None:
    """The seed gets the private key, the record the public key."""
    key = new_host_key({"XDG_RUNTIME_DIR": str(tmp_path)})
    assert key is not None
    path = tmp_path / "private"
    path.touch(0o600)
    path.write_text(key.private)
    printed = subprocess.run(["ssh-keygen", "-y", "-f", path], capture_output=True, text=True, check=True).stdout
    assert printed.split()[:2] == key.public.split()
    assert key.private not in repr(key)
