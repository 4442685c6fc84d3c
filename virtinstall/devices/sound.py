"""`--sound`: a sound card.

Source: https://libvirt.org/formatdomain.html#sound-devices
"""

from __future__ import annotations

from virtinstall.devices.device import Device, unless_default
from virtinstall.devices.virtio_driver import VirtioDriver
from virtinstall.xml.children import Children
from virtinstall.xml.element import Element
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import TEXT, YES_NO


class Codec(Element):
    """<codec>: a codec of an HDA sound card."""

    tag = "codec"

    type: XmlField[str] = XmlField("./@type", TEXT, "Kind of codec: `duplex`, `micro`, `output`.")


class Sound(Device, VirtioDriver):
    """<sound>: a sound card."""

    tag = "sound"
    none_word = "suppress"
    bare = ("model",)

    model: XmlField[str] = XmlField(
        "./@model", TEXT, "Model: `ich9`, `ich6`, `ac97`, `usb`, `virtio`.", convert=unless_default
    )
    audio_id: XmlField[str] = XmlField(
        "./audio/@id", TEXT, "ID of the audio backend (`--audio id=`) that plays the sound."
    )
    codecs: Children[Codec] = Children("./codec", Codec, "Codecs of the card.")
    multichannel: XmlField[bool] = XmlField("./@multichannel", YES_NO, "Whether a USB card has more than two channels.")
    streams: XmlField[str] = XmlField("./@streams", TEXT, "Number of streams (virtio).")
