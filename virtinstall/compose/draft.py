"""The guest while it is being composed: the state that the composer's steps share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtinstall.facts import Platform
from virtinstall.naming import Random

if TYPE_CHECKING:
    from virtinstall.devices.graphics import Graphics
    from virtinstall.domain.domain import Domain
    from virtinstall.facts import Facts
    from virtinstall.new_image import NewImage
    from virtinstall.osinfo.record import OsRecord
    from virtinstall.plan import BootFile, ImageFetch, NewReservation, NewVolume, SeedFile, Upload
    from virtinstall.request import Request
    from virtinstall.seed.static_address import StaticAddress


class Draft:
    """A plan under construction: `domain`, a copy of the requested domain, is filled in step by step.

    `default_tpm` is true if a TPM was added by default. `install_cdrom` is the position, among the domain's disks, of
    the install medium that is ejected after the installation (except for Windows), or None. `seed_disks` are the
    positions of the seed media that only the installation reads. `images`, `volumes` and similar lists collect what the
    plan creates. `generated` contains the names, UUIDs, MAC addresses and paths that the user did not choose.
    `static_addresses` maps MAC addresses to the IP addresses that cloud-init sets. `warnings` and `notes` are the lines
    to print. `running` is the running guest into which the devices are plugged, or None if there is no running guest.
    """

    def __init__(self, request: Request, facts: Facts, domain: Domain, platform: Platform, random: Random) -> None:
        self.request = request
        self.facts = facts
        self.domain = domain
        self.platform = platform
        self.random = random
        self.images: list[NewImage] = []
        self.fetches: list[ImageFetch] = []
        self.volumes: list[NewVolume] = []
        self.start_pools: list[str] = []
        self.boot_files: list[BootFile] = []
        self.seeds: list[SeedFile] = []
        self.uploads: list[Upload] = []
        self.reservations: list[NewReservation] = []
        self.static_addresses: dict[str, StaticAddress] = {}
        self.warnings: list[str] = []
        self.notes: list[str] = []
        self.secrets: list[str] = []
        self.passwords: list[tuple[str, str]] = []
        self.generated: set[str] = set()
        self.default_tpm = False
        self.install_cdrom: int | None = None
        self.seed_disks: list[int] = []
        self.kernel_arguments = ""
        self.pcie_root_ports: int | None = None
        self.running: Domain | None = None

    def graphics(self) -> list[Graphics]:
        """Return the domain's current graphics devices."""
        from virtinstall.devices.graphics import Graphics

        return self.domain.devices_of(Graphics)

    @property
    def os(self) -> OsRecord:
        """The guest's operating system; its `devices` include those for which the installer receives drivers."""
        record, driver = self.facts.os, self.facts.seeds.driver
        return record if driver is None else record._replace(devices=record.devices | set(driver.devices))

    def wants(self, tag: str) -> bool:
        """Return whether default devices with the tag `tag` are added; for example, `--sound none` disables `sound`."""
        return tag not in self.request.without

    def domcaps_list(self, path: str, enum: str) -> tuple[str, ...]:
        """Return the values of the enumeration `enum`, such as `type`, in the domain capabilities.

        `path`, such as `devices/graphics`, is that of the element with `enum`.
        The result is empty if the capabilities are unknown.
        """
        capabilities = self.facts.domain_capabilities
        return () if capabilities is None else capabilities.values(path, enum)

    def offers(self, path: str, enum: str, value: str, unknown: bool = True) -> bool:
        """Return whether the domain capabilities list `value`; if they do not list any value, return `unknown`.

        `path` and `enum` have the same meaning as in `domcaps_list`.
        """
        values = self.domcaps_list(path, enum)
        return value in values if values else unknown

    @property
    def has_usb(self) -> bool:
        """Whether the guest has a USB bus, which `--controller usb,model=none` disables."""
        from virtinstall.devices.controller import Controller

        controllers = self.domain.devices_of(Controller)
        return not any(each.type == "usb" and each.model == "none" for each in controllers)

    def use_machine(self, machine: str) -> None:
        """Use the machine type `machine` instead of the current one."""
        self.platform = self.platform.replace(machine=machine)
        self.domain.os.type_machine = machine

    def new_paths(self) -> list[str]:
        """Return the paths of the images that have been planned so far."""
        return [image.path for image in self.images]
