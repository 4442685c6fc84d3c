"""Plan of a clone: its XML, and which images are copied and how. No libvirt and no files are needed."""

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
    """Return the XML of the guest `vm`."""
    return (
        f"<domain type='kvm' id='3'><name>vm</name><uuid>{UUID}</uuid>{top}<os><type>hvm</type>{system}</os>"
        f"<devices>{devices}</devices></domain>"
    )


def disk(path: str = "/i/vm.qcow2", target: str = "vda", inside: str = "") -> str:
    """Return the <disk> of a file."""
    return f"<disk type='file' device='disk'><source file='{path}'/><target dev='{target}'/>{inside}</disk>"


def plan(xml: str, *sources: SourceFacts, requested: dict[str, Any] | None = None, **facts: Any) -> ClonePlan:
    """Return the plan for a clone of `xml`, with --auto-clone unless the request overrides it."""
    found = {"places": {"/i": HERE}, "guest_names": frozenset({"vm"}), "random_bytes": bytes(range(64)), **facts}
    return plan_clone(
        CloneRequest(**{"original": "vm", "auto_clone": True, **(requested or {})}), CloneFacts(xml, sources, **found)
    )


def domain(created: ClonePlan) -> etree._Element:
    """Return the clone's XML, parsed."""
    return etree.fromstring(created.xml)


def pool(kind: str = "dir", target: str = "/i", free: int = 1 << 40) -> PoolFacts:
    """Return the facts about a running pool."""
    return PoolFacts(name="p", type=kind, target=target, active=True, xml="", available_bytes=free)


def volume(name: str = "vm.qcow2", kind: str = "file", backing: str | None = None) -> VolumeFacts:
    """Return the facts about a qcow2 volume of 10 MiB."""
    return VolumeFacts(
        pool="p", name=name, path=f"/i/{name}", kind=kind, format="qcow2", capacity_bytes=10 * MIB, backing_path=backing
    )


def test_clone_has_a_new_identity() -> None:
    """Name, UUID (in the SMBIOS data, too) and generation ID are new; ID and title are removed."""
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


def test_specified_uuid_and_name_are_used() -> None:
    """No name is generated, although --auto-clone was specified."""
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
def test_invalid_names_are_rejected(requested: dict[str, Any]) -> None:
    """A missing name, a used one, one with a slash, the original's; and missing destinations of the disks."""
    with pytest.raises(RequestError):
        plan(guest(), requested=requested, guest_names=frozenset({"vm", "taken"}))


def test_replace_without_an_existing_guest_replaces_nothing() -> None:
    """With an existing guest of the name, the plan replaces it."""
    requested = {"name": "taken", "replaces": True}
    assert plan(guest(), requested=requested, guest_names=frozenset({"vm", "taken"})).replaces
    assert not plan(guest(), requested=requested).replaces


def test_each_interface_gets_a_new_mac_address() -> None:
    """Addresses of --mac are used first, in order; the target device is removed."""
    mac = "<interface type='user'><mac address='52:54:00:11:22:33'/><target dev='vnet0'/></interface>"
    created = plan(guest(mac * 2 + "<interface type='user'/>"), requested={"macs": ("22:23:45:67:89:ab",)})
    macs = [node.get("address", "") for node in domain(created).iterfind("devices/interface/mac")]
    assert macs[0] == "22:23:45:67:89:ab"
    assert all(mac.startswith("52:54:00:") and mac != "52:54:00:11:22:33" for mac in macs[1:])
    assert len(set(macs)) == 3
    assert domain(created).find("devices/interface/target") is None


def test_mac_address_in_use_is_rejected() -> None:
    """With --check mac_in_use=off it causes a warning."""
    xml = guest("<interface type='user'/>")
    requested: dict[str, Any] = {"macs": ("22:23:45:67:89:AB",)}
    with pytest.raises(RequestError, match="already in use by the guest 'other'"):
        plan(xml, requested=requested, guest_macs={"22:23:45:67:89:ab": "other"})
    allowed = {**requested, "checks": Checks(mac_in_use=False)}
    assert "already in use" in plan(xml, requested=allowed, guest_macs={"22:23:45:67:89:ab": "other"}).warnings[0]


def test_ports_sockets_and_logs_are_not_shared() -> None:
    """This includes fixed ports, sockets named after their channel, and files that serial ports write."""
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


def test_read_only_and_shareable_disks_are_not_copied() -> None:
    """Empty drives are not copied either; --force-copy and --skip-copy override the choice."""
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
    assert "--skip-copy nosuch: no such disk; the guest has " in created.warnings[0]


def test_file_names_the_copies_in_order() -> None:
    """--file applies to the disks that are copied; too many, too few and equal paths are errors."""
    xml = guest(disk() + disk("/i/b", "vdb"))
    sources = (IMAGE, IMAGE._replace(path="/i/b"))
    requested = {"auto_clone": False, "name": "n"}
    created = plan(xml, *sources, requested={**requested, "files": ("/i/1", "/i/2")})
    assert [source.get("file") for source in domain(created).iterfind("devices/disk/source")] == ["/i/1", "/i/2"]
    with pytest.raises(RequestError, match=r"more --file options than disks to copy \(vda, vdb\)") as caught:
        plan(xml, *sources, requested={**requested, "files": ("/i/1", "/i/2", "/i/3")})
    assert "/i/3" in caught.value.message
    with pytest.raises(RequestError, match="no destination specified for the copy of the disk"):
        plan(xml, *sources, requested={**requested, "files": ("/i/1",)})
    with pytest.raises(RequestError, match="two disks"):
        plan(xml, *sources, requested={**requested, "files": ("/i/1", "/i/1")})


