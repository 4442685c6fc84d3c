"""Serial ports, consoles and channels.

Source: https://libvirt.org/formatdomain.html#consoles-serial-parallel-channel-devices
"""

from __future__ import annotations

from virtinstall.compose.draft import Draft
from virtinstall.devices.channel import CLIPBOARD_NAME, CLIPBOARD_TYPES, Channel
from virtinstall.devices.character import CharacterDevice
from virtinstall.devices.console import Console
from virtinstall.devices.parallel import Parallel
from virtinstall.devices.serial import Serial

_AGENT_CHANNEL = "org.qemu.guest_agent.0"
_LONGEST_SOCKET = 108
_NAME_PART = 20
_MANY_GUESTS = 999


def add_consoles(draft: Draft) -> None:
    """Add a text console if neither a console nor a serial port was requested."""
    domain = draft.domain
    if (
        not domain.devices_of(Console)
        and not domain.devices_of(Serial)
        and draft.wants("console")
        and draft.wants("serial")
    ):
        domain.add(_default_console(draft))
    for console in domain.devices_of(Console):
        if console.target_type is None and draft.platform.is_s390x:
            console.target_type = "sclp"


def _default_console(draft: Draft) -> Console:
    if draft.platform.virt_type == "bhyve":
        stem = f"/dev/nmdm{draft.domain.uuid}"
        return Console(type="nmdm", source_master=f"{stem}A", source_slave=f"{stem}B")
    return Console(type="pty")


def add_channels(draft: Draft) -> None:
    """Add a channel for the guest agent if no channel was requested and the operating system supports the agent."""
    platform = draft.platform
    if draft.domain.devices_of(Channel) or not draft.wants("channel"):
        return
    if platform.is_qemu and not platform.is_fixed_board and draft.os.supports_guest_agent(platform.arch):
        agent = Channel(type="unix", target_type="virtio", target_name=_AGENT_CHANNEL)
        agent.source_mode = "bind"
        agent.source_path = _short_socket(draft)
        draft.domain.add(agent)


def _short_socket(draft: Draft) -> str | None:
    """Return a path for the agent's socket if libvirt's path in the directory of an embedded driver is too long, else
    None.

    Source: unix(7), sun_path; libvirt creates the socket at lib/qemu/channel/target/domain-ID-NAME/.
    """
    root = draft.facts.host.embed_root
    if root is None:
        return None
    name = str(draft.domain.name)[:_NAME_PART]
    own = f"{root}/lib/qemu/channel/target/domain-{_MANY_GUESTS}-{name}/{_AGENT_CHANNEL}"
    if len(own.encode()) < _LONGEST_SOCKET:
        return None
    return f"{root}/s/{str(draft.domain.uuid)[:8]}"


def fill_character_devices(draft: Draft) -> None:
    """Fill in the missing types and modes of serial ports, parallel ports, consoles and channels."""
    devices: list[CharacterDevice] = [
        *draft.domain.devices_of(Serial),
        *draft.domain.devices_of(Parallel),
        *draft.domain.devices_of(Console),
        *draft.domain.devices_of(Channel),
    ]
    for device in devices:
        if device.type is None:
            device.type = "pty"
        if device.type == "unix" and device.source_mode is None:
            device.source_mode = "bind"
    for channel in draft.domain.devices_of(Channel):
        channel.target_type = channel.target_type or "virtio"
        if channel.type in CLIPBOARD_TYPES:
            channel.target_name = channel.target_name or CLIPBOARD_NAME
