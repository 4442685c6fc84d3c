"""`--rng`: a source of entropy for the guest.

Source: https://libvirt.org/formatdomain.html#random-number-generator-device
"""

from __future__ import annotations

from virtinstall.devices.character import CharacterSource
from virtinstall.devices.device import Device, unless_default
from virtinstall.devices.virtio_driver import VirtioDriver
from virtinstall.xml.children import Child
from virtinstall.xml.field import Suboption, XmlField
from virtinstall.xml.kinds import TEXT


class RngBackend(CharacterSource):
    """<backend> with the model `egd`: the daemon that provides entropy."""

    tag = "backend"


def _set_backend(rng: Rng, text: str) -> None:
    """Set the model, or the path of a device, which the model `random` reads."""
    if text.startswith("/"):
        rng.backend_model, rng.backend = "random", text
    else:
        rng.backend_model = unless_default(text) or None


class Rng(Device, VirtioDriver):
    """<rng>: a device that provides the host's randomness to the guest."""

    tag = "rng"
    none_word = "suppress"
    bare = ("backend.model",)

    backend_option = Suboption(
        "backend.model",
        _set_backend,
        "Source of entropy: `random`, `egd`, `builtin`, or a device such as `/dev/urandom`.",
        aliases=("type",),
        match=True,
    )
    backend_model: XmlField[str] = XmlField("./backend/@model", TEXT, "Source of entropy.", name=None)
    backend: XmlField[str] = XmlField("./backend", TEXT, "Device that the backend `random` reads.", aliases=("device",))
    model: XmlField[str] = XmlField("./@model", TEXT, "Guest device model, normally `virtio`.")
    backend_type: XmlField[str] = XmlField(
        "./backend/@type",
        TEXT,
        "Kind of connection to the `egd` daemon: `udp`, `tcp`, `unix`.",
        aliases=("backend_type",),
    )
    egd: Child[RngBackend] = Child(
        "./backend",
        RngBackend,
        flat={
            "backend_host": "source.host",
            "backend_service": "source.service",
            "backend_connect_host": "source.connect_host",
            "backend_connect_service": "source.connect_service",
            "backend_mode": "source.mode",
        },
    )
    rate_bytes: XmlField[str] = XmlField(
        "./rate/@bytes", TEXT, "Maximum number of bytes per period.", aliases=("rate_bytes",)
    )
    rate_period: XmlField[str] = XmlField(
        "./rate/@period", TEXT, "Length of a period in milliseconds.", aliases=("rate_period",)
    )
