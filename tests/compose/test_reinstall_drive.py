"""--reinstall --cdrom uses the guest's CD-ROM drive, as virt-install 4.1.0 does."""

from __future__ import annotations

from pathlib import Path

import pytest

from virtinstall import connect
from virtinstall.devices.disk import Disk
from virtinstall.options.command import parse_request

NODE = """<node xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>
<domain type='test'><test:runstate>5</test:runstate><name>g</name><memory unit='MiB'>64</memory><os><type>hvm</type>
</os>
<devices>
  <disk type='file' device='cdrom'>{medium}<target dev='hdc' bus='ide'/><readonly/></disk>
</devices></domain></node>"""


@pytest.mark.parametrize("medium", [None, "/old.iso"])
def test_reinstall_changes_the_medium_for_the_installation_only(tmp_path: Path, medium: str | None) -> None:
    """The finished guest has its previous medium, or an empty drive."""
    node, iso = tmp_path / "node.xml", tmp_path / "new.iso"
    iso.touch()
    node.write_text(NODE.format(medium=f"<source file='{medium}'/>" if medium else ""))
    args = ["--reinstall", "g", "--osinfo", "generic", "--cdrom", str(iso)]

    with connect(f"test://{node}") as hypervisor:
        plan = hypervisor.plan(parse_request(args))

    assert plan.install is not None
    for domain, path in ((plan.install, str(iso)), (plan.final, medium)):
        assert [(disk.target_dev, disk.source_file) for disk in domain.devices_of(Disk)] == [("hdc", path)]
