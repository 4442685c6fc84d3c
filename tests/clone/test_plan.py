"""What a copy's XML is, and which images are copied how: without libvirt, without files."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from virtinstall.clone.plan import plan_clone
from virtinstall.clone.request import CloneFacts, ClonePlan, CloneRequest, Place, SourceFacts
from virtinstall.errors import NoSpaceError, RequestError, StorageError
from virtinstall.facts import PoolFacts, VolumeFacts
from virtinstall.request import Checks

UUID = "db69fa1f-eef0-e567-3c20-3ef16f10376b"
MIB = 1 << 20
HERE = Place(exists=True, writable=True)
IMAGE = SourceFacts("/i/vm.qcow2", "file", None, True, 10 * MIB, 5 * MIB)


def guest(devices: str = "", top: str = "", system: str = "") -> str:
    """The XML of the guest `vm`."""
    return (
        f"<domain type='kvm' id='3'><name>vm</name><uuid>{UUID}</uuid>{top}<os><type>hvm</type>{system}</os>"
        f"<devices>{devices}</devices></domain>"
    )


def disk(path: str = "/i/vm.qcow2", target: str = "vda", inside: str = "") -> str:
    """A <disk> of a file."""
    return f"<disk type='file' device='disk'><source file='{path}'/><target dev='{target}'/>{inside}</disk>"


def plan(xml: str, *sources: SourceFacts, requested: dict[str, Any] | None = None, **facts: Any) -> ClonePlan:
    """The plan for a copy of `xml`, with --auto-clone unless the request overrides it."""
    found = {"places": {"/i": HERE}, "guest_names": frozenset({"vm"}), "random_bytes": bytes(range(64)), **facts}
    return plan_clone(
        CloneRequest(**{"original": "vm", "auto_clone": True, **(requested or {})}), CloneFacts(xml, sources, **found)
    )


def domain(created: ClonePlan) -> etree._Element:
    """The copy's XML, parsed."""
    return etree.fromstring(created.xml)


def pool(kind: str = "dir", target: str = "/i", free: int = 1 << 40) -> PoolFacts:
    """A running pool."""
    return PoolFacts(name="p", type=kind, target=target, active=True, xml="", available_bytes=free)


def volume(name: str = "vm.qcow2", kind: str = "file", backing: str | None = None) -> VolumeFacts:
    """A qcow2 volume of 10 MiB."""
    return VolumeFacts(
        pool="p", name=name, path=f"/i/{name}", kind=kind, format="qcow2", capacity_bytes=10 * MIB, backing_path=backing
    )


def test_identity() -> None:
    """Name, uuid and generation are new, the firmware's uuid follows; id and title are gone; all else stays."""
    top = (
        "<title>my vm</title><description>d</description><genid>e90ff655-47a5-4484-9f9c-79a683c2a2e2</genid>"
        f"<sysinfo type='smbios'><system><entry name='uuid'>{UUID}</entry><entry name='sku'>1</entry></system>"
        "</sysinfo>"
    )
    xml = domain(plan(guest(top=top)))
    assert xml.findtext("name") == "vm-clone"
    assert xml.findtext("uuid") not in (None, UUID)
    assert xml.findtext("sysinfo/system/entry[@name='uuid']") == xml.findtext("uuid")
    assert xml.findtext("sysinfo/system/entry[@name='sku']") == "1"
    assert xml.findtext("genid") not in ("e90ff655-47a5-4484-9f9c-79a683c2a2e2", xml.findtext("uuid"))
    assert xml.findtext("description") == "d"
    assert xml.find("title") is None
    assert xml.get("id") is None


def test_given_uuid_and_name() -> None:
    """--uuid and --name are taken."""
    xml = domain(plan(guest(), requested={"name": "n", "uuid": UUID.replace("d", "c")}))
    assert (xml.findtext("name"), xml.findtext("uuid")) == ("n", UUID.replace("d", "c"))


@pytest.mark.parametrize(
    "requested",
    [
        {"auto_clone": False, "files": ("/i/x",)},
        {"name": "taken"},
        {"name": "a/b"},
        {"name": "vm", "replaces": True},
        {"auto_clone": False, "name": "n"},
    ],
)
def test_names_that_cannot_be(requested: dict[str, Any]) -> None:
    """No name, a name in use, one that libvirt can't have, the original's own; and no word of where disks go."""
    with pytest.raises(RequestError):
        plan(guest(), requested=requested, guest_names=frozenset({"vm", "taken"}))


