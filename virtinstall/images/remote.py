"""Indexes on the web that a catalog names, in simplestreams or virt-builder format, read at most once a day.

Source: simplestreams' documentation (index:1.0, products:1.0); virt-builder(1), "index" files.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from virtinstall.errors import FetchError
from virtinstall.images.catalogue import ImageCatalogue
from virtinstall.images.catalogue_file import RemoteIndex
from virtinstall.images.checksums import is_signed, without_signature
from virtinstall.images.digest import digest_of
from virtinstall.images.fetch import CHECK_AFTER_SECONDS
from virtinstall.images.signature import can_verify, verified_text
from virtinstall.images.source import CLOUD_INIT, NO_SEED, ImageSource
from virtinstall.json_loader import parse_json
from virtinstall.media.fetcher import display_url
from virtinstall.safe_text import reason_of

if TYPE_CHECKING:
    from virtinstall.osinfo.catalog import Catalog

Report = Callable[[str], None]
_LIBVIRT_ARCHITECTURES = {
    "amd64": "x86_64",
    "arm64": "aarch64",
    "armhf": "armv7l",
    "ppc64el": "ppc64le",
    "i386": "i686",
}
_DISKS = ("disk-kvm.img", "disk.qcow2", "disk1.img", "disk-kvm.qcow2", "uefi1.img")


def catalogue_with_indexes(
    environment: Mapping[str, str], systems: Catalog, cache_dir: str, report: Report = lambda text: None
) -> ImageCatalogue:
    """Return all image catalogs of a user, including the indexes on the web that the catalogs name.

    `environment` contains the environment variables that locate the catalogs. `systems` is the OS database. `cache_dir`
    is the directory of the image cache, in which the indexes are also cached. `report` is called with a notice if an
    index cannot be read and its cached copy is used.
    """
    reader = IndexReader(os.path.join(cache_dir, "indexes"), report)
    return ImageCatalogue(environment, systems, reader.images)


class IndexReader:
    """A reader of indexes on the web, with a cache in the directory `folder`.

    `report` is called with a notice if an index cannot be read and its cached copy is used.
    """

    def __init__(self, folder: str, report: Report) -> None:
        self._folder = folder
        self._report = report

    def images(self, index: RemoteIndex) -> Sequence[ImageSource]:
        """Return the sources of the images in an index.

        Raises: FetchError, if the index is invalid, or if the index cannot be read and is not in the cache.
        """
        if index.kind == "virt-builder":
            return list(virt_builder_images(self._read(index.url, index.keyring), index.url))
        document = _document(self._read(index.url, index.keyring), index.url)
        products = [
            urljoin(_root(index.url), str(entry.get("path", "")))
            for entry in _mapping(document.get("index")).values()
            if isinstance(entry, Mapping) and entry.get("format") == "products:1.0"
        ]
        if str(document.get("format")) == "products:1.0":
            return list(simplestreams_images(document, index.url, index.url))
        return [
            image
            for url in products
            for image in simplestreams_images(_document(self._read(url, index.keyring), url), url, index.url)
        ]

    def _read(self, url: str, keyring: str) -> str:
        path = os.path.join(self._folder, hashlib.sha256(url.encode()).hexdigest())
        age = None
        with suppress(OSError):
            age = time.time() - os.stat(path).st_mtime
        if age is None or not 0 <= age < CHECK_AFTER_SECONDS:
            try:
                self._save(path, _verified(url, keyring))
            except FetchError as error:
                if age is None:
                    raise
                self._report(f"{error.message}; using the cached copy of the index")
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def _save(self, path: str, data: bytes) -> None:
        temporary = f"{path}.{os.getpid()}.tmp"
        try:
            os.makedirs(self._folder, exist_ok=True)
            with open(temporary, "wb") as file:
                file.write(data)
            os.replace(temporary, path)
        except OSError as error:
            raise FetchError(f"cannot write '{path}' in the image cache: {reason_of(error)}") from error


def _verified(url: str, keyring: str) -> bytes:
    from virtinstall.images.download import WebReader

    data = WebReader().read(url)
    if not is_signed(data.decode("utf-8", "replace")):
        return data
    if can_verify(keyring):
        return verified_text(data, keyring, display_url(url))
    return without_signature(data.decode("utf-8", "replace")).encode()


def _root(url: str) -> str:
    """Return the directory that the paths of an index are relative to: the part before `streams/v1/`."""
    before, found, _ = url.rpartition("streams/v1/")
    return before if found else urljoin(url, ".")


def _document(text: str, url: str) -> Mapping[str, Any]:
    try:
        document = parse_json(text)
    except ValueError:
        document = None
    if not isinstance(document, Mapping):
        raise FetchError(
            f"'{display_url(url)}' is not a simplestreams index",
            hint="correct or remove the URL under 'sources' in the image catalog",
        )
    return document


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def simplestreams_images(document: Mapping[str, Any], url: str, origin: str) -> Iterator[ImageSource]:
    """Yield the source of the newest disk image of each product in a simplestreams document, once for each image name.

    `url` is the URL of the document; paths in the document are relative to the directory that contains `streams/v1/`.
    `origin` is the URL of the index that refers to the document.
    """
    for product in _mapping(document.get("products")).values():
        product = _mapping(product)
        versions = _mapping(product.get("versions"))
        for serial in sorted(versions, reverse=True):
            items = _mapping(_mapping(versions[serial]).get("items"))
            by_type = {str(_mapping(item).get("ftype")): _mapping(item) for item in items.values()}
            item = next((by_type[name] for name in _DISKS if name in by_type), None)
            if item is not None and item.get("path"):
                yield from _products_sources(product, item, url, origin)
                break


def _products_sources(
    product: Mapping[str, Any], item: Mapping[str, Any], url: str, origin: str
) -> Iterator[ImageSource]:
    system = str(product.get("os", "")).lower().replace(" ", "")
    version = str(product.get("version") or product.get("release") or "")
    variant = str(product.get("variant") or "")
    digest = digest_of("sha256", str(item.get("sha256", "")))
    arch = str(product.get("arch", ""))
    names = [f"{system}{version}", f"{system}{product.get('release', '')}"]
    names += [alias.strip().replace("/", "") for alias in str(product.get("aliases", "")).split(",")]
    for name in dict.fromkeys(name for name in names if name and name != system):
        yield ImageSource(
            name=name,
            kind="url",
            url=urljoin(_root(url), str(item["path"])),
            arch=_LIBVIRT_ARCHITECTURES.get(arch, arch),
            variant="" if variant in ("", "default") else variant,
            digest="" if digest is None else str(digest),
            seed=CLOUD_INIT,
            user=system,
            os_name=f"{system}{version}",
            origin=origin,
        )


def virt_builder_images(text: str, url: str) -> Iterator[ImageSource]:
    """Yield the sources of the images in a virt-builder index.

    `text` is the contents of the index, which consists of sections `[name]` with `key=value` lines. Paths in the index
    are relative to `url`, the URL of the index.
    """
    name: str | None = None
    values: dict[str, str] = {}
    for line in [*text.splitlines(), "[]"]:
        if line.startswith("[") and line.rstrip().endswith("]"):
            if name and values.get("file"):
                yield _builder_source(name, values, url)
            name, values = line.strip()[1:-1], {}
        elif line[:1] not in ("", " ", "\t", "#") and "=" in line:
            key, _, value = line.partition("=")
            values[key.strip().lower()] = value.strip()


def _builder_source(name: str, values: Mapping[str, str], url: str) -> ImageSource:
    digest = digest_of("sha512", values.get("checksum[sha512]") or values.get("checksum", ""))
    return ImageSource(
        name=name,
        kind="url",
        url=urljoin(url, values["file"]),
        arch=values.get("arch", "x86_64"),
        digest="" if digest is None else str(digest),
        seed=NO_SEED,
        os_name=values.get("osinfo", ""),
        origin=url,
    )
