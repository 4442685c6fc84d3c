"""The plan of a run, complete before anything is changed; the preview and the run use the same plan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from virtinstall.named import NamedTuple
from virtinstall.record import Record, field
from virtinstall.request import RunOptions
from virtinstall.safe_text import one_line
from virtinstall.units import human_size

if TYPE_CHECKING:
    from virtinstall.domain.domain import Domain
    from virtinstall.facts import Login, MediaFacts
    from virtinstall.images.cache import CachedImage
    from virtinstall.images.source import ImageSource
    from virtinstall.new_image import ImageBase, NewImage
    from virtinstall.request import Request


class Action(NamedTuple):
    """One action of a plan.

    `kind` is the type of the action, such as `define`, for use by programs. `text` describes the action to users.
    `path` is the path or name of the object that the action creates; None if there is none or it is unknown.
    """

    kind: str
    text: str
    path: str | None = None


class ImageFetch(Record):
    """An image that new disks start from; if necessary, it is downloaded when the plan is applied.

    `cached` is the copy that the cache had when the plan was created, or None. `is_current`: whether this copy is used
    without asking the server for a newer version. `refresh` and `checksum` are parameters for
    `Hypervisor.fetch_image`. `pool` is the name of the storage pool to which the image is copied because QEMU cannot
    read the cache; None if no copy is required. `result` is the image that is used; None until the plan is applied.
    """

    source: ImageSource
    cache_dir: str
    refresh: bool | None = None
    checksum: str = ""
    cached: CachedImage | None = None
    is_current: bool = False
    pool: str | None = None
    result: CachedImage | None = None


class NewVolume(Record):
    """A volume to create through libvirt in the storage pool `pool`.

    `xml` is the <volume> element. `path` is the path that the volume will have; an empty string if unknown.
    `upload_from` is the path of a local file to upload to the volume, or None. `base` is the image that the volume
    starts from, or None. `temporary_pool`: whether `pool` must be created temporarily, because no existing pool manages
    the volume's directory.
    """

    pool: str
    name: str
    xml: str
    capacity_bytes: int
    upload_from: str | None = None
    base: ImageBase | None = None
    path: str = ""
    temporary_pool: bool = False


class Upload(Record):
    """A file on this machine that the guest needs, to be uploaded to the storage pool `pool` on the remote host.

    `path` is the file's path on this machine. On the remote host, the file becomes the volume `name` with the path
    `target`. `keep`: whether the volume is kept after the installation because the finished guest also uses it.
    """

    path: str
    pool: str
    name: str
    target: str
    keep: bool = False


class NewReservation(Record):
    """A DHCP reservation in a virtual network.

    `name` is the guest's DNS name, or None. A reservation of an IPv6 address is for this name, not for the MAC address.
    `exists`: whether the network already contains the reservation. `is_own`: whether the reservation is removed
    together with the guest.
    """

    network: str
    mac: str
    address: str
    name: str | None = None
    exists: bool = False
    is_own: bool = True


class BootFile(Record):
    """A kernel or initrd that the guest boots for its installation; `what` is `kernel` or `initrd`.

    The file is downloaded from `source` to `path`. `source` is relative to `location`, an install tree or ISO image; if
    `location` is None, `source` is a local path. If `source` equals `path`, nothing is downloaded or copied. `inject`
    are the paths of local files to add to the initrd. `answers` are generated files to add to the initrd, as pairs of
    name and content.
    """

    source: str
    path: str
    location: str | None
    inject: tuple[str, ...] = ()
    what: str = "kernel"
    answers: tuple[tuple[str, bytes], ...] = ()


class SeedFile(Record):
    """A seed: an image with answers for an installer, or with the configuration of a cloud image's first boot.

    `path` is the path of the seed, `label` is the image's label, and `files` are the files in the image, as pairs of
    name and content. `bare`: whether the seed is the single file in `files` instead of an image. `fetched` are further
    files, which are downloaded when the image is created, as pairs of name and URL. `keep`: whether the seed is kept
    because the finished guest also uses it. `placeholder`: whether an empty file of the same size replaces the seed
    after the guest has started, because libvirt can restore the running guest only if a file with this path exists.
    """

    path: str
    label: str
    files: tuple[tuple[str, bytes], ...]
    bare: bool = False
    fetched: tuple[tuple[str, str], ...] = ()
    keep: bool = False
    placeholder: bool = False


class Plan(Record):
    """Everything that is created and changed for one guest.

    `install` is the domain of the boot that installs the guest or, if `seeded` is true, that reads a seed instead of
    running an installer; None if there is no such boot. `first_boot` is the domain that a guest with a cloud image is
    started with; None if the guest is started with `install` or `final`. `final` is the domain of the finished guest.

    `start_pools` are the names of storage pools that must be started first. `generated` are the values that the user
    did not specify: the guest's name and UUID, volumes as `POOL/VOLUME`, paths of images, and MAC addresses. `notes`
    and `warnings` are lines for the user. `passwords` are pairs of an account and its generated password, and `secrets`
    are lines that show these passwords. `account` is the name of the account for logins over SSH, and `host_key` is the
    public key of the guest's SSH server; each is None if unknown. `qemu_label` is the user that QEMU will run as, in
    libvirt's notation, such as `+64055:+64055`; None if unknown. `request` is the planned request, from which the guest
    can be planned again, or None. `random_bytes` are the random bytes from which values were generated; None if the
    values are not reproducible.
    """

    name: str
    final: Domain
    install: Domain | None
    first_boot: Domain | None = None
    images: tuple[NewImage, ...] = ()
    fetches: tuple[ImageFetch, ...] = ()
    volumes: tuple[NewVolume, ...] = ()
    start_pools: tuple[str, ...] = ()
    boot_files: tuple[BootFile, ...] = ()
    seeds: tuple[SeedFile, ...] = ()
    uploads: tuple[Upload, ...] = ()
    reservations: tuple[NewReservation, ...] = ()
    media: MediaFacts | None = None
    run: RunOptions = RunOptions()
    reinstall: bool = False
    seeded: bool = False
    generated: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    passwords: tuple[tuple[str, str], ...] = field(default=(), secret=True)
    login: Login | None = None
    account: str | None = None
    host_key: str | None = None
    qemu_label: str | None = None
    request: Request | None = None
    random_bytes: bytes | None = field(default=None, secret=True)

    @property
    def started(self) -> Domain:
        """The domain that the guest is started with for the first time."""
        return self.first_boot or self.install or self.final

    @property
    def steps(self) -> tuple[str, ...]:
        """The XML of the installation boot, if there is one, followed by the XML of the finished guest."""
        documents = [self.final] if self.install is None else [self.install, self.final]
        return tuple(document.to_xml() for document in documents)

    @property
    def actions(self) -> Sequence[Action]:
        """The actions that `Hypervisor.create` performs to apply the plan, in order."""
        return actions_of(self)

    @property
    def xml(self) -> str:
        """The XML of the finished guest."""
        return self.final.to_xml()

    @property
    def install_xml(self) -> str | None:
        """The XML of the installation boot; None if there is none."""
        return None if self.install is None else self.install.to_xml()


def actions_of(plan: Plan) -> list[Action]:
    """Return all actions of `plan`, in the order in which they are performed."""
    return [*_storage(plan), *_media(plan), *_guest(plan)]


def _storage(plan: Plan) -> Iterator[Action]:
    from virtinstall.devices.disk import Disk

    for pool in plan.start_pools:
        yield Action("start-pool", f"start the storage pool '{pool}'")
    for fetch in plan.fetches:
        yield Action(kind="fetch-image", text=_fetch_text(fetch), path=_cached_path(fetch))
    created = set()
    for image in plan.images:
        size = "the size of the image" if image.base else "the size of the backing file"
        size = size if image.capacity_bytes is None else human_size(image.capacity_bytes)
        kind = "sparse" if image.sparse else "fully allocated"
        created.add(image.path)
        start = image.copy_from or image.backing_path
        start = plan.fetches[image.base.image].source.label if image.base is not None and start is None else start
        base = "" if start is None else f", {'a copy of' if _is_copy(image.base) else 'backing file'} {start}"
        text = f"create the disk image {image.path} ({image.format}, {size}, {kind}{base})"
        yield Action("make-image", text, image.path)
    for volume in plan.volumes:
        copied = "" if volume.upload_from is None else f" and upload {volume.upload_from} to it"
        name = f"{volume.pool}/{volume.name}"
        if volume.temporary_pool:
            size = human_size(volume.capacity_bytes)
            text = f"create the disk image {volume.path} ({size}) on the host, through a temporary storage pool"
            yield Action("make-volume", text, volume.path)
            continue
        yield Action("make-volume", f"create the volume '{name}' ({human_size(volume.capacity_bytes)}){copied}", name)
    created.update(seed.path for seed in plan.seeds)
    for disk in plan.final.devices_of(Disk):
        path = disk.source_file or disk.source_dev
        if path is not None and path not in created and not disk.is_new and not plan.reinstall:
            yield Action("use-disk", f"use {path} unchanged")


def _is_copy(base: ImageBase | None) -> bool:
    return base is not None and base.copy


def _fetch_text(fetch: ImageFetch) -> str:
    label, got = fetch.source.label, fetch.result
    if fetch.source.kind == "path":
        return f"start from the image {label}"
    if got is None and fetch.cached is None:
        return f"download the image {label}"
    if got is None and not fetch.is_current:
        return f"download the image {label} if it is newer than the cached one"
    image = got or fetch.cached
    assert image is not None
    return f"use the cached image {label} ({image.digest}, verified: {image.verified})"


def _cached_path(fetch: ImageFetch) -> str | None:
    image = fetch.result or fetch.cached
    return None if image is None else image.path


def _media(plan: Plan) -> Iterator[Action]:
    for boot_file in plan.boot_files:
        if boot_file.source != boot_file.path:
            source = one_line(boot_file.source)  # the name of an install medium
            text = f"download the {boot_file.what} {source} to {boot_file.path}, for the installation only"
            yield Action("fetch", text, boot_file.path)
        for path in boot_file.inject:
            yield Action("inject", f"add {path} to the initrd")
        for name, _ in boot_file.answers:
            yield Action("inject", f"add {name} with the installer's answers to the initrd")
    for seed in plan.seeds:
        names = ", ".join(name for name, _ in seed.files)
        if seed.fetched:
            count = len(seed.fetched)
            names += f" and {count} {'file' if count == 1 else 'files'} from {seed.fetched[0][1].rpartition('/')[0]}"
        what = f"file {seed.path}" if seed.bare else f"seed image {seed.path} (label {seed.label}: {names})"
        life = "and keep it with the guest" if seed.keep else "for the first boot only"
        yield Action("make-seed", f"create the {what} {life}", seed.path)
    for upload in plan.uploads:
        yield Action("send", f"upload {upload.path} to the storage pool '{upload.pool}' as {upload.target}")


def _guest(plan: Plan) -> Iterator[Action]:
    run, name = plan.run, plan.name
    for each in plan.reservations:
        if not each.exists:
            text = f"reserve the address {each.address} for {each.mac} in the network '{each.network}'"
            yield Action("reserve-address", text)
    if plan.install is not None:
        yield Action("start", f"start the guest '{name}' for its {'first boot' if plan.seeded else 'installation'}")
    if run.transient:
        if plan.install is None:
            yield Action("start", f"start the guest '{name}' without defining it")
        return
    yield Action("define", f"{'redefine' if plan.reinstall else 'define'} the guest '{name}'")
    if plan.install is None:
        yield Action("start", f"start the guest '{name}'")
    elif not run.noreboot and not plan.seeded:
        waits = run.wait_minutes != 0 and (run.wait_minutes is not None or run.autoconsole != "none")
        text = f"start the guest '{name}' again when its installation has finished"
        if not waits and not run.wait_for:
            text += f"; this run does not wait for that, but `virt-install --finish {name}` does"
        yield Action("start", text)
    if run.autostart:
        yield Action("autostart", f"start the guest '{name}' when the host boots")
