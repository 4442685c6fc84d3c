"""--disk image=, --image: the image that a name refers to, its cached copy, and the default login."""

from __future__ import annotations

import os
import pwd
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from virtinstall.compose.images import default_login
from virtinstall.errors import RequestError
from virtinstall.facts import HostFacts, ImageFacts, SeedFacts

if TYPE_CHECKING:
    from virtinstall.devices.disk import Disk
    from virtinstall.images.catalogue import ImageCatalogue
    from virtinstall.images.source import ImageSource
    from virtinstall.libvirt_host.host import Host
    from virtinstall.osinfo.catalog import Catalog
    from virtinstall.osinfo.record import OsRecord
    from virtinstall.request import Request

_CACHE = ".virtinstall"


def survey_images(
    request: Request,
    host: HostFacts,
    arch: str,
    systems: Catalog,
    environ: Mapping[str, str],
    report: Callable[[str], None],
) -> tuple[ImageFacts | None, ...]:
    """Return the facts about the image for each disk in the request; None for a disk that does not start from an image.

    The result is empty if no disk starts from an image. `arch` is libvirt's name for the guest's architecture.
    `systems` is the OS database. `environ` contains the environment variables that locate the catalogs and the cache.
    `report` is called with a notice if an index of images cannot be read and its cached copy is used.

    Raises: RequestError, if the name of an image is unknown; FetchError, if an index cannot be read and is not cached.
    """
    from virtinstall.devices.disk import Disk

    disks = request.domain.devices_of(Disk)
    if all(disk.image is None for disk in disks):
        return ()
    from virtinstall.images.remote import catalogue_with_indexes

    folder, is_shared = cache_directory(host, environ)
    catalogue = catalogue_with_indexes(environ, systems, folder, report)
    return tuple(
        None if disk.image is None else _image_facts(disk, catalogue, arch, folder, is_shared) for disk in disks
    )


def cache_directory(host: HostFacts, environ: Mapping[str, str]) -> tuple[str, bool]:
    """Return the directory of the image cache, and whether QEMU on this host can read the cache.

    The cache is in the directory of libvirt's default pool if this user may write there, otherwise in the user's cache
    directory. The environment variable VIRTINSTALL_IMAGE_CACHE specifies a different directory.
    """
    named = environ.get("VIRTINSTALL_IMAGE_CACHE")
    if named:
        return os.path.abspath(named), host.local
    if host.local and host.has_real_storage and _may_create(host.image_dir):
        return os.path.join(host.image_dir, _CACHE), True
    home = environ.get("HOME") or "/"
    cache = environ.get("XDG_CACHE_HOME") or os.path.join(home, ".cache")
    return os.path.join(cache, "virtinstall", "images"), False


def cache_of(host: Host) -> str:
    """Return the directory of the image cache for the connection `host`."""
    from virtinstall.survey.host import Environment, survey_host

    environment = Environment.real()
    return cache_directory(survey_host(host, environment), environment.environ)[0]


def _may_create(directory: str) -> bool:
    """Return whether this user can write to a directory, or create it."""
    while not os.path.lexists(directory) and directory != "/":
        directory = os.path.dirname(directory)
    return os.path.isdir(directory) and os.access(directory, os.W_OK | os.X_OK)


def _image_facts(disk: Disk, catalogue: ImageCatalogue, arch: str, folder: str, is_shared: bool) -> ImageFacts:
    from virtinstall.images.cache import ImageCache
    from virtinstall.images.fetch import FetchRequest, is_current

    source = catalogue.find(str(disk.image), arch)
    checksum = disk.image_checksum or ""
    if checksum and checksum != "none" and "://" not in checksum:
        from virtinstall.images.digest import parse_digest

        parse_digest(checksum, "--disk image.checksum")
    if source.kind == "path":
        return _local_facts(source, checksum, folder, is_shared)
    wanted = FetchRequest(source, disk.image_refresh, checksum)
    record = ImageCache(folder).record(wanted.key)
    return ImageFacts(
        source=source,
        cache_dir=folder,
        refresh=disk.image_refresh,
        checksum=checksum,
        cached=record,
        is_current=record is not None and is_current(wanted, record, time.time()),
        is_shared=is_shared,
    )


def _local_facts(source: ImageSource, checksum: str, folder: str, is_shared: bool) -> ImageFacts:
    from virtinstall.images.fetch import FetchRequest, local_image

    if not os.path.isfile(source.url):
        raise RequestError(f"--disk image={source.url}: no such file", hint="check the path")
    # its digest is computed when the plan is applied
    cached = local_image(FetchRequest(source._replace(digest=""), None, ""))
    return ImageFacts(
        source=source, cache_dir=folder, checksum=checksum, cached=cached, is_current=True, is_shared=is_shared
    )


def survey_login(os: OsRecord, environ: Mapping[str, str], images: Sequence[ImageFacts | None]) -> SeedFacts:
    """Return the seed for logging in to the first of `images` that is not None.

    With cloud-init, the seed contains the user's SSH keys or, if there are none, a new password for the image's default
    account. `environ` contains the environment variables that locate the keys. The seed is empty if no disk starts from
    an image.
    """
    image = next((image for image in images if image is not None), None)
    return SeedFacts() if image is None else login_seed(os, environ, image.source)


def login_seed(os: OsRecord, environ: Mapping[str, str], source: ImageSource) -> SeedFacts:
    """Return the seed for logging in to the image `source` of the operating system `os`; see `survey_login`."""
    return default_login(os, source, partial(user_keys, environ), _new_password)


def _new_password() -> tuple[str, str]:
    """Return a new password and its hash."""
    from virtinstall.seed.password import hash_password, new_password

    password = new_password()
    return password, hash_password(password)


def user_keys(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the public SSH keys in the user's `~/.ssh/id_*.pub`.

    For root, the keys of the user who called sudo take precedence.
    """
    homes = [environ.get("HOME") or ""]
    if os.geteuid() == 0 and environ.get("SUDO_USER"):
        try:
            homes.insert(0, pwd.getpwnam(environ["SUDO_USER"]).pw_dir)
        except KeyError:
            pass
    for home in filter(None, homes):
        keys = _keys_in(os.path.join(home, ".ssh"))
        if keys:
            return keys
    return ()


def _keys_in(folder: str) -> tuple[str, ...]:
    try:
        names = sorted(name for name in os.listdir(folder) if name.startswith("id_") and name.endswith(".pub"))
    except OSError:
        return ()
    keys = []
    for name in names:
        try:
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                text = file.read(16384).strip()
        except (OSError, UnicodeDecodeError):
            continue
        if text.startswith(("ssh-", "ecdsa-", "sk-")) and "\n" not in text:
            keys.append(text)
    return tuple(keys)
