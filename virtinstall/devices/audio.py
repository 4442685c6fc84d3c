"""`--audio`: where the host plays the guest's sound.

Source: https://libvirt.org/formatdomain.html#audio-devices
"""

from __future__ import annotations

from virtinstall.devices.device import Device
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import TEXT


class Audio(Device):
    """<audio>: an audio backend, through which the host plays the guest's sound."""

    tag = "audio"

    type: XmlField[str] = XmlField(
        "./@type", TEXT, "Backend: `none`, `alsa`, `pulseaudio`, `spice`, `sdl`, `file`, ..."
    )
    id: XmlField[str] = XmlField("./@id", TEXT, "ID that sound cards refer to with `audio.id`.")
