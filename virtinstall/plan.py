"""What will be done, decided before anything is: the same plan serves the preview and the run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from virtinstall.record import Record
from virtinstall.request import RunOptions

if TYPE_CHECKING:
    from virtinstall.actions import Action
    from virtinstall.domain.domain import Domain
    from virtinstall.facts import Login, MediaFacts
    from virtinstall.images.cache import CachedImage
    from virtinstall.images.source import ImageSource
    from virtinstall.new_image import ImageBase, NewImage
    from virtinstall.request import Request


class ImageFetch(Record):
    """An image that disks start from, got into the cache when the plan is carried out.

    `cached` is the copy that was there when the plan was made; `is_current` says that it will be used without asking
    the server. `result` is what was got, None before. `pool` keeps a copy of the image if QEMU cannot read the cache.
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
    """A volume to create through libvirt, in the pool `pool`; `xml` is its <volume>, `path` where it will be.

    `base`: what it starts from.
    """

    pool: str
    name: str
    xml: str
    capacity_bytes: int
    upload_from: str | None = None
    base: ImageBase | None = None
    path: str = ""


class Upload(Record):
    """A file of this machine that the installation reads, sent into a pool of the remote host.

    `path` is the file here, `target` where the volume `name` will be there; `keep`: the finished
    guest has it too, so it stays.
    """

    path: str
    pool: str
    name: str
    target: str
    keep: bool = False


class BootFile(Record):
    """A kernel or initrd to fetch: `source` within the location (or a path), `path` where it goes.

    `inject` are files to be put into an initrd, `answers` others that we make: names and contents.
    """

    source: str
    path: str
    location: str | None
    inject: tuple[str, ...] = ()
    what: str = "kernel"
    answers: tuple[tuple[str, bytes], ...] = ()


class SeedFile(Record):
    """Answers for an installer or a cloud image: an image of `files` labelled `label` at `path`.

    `bare`: the one file itself instead of an image. `fetched`: further files of the image (name, URL), fetched
    when it is created. `keep`: the finished guest has it too, so it stays. `placeholder`: after the guest's start, a
    file of the same size without content takes its place, without which the running guest could not be restored.
    """

    path: str
    label: str
    files: tuple[tuple[str, bytes], ...]
    bare: bool = False
    fetched: tuple[tuple[str, str], ...] = ()
    keep: bool = False
    placeholder: bool = False


class Plan(Record):
    """Everything that will be made and done for one guest.

    `install` is the XML of the installation boot, None where there is none; `first_boot` is what is started in its
    place where nothing is installed (cloud images); `final` is that of the finished guest. `start_pools` names pools
    that have to run first. `generated` are names that the user left to us: the guest's, `POOL/VOLUME`, paths of
    images, MAC addresses. `notes` are lines to tell the user, `warnings` too. `qemu_label` is whom QEMU will run as,
    in libvirt's words (`+64055:+64055`), None where that isn't known yet. `request` is what was planned, for planning
    it again.
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
    media: MediaFacts | None = None
    run: RunOptions = RunOptions()
    reinstall: bool = False
    seeded: bool = False
    generated: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    login: Login | None = None
    qemu_label: str | None = None
    request: Request | None = None

    @property
    def started(self) -> Domain:
        """The guest as it is started for the first time."""
        return self.first_boot or self.install or self.final

    @property
    def steps(self) -> tuple[str, ...]:
        """XML of each step, in order: the installation's, then the finished guest's."""
        documents = [self.final] if self.install is None else [self.install, self.final]
        return tuple(document.to_xml() for document in documents)

    @property
    def actions(self) -> Sequence[Action]:
        """What `Hypervisor.create` will do, one entry for each thing that it creates or changes."""
        from virtinstall.actions import actions_of

        return actions_of(self)

    @property
    def xml(self) -> str:
        """XML of the finished guest."""
        return self.final.to_xml()

    @property
    def install_xml(self) -> str | None:
        """XML of the installation boot; None where there is none."""
        return None if self.install is None else self.install.to_xml()
