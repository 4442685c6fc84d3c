"""--graphics: ports, listeners, keyboard layouts."""

from __future__ import annotations

import pytest

from tests.devices.parsed import line, parsed
from virtinstall.devices.graphics import Graphics
from virtinstall.errors import RequestError


@pytest.mark.parametrize("name", ["port", "tlsPort", "tlsport"])
@pytest.mark.parametrize("value", ["5899", "0", "-2", "65536"])
def test_ports_outside_5900_to_65535_are_errors(name: str, value: str) -> None:
    """Only -1 has a meaning below that."""
    with pytest.raises(RequestError, match=f"--graphics {name}={value}: must be from 5900 to 65535, or -1"):
        parsed(Graphics, f"spice,{name}={value}")


def test_valid_ports() -> None:
    """Examples are 5900 and -1; an empty value removes the port."""
    graphics = parsed(Graphics, "spice,port=5900,tlsport=-1")
    assert line(graphics) == '<graphics type="spice" port="5900" tlsPort="-1"/>'
    assert line(parsed(Graphics, "port=,tlsPort=", graphics)) == '<graphics type="spice"/>'


@pytest.mark.parametrize("word", ["none", "socket"])
def test_none_and_socket_are_kinds_of_listen(word: str) -> None:
    """They are not addresses."""
    assert line(parsed(Graphics, f"vnc,listen={word}")) == (f'<graphics type="vnc"><listen type="{word}"/></graphics>')


def test_other_listen_values_are_addresses() -> None:
    """They are written to the `listen` attribute."""
    assert line(parsed(Graphics, "vnc,listen=0.0.0.0")) == '<graphics type="vnc" listen="0.0.0.0"/>'


def test_listen_elements_are_numbered() -> None:
    """Each number sets one <listen> element."""
    graphics = parsed(Graphics, "spice,listens.type=address,listens.address=127.0.0.1,listens1.type=socket")
    assert line(graphics) == (
        '<graphics type="spice"><listen type="address" address="127.0.0.1"/><listen type="socket"/></graphics>'
    )


@pytest.mark.parametrize("word", ["local", "none"])
def test_keymap_local_and_none_set_no_layout(word: str) -> None:
    """`local` and `none` set no keyboard layout."""
    assert line(parsed(Graphics, f"vnc,keymap={word}")) == '<graphics type="vnc"/>'
    assert parsed(Graphics, "vnc,keymap=de").keymap == "de"


def test_default_graphics_leave_the_kind_open() -> None:
    """The composer chooses it."""
    assert line(parsed(Graphics, "default")) == "<graphics/>"


def test_password_has_two_names() -> None:
    """The last value is used."""
    graphics = parsed(Graphics, "vnc,passwd=a,password=b,passwordValidTo=x,passwdValidTo=y")
    assert line(graphics) == '<graphics type="vnc" passwd="b" passwdValidTo="y"/>'


def test_sdl_has_no_sub_options_for_the_display() -> None:
    """X display and authority come from the environment."""
    with pytest.raises(RequestError, match="unknown sub-option 'xauth'"):
        parsed(Graphics, "sdl,xauth=/x")
    assert line(Graphics(type="sdl", display=":0", xauth="/x")) == '<graphics type="sdl" display=":0" xauth="/x"/>'


def test_spice_and_gl_have_old_and_dotted_names() -> None:
    """Both result in the same XML."""
    old = "spice,image_compression=glz,streaming_mode=off,clipboard_copypaste=no,mouse_mode=client,gl=on,rendernode=/r"
    new = (
        "spice,image.compression=glz,streaming.mode=off,clipboard.copypaste=0,mouse.mode=client,"
        "gl.enable=true,gl.rendernode=/r"
    )
    expected = (
        '<graphics type="spice"><image compression="glz"/><streaming mode="off"/><clipboard copypaste="no"/>'
        '<mouse mode="client"/><gl enable="yes" rendernode="/r"/></graphics>'
    )
    assert line(parsed(Graphics, old)) == line(parsed(Graphics, new)) == expected
