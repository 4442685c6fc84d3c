"""What a record says: inheritance, devices, resources, firmware."""

from __future__ import annotations

from tests.osinfo.database import Database, devices


def test_devices_are_inherited(database: Database) -> None:
    """What an OS derives from gives it its devices."""
    record = database.catalog().lookup("penguin2.0").record
    assert record.ancestors == ("http://example.org/penguin/1",)
    assert record.supports_virtio("net")
    assert record.net_models() == ("e1000",)


def test_unsupported_takes_an_inherited_device_away(database: Database) -> None:
    """`supported="false"` holds until a descendant, here one that clones it, has the device again."""
    catalog = database.catalog()
    assert catalog.lookup("penguin2.0").record.supports_virtio_gpu()
    assert not catalog.lookup("penguin2.1").record.supports_virtio_gpu()
    assert catalog.lookup("puffin2.1").record.supports_virtio_gpu()


def test_circles_and_missing_parents_end(database: Database) -> None:
    """Two systems that derive from each other, and from one that isn't there, are just two systems."""
    record = database.catalog().lookup("circle-a").record
    assert record.ancestors == ("http://example.org/circle/b",)


def test_q35_needs_modern_virtio(database: Database) -> None:
    """A system that has only drivers for virtio 0.9 isn't put on PCI Express, though it knows the chipset."""
    catalog = database.catalog()
    assert not catalog.lookup("penguin1").record.supports_q35()
    assert catalog.lookup("penguin2.0").record.supports_q35()


def test_resources_by_architecture(database: Database) -> None:
    """The row of the architecture counts first, then that for all; what isn't recommended is twice the minimum."""
    record = database.catalog().lookup("penguin2.0").record
    assert record.minimum_ram_bytes("x86_64") == 1024**3
    assert record.minimum_ram_bytes("aarch64") == 512 * 1024**2
    assert record.recommended_ram_bytes("aarch64") == 768 * 1024**2
    assert (record.recommended_cpus("x86_64"), record.recommended_cpus("aarch64")) == (4, 2)
    assert record.recommended_storage_bytes("x86_64") == 10 * 1024**3
    assert database.catalog().lookup("penguin1").record.recommended_cpus("x86_64") == 2


def test_resources_are_inherited_where_it_says_so(database: Database) -> None:
    """A row with `inherit` is filled up by the parent's row of that architecture."""
    record = database.catalog().lookup("penguin2.1").record
    assert record.recommended_ram_bytes("x86_64") == 2 * 1024**3
    assert record.minimum_ram_bytes("x86_64") == 512 * 1024**2
    assert record.recommended_cpus("x86_64") == 2
    assert database.catalog().lookup("linux2030").record.recommended_ram_bytes("x86_64") == 768 * 1024**2


def test_memory_is_known_where_only_an_ancestor_says_it(database: Database) -> None:
    """A clone without resources of its own needs the memory of the original; its CPUs stay unsaid."""
    record = database.catalog().lookup("puffin2.1").record
    assert record.resources == ()
    assert record.recommended_ram_bytes("x86_64") == 2 * 1024**3
    assert record.recommended_cpus("x86_64") is None


def test_firmware(database: Database) -> None:
    """UEFI is required where BIOS is said to be unsupported; firmware is inherited."""
    catalog = database.catalog()
    assert catalog.lookup("win11").record.requires_efi("x86_64")
    penguin = catalog.lookup("penguin2.1").record
    assert penguin.supports_firmware("efi", "x86_64") is True
    assert penguin.supports_firmware("bios", "x86_64") is None
    assert not penguin.requires_efi("x86_64")


def test_family_and_clock(database: Database) -> None:
    """Windows wants the hardware clock in local time, Linux in UTC."""
    catalog = database.catalog()
    windows, penguin = catalog.lookup("win98").record, catalog.lookup("penguin1").record
    assert (windows.is_windows, windows.clock_offset) == (True, "localtime")
    assert (penguin.is_linux, penguin.is_windows, penguin.clock_offset) == (True, False, "utc")
    assert catalog.lookup("linux2030").record.is_linux_generic


def test_kernel_url_argument_is_that_of_the_nearest(database: Database) -> None:
    """How an installer is told its tree: own, else inherited."""
    catalog = database.catalog()
    found = [catalog.lookup(name).record.kernel_url_argument for name in ("penguin2.0", "penguin2.1", "puffin2.1")]
    assert found == ["method", "inst.repo", "inst.repo"]


def test_architectures_that_are_virtio_only(database: Database) -> None:
    """On architectures whose machines have always had virtio, disk and network need no entry."""
    record = database.catalog().lookup("generic").record
    assert not record.supports_virtio_disk("x86_64")
    assert all(record.supports_virtio_disk(arch) for arch in ("aarch64", "s390x", "ppc64le", "riscv64"))
    assert not record.supports_virtio_rng("s390x")


def test_name_without_translation_and_media(database: Database) -> None:
    """The name is the one in no language; media and scripts are facts of the OS itself."""
    record = database.catalog().lookup("penguin1").record
    assert record.name == "Penguin 1"
    (media,) = record.media
    assert (media.kernel, media.initrd, media.live, media.installer) == ("boot/vmlinuz", "boot/initrd", False, True)
    assert database.catalog().lookup("penguin2.0").record.scripts == ("http://example.org/answers/server",)


def test_models_come_best_first(database: Database) -> None:
    """Network cards, sound cards and displays are in the order of choice, not that of the file."""
    block = devices("10ec/8139", "8086/100e", "8086/2415", "8086/2668", "1013/00b8", "1b36/0100")
    database.write_os("local/os/example.org/zoo-1.xml", "http://example.org/zoo/1", "zoo1", block)
    record = database.catalog().lookup("zoo1").record
    assert record.net_models() == ("e1000", "rtl8139")
    assert record.sound_models() == ("ich6", "ac97")
    assert record.video_models() == ("qxl", "cirrus")