def test_file_without_disks_to_copy_is_a_warning() -> None:
    """virt-clone 4.1.0 ignores the option as well."""
    created = plan(guest(), requested={"files": ("/i/1",)})
    assert "/i/1" in created.warnings[0]


@pytest.mark.parametrize("driver", ["", "<driver name='qemu' type='qcow2'/>"])
def test_existing_image_keeps_its_format(driver: str) -> None:
    """A raw image that replaces a qcow2 image is used as raw."""
    places = {"/i": Place(True, True, frozenset({"x"}))}
    requested: dict[str, Any] = {"files": ("/i/x",), "preserve_data": True}
    created = plan(guest(disk(inside=driver)), IMAGE, requested=requested, places=places, formats={"/i/x": "raw"})
    assert [node.get("type") for node in domain(created).iterfind("devices/disk/driver")] == ["raw"]


@pytest.mark.parametrize("extension", [".fd", ".qcow2"])
def test_stored_uefi_variables_are_copied(extension: str) -> None:
    """The original's XML only requests UEFI; the clone's XML contains the path of the copy, with the same extension."""
    stored = SourceFacts(f"/i/vm_VARS{extension}", "file", None, True, MIB, MIB)
    created = plan(guest(), nvram=stored, requested={"name": "n"})
    assert created.copies[-1].target == f"/i/n_VARS{extension}"
    assert domain(created).findtext("os/nvram") == f"/i/n_VARS{extension}"


def test_existing_file_is_overwritten_only_on_request() -> None:
    """It is an error without --check path_exists=off."""
    places = {"/i": Place(True, True, frozenset({"x"}))}
    requested: dict[str, Any] = {"files": ("/i/x",)}
    with pytest.raises(StorageError, match="already exists"):
        plan(guest(disk()), IMAGE, requested=requested, places=places)
    created = plan(guest(disk()), IMAGE, requested={**requested, "checks": Checks(path_exists=False)}, places=places)
    assert created.copies[0].overwrite


def test_existing_volume_is_never_overwritten() -> None:
    """It is an error even with --check path_exists=off."""
    places = {"/i": Place(True, True, frozenset({"x"}), pool())}
    with pytest.raises(StorageError, match="volumes are not overwritten"):
        plan(guest(disk()), IMAGE, requested={"files": ("/i/x",), "checks": Checks(path_exists=False)}, places=places)


def test_preserve_data_uses_existing_files() -> None:
    """Nothing is copied, and the original's disk may be missing; an image in use is an error."""
    requested: dict[str, Any] = {"files": ("/i/x",), "preserve_data": True}
    places = {"/i": Place(True, True, frozenset({"x"}))}
    gone = SourceFacts("/i/gone")
    created = plan(guest(disk()), gone, requested=requested, places=places)
    assert created.copies == ()
    assert "'/i/x'" in created.xml or '"/i/x"' in created.xml
    with pytest.raises(StorageError, match="no such file: '/i/x'"):
        plan(guest(disk()), gone, requested=requested)
    with pytest.raises(StorageError, match="'/i/x' is already in use by the guest 'other'"):
        uses = {"/i/x": ("'/i/x' is already in use by the guest 'other'",)}
        plan(guest(disk()), gone, requested=requested, places=places, uses=uses)


@pytest.mark.parametrize("source", [SourceFacts(kind="network"), SourceFacts("/i", "dir"), SourceFacts("/i/gone")])
def test_disks_that_cannot_be_copied_are_errors(source: SourceFacts) -> None:
    """Network disks, directories and missing files must be skipped with --skip-copy."""
    with pytest.raises((RequestError, StorageError)):
        plan(guest(disk()), source)
    assert plan(guest(disk()), source, requested={"skip_copy": ("vda",)}).copies == ()


def test_local_file_of_a_pool_is_copied_without_libvirt() -> None:
    """This process can read and write the file."""
    source = IMAGE._replace(volume=volume())
    created = plan(guest(disk()), source, places={"/i": Place(True, True, frozenset(), pool())})
    assert created.copies[0].how == "file"


@pytest.mark.parametrize("facts", [{"remote": True}, {"pretended": True}])
def test_volume_on_another_host_is_copied_by_libvirt(facts: dict[str, Any]) -> None:
    """The XML of the new volume has the format of the original."""
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


def test_overlay_on_another_host_remains_an_overlay() -> None:
    """libvirt would merge it with its backing file, so the file is transferred unchanged."""
    source = IMAGE._replace(volume=volume(backing="/i/base"), file_bytes=6 * MIB)
    places = {"/i": Place(True, False, frozenset(), pool())}
    (copy,) = plan(guest(disk()), source, places=places, remote=True).copies
    created = etree.fromstring(copy.volume_xml)
    form = created.find("target/format")
    assert (copy.how, created.findtext("capacity")) == ("stream", str(6 * MIB))
    assert form is not None and form.get("type") == "raw"


