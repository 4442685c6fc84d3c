"""--rng, --tpm, --smartcard, --redirdev: devices with a back end on the host."""

from __future__ import annotations

import pytest

from tests.devices.parsed import line, parsed
from virtinstall.devices.redirdev import Redirdev
from virtinstall.devices.rng import Rng
from virtinstall.devices.smartcard import Smartcard
from virtinstall.devices.tpm import Tpm
from virtinstall.errors import RequestError


@pytest.mark.parametrize(
    ("text", "xml"),
    [
        ("/dev/urandom", '<backend model="random">/dev/urandom</backend>'),
        ("random,device=/dev/hwrng", '<backend model="random">/dev/hwrng</backend>'),
        ("type=builtin", '<backend model="builtin"/>'),
        (
            "egd,backend_host=127.0.0.1,backend_service=8000,backend_type=tcp,backend_mode=connect",
            '<backend model="egd" type="tcp"><source host="127.0.0.1" service="8000" mode="connect"/></backend>',
        ),
        (
            "egd,backend.source.host=:8000,backend.protocol.type=raw",
            '<backend model="egd"><source host="127.0.0.1" service="8000"/><protocol type="raw"/></backend>',
        ),
        (
            "egd,backend.type=udp,backend_connect_host=10.0.0.1:5,backend.source.bind_service=6",
            '<backend model="egd" type="udp"><source mode="bind" service="6"/>'
            '<source mode="connect" host="10.0.0.1" service="5"/></backend>',
        ),
    ],
)
def test_rng_value_is_a_device_or_a_kind(text: str, xml: str) -> None:
    """A path is a device to read; an entropy daemon has a character source below <backend>."""
    assert line(parsed(Rng, text)) == f"<rng>{xml}</rng>"


def test_rng_rate_has_old_and_new_names() -> None:
    """Both names set the same value."""
    expected = '<rng><backend model="random"/><rate bytes="1234" period="2000"/></rng>'
    assert line(parsed(Rng, "random,rate_bytes=1234,rate_period=2000")) == expected
    assert line(parsed(Rng, "random,rate.bytes=1234,rate.period=2000")) == expected


@pytest.mark.parametrize(
    ("text", "xml"),
    [
        ("/dev/tpm0", '<backend type="passthrough"><device path="/dev/tpm0"/></backend>'),
        ("passthrough,path=/dev/tpm1", '<backend type="passthrough"><device path="/dev/tpm1"/></backend>'),
        ("emulator,version=2.0", '<backend type="emulator" version="2.0"/>'),
        ("default", ""),
        ("type=default", ""),
        (
            "emulator,backend.encryption.secret=SECRET,backend.persistent_state=on",
            '<backend type="emulator" persistent_state="yes"><encryption secret="SECRET"/></backend>',
        ),
        (
            "external,backend.source.type=unix,backend.source.path=/run/tpm.sock",
            '<backend type="external"><source type="unix" path="/run/tpm.sock"/></backend>',
        ),
        (
            "emulator,backend.active_pcr_banks.sha256=on,backend.active_pcr_banks.sha1=off",
            '<backend type="emulator"><active_pcr_banks><sha256/></active_pcr_banks></backend>',
        ),
    ],
)
def test_tpm_value_is_a_device_or_a_kind(text: str, xml: str) -> None:
    """A path is the TPM of the host; `default` leaves the kind open."""
    assert line(parsed(Tpm, text)) == (f"<tpm>{xml}</tpm>" if xml else "<tpm/>")


@pytest.mark.parametrize(
    ("text", "xml"),
    [
        ("host", '<smartcard mode="host"/>'),
        ("default,type=default", "<smartcard/>"),
        ("passthrough,type=spicevmc", '<smartcard mode="passthrough" type="spicevmc"/>'),
        (
            "passthrough,type=tcp,source.mode=bind,source.host=127.0.0.1:2001,protocol.type=raw",
            '<smartcard mode="passthrough" type="tcp"><source host="127.0.0.1" service="2001" mode="bind"/>'
            '<protocol type="raw"/></smartcard>',
        ),
        (
            "host-certificates,certificate=one,two,certificate1=b,certificate2=c,database=/etc/pki/nssdb",
            '<smartcard mode="host-certificates"><certificate>one,two</certificate><certificate>b</certificate>'
            "<certificate>c</certificate><database>/etc/pki/nssdb</database></smartcard>",
        ),
    ],
)
def test_smartcard_has_a_source_or_certificates(text: str, xml: str) -> None:
    """The names of certificates may contain commas."""
    assert line(parsed(Smartcard, text)) == xml


@pytest.mark.parametrize(
    ("text", "xml"),
    [
        ("usb,type=spicevmc", '<redirdev bus="usb" type="spicevmc"/>'),
        ("default,type=default", "<redirdev/>"),
        ("usb,boot_order=3", '<redirdev bus="usb"><boot order="3"/></redirdev>'),
    ],
)
def test_default_redirdev_leaves_bus_and_kind_open(text: str, xml: str) -> None:
    """Specified values are kept."""
    assert line(parsed(Redirdev, text)) == xml


@pytest.mark.parametrize(
    ("server", "host", "port"),
    [("localhost:4000", "localhost", 4000), (":4000", "127.0.0.1", 4000), ("[::1]:4000", "::1", 4000)],
)
def test_redirdev_server_is_host_and_port(server: str, host: str, port: int) -> None:
    """`server` is the old name of the host and port to connect to."""
    redirdev = parsed(Redirdev, f"usb,type=tcp,server={server}")
    assert (redirdev.source_host, redirdev.source_service) == (host, port)


def test_none_omits_the_default_device() -> None:
    """This applies to rng, TPM and redirection; for a smartcard, `none` has no effect."""
    assert [cls.none_word for cls in (Rng, Tpm, Redirdev, Smartcard)] == ["suppress", "suppress", "suppress", "no-op"]


def test_port_must_be_a_number() -> None:
    """The error comes before libvirt's."""
    with pytest.raises(RequestError, match="--redirdev server=localhost:spice: the port must be a whole number"):
        parsed(Redirdev, "usb,server=localhost:spice")
    with pytest.raises(RequestError, match="--rng backend_host=a:b: the port must be a whole number"):
        parsed(Rng, "egd,backend_host=a:b")
