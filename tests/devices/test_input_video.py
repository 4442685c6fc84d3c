"""--input and --video."""

from __future__ import annotations

import pytest

from tests.devices.parsed import line, parsed
from virtinstall.devices.input import Input
from virtinstall.devices.video import Video


def test_default_input() -> None:
    """`default` leaves kind and bus open and is recorded."""
    device = parsed(Input, "default,bus=default")
    assert line(device) == "<input/>"
    assert device.wanted_default is True
    assert parsed(Input, "type=mouse", device).wanted_default is None


def test_bare_input() -> None:
    """A value without a key is the kind; then the default is not requested."""
    device = parsed(Input, "mouse,bus=virtio,model=virtio-non-transitional")
    assert line(device) == '<input type="mouse" bus="virtio" model="virtio-non-transitional"/>'
    assert device.wanted_default is None


def test_input_of_the_host() -> None:
    """Source and sharing of the events."""
    device = parsed(
        Input, "evdev,source.dev=/dev/input/event1,source.repeat=yes,source.grab=all,source.grabToggle=alt-alt"
    )
    assert line(device) == (
        '<input type="evdev"><source dev="/dev/input/event1" repeat="on" grab="all" grabToggle="alt-alt"/></input>'
    )


@pytest.mark.parametrize("text", ["default", "model=default", "model.type=default"])
def test_default_video(text: str) -> None:
    """`default` leaves the model open."""
    assert line(parsed(Video, text)) == "<video/>"


def test_bare_video() -> None:
    """A value without a key is the model; `none` is a model too (no card)."""
    assert line(parsed(Video, "qxl")) == '<video><model type="qxl"/></video>'
    assert line(parsed(Video, "model=none")) == '<video><model type="none"/></video>'


def test_video_memory_old_and_new_spellings() -> None:
    """Old spellings and dotted names write the same XML."""
    old = parsed(Video, "qxl,heads=4,ram=2,vram=3,vram64=65,vgamem=1,accel3d=yes")
    new = parsed(
        Video,
        "model.type=qxl,model.heads=4,model.ram=2,model.vram=3,model.vram64=65,model.vgamem=1,"
        "model.acceleration.accel3d=on",
    )
    assert line(old) == line(new)
    assert line(old) == (
        '<video><model type="qxl" heads="4" ram="2" vram="3" vram64="65" vgamem="1">'
        '<acceleration accel3d="yes"/></model></video>'
    )


def test_switches_are_written_as_in_the_schema() -> None:
    """`blob` is on or off in the XML, `primary` yes or no."""
    assert line(parsed(Video, "virtio,model.blob=1,model.primary=1")) == (
        '<video><model type="virtio" blob="on" primary="yes"/></video>'
    )