def test_replaced_guest() -> None:
    """--replace is noted only where there is a guest to replace."""
    requested = {"name": "taken", "replaces": True}
    assert plan(guest(), requested=requested, guest_names=frozenset({"vm", "taken"})).replaces
    assert not plan(guest(), requested=requested).replaces


def test_interfaces() -> None:
    """Each interface gets a new MAC address and no name of a host device; specified ones are used first, in order."""
    mac = "<interface type='user'><mac address='52:54:00:11:22:33'/><target dev='vnet0'/></interface>"
    created = plan(guest(mac * 2 + "<interface type='user'/>"), requested={"macs": ("22:23:45:67:89:ab",)})
    macs = [node.get("address", "") for node in domain(created).iterfind("devices/interface/mac")]
    assert macs[0] == "22:23:45:67:89:ab"
    assert all(mac.startswith("52:54:00:") and mac != "52:54:00:11:22:33" for mac in macs[1:])
    assert len(set(macs)) == 3
    assert domain(created).find("devices/interface/target") is None


def test_mac_in_use() -> None:
    """A MAC address of another guest is refused, or warned of with --check mac_in_use=off."""
    xml = guest("<interface type='user'/>")
    requested: dict[str, Any] = {"macs": ("22:23:45:67:89:AB",)}
    with pytest.raises(RequestError, match="in use by 'other'"):
        plan(xml, requested=requested, guest_macs={"22:23:45:67:89:ab": "other"})
    allowed = {**requested, "checks": Checks(mac_in_use=False)}
    assert "in use" in plan(xml, requested=allowed, guest_macs={"22:23:45:67:89:ab": "other"}).warnings[0]


def test_ports_sockets_and_logs() -> None:
    """Fixed ports, sockets named after their channel, and files that serial ports write are not shared."""
    devices = (
        "<graphics type='vnc' port='5900' autoport='no'/><graphics type='spice' port='-1' autoport='yes'/>"
        "<channel type='unix'><source mode='bind' path='/run/vm/org.qemu.guest_agent.0'/>"
        "<target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
        "<channel type='unix'><source mode='bind' path='/run/mine'/><target type='virtio' name='own'/></channel>"
        "<serial type='file'><source path='/l/vm.log'/></serial>"
        "<console type='file'><source path='/l/vm.log'/></console>"
        "<serial type='pty'><log file='/l/s.log' append='on'/></serial>"
        "<parallel type='file'><source path='/l/p.log'/></parallel>"
    )
    xml = domain(plan(guest(devices), places={"/l": Place(True, True, frozenset({"s-clone.log"}))}))
    vnc, spice = xml.findall("devices/graphics")
    assert (vnc.get("port"), vnc.get("autoport")) == ("-1", None)
    assert (spice.get("port"), spice.get("autoport")) == ("-1", "yes")
    assert [source.get("path") for source in xml.iterfind("devices/channel/source")] == [None, "/run/mine"]
    paths = [node.get("path") for tag in ("serial", "console") for node in xml.iterfind(f"devices/{tag}/source")]
    assert paths == ["/l/vm-clone.log"] * 2
    log, parallel = xml.find("devices/serial/log"), xml.find("devices/parallel/source")
    assert log is not None and log.get("file") == "/l/s-clone-1.log"
    assert parallel is not None and parallel.get("path") == "/l/p.log"


def test_which_disks_are_copied() -> None:
    """Read-only and shareable disks and empty drives stay; --force-copy and --skip-copy change that."""
    names = ("plain", "ro", "shared", "empty", "skipped", "forced")
    marks = {"ro": "<readonly/>", "shared": "<shareable/>", "forced": "<readonly/>"}
    disks = "".join(
        disk(f"/i/{name}", name, marks.get(name, ""))
        if name != "empty"
        else "<disk type='file' device='cdrom'><target dev='empty'/></disk>"
        for name in names
    )
    sources = [IMAGE._replace(path=f"/i/{name}") if name != "empty" else SourceFacts() for name in names]
    created = plan(guest(disks), *sources, requested={"skip_copy": ("skipped", "nosuch"), "force_copy": ("forced",)})
    assert [copy.source for copy in created.copies] == ["/i/plain", "/i/forced"]
    assert [copy.target for copy in created.copies] == ["/i/plain-clone", "/i/forced-clone"]
    assert "--skip-copy nosuch: the guest has no such disk" in created.warnings[0]


