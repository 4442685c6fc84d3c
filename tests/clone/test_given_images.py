"""--preserve-data with --file: existing images replace the disks of the original."""

from __future__ import annotations

import pytest

from tests.clone.test_plan import domain, guest, plan
from virtinstall.clone.request import Place, SourceFacts


@pytest.mark.parametrize("source", ["<source protocol='rbd' name='a/b'><host name='h'/></source>", ""])
def test_specified_image_replaces_network_storage(source: str) -> None:
    """--preserve-data copies nothing, so the original need not be readable."""
    xml = guest(
        f"<disk type='network' device='disk'><auth username='u'/>{source}<target dev='vda' bus='virtio'/></disk>"
    )
    places = {"/i": Place(exists=True, writable=True, names=frozenset({"new.img"}))}
    requested = {"files": ("/i/new.img",), "preserve_data": True, "name": "n", "auto_clone": False}

    made = domain(plan(xml, SourceFacts(kind="network"), requested=requested, places=places)).find("devices/disk")

    assert made is not None
    assert made.get("type") == "file"
    assert made.find("auth") is None
    assert [dict(each.attrib) for each in made.findall("source")] == [{"file": "/i/new.img"}]
