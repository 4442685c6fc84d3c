"""virt-clone: the record of the clone contains its disks."""

from __future__ import annotations

from pathlib import Path

import virtinstall
from virtinstall.clone.create import create_clone, make_clone_plan
from virtinstall.clone.request import CloneRequest
from virtinstall.guest_record import NAMESPACE, CreatedFile, GuestRecord
from virtinstall.run.store_record import store

KEY = "ssh-ed25519 AAAA"


def test_record_of_a_clone_has_its_disks_and_the_login(tmp_path: Path) -> None:
    """The record of the original is not changed."""
    with virtinstall.connect("test:///default") as hypervisor:
        path = tmp_path / "web.img"
        path.write_bytes(bytes(4096))
        source = f"<disk type='file'><source file='{path}'/><target dev='hda'/></disk>"
        head = "<name>web</name><memory>65536</memory><os><type>hvm</type></os>"
        hypervisor.host.define_guest(f"<domain type='test'>{head}<devices>{source}</devices></domain>")
        guest = hypervisor.guest("web")
        disk = CreatedFile(kind="disk", path=str(path), inode=path.stat().st_ino)
        record = GuestRecord(uuid=guest.uuid, files=(disk,), user="anna", host_key=KEY, image="debian12")
        assert store(record, guest.handle, hypervisor.host) is None
        request = CloneRequest(original="web", name="copy", auto_clone=True)
        plan = make_clone_plan(request, hypervisor.host)
        assert create_clone(plan, request, hypervisor.host) == "copy"
        copied = hypervisor.guest("copy").record
        assert copied is not None
        assert [each.path for each in copied.files] == [copy.target for copy in plan.copies]
        assert (copied.user, copied.image) == ("anna", "debian12")
        # the host key is not copied: cloud-init may generate new ones, and the original guest has the private key
        assert copied.host_key is None
        original = guest.record
        assert original is not None
        assert original.files == (disk,)
        assert guest.xml.count(NAMESPACE) == hypervisor.guest("copy").xml.count(NAMESPACE) == 1