def test_files_in_order() -> None:
    """--file goes to the disks that are copied, in order; too many and too few are errors."""
    xml = guest(disk() + disk("/i/b", "vdb"))
    sources = (IMAGE, IMAGE._replace(path="/i/b"))
    requested = {"auto_clone": False, "name": "n"}
    created = plan(xml, *sources, requested={**requested, "files": ("/i/1", "/i/2")})
    assert [source.get("file") for source in domain(created).iterfind("devices/disk/source")] == ["/i/1", "/i/2"]
    with pytest.raises(RequestError, match=r"no more disks to copy \(the copied disks are vda, vdb\)") as caught:
        plan(xml, *sources, requested={**requested, "files": ("/i/1", "/i/2", "/i/3")})
    assert "/i/3" in caught.value.message
    with pytest.raises(RequestError, match="no new path"):
        plan(xml, *sources, requested={**requested, "files": ("/i/1",)})
    with pytest.raises(RequestError, match="two disks"):
        plan(xml, *sources, requested={**requested, "files": ("/i/1", "/i/1")})


def test_further_file_without_disks_to_copy_is_a_warning() -> None:
    """As with virt-clone 4.1.0."""
    created = plan(guest(), requested={"files": ("/i/1",)})
    assert "/i/1" in created.warnings[0]


@pytest.mark.parametrize("driver", ["", "<driver name='qemu' type='qcow2'/>"])
def test_existing_image_keeps_its_format(driver: str) -> None:
    """A raw image in the place of a qcow2 one is read as raw."""
    places = {"/i": Place(True, True, frozenset({"x"}))}
    requested: dict[str, Any] = {"files": ("/i/x",), "preserve_data": True}
    created = plan(guest(disk(inside=driver)), IMAGE, requested=requested, places=places, formats={"/i/x": "raw"})
    assert [node.get("type") for node in domain(created).iterfind("devices/disk/driver")] == ["raw"]


@pytest.mark.parametrize("extension", [".fd", ".qcow2"])
def test_stored_uefi_variables_are_copied(extension: str) -> None:
    """Though the XML only asks for UEFI; the copy's XML names them, with the same extension."""
    stored = SourceFacts(f"/i/vm_VARS{extension}", "file", None, True, MIB, MIB)
    created = plan(guest(), nvram=stored, requested={"name": "n"})
    assert created.copies[-1].target == f"/i/n_VARS{extension}"
    assert domain(created).findtext("os/nvram") == f"/i/n_VARS{extension}"


def test_existing_file_is_overwritten_only_when_asked() -> None:
    """An existing path is refused; --check path_exists=off overwrites it."""
    places = {"/i": Place(True, True, frozenset({"x"}))}
    requested: dict[str, Any] = {"files": ("/i/x",)}
    with pytest.raises(StorageError, match="already exists"):
        plan(guest(disk()), IMAGE, requested=requested, places=places)
    created = plan(guest(disk()), IMAGE, requested={**requested, "checks": Checks(path_exists=False)}, places=places)
    assert created.copies[0].overwrite


def test_existing_volume_is_never_overwritten() -> None:
    """Not even with --check path_exists=off."""
    places = {"/i": Place(True, True, frozenset({"x"}), pool())}
    with pytest.raises(StorageError, match="existing volume"):
        plan(guest(disk()), IMAGE, requested={"files": ("/i/x",), "checks": Checks(path_exists=False)}, places=places)


