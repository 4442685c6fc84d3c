"""Sources of disks: URLs, devices, new images, and files uploaded to a remote host."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compose.hosts import DATA, HostFiles, compose, os_named
from virtinstall.devices.disk import Disk
from virtinstall.errors import RequestError
from virtinstall.facts import DiskFacts, Facts, MediaFacts, PathFacts, PoolFacts, VolumeFacts
from virtinstall.options.command import parse_request
from virtinstall.plan import Plan

FILES = HostFiles(
    (DATA / "capabilities-debian12.xml").read_text(), (DATA / "domain-capabilities-kvm-q35.xml").read_text()
)
POOL = PoolFacts(
    name="fast", type="dir", target="/srv/fast", active=True, xml="<pool type='dir'/>", available_bytes=1 << 40
)


def plan_of(*args: str, remote: bool = False, **facts: Any) -> Plan:
    """Return the plan of a guest with these options."""
    known: Facts = FILES.facts(os_named("linux2020"), **{"disks": (DiskFacts(),), **facts})
    if remote:
        known = known.replace(host=known.host.replace(local=False, uri="qemu+ssh://other/system"), token="abc")
    request = parse_request(["--name", "x", "--memory", "512", "--network", "none", *args])
    return compose(request, known)


def disk_of(value: str, **facts: Any) -> Disk:
    """Return the disk that `--disk VALUE` creates."""
    (disk,) = plan_of("--import", "--disk", value, **facts).final.devices_of(Disk)
    return disk


@pytest.mark.parametrize(
    ("url", "protocol", "name", "host"),
    [
        ("nbd://h:10810/export", "nbd", "export", ("h", 10810, None, None)),
        ("nbd+unix:///run/nbd.sock", "nbd", None, (None, None, "unix", "/run/nbd.sock")),
        ("nbd+unix:///export?socket=/run/nbd.sock", "nbd", "export", (None, None, "unix", "/run/nbd.sock")),
        ("rbd://ceph:6789/pool/image", "rbd", "pool/image", ("ceph", 6789, None, None)),
        ("iscsi://h/iqn.2020-01.org:disk/2", "iscsi", "iqn.2020-01.org:disk/2", ("h", None, None, None)),
        ("https://h:8443/my%20image.iso", "https", "my image.iso", ("h", 8443, None, None)),
        ("ssh://h/srv/a.img", "ssh", "srv/a.img", ("h", None, None, None)),
        ("gluster+tcp://h/volume/a.img", "gluster", "volume/a.img", ("h", None, "tcp", None)),
    ],
)
def test_url_becomes_a_network_disk(
    url: str, protocol: str, name: str | None, host: tuple[str | None, int | None, str | None, str | None]
) -> None:
    """The scheme is the protocol and the path the name; servers and sockets become <host> elements."""
    disk = disk_of(url)

    assert (disk.type, disk.source_protocol, disk.source_name) == ("network", protocol, name)
    server = disk.source_hosts[0]
    assert (server.name, server.port, server.transport, server.socket) == host


def test_path_of_a_disk_overrides_a_server() -> None:
    """libvirt would ignore the protocol and host of a file; a warning names the options without effect."""
    plan = plan_of("--import", "--disk", "/dev/b,source.protocol=nbd,source.host0.name=h")
    (disk,) = plan.final.devices_of(Disk)

    assert (disk.source_dev, disk.source_protocol, len(disk.source_hosts)) == ("/dev/b", None, 0)
    assert any("ignoring source.protocol, source.host0" in warning for warning in plan.warnings)


def test_sd_card_on_a_machine_without_a_slot_is_an_error() -> None:
    """libvirt would define the guest, but QEMU would not start it."""
    with pytest.raises(RequestError, match="has no slot for SD cards"):
        plan_of("--import", "--disk", "/dev/b,bus=sd")


def test_user_name_of_a_url_requires_a_secret() -> None:
    """libvirt rejects <auth> without <secret>: without a secret, the user name is omitted with a warning."""
    plan = plan_of("--import", "--disk", "ssh://me@h/a.img")
    (disk,) = plan.final.devices_of(Disk)
    assert disk.auth_username is None
    assert any("the user name is ignored" in warning for warning in plan.warnings)

    disk = disk_of("path=iscsi://me@h/iqn/1,auth.secret.type=iscsi,auth.secret.usage=mine")
    assert (disk.auth_username, disk.auth_secret_usage) == ("me", "mine")


def test_password_of_a_url_is_not_printed() -> None:
    """Warnings may end up in the logs of CI systems."""
    plan = plan_of("--import", "--disk", "https://me:hunter2@h:8443/a.img?sig=hunter2")
    (warning,) = [warning for warning in plan.warnings if "the user name is ignored" in warning]
    assert warning.startswith("--disk https://h:8443/a.img: ") and "hunter2" not in warning


@pytest.mark.parametrize("url", ["http://[::1/x", "nbd://h:99999/x", "nbd://me:hunter2@h:port/x", "http://h:²/x"])
def test_invalid_host_or_port_of_a_url_is_an_error(url: str) -> None:
    """The error does not contain the password."""
    with pytest.raises(RequestError, match=r"invalid (URL|port)") as caught:
        disk_of(url)
    assert "hunter2" not in str(caught.value)


def test_lun_is_on_the_scsi_bus() -> None:
    """SATA and virtio-blk do not pass SCSI commands through."""
    disk = disk_of(
        "path=/dev/sdx,device=lun", disks=(DiskFacts(path=PathFacts(path="/dev/sdx", kind="block", format="raw")),)
    )

    assert (disk.type, disk.source_dev, disk.target_bus, disk.driver_type) == ("block", "/dev/sdx", "scsi", "raw")


def test_device_node_of_vdpa_is_kept() -> None:
    """It is not treated as the path of a new image."""
    disk = disk_of("type=vhostvdpa,source.dev=/dev/vhost-vdpa-0")

    assert (disk.type, disk.source_dev) == ("vhostvdpa", "/dev/vhost-vdpa-0")


@pytest.mark.parametrize(
    ("value", "args"),
    [
        ("/dev/nosuch", "no such device"),
        ("/dev/nosuch,size=1", "no such device"),
        ("size=0", "size=0"),
        ("device=frob", "no path, size or source"),
    ],
)
def test_invalid_disks_are_errors(value: str, args: str) -> None:
    """Nothing has been created at this point."""
    path = value.partition(",")[0]
    found = DiskFacts(path=PathFacts(path=path, kind=None)) if path.startswith("/") else DiskFacts()

    with pytest.raises(RequestError, match=args):
        disk_of(value, disks=(found,))


def test_local_image_with_a_pool_becomes_a_volume() -> None:
    """It is uploaded with its name, size and format; until then, libvirt treats the volume as raw."""
    local = PathFacts(path="/home/me/golden.qcow2", kind="file", format="qcow2", size_bytes=4096)
    plan = plan_of(
        *("--import", "--disk", "path=/home/me/golden.qcow2,pool=fast"),
        disks=(DiskFacts(pool=POOL, local=local),),
        remote=True,
    )

    (volume,) = plan.volumes
    assert (volume.pool, volume.name, volume.capacity_bytes, volume.upload_from) == (
        *("fast", "golden.qcow2", 4096),
        "/home/me/golden.qcow2",
    )
    assert 'type="raw"' in volume.xml
    (disk,) = plan.final.devices_of(Disk)
    assert (disk.source_file, disk.driver_type) == ("/srv/fast/golden.qcow2", "qcow2")


def test_local_image_does_not_replace_a_volume() -> None:
    """An existing volume of the same name is an error."""
    found = DiskFacts(
        pool=POOL,
        local=PathFacts(path="/a/b.img", kind="file", format="raw", size_bytes=1),
        taken_names=frozenset({"b.img"}),
    )

    with pytest.raises(RequestError, match=r"already contains a volume named 'b\.img'"):
        disk_of("path=/a/b.img,pool=fast", disks=(found,), remote=True)


def test_kernel_is_uploaded_to_a_remote_host() -> None:
    """Kernel and initrd are downloaded here and booted from a remote pool; the finished guest boots neither."""
    media = MediaFacts(location="http://h/tree", kernel="linux", initrd="initrd.gz")
    args = ("--disk", "pool=fast,size=1", "--location", "http://h/tree")
    plan = plan_of(*args, remote=True, media=media, upload_pool=POOL, disks=(DiskFacts(pool=POOL),))

    assert plan.install is not None
    assert plan.install.os.kernel == "/srv/fast/virtinst-abc-linux"
    assert [(each.name, each.target, each.keep) for each in plan.uploads] == [
        ("virtinst-abc-linux", "/srv/fast/virtinst-abc-linux", False),
        ("virtinst-abc-initrd.gz", "/srv/fast/virtinst-abc-initrd.gz", False),
    ]
    assert plan.final.os.kernel is None
    with pytest.raises(RequestError, match="the host has no such pool named 'default'"):
        plan_of(*args, remote=True, media=media, disks=(DiskFacts(pool=POOL),))


def test_kernel_and_initrd_of_the_same_name_have_different_paths() -> None:
    """A tree may have them in separate directories."""
    media = MediaFacts(location="http://h/tree", kernel="kernel/image", initrd="initrd/image")
    plan = plan_of("--disk", "none", "--location", "http://h/tree", media=media, disks=())
    kernel, initrd = plan.boot_files
    assert kernel.path.endswith("-image") and initrd.path.endswith("-initrd-image")
    assert plan.install is not None
    assert (plan.install.os.kernel, plan.install.os.initrd) == (kernel.path, initrd.path)


@pytest.mark.parametrize(
    ("given", "ours"),
    [("a/linux", "linux"), ("a/k<&'\n", "k____"), ("a/kérnel", "k_rnel"), ("x" * 300, "x" * 64), ("a/", "file")],
)
def test_names_of_boot_files_are_sanitized(given: str, ours: str) -> None:
    """Special characters are replaced, and long names are shortened."""
    media = MediaFacts(location="http://h/tree", kernel=given, initrd="initrd")
    plan = plan_of("--disk", "none", "--location", "http://h/tree", media=media, disks=())
    assert plan.boot_files[0].path.partition("virtinst-")[2].partition("-")[2] == ours


def test_uploaded_medium_of_a_live_system_is_kept() -> None:
    """A live system continues to run from its CD-ROM."""
    cdrom = DiskFacts(local=PathFacts(path="/home/me/live.iso", kind="file", format=None, size_bytes=9))
    args = ("--disk", "none", "--livecd", "--cdrom", "/home/me/live.iso")
    plan = plan_of(*args, remote=True, cdrom=cdrom, upload_pool=POOL, disks=())

    (upload,) = plan.uploads
    assert upload.keep
    (disk,) = plan.final.devices_of(Disk)
    assert disk.source_file == upload.target


def test_generated_names_are_recorded() -> None:
    """If another run uses one of them first, the guest is planned again; names from the user are not in the list."""
    plan = plan_of("--import", "--disk", "size=1", "--network", "user", disks=(DiskFacts(pool=POOL),))
    assert "fast/x.qcow2" in plan.generated
    assert any(name.startswith("52:54:00:") for name in plan.generated)
    assert "x" not in plan.generated


def test_remote_disk_by_path_is_created_through_a_temporary_pool() -> None:
    """The XML of the guest contains the path."""
    plan = plan_of("--import", "--disk", "/data/x.qcow2,size=1", remote=True, disks=(DiskFacts(),))
    (volume,) = plan.volumes
    assert (volume.name, volume.path, volume.temporary_pool) == ("x.qcow2", "/data/x.qcow2", True)
    assert plan.final.devices_of(Disk)[0].source_file == "/data/x.qcow2"
    assert any("/data/x.qcow2" in action.text and "temporary storage pool" in action.text for action in plan.actions)


def test_hint_for_a_missing_default_pool_creates_it() -> None:
    """The directories of a remote host cannot be used without a pool."""
    with pytest.raises(RequestError, match="no such storage pool: 'default'") as caught:
        plan_of("--import", "--disk", "size=1", remote=True, disks=(DiskFacts(),))
    assert "pool-define-as default dir --target /var/lib/libvirt/images && virsh" in str(caught.value.hint)


@pytest.mark.parametrize(("known", "expected"), [("qcow2", "qcow2"), ("raw", "raw"), (None, "raw"), ("iso", "raw")])
@pytest.mark.parametrize("words", ["source_pool=fast,source_volume=v", "vol=fast/v"])
def test_xml_contains_the_format_of_a_volume(words: str, known: str | None, expected: str) -> None:
    """Otherwise QEMU would show the guest the image file instead of the disk in it."""
    volume = VolumeFacts(pool="fast", name="v", path="/srv/fast/v", kind="file", format=known, capacity_bytes=1)

    assert disk_of(words, disks=(DiskFacts(volume=volume),)).driver_type == expected


def test_specified_format_of_a_volume_is_kept() -> None:
    """libvirt reports qcow2, the user requests raw."""
    volume = VolumeFacts(pool="fast", name="v", path="/srv/fast/v", kind="file", format="qcow2", capacity_bytes=1)
    words = "source_pool=fast,source_volume=v,driver.type=raw"

    assert disk_of(words, disks=(DiskFacts(volume=volume),)).driver_type == "raw"
