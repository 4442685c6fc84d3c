"""`--memory`: the guest's memory size.

Source: https://libvirt.org/formatdomain.html#memory-allocation
"""

from __future__ import annotations

from virtinstall.domain.memory_backing import MemoryBacking
from virtinstall.domain.section import Section
from virtinstall.xml.children import Child
from virtinstall.xml.convert import mib_to_kib
from virtinstall.xml.field import Suboption, XmlField
from virtinstall.xml.kinds import INTEGER, PRESENT, TEXT
from virtinstall.xml.paths import remove


def _set_memory(domain: Memory, text: str) -> None:
    amount = mib_to_kib(text) if text else None
    if amount is None:
        domain.settings.pop("wanted_memory_kib", None)
        domain.set_memory_kib(None)
    else:
        domain.settings["wanted_memory_kib"] = amount
    domain.set_current_memory_kib(amount)


def _set_current_memory(domain: Memory, text: str) -> None:
    """Set the current memory; `memory` then means the maximum, as in the XML."""
    wanted: int | None = domain.settings.get("wanted_memory_kib")
    if text and wanted is not None:
        domain.set_memory_kib(wanted)
    domain.set_current_memory_kib(mib_to_kib(text) if text else None)


def _set_old_maximum(domain: Memory, text: str) -> None:
    domain.set_memory_kib(mib_to_kib(text) if text else None)


def _set_max_memory(domain: Memory, text: str) -> None:
    domain.max_memory_kib = mib_to_kib(text) if text else None
    if domain.max_memory_unit is not None:
        domain.max_memory_unit = "KiB" if text else None


def _set_hugepages(domain: Memory, text: str) -> None:
    """Set huge pages. `off` keeps <memoryBacking>, as in virt-install 4.1.0; an empty value removes it."""
    backing = domain.memory_backing
    value = PRESENT.parse(text) if text else None
    if value is False and backing.node is not None:
        for node in backing.node.findall("hugepages"):
            remove(node)
    else:
        backing.hugepages = value


class Memory(Section):
    """<memory> and related elements, in KiB; mixed into `Domain`."""

    bare = ("memory",)

    memory_option = Suboption(
        "memory",
        _set_memory,
        "Memory in MiB, or with a unit: `4096`, `4G`; with `currentMemory` it is the maximum.",
        match=True,
        kind_name="size",
    )
    current_memory_option = Suboption(
        "currentMemory",
        _set_current_memory,
        "Memory at boot, in MiB or with a unit; the memory balloon can increase it up to `memory`.",
        match=True,
        kind_name="size",
    )
    max_memory_option = Suboption(
        "maxMemory",
        _set_max_memory,
        "Maximum including hot-plugged memory, in MiB or with a unit; requires `maxMemory.slots`.",
        aliases=("hotplugmemorymax",),
        match=True,
        kind_name="size",
    )
    max_memory_slots: XmlField[int] = XmlField(
        "./maxMemory/@slots",
        INTEGER,
        "Number of slots for hot-plugged memory.",
        aliases=("hotplugmemoryslots",),
    )
    old_maximum_option = Suboption(
        "maxmemory",
        _set_old_maximum,
        "Maximum memory (deprecated); with it, `memory` is the memory at boot.",
        kind_name="size",
    )
    hugepages_option = Suboption(
        "hugepages", _set_hugepages, "Back the memory with huge pages.", match=True, kind_name="on/off"
    )

    memory_kib: XmlField[int] = XmlField("./memory", INTEGER, "Memory in KiB.", name=None)
    memory_unit: XmlField[str] = XmlField("./memory/@unit", TEXT, "Unit of <memory>.", name=None)
    current_memory_kib: XmlField[int] = XmlField("./currentMemory", INTEGER, "Memory at boot, in KiB.", name=None)
    current_memory_unit: XmlField[str] = XmlField("./currentMemory/@unit", TEXT, "Unit of <currentMemory>.", name=None)
    max_memory_kib: XmlField[int] = XmlField(
        "./maxMemory", INTEGER, "Maximum including hot-plugged memory, in KiB.", name=None
    )
    max_memory_unit: XmlField[str] = XmlField("./maxMemory/@unit", TEXT, "Unit of <maxMemory>.", name=None)
    memory_backing: Child[MemoryBacking] = Child("./memoryBacking", MemoryBacking, prefix=None)

    def set_memory_kib(self, amount: int | None) -> None:
        """Set <memory> to `amount` KiB; None removes <memory>."""
        if self.memory_unit is not None:
            self.memory_unit = "KiB" if amount is not None else None
        self.memory_kib = amount

    def set_current_memory_kib(self, amount: int | None) -> None:
        """Set <currentMemory> to `amount` KiB, and also <memory> if it is smaller; None removes <currentMemory>."""
        if self.current_memory_unit is not None:
            self.current_memory_unit = "KiB" if amount is not None else None
        self.current_memory_kib = amount
        if amount is not None and amount > (self.memory_kib or 0):
            self.set_memory_kib(amount)