def test_preserved_data() -> None:
    """--preserve-data uses the existing files, copies nothing, and needs no original; an image in use is refused."""
    requested: dict[str, Any] = {"files": ("/i/x",), "preserve_data": True}
    places = {"/i": Place(True, True, frozenset({"x"}))}
    gone = SourceFacts("/i/gone")
    created = plan(guest(disk()), gone, requested=requested, places=places)
    assert created.copies == ()
    assert "'/i/x'" in created.xml or '"/i/x"' in created.xml
    with pytest.raises(StorageError, match="does not exist"):
        plan(guest(disk()), gone, requested=requested)
    with pytest.raises(StorageError, match="in use by guest 'other'"):
        plan(guest(disk()), gone, requested=requested, places=places, uses={"/i/x": ("in use by guest 'other'",)})


@pytest.mark.parametrize("source", [SourceFacts(kind="network"), SourceFacts("/i", "dir"), SourceFacts("/i/gone")])
def test_disks_that_cannot_be_copied(source: SourceFacts) -> None:
    """Network disks, directories and missing files; all of them can be skipped."""
    with pytest.raises((RequestError, StorageError)):
        plan(guest(disk()), source)
    assert plan(guest(disk()), source, requested={"skip_copy": ("vda",)}).copies == ()


def test_local_file_of_a_pool_is_copied_here() -> None:
    """What we can read and write ourselves needs no libvirt."""
    source = IMAGE._replace(volume=volume())
    created = plan(guest(disk()), source, places={"/i": Place(True, True, frozenset(), pool())})
    assert created.copies[0].how == "file"


@pytest.mark.parametrize("facts", [{"remote": True}, {"pretended": True}])
def test_volume_elsewhere_is_copied_by_libvirt(facts: dict[str, Any]) -> None:
    """The format is kept, as in the <volume>."""
    source = IMAGE._replace(volume=volume())
    (copy,) = plan(guest(disk()), source, places={"/i": Place(True, False, frozenset(), pool())}, **facts).copies
    created = etree.fromstring(copy.volume_xml)
    assert (copy.how, copy.pool, copy.volume, copy.source_volume) == (
        "volume",
        "p",
        "vm-clone.qcow2",
        ("p", "vm.qcow2"),
    )
    assert created.findtext("name") == "vm-clone.qcow2"
    form = created.find("target/format")
    assert form is not None and form.get("type") == "qcow2"
    assert (created.findtext("capacity"), created.findtext("allocation")) == (str(10 * MIB), str(5 * MIB))


def test_overlay_elsewhere_stays_an_overlay() -> None:
    """libvirt would make a whole image of it, so its file is copied as it is."""
    source = IMAGE._replace(volume=volume(backing="/i/base"), file_bytes=6 * MIB)
    places = {"/i": Place(True, False, frozenset(), pool())}
    (copy,) = plan(guest(disk()), source, places=places, remote=True).copies
    created = etree.fromstring(copy.volume_xml)
    form = created.find("target/format")
    assert (copy.how, created.findtext("capacity")) == ("stream", str(6 * MIB))
    assert form is not None and form.get("type") == "raw"


def test_into_a_logical_pool() -> None:
    """A local image that no pool knows is sent into a new logical volume; the disk becomes a block device."""
    places = {"/i": HERE, "/dev/vg": Place(True, True, frozenset(), pool("logical", "/dev/vg"))}
    created = plan(guest(disk()), IMAGE, requested={"files": ("/dev/vg/new",)}, places=places)
    assert (created.copies[0].how, created.copies[0].capacity_bytes) == ("upload", 10 * MIB)
    node = domain(created).find("devices/disk")
    assert node is not None and node.get("type") == "block"
    assert '<source dev="/dev/vg/new"/>' in created.xml


def test_full_pool() -> None:
    """A pool without space is rejected before anything is created; --nonsparse needs the whole size."""
    places = {"/i": Place(True, False, frozenset(), pool(free=6 * MIB))}
    source = IMAGE._replace(volume=volume())
    assert plan(guest(disk()), source, places=places).copies
    with pytest.raises(NoSpaceError, match="free space"):
        plan(guest(disk()), source, places=places, requested={"sparse": False})


def test_remote_paths_need_a_pool() -> None:
    """On a remote host only its pools can be written."""
    with pytest.raises(StorageError, match="not in a pool of the remote host"):
        plan(guest(disk()), IMAGE._replace(volume=volume()), remote=True)


