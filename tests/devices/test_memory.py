"""--memdev: memory modules, whose sizes are typed in MiB and written in KiB."""

from __future__ import annotations

import pytest

from tests.devices.parsed import line, parsed
from virtinstall.devices.memory import MemoryDevice
from virtinstall.errors import RequestError


@pytest.mark.parametrize(
    ("text", "kib"), [("1", 1 << 10), ("512", 512 << 10), ("2G", 2 << 20), ("128 MiB", 128 << 10), ("4096 KiB", 4096)]
)
def test_size_of_a_module_is_in_mib(text: str, kib: int) -> None:
    """A size may have another unit; the XML contains KiB."""
    module = parsed(MemoryDevice, f"nvdimm,target.size={text},target.label_size={text},source.alignsize={text}")
    assert (module.target_size, module.target_label_size, module.source_alignsize) == (kib, kib, kib)


def test_invalid_size_is_rejected() -> None:
    """The error names option, sub-option and value."""
    with pytest.raises(RequestError, match=r"--memdev target\.size=much: must be a size"):
        parsed(MemoryDevice, "dimm,target.size=much")


def test_memory_module_has_old_names() -> None:
    """Nodes may contain commas, and switches are written as empty elements."""
    text = "nvdimm,access=private,target_size=1,target_node=0,source_path=/p,source_nodemask=1-2,4,source.pmem=on"
    assert line(parsed(MemoryDevice, f"{text},target.readonly=on")) == (
        '<memory model="nvdimm" access="private"><source><path>/p</path><nodemask>1-2,4</nodemask><pmem/></source>'
        "<target><size>1024</size><node>0</node><readonly/></target></memory>"
    )
