"""--input and --video."""

from __future__ import annotations

import pytest

from tests.devices.parsed import line, parsed
from virtinstall.devices.input import Input
from virtinstall.devices.video import Video


def test_default_input_leaves_kind_and_bus_open() -> None:
    """The request for the default is recorded."""
    device = parsed(Input, "default,bus=default")
    assert line(device) == "<input/>"
    assert device.wanted_default is True
    assert parsed(Input, "type=mouse", device).wanted_default is None


def test_input_without_a_key_is_the_kind() -> None:
    """The default is not requested then."""
    device = parsed(Input, "mouse,bus=virtio,model=virtio-non-transitional")
    assert line(device) == '<input type="mouse" bus="virtio" model="virtio-non-transitional"/>'
    assert device.wanted_default is None


def test_evdev_input_has_a_source() -> None:
    """Grabbing and repeating of events can be set."""
    device = parsed(
        Input, "evdev,source.dev=/dev/input/event1,source.repeat=yes,source.grab=all,source.grabToggle=alt-alt"
    )
    assert line(device) == (
        '<input type="evdev"><source dev="/dev/input/event1" repeat="on" grab="all" grabToggle="alt-alt"/></input>'
    )


@pytest.mark.parametrize("text", ["default", "model=default", "model.type=default"])
def test_default_video_leaves_the_model_open(text: str) -> None:
    """`default` is the value without a key, or that of the model."""
    assert line(parsed(Video, text)) == "<video/>"


def test_video_without_a_key_is_the_model() -> None:
    """`none` is a model, which means no video device."""
    assert line(parsed(Video, "qxl")) == '<video><model type="qxl"/></video>'
    assert line(parsed(Video, "model=none")) == '<video><model type="none"/></video>'


def test_video_memory_has_old_and_dotted_names() -> None:
    """Both result in the same XML."""
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
