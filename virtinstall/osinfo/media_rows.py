"""The facts in osinfo-db about media, trees, images and drivers, and about one operating system without its ancestors.

They are separate from `rows`, because most runs do not need them.

Source: osinfo-db's schema, /usr/share/osinfo/schema/osinfo.rng
"""

from __future__ import annotations

from virtinstall.named import NamedTuple
from virtinstall.osinfo.rows import Firmware, Resources


class Media(NamedTuple):
    """`<media>`: an installation or live medium.

    `volume_id`, `system_id`, `publisher_id` and `application_id` are regular expressions. Together with `volume_size`,
    which is in bytes, they recognize the medium. `installer_script` is true if the medium supports install scripts, and
    `scripts` contains the IDs of these scripts. `installer_reboots` is the number of reboots until the operating system
    is installed.

    `language` is the language of the medium. If `language_is_pattern` is true, `language` is instead a regular
    expression whose first group matches the language in the volume ID. `language_map` is the ID of the data map that
    maps the language to a locale.
    """

    arch: str
    live: bool
    installer: bool
    installer_script: bool
    installer_reboots: int
    eject_after_install: bool
    variant: str | None
    url: str | None
    volume_id: str | None
    system_id: str | None
    publisher_id: str | None
    application_id: str | None
    volume_size: int | None
    language: str | None
    language_is_pattern: bool
    language_map: str | None
    kernel: str | None
    initrd: str | None
    scripts: list[str]


class TreeRow(NamedTuple):
    """`<tree>`: an install tree; the `treeinfo_` fields are regular expressions for values in its `.treeinfo` file."""

    arch: str
    variant: str | None
    url: str | None
    treeinfo_family: str | None
    treeinfo_version: str | None
    treeinfo_variant: str | None
    treeinfo_arch: str | None
    kernel: str | None
    initrd: str | None
    boot_iso: str | None


class Image(NamedTuple):
    """`<image>`: a disk image that can be downloaded."""

    arch: str
    format: str
    cloud_init: bool
    variant: str | None
    url: str | None


class Driver(NamedTuple):
    """`<driver>`: files with drivers for devices that the operating system does not support without them.

    `location` is the URL of the directory that contains `files`. `pre_installable` is true if the installer can load
    the drivers. If several drivers are available, the one with the highest `priority` is used. `devices` contains the
    IDs of the devices that the drivers support.
    """

    arch: str
    location: str
    pre_installable: bool
    signed: bool
    priority: int
    files: list[str]
    devices: list[str]


class Entry(NamedTuple):
    """The facts about one operating system that its files contain, without the facts that it inherits.

    `parents` contains the IDs of the operating systems that this one derives from, followed by those of the operating
    systems that it clones. `devices` contains tuples of a device ID and whether the device is supported.
    """

    id: str
    short_ids: list[str]
    name: str | None
    version: str | None
    vendor: str | None
    family: str | None
    distro: str | None
    codename: str | None
    release_date: str | None
    eol_date: str | None
    release_status: str
    kernel_url_argument: str | None
    cloud_image_username: str | None
    parents: list[str]
    upgrades: list[str]
    devices: list[tuple[str, bool]]
    resources: list[Resources]
    firmwares: list[Firmware]
    media: list[Media]
    trees: list[TreeRow]
    images: list[Image]
    drivers: list[Driver]
    scripts: list[str]
    variants: dict[str, str]
