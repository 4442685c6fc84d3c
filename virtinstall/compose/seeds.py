"""--cloud-init and --unattended: the answers, where they are stored and on which bus.

The answers are written when the guest's name, UUID and MAC addresses are resolved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from virtinstall.compose.draft import Draft
from virtinstall.devices.disk import Disk
from virtinstall.naming import numbered
from virtinstall.plan import SeedFile

if TYPE_CHECKING:
    from virtinstall.seed.answers import Answers
    from virtinstall.seed.cloud_init import CloudInitRequest


DRIVERS = "drivers"
"""Directory of the drivers on the medium with the answers."""


def new_seeds(draft: Draft, *, removable: bool) -> list[SeedFile]:
    """Return the guest's seed media, still without their files, which `fill_seeds` adds.

    `removable` is true if the cloud-init medium is in a CD-ROM drive, which can be empty later.
    """
    found, host = [], draft.facts.host
    stem = f"virtinst-{draft.facts.token}"
    requested = draft.facts.seeds.cloud_init
    if requested is not None:
        found.append(_cloud_init_seed(draft, keep=requested.keep, removable=removable))
    answers, driver = draft.facts.seeds.unattended, draft.facts.seeds.driver
    if answers is not None and not answers.installer.in_initrd:
        from virtinstall.seed.answers import CDROM_LABELS

        found.append(
            SeedFile(
                path=f"{host.boot_dir}/{stem}-unattended.iso",
                label=CDROM_LABELS.get(answers.installer.kind, ""),
                files=(),
                fetched=()
                if driver is None
                else tuple((f"{DRIVERS}/{name}", f"{driver.location}/{name}") for name in driver.files),
            )
        )
    return found


def seed_bus(draft: Draft) -> str | None:
    """Return the bus for the cloud-init seed; None for the default bus of CD-ROM drives, or if there is no such seed.

    The default for Debian is SCSI, because the kernel of Debian's cloud images has no driver for SATA.
    """
    requested = draft.facts.seeds.cloud_init
    if requested is None:
        return None
    sataless = draft.os.distro == "debian" and draft.os.supports_virtio_scsi()
    return requested.bus or ("scsi" if sataless else None)


def seed_arguments(draft: Draft) -> tuple[str, ...]:
    """Return the kernel arguments that point the installer to its answer file; an empty tuple if there are none."""
    answers = draft.facts.seeds.unattended
    if answers is None:
        return ()
    from virtinstall.seed.answers import kernel_arguments

    return kernel_arguments(answers.installer, answers.os_version, draft.os.distro)


def fill_seeds(draft: Draft) -> None:
    """Add the files to the draft's seeds and initrd; the guest's name, UUID and MAC addresses must be known."""
    requested, login = draft.facts.seeds.cloud_init, draft.facts.seeds.login
    if login is not None and login.password is None:
        draft.notes.append(f"You can log in as '{login.user}' with your SSH key.")
    if requested is not None:
        _fill_cloud_init(draft, requested)
    answers = draft.facts.seeds.unattended
    if answers is not None:
        _fill_answers(draft, answers)


def account(draft: Draft) -> str | None:
    """Return the account with which users can log in to the guest by SSH, according to its seed.

    The result is None if the seed does not set up such an account, or if the user specified the seed's user-data.
    """
    requested, login = draft.facts.seeds.cloud_init, draft.facts.seeds.login
    if login is not None:
        return login.user
    if requested is None or requested.user_data is not None:
        return None
    if requested.users:
        return requested.users[0].name
    if requested.default_user_keys:
        return draft.os.cloud_image_username or draft.os.distro or None
    return "root" if requested.root.keys else None


def first_boot_path(draft: Draft, name: str) -> str:
    """Return the path of a seed file that must exist until the guest is shut down for the first time.

    The file is emptied after the guest has started. If possible, the file is in the directory of the guest's disk,
    which is on shared storage if the guest is migrated. `name` is the end of the file's name.
    """
    host = draft.facts.host
    disk = next(iter(draft.domain.devices_of(Disk)), None)
    folder = ((disk.source_file if disk is not None else None) or "").rpartition("/")[0]
    created = {image.path.rpartition("/")[0] for image in draft.images}
    usable = host.local and folder and folder in (*created, draft.facts.storage.disk_folder)
    # the name is unpredictable; the UUID shows later runs which guest it belongs to
    return f"{folder if usable else host.boot_dir}/virtinst-{draft.facts.token}-{draft.domain.uuid}-{name}"


def _cloud_init_seed(draft: Draft, *, keep: bool, removable: bool) -> SeedFile:
    """Return a cloud-init seed; a seed that the guest keeps is next to the disks and named after the guest.

    A drive that is not `removable` must not be empty after a restore, so the seed leaves a placeholder.
    """
    host = draft.facts.host
    placeholder = not (removable or keep)
    if keep and host.local:
        name = numbered(f"{draft.domain.name}-cloudinit", ".iso", draft.facts.storage.image_names)
        path = f"{host.image_dir}/{name}"
    elif placeholder:
        path = first_boot_path(draft, "cloudinit.iso")
    else:
        path = f"{host.boot_dir}/virtinst-{draft.facts.token}-cloudinit.iso"
    return SeedFile(path=path, label="cidata", files=(), keep=keep, placeholder=placeholder)


def host_name(draft: Draft) -> str:
    """Return a valid host name from the guest's name; characters other than ASCII letters and digits become hyphens."""
    name = "".join(char if char.isascii() and char.isalnum() else "-" for char in str(draft.domain.name))
    return name.strip("-")[:63].strip("-") or "localhost"


