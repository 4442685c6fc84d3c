"""Contents of a record: inheritance, devices, resources, firmware."""

from __future__ import annotations

from tests.osinfo.database import Database, devices


def test_devices_are_inherited(database: Database) -> None:
    """An OS has the devices of the systems it derives from."""
    record = database.catalog().lookup("penguin2.0").record
    assert record.ancestors == ("http://example.org/penguin/1",)
    assert record.supports_virtio("net")
    assert record.net_models() == ("e1000",)


def test_unsupported_removes_an_inherited_device(database: Database) -> None:
    """A descendant, such as a clone, can add the device again."""
    catalog = database.catalog()
    assert catalog.lookup("penguin2.0").record.supports_virtio_gpu()
    assert not catalog.lookup("penguin2.1").record.supports_virtio_gpu()
    assert catalog.lookup("puffin2.1").record.supports_virtio_gpu()


def test_cycles_and_missing_parents_are_ignored(database: Database) -> None:
    """Two systems derive from each other, and one of them from a missing one."""
    record = database.catalog().lookup("circle-a").record
    assert record.ancestors == ("http://example.org/circle/b",)


def test_q35_needs_modern_virtio(database: Database) -> None:
    """A system with drivers only for virtio 0.9 is not put on PCI Express, although it supports the chipset."""
    catalog = database.catalog()
    assert not catalog.lookup("penguin1").record.supports_q35()
    assert catalog.lookup("penguin2.0").record.supports_q35()


def test_resources_of_the_architecture_are_preferred(database: Database) -> None:
    """A missing recommendation is twice the minimum."""
    record = database.catalog().lookup("penguin2.0").record
    assert record.minimum_ram_bytes("x86_64") == 1024**3
    assert record.minimum_ram_bytes("aarch64") == 512 * 1024**2
    assert record.recommended_ram_bytes("aarch64") == 768 * 1024**2
    assert (record.recommended_cpus("x86_64"), record.recommended_cpus("aarch64")) == (4, 2)
    assert record.recommended_storage_bytes("x86_64") == 10 * 1024**3
    assert database.catalog().lookup("penguin1").record.recommended_cpus("x86_64") == 2


def test_resources_are_inherited_with_inherit(database: Database) -> None:
    """Missing values come from the parent's row for the architecture."""
    record = database.catalog().lookup("penguin2.1").record
    assert record.recommended_ram_bytes("x86_64") == 2 * 1024**3
    assert record.minimum_ram_bytes("x86_64") == 512 * 1024**2
    assert record.recommended_cpus("x86_64") == 2
    assert database.catalog().lookup("linux2030").record.recommended_ram_bytes("x86_64") == 768 * 1024**2


def test_memory_of_an_ancestor_is_used(database: Database) -> None:
    """A clone without resources needs the memory of the original; the number of CPUs is unknown."""
    record = database.catalog().lookup("puffin2.1").record
    assert record.resources == ()
    assert record.recommended_ram_bytes("x86_64") == 2 * 1024**3
    assert record.recommended_cpus("x86_64") is None


def test_unsupported_bios_requires_uefi(database: Database) -> None:
    """Firmware is inherited."""
    catalog = database.catalog()
    assert catalog.lookup("win11").record.requires_efi("x86_64")
    penguin = catalog.lookup("penguin2.1").record
    assert penguin.supports_firmware("efi", "x86_64") is True
    assert penguin.supports_firmware("bios", "x86_64") is None
    assert not penguin.requires_efi("x86_64")


def test_windows_clock_is_in_local_time(database: Database) -> None:
    """That of Linux is in UTC."""
    catalog = database.catalog()
    windows, penguin = catalog.lookup("win98").record, catalog.lookup("penguin1").record
    assert (windows.is_windows, windows.clock_offset) == (True, "localtime")
    assert (penguin.is_windows, penguin.clock_offset) == (False, "utc")


def test_kernel_url_argument_is_inherited(database: Database) -> None:
    """The argument of the system overrides that of its ancestors."""
    catalog = database.catalog()
    found = [catalog.lookup(name).record.kernel_url_argument for name in ("penguin2.0", "penguin2.1", "puffin2.1")]
    assert found == ["method", "inst.repo", "inst.repo"]


def test_some_architectures_always_have_virtio(database: Database) -> None:
    """Their machines have always had virtio disks and interfaces, so the database needs no entry."""
    record = database.catalog().lookup("generic").record
    assert not record.supports_virtio_disk("x86_64")
    assert all(record.supports_virtio_disk(arch) for arch in ("aarch64", "s390x", "ppc64le", "riscv64"))
    assert not record.supports_virtio_rng("s390x")


def test_record_has_name_media_and_scripts(database: Database) -> None:
    """The name is the untranslated one."""
    record = database.catalog().lookup("penguin1").record
    assert record.name == "Penguin 1"
    (media,) = record.media
    assert (media.kernel, media.initrd, media.live, media.installer) == ("boot/vmlinuz", "boot/initrd", False, True)
    assert database.catalog().lookup("penguin2.0").record.scripts == ("http://example.org/answers/server",)


def test_interface_models_are_in_order_of_preference(database: Database) -> None:
    """The order in the file does not matter."""
    block = devices("10ec/8139", "8086/100e")
    database.write_os("local/os/example.org/zoo-1.xml", "http://example.org/zoo/1", "zoo1", block)
    record = database.catalog().lookup("zoo1").record
    assert record.net_models() == ("e1000", "rtl8139")
