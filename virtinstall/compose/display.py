"""Graphics, video, input and sound devices, and the devices that SPICE uses.

Source: https://libvirt.org/formatdomain.html#graphical-framebuffers, #video-devices,
#input-devices, #sound-devices
"""

from __future__ import annotations

from virtinstall.compose.draft import Draft
from virtinstall.compose.firmware import is_uefi
from virtinstall.devices.channel import CLIPBOARD_NAME, CLIPBOARD_TYPES, Channel
from virtinstall.devices.graphics import Graphics
from virtinstall.devices.input import Input
from virtinstall.devices.redirdev import Redirdev
from virtinstall.devices.sound import Sound
from virtinstall.devices.video import Video

_USB_REDIRECTIONS = 2


def add_display(draft: Draft) -> None:
    """Add the default graphics device if none was requested, and fill in missing values of requested ones."""
    platform = draft.platform
    # a container of Virtuozzo shows its console over VNC
    able = platform.virt_type == "vz" or not (platform.is_container or platform.is_s390x or platform.is_fixed_board)
    if able and not draft.graphics() and draft.wants("graphics"):
        draft.domain.add(Graphics())
    for graphics in draft.graphics():
        _fill_graphics(draft, graphics)


def _default_type(draft: Draft) -> str:
    if draft.facts.host.is_like_qemu and draft.offers("devices/graphics", "type", "spice"):
        return "spice"
    return "vnc"


def _fill_graphics(draft: Draft, graphics: Graphics) -> None:
    if graphics.type is None:
        graphics.type = _default_type(draft)
    if graphics.type == "sdl":
        _fill_sdl(draft, graphics)
        return
    if graphics.type not in ("spice", "vnc"):
        return
    listen_types = [listen.type for listen in graphics.listens]
    by_socket = bool(listen_types) and set(listen_types) <= {"none", "socket"}
    if not by_socket and graphics.port is None:
        graphics.port = -1
    if not by_socket and graphics.type == "spice" and graphics.tls_port is None:
        graphics.tls_port = -1
    if graphics.type == "spice":
        if graphics.port == -1 and graphics.tls_port == -1 and graphics.autoport is None:
            graphics.autoport = True
        if graphics.image_compression is None and draft.facts.host.local:
            graphics.image_compression = "off"
    if graphics.gl_enable and graphics.gl_rendernode is None and graphics.type == "spice":
        graphics.gl_rendernode = draft.facts.render_node


def _fill_sdl(draft: Draft, graphics: Graphics) -> None:
    environment = draft.facts.environment
    if graphics.display is None:
        graphics.display = environment.get("DISPLAY")
    if graphics.xauth is None:
        graphics.xauth = environment.get("XAUTHORITY") or f"{environment.get('HOME', '')}/.Xauthority"


def add_video(draft: Draft) -> None:
    """Add a video card if the guest has a graphics device but no video card, and fill in missing video card models.

    The default model depends on the guest's operating system, the machine type and the graphics devices.
    """
    platform = draft.platform
    videos = draft.domain.devices_of(Video)
    if not videos and draft.graphics() and draft.wants("video") and platform.is_hvm:
        videos = [Video()]
        draft.domain.add(videos[0])
    for video in videos:
        if video.model_type is None:
            video.model_type = _video_model(draft)
        # the card of IBM Z's channel bus has no OpenGL
        able = video.model_type == "virtio" and not platform.is_s390x
        if able and video.model_acceleration_accel3d is None and _has_gl(draft):
            video.model_acceleration_accel3d = True


def _has_gl(draft: Draft) -> bool:
    return any(graphics.gl_enable for graphics in draft.graphics())