def first_mac(draft: Draft) -> str | None:
    """Return the MAC address of the guest's first network interface; None if it has no interface."""
    from virtinstall.devices.interface import Interface

    return next(
        (interface.mac_address for interface in draft.domain.devices_of(Interface) if interface.mac_address), None
    )


def _fill_cloud_init(draft: Draft, requested: CloudInitRequest) -> None:
    from virtinstall.errors import RequestError
    from virtinstall.seed.cloud_init import DEFAULT_ACCOUNT, seed_files

    mac = first_mac(draft)
    if requested.address is not None and mac is None:
        raise RequestError(
            f"--cloud-init address={requested.address.address}: the guest has no network interface",
            hint="add --network, or omit address=",
        )
    network = _network_config(draft)
    instance, key = f"iid-{draft.domain.uuid}", draft.facts.seeds.host_key
    files = seed_files(requested, host_name(draft), instance, mac or "", key, network)
    draft.seeds[:] = [
        seed.replace(files=tuple(files.items())) if seed.label == "cidata" and not seed.files else seed
        for seed in draft.seeds
    ]
    for account, password in requested.generated_passwords:
        which = {"root": "first root login", DEFAULT_ACCOUNT: DEFAULT_ACCOUNT}.get(account, f"the account '{account}'")
        draft.passwords.append((account, password))
        draft.secrets.append(f"Password for {which} is: {password}")


def _network_config(draft: Draft) -> dict[str, Any] | None:
    """Return cloud-init's network configuration of all interfaces; None if no interface has a static address."""
    if not draft.static_addresses:
        return None
    from virtinstall.devices.interface import Interface
    from virtinstall.seed.static_address import network_config

    interfaces = []
    for interface in draft.domain.devices_of(Interface):
        mac = str(interface.mac_address)
        static = draft.static_addresses.get(mac)
        has_ipv4 = static is not None and any(":" not in address for address in static.addresses)
        interfaces.append((mac, static, not has_ipv4))
    return network_config(interfaces)


def _fill_answers(draft: Draft, answers: Answers) -> None:
    from virtinstall.seed.answers import AnswerTarget, answer_files

    efi = draft.domain.os.firmware == "efi" or draft.domain.os.loader_type == "pflash"
    guest = AnswerTarget(host_name(draft), draft.platform.arch, _first_disk(draft), efi)
    files = tuple(answer_files(answers, guest).items())
    if answers.installer.in_initrd:
        draft.boot_files[:] = [
            boot_file.replace(answers=files) if boot_file.what == "initrd" else boot_file
            for boot_file in draft.boot_files
        ]
    else:
        draft.seeds[:] = [seed if seed.files else seed.replace(files=files) for seed in draft.seeds]


def _first_disk(draft: Draft) -> str:
    """Return Linux's name of the disk to install on."""
    disks = [disk for disk in draft.domain.devices_of(Disk) if (disk.device or "disk") == "disk" and not disk.readonly]
    target = disks[0].target_dev if disks else None
    # IDE disks have had SCSI's names for long
    return f"/dev/{(target or 'vda').replace('hd', 'sd')}"
