"""The sources of image names: the user's catalogs, the host's, the built-in one and the OS database, in this order.

Nothing is downloaded here, except that `remote` reads the indexes that a catalog names.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from virtinstall.errors import RequestError
from virtinstall.images.catalogue_file import (
    CatalogueFile,
    RemoteIndex,
    built_in,
    catalogue_paths,
    read_catalogue,
)
from virtinstall.images.source import CLOUD_INIT, NO_SEED, ImageSource
from virtinstall.named import NamedTuple
from virtinstall.similar import did_you_mean

if TYPE_CHECKING:
    from virtinstall.images.family import Family
    from virtinstall.osinfo.catalog import Catalog
    from virtinstall.osinfo.record import OsRecord

GUESSED_LISTS = ("SHA256SUMS", "SHA512SUMS", "CHECKSUM", "{file}.sha256", "{file}.sha512", "{file}.SHA256SUM")
"""Names of checksum lists that are tried if it is not known which list a vendor publishes next to an image."""
_REGISTRY = "docker://"
_USABLE = ("qcow2", "raw", "containerdisk")
"""Image formats in the OS database that are used, the best first."""


class ListedImage(NamedTuple):
    """A line of `--image list`.

    `architectures` are libvirt's architecture names, `seed` is `cloud-init`, `ignition` or `none`, and `origin` is the
    path of the catalog, the URL of the index, `built-in` or `osinfo`.
    """

    name: str
    variants: tuple[str, ...]
    architectures: tuple[str, ...]
    seed: str
    origin: str


Remote = Callable[[RemoteIndex], Sequence[ImageSource]]


def _no_remote(index: RemoteIndex) -> Sequence[ImageSource]:
    return ()


class ImageCatalogue:
    """All image catalogs of a user, including the OS database.

    `environment` contains the environment variables that locate the catalogs. `systems` is the OS database. `remote` is
    called for each index on the web that a catalog names, and returns the images in the index; by default, these
    indexes are ignored.
    """

    def __init__(self, environment: Mapping[str, str], systems: Catalog, remote: Remote = _no_remote) -> None:
        self._environment = environment
        self._systems = systems
        self._remote = remote
        self._files: list[CatalogueFile] | None = None

    def find(self, text: str, arch: str) -> ImageSource:
        """Return the source of an image.

        `text` is `NAME[:VARIANT]`, a URL, a path or `docker://REFERENCE`. `arch` is libvirt's name for the
        architecture.

        Raises: RequestError, if the name is unknown, or if the image is not available for this variant and
        architecture.
        """
        if text.startswith(_REGISTRY):
            reference = text[len(_REGISTRY) :]
            return ImageSource(text, "registry", reference, arch=arch, seed=CLOUD_INIT, origin="registry")
        if "://" in text and not text.startswith("file://"):
            return _from_url(text, arch)
        if text.startswith(("file://", "/", ".", "~")) or "/" in text:
            return _from_path(text)
        name, _, variant = text.partition(":")
        found = self._by_name(name, variant, arch)
        if found is None:
            raise self._unknown(name)
        return found

    def listed(self) -> list[ListedImage]:
        """Return all images, in the order of the catalogs; each name is listed only once."""
        seen: dict[str, ListedImage] = {}
        for image in self._all():
            seen.setdefault(image.name, image)
        return list(seen.values())

    def names(self) -> list[str]:
        """Return all image names; a name with several variants is followed by its `NAME:VARIANT` forms."""
        names: list[str] = []
        for image in self.listed():
            names.append(image.name)
            names.extend(f"{image.name}:{variant}" for variant in image.variants if len(image.variants) > 1)
        return names

    def _catalogues(self) -> list[CatalogueFile]:
        if self._files is None:
            self._files = [*map(read_catalogue, catalogue_paths(self._environment)), built_in()]
        return self._files

    def _by_name(self, name: str, variant: str, arch: str) -> ImageSource | None:
        for catalogue in self._catalogues():
            for family in catalogue.families:
                version = family.version_of(name)
                if version is not None:
                    return self._release(family, name, version, variant, arch)
            for index in catalogue.remote:
                found = self._in_index(index, name, variant, arch)
                if found is not None:
                    return found
        return self._in_database(name, variant, arch)

    def _release(self, family: Family, name: str, version: str, variant: str, arch: str) -> ImageSource:
        if name.lower() in (known.lower() for known in family.names):
            version = family.current_version(self._released(family))
        codename = None
        if "{codename}" in str(family.row.get("url", "")) and version not in family.codenames:
            codename = self._codename(family.release_name(version))
        os_name = family.release_name(version)
        try:
            source = family.source(version, variant, arch, codename)
        except RequestError:
            # a variant or an architecture that only the OS database knows
            found = self._in_database(os_name, variant, arch)
            if found is None:
                raise
            return found
        if source.kind != "index":
            return source
        # indexes drop the releases that have moved to an archive
        found = self._in_database(os_name, "", arch) if not variant else None
        return source if found is None or found.kind != "url" else source._replace(fallback_url=found.url)

    def _released(self, family: Family) -> list[str]:
        prefix = str(family.row.get("os", "")).partition("{version}")[0]
        return [
            short_id[len(prefix) :]
            for system in self._systems.index.systems
            if system.release_status == "released" and system.release_date
            for short_id in system.short_ids
            if prefix and short_id.startswith(prefix)
        ]

    def _codename(self, os_name: str) -> str | None:
        record = self._exact(os_name)
        codename = None if record is None else record.codename
        return codename.split()[0].lower() if codename else None

    def _exact(self, name: str) -> OsRecord | None:
        """Return the record of the operating system with this name; None if the database has only similar names."""
        try:
            found = self._systems.lookup(name)
        except RequestError:
            return None
        return found.record if found.warning is None and not found.record.is_generic else None

    def _in_index(self, index: RemoteIndex, name: str, variant: str, arch: str) -> ImageSource | None:
        for source in self._remote(index):
            if source.name == name and source.arch == arch and variant in ("", source.variant):
                return source
        return None

    def _in_database(self, name: str, variant: str, arch: str) -> ImageSource | None:
        record = self._exact(name)
        if record is None:
            return None
        usable = [image for image in record.images if image.url and image.format in _USABLE]
        fitting = [
            image
            for image in usable
            if image.arch in (arch, "all") and (not variant or (image.variant or "") == variant)
        ]
        if not fitting:
            if not usable:
                return None
            available = sorted({f"{_with_variant(name, image.variant)} --arch {image.arch}" for image in usable})
            raise RequestError(
                f"the image '{_with_variant(name, variant)}' is not available for {arch}",
                hint=f"use one of: {', '.join(available)}",
            )
        image = min(fitting, key=lambda image: _USABLE.index(image.format))
        url = str(image.url)
        container = image.format == "containerdisk"
        return ImageSource(
            name=record.short_ids[0],
            kind="registry" if container else "url",
            url=url.removeprefix(_REGISTRY) if container else url,
            arch=arch,
            variant=image.variant or "",
            checksums=() if container else GUESSED_LISTS,
            guess=True,
            seed=CLOUD_INIT if image.cloud_init else NO_SEED,
            user=record.cloud_image_username or "",
            os_name=record.short_ids[0],
            origin="osinfo",
        )

    def _all(self) -> Iterator[ListedImage]:
        database = self._systems.names()
        for catalogue in self._catalogues():
            for family in catalogue.families:
                architectures = tuple(family.architectures or ())
                for version in reversed(family.known_versions(database)):
                    seed = family.row.get("seed", CLOUD_INIT)
                    seed = seed if isinstance(seed, str) else str(seed.get("*", NO_SEED))
                    variants = tuple(family.variants)
                    yield ListedImage(family.release_name(version), variants, architectures, seed, catalogue.path)
            for index in catalogue.remote:
                for source in self._remote(index):
                    variants = (source.variant,) if source.variant else ()
                    yield ListedImage(source.name, variants, (source.arch,), source.seed, index.url)
        for name, images in self._systems.images():
            usable = [image for image in images if image.url and image.format in _USABLE]
            if usable:
                yield ListedImage(
                    name,
                    tuple(dict.fromkeys(image.variant for image in usable if image.variant)),
                    tuple(dict.fromkeys(image.arch for image in usable)),
                    CLOUD_INIT if any(image.cloud_init for image in usable) else NO_SEED,
                    "osinfo",
                )

    def _unknown(self, name: str) -> RequestError:
        question = did_you_mean(name, [image.name for image in self.listed()])
        hint = f"{question} " if question else ""
        if os.path.exists(name):
            hint += f"to use the file in this directory, specify ./{name}, or "
        return RequestError(f"unknown image '{name}'", hint=f"{hint}list the images with: virt-install --image list")


def _with_variant(name: str, variant: str | None) -> str:
    return f"{name}:{variant}" if variant else name


def _from_url(url: str, arch: str) -> ImageSource:
    from urllib.parse import urlsplit

    from virtinstall.media.fetcher import display_url

    shown = display_url(url)
    scheme = urlsplit(url).scheme
    if scheme not in ("http", "https"):
        raise RequestError(
            f"unsupported URL scheme '{scheme}' in the image URL '{shown}'",
            hint="use an http or https URL, docker://REGISTRY/NAME:TAG, or a path",
        )
    return ImageSource(shown, "url", url, arch=arch, checksums=GUESSED_LISTS, guess=True, origin="url")


def _from_path(text: str) -> ImageSource:
    from urllib.parse import unquote

    path = unquote(text[len("file://") :]) if text.startswith("file://") else os.path.expanduser(text)
    path = os.path.abspath(path)
    return ImageSource(path, "path", path, origin="path")