def _video_model(draft: Draft) -> str:
    platform = draft.platform
    if platform.is_riscv_virt or platform.is_s390x or platform.is_loongarch:
        return "virtio"
    if platform.is_pseries or platform.is_fixed_board:
        return "vga"
    if platform.is_qemu and draft.os.supports_virtio_gpu(platform.arch):
        return "virtio"
    has_spice = any(graphics.type == "spice" for graphics in draft.graphics())
    if platform.is_x86 and any(graphics.type == "spice" and graphics.gl_enable for graphics in draft.graphics()):
        # no other card has OpenGL
        return "virtio"
    if platform.is_x86 and has_spice and draft.offers("devices/video", "modelType", "qxl"):
        return "qxl"
    if is_uefi(draft) and platform.is_qemu:
        return "ramfb" if platform.is_arm_virt else "bochs"
    return "vga"


def add_inputs(draft: Draft) -> None:
    """Add input devices if the guest has a graphics device but no input device.

    Missing values of requested input devices are filled in. The added devices are a tablet, which reports absolute
    pointer positions, and on architectures other than x86 also a keyboard.
    """
    platform = draft.platform
    inputs = draft.domain.devices_of(Input)
    # there is no USB on IBM Z
    bus = "virtio" if platform.is_s390x else "usb"
    able = platform.is_hvm and not platform.is_fixed_board and (bus != "usb" or draft.has_usb)
    if not inputs and draft.graphics() and draft.wants("input") and able:
        draft.domain.add(Input(type="tablet", bus=bus))
        if not platform.is_x86:
            draft.domain.add(Input(type="keyboard", bus=bus))
    for device in inputs:
        if device.type is None:
            device.type = "mouse" if platform.is_xen_pv else "tablet"
            if platform.is_xen_pv and device.bus is None:
                device.bus = "xen"
        if device.bus is None and platform.is_hvm:
            device.bus = _input_bus(draft, device)


def _input_bus(draft: Draft, device: Input) -> str | None:
    """Return the bus of a requested device if libvirt's default, USB or PS/2, does not fit; else None."""
    if device.type == "passthrough" or (device.model or "").startswith("virtio"):
        return "virtio"
    if device.type == "tablet" or (device.type in ("mouse", "keyboard") and not draft.platform.is_x86):
        if draft.platform.is_s390x or not draft.has_usb:
            return "virtio"
        return "usb" if device.wanted_default else None
    return None


def add_sound(draft: Draft) -> None:
    """Add a sound card if the guest uses SPICE but has no sound card, and fill in missing sound card models.

    The default model depends on the machine type.
    """
    has_spice = any(graphics.type == "spice" for graphics in draft.graphics())
    sounds = draft.domain.devices_of(Sound)
    if not sounds and has_spice and draft.wants("sound") and draft.platform.is_hvm and _sound_suits(draft):
        sounds = [Sound()]
        draft.domain.add(sounds[0])
    for sound in sounds:
        if sound.model is None:
            sound.model = "ich9" if draft.platform.has_pcie else "ich6"


def _sound_suits(draft: Draft) -> bool:
    return not (draft.platform.is_s390x or draft.platform.is_fixed_board)


def add_spice_parts(draft: Draft) -> None:
    """Add a channel for the SPICE agent, and USB redirection devices, if the guest uses SPICE."""
    if not any(graphics.type == "spice" for graphics in draft.graphics()):
        return
    has_agent = any(
        channel.type in CLIPBOARD_TYPES or channel.target_name == CLIPBOARD_NAME
        for channel in draft.domain.devices_of(Channel)
    )
    if draft.wants("channel") and not has_agent:
        draft.domain.add(Channel(type="spicevmc", target_type="virtio", target_name=CLIPBOARD_NAME))
    platform = draft.platform
    offered = (
        draft.facts.domain_capabilities is None
        or draft.facts.domain_capabilities.supported("devices/redirdev") is not False
    )
    if (
        platform.is_x86
        and platform.is_hvm
        and offered
        and draft.has_usb
        and draft.wants("redirdev")
        and not draft.domain.devices_of(Redirdev)
    ):
        for _ in range(_USB_REDIRECTIONS):
            draft.domain.add(Redirdev(bus="usb", type="spicevmc"))
