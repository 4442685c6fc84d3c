"""`--graphics`: the display of the guest's screen.

Source: https://libvirt.org/formatdomain.html#graphical-framebuffers
"""

from __future__ import annotations

from virtinstall.devices.device import Device, unless_default
from virtinstall.xml.children import Children
from virtinstall.xml.element import Element
from virtinstall.xml.field import Suboption, XmlField
from virtinstall.xml.kinds import INTEGER, TEXT, YES_NO, parse_integer

_LAST_PORT = 65535
_FIRST_PORT = 5900
_LISTEN_TYPES = ("none", "socket")


class Listen(Element):
    """<listen>: the address on which the display server listens."""

    tag = "listen"

    type: XmlField[str] = XmlField("./@type", TEXT, "Kind: `address`, `network`, `socket`, `none`.")
    address: XmlField[str] = XmlField("./@address", TEXT, "Host address to listen on, `0.0.0.0` for all.")
    network: XmlField[str] = XmlField("./@network", TEXT, "Virtual network whose host address to listen on.")
    socket: XmlField[str] = XmlField("./@socket", TEXT, "Path of the socket.")


def _port(text: str) -> int:
    port = parse_integer(text)
    if port != -1 and not _FIRST_PORT <= port <= _LAST_PORT:
        raise ValueError(f"must be from {_FIRST_PORT} to {_LAST_PORT}, or -1 to choose a port automatically")
    return port


def _keymap(text: str) -> str | None:
    return None if text in ("local", "none") else text


def _set_listen(graphics: Graphics, text: str) -> None:
    if text in _LISTEN_TYPES:
        graphics.listen = None
        graphics.listens.at(0).type = text
        if text == "none":
            # no listener, no port
            graphics.port = graphics.autoport = None
    else:
        graphics.listens.clear()
        graphics.listen = text or None


def _set_socket(graphics: Graphics, text: str) -> None:
    """Listen on a socket; an empty value removes the socket."""
    _set_listen(graphics, "socket" if text else "")
    if text:
        graphics.listens.at(0).socket = text


class Graphics(Device):
    """<graphics>: a display server such as VNC, or a window on the host."""

    tag = "graphics"
    none_word = "suppress"
    bare = ("type",)

    type: XmlField[str] = XmlField(
        "./@type", TEXT, "Kind: `vnc`, `spice`, `sdl`, `egl-headless`, `dbus`.", convert=unless_default
    )
    port: XmlField[int] = XmlField(
        "./@port", INTEGER, "Port, 5900 or higher; `-1`: libvirt chooses one.", convert=_port
    )
    tls_port: XmlField[int] = XmlField(
        "./@tlsPort",
        INTEGER,
        "Port for TLS (SPICE), 5900 or higher; `-1`: libvirt chooses one.",
        aliases=("tlsport",),
        convert=_port,
    )
    autoport: XmlField[bool] = XmlField("./@autoport", YES_NO, "Whether libvirt chooses the ports.", name=None)
    websocket: XmlField[int] = XmlField(
        "./@websocket", INTEGER, "Port for WebSockets (VNC); `-1`: libvirt chooses one."
    )
    listen_option = Suboption(
        "listen",
        _set_listen,
        "Host address to listen on, `0.0.0.0` for all; `none`: do not listen; `socket`: listen on a Unix socket.",
        match=True,
    )
    socket = Suboption("socket", _set_socket, "Path of the socket to listen on, instead of a port.")
    listen: XmlField[str] = XmlField("./@listen", TEXT, "Address to listen on.", name=None)
    keymap: XmlField[str] = XmlField("./@keymap", TEXT, "Keyboard layout: `de`, `en-us`.", convert=_keymap)
    password: XmlField[str] = XmlField(
        "./@passwd", TEXT, "Password of the display.", name="password", aliases=("passwd",)
    )
    password_valid_to: XmlField[str] = XmlField(
        "./@passwdValidTo",
        TEXT,
        "Expiry time of the password: `2030-01-31T15:51:00`.",
        name="passwordValidTo",
        aliases=("passwdValidTo",),
    )
    connected: XmlField[str] = XmlField(
        "./@connected", TEXT, "Action for connected clients when the password changes: `keep`, `disconnect`, `fail`."
    )
    default_mode: XmlField[str] = XmlField(
        "./@defaultMode", TEXT, "Default security of SPICE channels: `secure`, `insecure`, `any`."
    )
    display: XmlField[str] = XmlField("./@display", TEXT, "X display of an SDL window.", name=None)
    xauth: XmlField[str] = XmlField("./@xauth", TEXT, "X authority file of an SDL window.", name=None)
    listens: Children[Listen] = Children("./listen", Listen, "Listeners.", prefix="listens")
    image_compression: XmlField[str] = XmlField(
        "./image/@compression",
        TEXT,
        "Compression of images (SPICE): `off`, `auto_glz`, `auto_lz`, `quic`, `glz`, `lz`.",
        aliases=("image_compression",),
    )
    streaming_mode: XmlField[str] = XmlField(
        "./streaming/@mode", TEXT, "Video streaming (SPICE): `filter`, `all`, `off`.", aliases=("streaming_mode",)
    )
    clipboard_copypaste: XmlField[bool] = XmlField(
        "./clipboard/@copypaste", YES_NO, "Share the clipboard (SPICE).", aliases=("clipboard_copypaste",)
    )
    mouse_mode: XmlField[str] = XmlField(
        "./mouse/@mode", TEXT, "Mouse mode (SPICE): `client`, `server`.", aliases=("mouse_mode",)
    )
    filetransfer_enable: XmlField[bool] = XmlField(
        "./filetransfer/@enable", YES_NO, "Drag and drop of files (SPICE).", aliases=("filetransfer_enable",)
    )
    zlib_compression: XmlField[str] = XmlField(
        "./zlib/@compression", TEXT, "Compression on slow connections: `auto`, `never`, `always`."
    )
    gl_enable: XmlField[bool] = XmlField("./gl/@enable", YES_NO, "OpenGL on the host's graphics card.", aliases=("gl",))
    gl_rendernode: XmlField[str] = XmlField(
        "./gl/@rendernode", TEXT, "Graphics card for OpenGL: `/dev/dri/renderD128`.", aliases=("rendernode",)
    )
