"""`--video`: the guest's video card.

Source: https://libvirt.org/formatdomain.html#video-devices
"""

from __future__ import annotations

from virtinstall.devices.device import Device, unless_default
from virtinstall.devices.virtio_driver import VirtioDriver
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import INTEGER, ON_OFF, TEXT, YES_NO


class Video(Device, VirtioDriver):
    """<video>: a video card."""

    tag = "video"
    bare = ("model.type",)

    model_type: XmlField[str] = XmlField(
        "./model/@type",
        TEXT,
        "Model: `virtio`, `qxl`, `vga`, `cirrus`, `bochs`, `ramfb`, `none`.",
        aliases=("model",),
        convert=unless_default,
    )
    model_acceleration_accel3d: XmlField[bool] = XmlField(
        "./model/acceleration/@accel3d", YES_NO, "3D acceleration (virtio).", aliases=("accel3d",)
    )
    model_acceleration_accel2d: XmlField[bool] = XmlField("./model/acceleration/@accel2d", YES_NO, "2D acceleration.")
    model_heads: XmlField[int] = XmlField("./model/@heads", INTEGER, "Number of screens.", aliases=("heads",))
    model_ram: XmlField[int] = XmlField(
        "./model/@ram", INTEGER, "Size of the primary BAR in KiB (qxl).", aliases=("ram",)
    )
    model_vram: XmlField[int] = XmlField("./model/@vram", INTEGER, "Video memory in KiB.", aliases=("vram",))
    model_vram64: XmlField[int] = XmlField(
        "./model/@vram64", INTEGER, "Size of the 64-bit BAR in KiB (qxl).", aliases=("vram64",)
    )
    model_vgamem: XmlField[int] = XmlField(
        "./model/@vgamem", INTEGER, "VGA frame buffer in KiB (qxl).", aliases=("vgamem",)
    )
    model_blob: XmlField[bool] = XmlField(
        "./model/@blob", ON_OFF, "Share buffers with the guest without copying (virtio)."
    )
    model_primary: XmlField[bool] = XmlField("./model/@primary", YES_NO, "Whether this is the primary video card.")
    model_resolution_x: XmlField[int] = XmlField("./model/resolution/@x", INTEGER, "Width of the screen in pixels.")
    model_resolution_y: XmlField[int] = XmlField("./model/resolution/@y", INTEGER, "Height of the screen in pixels.")
    driver_name: XmlField[str] = XmlField(
        "./driver/@name", TEXT, "Driver: `qemu`, or `vhostuser` for a separate process."
    )
