"""Conversion of the XML of one operating system to an `Entry`.

Source: osinfo-db's schema, /usr/share/osinfo/schema/osinfo.rng
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from virtinstall.osinfo.media_rows import Driver, Entry, Image, Media, TreeRow
from virtinstall.osinfo.places import entity_of
from virtinstall.osinfo.rows import Amounts, Firmware, Resources

if TYPE_CHECKING:
    from lxml import etree

_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


def read_elements(paths: Iterable[str], tag: str, broken: list[str]) -> list[etree._Element]:
    """Return the elements with the tag `tag`, such as `os` or `device`, in the files at `paths`, in order.

    Files that cannot be read or are not valid XML are skipped, and their paths are added to `broken`.
    """
    from lxml import etree

    parser = etree.XMLParser(remove_comments=True, remove_blank_text=True, resolve_entities=False, no_network=True)
    found: list[etree._Element] = []
    for path in paths:
        try:
            root = etree.parse(path, parser).getroot()
        except (OSError, etree.XMLSyntaxError):
            broken.append(path)
            continue
        found += root.findall(tag)
    return found


def read_parts(paths: Iterable[str], place: tuple[str, str], broken: list[str]) -> Parts | None:
    """Return the elements for one operating system in the files at `paths`; None if there are none.

    `place` is the vendor and the entity name of the operating system; elements with the ID of a different entity are
    ignored. Files that cannot be read or are not valid XML are skipped, and their paths are added to `broken`.
    """
    elements = [element for element in read_elements(paths, "os", broken) if entity_of(element.get("id", "")) == place]
    return Parts(elements) if elements else None


def entry_of(parts: Parts) -> Entry:
    """Return all facts about the operating system that `parts` contains."""
    return Entry(
        id=parts.id,
        short_ids=parts.texts("short-id"),
        name=parts.text("name"),
        version=parts.text("version"),
        vendor=parts.text("vendor"),
        family=parts.text("family"),
        distro=parts.text("distro"),
        codename=parts.text("codename"),
        release_date=parts.text("release-date"),
        eol_date=parts.text("eol-date"),
        release_status=parts.text("release-status") or "released",
        kernel_url_argument=parts.text("kernel-url-argument"),
        cloud_image_username=parts.text("cloud-image-username"),
        parents=parts.ids("derives-from") + parts.ids("clones"),
        upgrades=parts.ids("upgrades"),
        devices=[
            (device.get("id", ""), _flag(device, "supported", True))
            for block in parts.all("devices")
            for device in block.iterfind("device")
        ],
        resources=[_resources(child) for child in parts.all("resources")],
        firmwares=[
            Firmware(child.get("arch", "all"), child.get("type", ""), _flag(child, "supported", True))
            for child in parts.all("firmware")
        ],
        media=media_of(parts),
        trees=trees_of(parts),
        images=images_of(parts),
        drivers=[_driver(child) for child in parts.all("driver")],
        scripts=[script for child in parts.all("installer") for script in _ids(child.iterfind("script"))],
        variants={child.get("id", ""): child.findtext("name", "").strip() for child in parts.all("variant")},
    )


def images_of(parts: Parts) -> list[Image]:
    """Return the disk images that `parts` contains."""
    return [_image(child) for child in parts.all("image")]


def media_of(parts: Parts) -> list[Media]:
    """Return the media that `parts` contains."""
    return [_media(child) for child in parts.all("media")]


def trees_of(parts: Parts) -> list[TreeRow]:
    """Return the install trees that `parts` contains."""
    return [_tree(child) for child in parts.all("tree")]


class Parts:
    """The child elements of all `<os>` elements for one operating system; `id` is its full ID."""

    def __init__(self, elements: list[etree._Element]) -> None:
        self.id = elements[0].get("id", "")
        self._children: dict[str, list[etree._Element]] = {}
        for element in elements:
            for child in element.iterchildren("*"):
                self._children.setdefault(child.tag, []).append(child)

    def all(self, tag: str) -> list[etree._Element]:
        """Return the child elements with the tag `tag`."""
        return self._children.get(tag, [])

    def text(self, tag: str) -> str | None:
        """Return the first text of a child with the tag `tag` that specifies no language; None if there is none."""
        return next((_text(child) for child in self.all(tag) if child.get(_LANGUAGE) is None and _text(child)), None)

    def texts(self, tag: str) -> list[str]:
        """Return the texts of the child elements with the tag `tag`, each text once."""
        return list(dict.fromkeys(text for child in self.all(tag) if (text := _text(child))))

    def ids(self, tag: str) -> list[str]:
        """Return the `id` attributes of the child elements with the tag `tag`."""
        return list(_ids(self.all(tag)))


def _ids(elements: Iterable[etree._Element]) -> Iterator[str]:
    return (identity for element in elements if (identity := element.get("id")))


def _text(element: etree._Element) -> str:
    return (element.text or "").strip()


def _child_text(element: etree._Element | None, path: str) -> str | None:
    found = element.findtext(path) if element is not None else None
    return found.strip() or None if found else None


def _flag(element: etree._Element, name: str, default: bool) -> bool:
    value = element.get(name)
    return default if value is None else value == "true"


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None


def _amounts(element: etree._Element | None) -> Amounts | None:
    if element is None:
        return None
    return Amounts(*(_number(_child_text(element, name)) for name in ("cpu", "n-cpus", "ram", "storage")))


def _resources(element: etree._Element) -> Resources:
    kinds = ("minimum", "recommended", "maximum", "network-install")
    return Resources(
        element.get("arch", "all"), _flag(element, "inherit", False), *(_amounts(element.find(kind)) for kind in kinds)
    )


def _variant(element: etree._Element) -> str | None:
    variant = element.find("variant")
    return None if variant is None else variant.get("id")


def _media(element: etree._Element) -> Media:
    iso = element.find("iso")
    language = None if iso is None else iso.find("l10n-language")
    return Media(
        arch=element.get("arch", "all"),
        live=_flag(element, "live", False),
        installer=_flag(element, "installer", True),
        installer_script=_flag(element, "installer-script", True),
        installer_reboots=_number(element.get("installer-reboots")) or 1,
        eject_after_install=_flag(element, "eject-after-install", True),
        variant=_variant(element),
        url=_child_text(element, "url"),
        volume_id=_child_text(iso, "volume-id"),
        system_id=_child_text(iso, "system-id"),
        publisher_id=_child_text(iso, "publisher-id"),
        application_id=_child_text(iso, "application-id"),
        volume_size=_number(_child_text(iso, "volume-size")),
        language=None if language is None else _text(language) or None,
        language_is_pattern=language is not None and _flag(language, "regex", False),
        language_map=None if language is None else language.get("l10n-language-map"),
        kernel=_child_text(element, "kernel"),
        initrd=_child_text(element, "initrd"),
        scripts=list(_ids(element.iterfind("installer/script"))),
    )


def _tree(element: etree._Element) -> TreeRow:
    return TreeRow(
        arch=element.get("arch", "all"),
        variant=_variant(element),
        url=_child_text(element, "url"),
        treeinfo_family=_child_text(element, "treeinfo/family"),
        treeinfo_version=_child_text(element, "treeinfo/version"),
        treeinfo_variant=_child_text(element, "treeinfo/variant"),
        treeinfo_arch=_child_text(element, "treeinfo/arch"),
        kernel=_child_text(element, "kernel"),
        initrd=_child_text(element, "initrd"),
        boot_iso=_child_text(element, "boot-iso"),
    )


def _image(element: etree._Element) -> Image:
    return Image(
        element.get("arch", "all"),
        element.get("format", ""),
        _flag(element, "cloud-init", False),
        _variant(element),
        _child_text(element, "url"),
    )


def _driver(element: etree._Element) -> Driver:
    return Driver(
        arch=element.get("arch", "all"),
        location=element.get("location", ""),
        pre_installable=_flag(element, "pre-installable", False),
        signed=_flag(element, "signed", True),
        priority=_number(element.get("priority")) or 50,
        files=[_text(child) for child in element.iterfind("file")],
        devices=list(_ids(element.iterfind("device"))),
    )