def test_image_is_uploaded_to_a_logical_pool() -> None:
    """The image is not part of a pool; the clone's disk is a block device."""
    places = {"/i": HERE, "/dev/vg": Place(True, True, frozenset(), pool("logical", "/dev/vg"))}
    created = plan(guest(disk()), IMAGE, requested={"files": ("/dev/vg/new",)}, places=places)
    assert (created.copies[0].how, created.copies[0].capacity_bytes) == ("upload", 10 * MIB)
    node = domain(created).find("devices/disk")
    assert node is not None and node.get("type") == "block"
    assert '<source dev="/dev/vg/new"/>' in created.xml


def test_full_pool_is_an_error() -> None:
    """The space is checked before anything is created; --nonsparse requires the whole size."""
    places = {"/i": Place(True, False, frozenset(), pool(free=6 * MIB))}
    source = IMAGE._replace(volume=volume())
    assert plan(guest(disk()), source, places=places).copies
    with pytest.raises(NoSpaceError, match="the pool 'p' has only 6 MiB free"):
        plan(guest(disk()), source, places=places, requested={"sparse": False})


def test_remote_paths_need_a_pool() -> None:
    """Only storage pools can be written on a remote host."""
    with pytest.raises(StorageError, match="not in a storage pool on the remote host"):
        plan(guest(disk()), IMAGE._replace(volume=volume()), remote=True)
    with pytest.raises(StorageError, match="the original's disk 'vda', '/i/gone', is not in a storage pool") as caught:
        plan(guest(disk()), SourceFacts("/i/gone"), remote=True, uri="qemu+ssh://h/system")
    assert str(caught.value.hint).endswith("virsh --connect qemu+ssh://h/system pool-create-as NAME dir --target /i")


def test_images_that_depend_on_other_files_are_rejected() -> None:
    """A relative backing file does not exist in another directory; an external data file would be shared."""
    relative = IMAGE._replace(relative_backing="base.qcow2")
    places = {"/i": HERE, "/other": HERE}
    assert plan(guest(disk()), relative).copies
    for backing_format in (None, "raw"):
        source = relative._replace(backing_format=backing_format)
        with pytest.raises(StorageError, match="backing file") as caught:
            plan(guest(disk()), source, requested={"files": ("/other/x",)}, places=places)
        assert f"-F {backing_format or 'FORMAT'} /i/" in str(caught.value.hint)
    with pytest.raises(StorageError, match="data in the external file"):
        plan(guest(disk()), IMAGE._replace(data_file="data.raw"))


def test_uefi_variables_are_copied() -> None:
    """The copy is next to the original's file, or at the path of --nvram; an existing file is used unchanged."""
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
    assert "starts with new ones" in far.warnings[0]


def test_same_input_results_in_the_same_plan() -> None:
    """Random bytes are an input, so that a preview shows what the run would do."""
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
def test_characters_that_xml_does_not_allow_are_rejected(requested: dict[str, Any]) -> None:
    """The library rejects them, not only the command."""
    with pytest.raises(RequestError):
        plan(guest(disk()), SourceFacts("/i/vm.qcow2", "file", readable=True), requested=requested)


def test_control_characters_in_the_xml_are_character_references() -> None:
    """They cannot control a terminal that shows the XML, whose meaning is unchanged."""
    created = plan(guest(top="<description>a\x9b2Jb\u202e</description>"))
    assert created.xml.isascii()
    assert domain(created).findtext("description") == "a\x9b2Jb\u202e"


TPM = "<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>"


def test_tpm_state_is_copied_to_the_uuid_of_the_clone() -> None:
    """libvirt stores it below the guest's UUID; a guest that never ran has none."""
    created = plan(guest(TPM), tpm=f"/var/lib/libvirt/swtpm/{UUID}")
    assert created.tpm == (f"/var/lib/libvirt/swtpm/{UUID}", f"/var/lib/libvirt/swtpm/{created.uuid}")
    assert created.warnings == ()
    assert plan(guest(TPM)).tpm is None, "the guest has never run"


@pytest.mark.parametrize(
    ("xml", "args"),
    [
        (guest(TPM), ("empty TPM",)),
        (guest().replace("<os>", "<os firmware='efi'>"), ("starts with new ones",)),
        (guest(TPM).replace("<os>", "<os firmware='efi'>"), ("starts with new ones", "empty TPM")),
        (guest("<tpm model='tpm-tis'><backend type='passthrough'/></tpm>"), ()),
        (guest(), ()),
    ],
)
def test_state_on_another_host_causes_a_warning(xml: str, args: tuple[str, ...]) -> None:
    """UEFI variables and TPM state of a remote host cannot be copied."""
    warnings = plan(xml, remote=True).warnings
    assert len(warnings) == len(args)
    assert all(word in warning for word, warning in zip(args, warnings, strict=True))
    assert plan(xml).warnings == ()