def test_what_a_copy_would_lose() -> None:
    """A relative backing file is not found from another directory; an external data file would be shared."""
    relative = IMAGE._replace(relative_backing="base.qcow2")
    places = {"/i": HERE, "/other": HERE}
    assert plan(guest(disk()), relative).copies
    with pytest.raises(StorageError, match="backing file"):
        plan(guest(disk()), relative, requested={"files": ("/other/x",)}, places=places)
    with pytest.raises(StorageError, match="data in another file"):
        plan(guest(disk()), IMAGE._replace(data_file="data.raw"))


def test_nvram() -> None:
    """The UEFI variables are copied next to the original's, or to --nvram; an existing file is kept."""
    xml = guest(system="<nvram>/n/vm_VARS.fd</nvram>")
    found = SourceFacts("/n/vm_VARS.fd", "file", None, True, MIB, MIB)
    places = {"/n": HERE, "/m": Place(True, True, frozenset({"mine.fd"}))}
    created = plan(xml, nvram=found, places=places)
    assert domain(created).findtext("os/nvram") == "/n/vm-clone_VARS.fd"
    assert [(copy.source, copy.target) for copy in created.copies] == [("/n/vm_VARS.fd", "/n/vm-clone_VARS.fd")]
    given = plan(xml, nvram=found, places=places, requested={"nvram": "/m/mine.fd"})
    assert (domain(given).findtext("os/nvram"), given.copies) == ("/m/mine.fd", ())
    missing = plan(xml, nvram=SourceFacts("/n/vm_VARS.fd"), places=places)
    assert (domain(missing).findtext("os/nvram"), missing.copies) == ("/n/vm-clone_VARS.fd", ())
    assert missing.warnings == ()
    far = plan(xml, nvram=SourceFacts("/n/vm_VARS.fd"), places=places, remote=True)
    assert "fresh UEFI variables" in far.warnings[0]


def test_same_input_same_copy() -> None:
    """Randomness is an input: the preview is what happens."""
    xml = guest("<interface type='user'/>" + disk())
    assert plan(xml, IMAGE) == plan(xml, IMAGE)


@pytest.mark.parametrize(
    "requested",
    [
        {"name": "a\x1bb"},
        {"name": " "},
        {"uuid": "\x01"},
        {"nvram": "/i/\ufffe"},
        {"auto_clone": False, "name": "n", "files": ("/i/\x00",)},
        {"macs": ("\x1b",)},
    ],
)
def test_values_that_xml_cannot_hold(requested: dict[str, Any]) -> None:
    """A script gets the same error as the command."""
    with pytest.raises(RequestError):
        plan(guest(disk()), SourceFacts("/i/vm.qcow2", "file", readable=True), requested=requested)


def test_controls_that_xml_can_hold_are_references() -> None:
    """A terminal that shows the copy's XML obeys nothing in it, and the XML means the same."""
    created = plan(guest(top="<description>a\x9b2Jb\u202e</description>"))
    assert created.xml.isascii()
    assert domain(created).findtext("description") == "a\x9b2Jb\u202e"


TPM = "<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>"


def test_tpm_state_goes_to_the_uuid_of_the_copy() -> None:
    """libvirt finds it by the UUID."""
    created = plan(guest(TPM), tpm=f"/var/lib/libvirt/swtpm/{UUID}")
    assert created.tpm == (f"/var/lib/libvirt/swtpm/{UUID}", f"/var/lib/libvirt/swtpm/{created.uuid}")
    assert created.warnings == ()
    assert plan(guest(TPM)).tpm is None, "the guest has never run"


@pytest.mark.parametrize(
    ("xml", "args"),
    [
        (guest(TPM), ("empty TPM",)),
        (guest().replace("<os>", "<os firmware='efi'>"), ("fresh ones",)),
        (guest(TPM).replace("<os>", "<os firmware='efi'>"), ("fresh ones", "empty TPM")),
        (guest("<tpm model='tpm-tis'><backend type='passthrough'/></tpm>"), ()),
        (guest(), ()),
    ],
)
def test_state_on_another_host_is_reported(xml: str, args: tuple[str, ...]) -> None:
    """UEFI variables and TPM state that cannot be copied from here."""
    warnings = plan(xml, remote=True).warnings
    assert len(warnings) == len(args)
    assert all(word in warning for word, warning in zip(args, warnings, strict=True))
    assert plan(xml).warnings == ()
