"""Secrets in log texts: no option, element or library logs one, and nothing else is hidden."""

from __future__ import annotations

import logging

import pytest

from virtinstall.redact import logger, redacted, redacted_arguments

KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2\nhunter2\n-----END OPENSSH PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("vnc,password=a b,port=5901", "vnc,password=***,port=5901"),
        ("vnc,password='a,b',port=5901", "vnc,password='***',port=5901"),
        ("product-key=AAA-BBB", "product-key=***"),
        ("./devices/graphics/@passwd=a", "./devices/graphics/@passwd=***"),
        ("http://u:p@h/x", "http://***@h/x"),
        ("https://token@h/x", "https://***@h/x"),
        ("http://h/x?key=1,kernel=k", "http://h/x?***,kernel=k"),
        ("qemu+tcp://u:p@h/system", "qemu+tcp://***@h/system"),
        ("-object secret,id=s,data=a", "-object secret,id=s,data=***"),
        (
            "io.systemd.credential:passwd.hashed-password.root=a",
            "io.systemd.credential:passwd.hashed-password.root=***",
        ),
        # texts that are not secret
        ("qemu+ssh://root@h/system", "qemu+ssh://root@h/system"),
        ("user-password-file=/p", "user-password-file=/p"),
        ("root-password-generate=yes", "root-password-generate=yes"),
        ("auth.secret.uuid=a", "auth.secret.uuid=a"),
    ],
)
def test_secrets_become_asterisks(text: str, expected: str) -> None:
    """Other values are unchanged."""
    assert redacted(text) == expected


@pytest.mark.parametrize(
    "args",
    [
        ("--qemu-commandline", "-fw_cfg name=opt/x,string=hunter2"),
        ("--qemu-commandline", "-fw_cfg 'name=opt/x,string=a hunter2,,hunter2'"),
        ("--qemu-commandline=-fw_cfg name=opt/x,string=hunter2",),
        ("--qemu-commandline", "-object secret,id=s,data=hunter2 -cpu host"),
        ("--qemu-commandline", "-object secret,id=s,data=hunter2,,hunter2"),
        ("--qemu-commandline", '-object \'{"qom-type": "secret", "data": "hunter2"}\''),
        ("--qemu-commandline", "env=X=hunter2"),
        ("--qemu-commandline=env=X=hunter2",),
        ("--launchSecurity", "sev,session=hunter2,dhCert=hunter2,policy=1"),
        ("--launchSecurity", "sev,session=hunter2,dh-cert=hunter2"),
        ("--network", "vdpa,source.key=hunter2"),
        ("--install", "kernel_args=rd.luks.key=hunter2 console=ttyS0"),
        ("--extra-args", "rootpw=hunter2 token=hunter2"),
        ("--extra-args", "luks-passphrase=hunter2"),
        ("--extra-args", "inst.ks=http://anna:hunter2@h/ks"),
        ("--boot", "cmdline='api-key=hunter2'"),
        ("--cloud-init", "run=chpasswd hunter2"),
        ("--cloud-init=run=hunter2",),
        ("--unattended", "user-password=hunter2"),
        ("--graphics", "spice,passwd=hunter2"),
        ("--sysinfo", "oemStrings.entry0=io.systemd.credential:x=hunter2"),
        ("--xml", f"./description={KEY}"),
    ],
)
def test_secrets_in_options_are_hidden(args: tuple[str, ...]) -> None:
    """The value is in the same argument as the option or in the next one."""
    assert "hunter2" not in " ".join(redacted_arguments(args))


@pytest.mark.parametrize(
    "xml",
    [
        '<qemu:arg value="name=opt/x,string=a hunter2"/>',
        '<qemu:arg value="secret,id=s,data=hunter2"/>',
        '<qemu:arg value="{&quot;qom-type&quot;: &quot;secret&quot;, &quot;data&quot;: &quot;hunter2&quot;}"/>',
        '<qemu:env name="X" value="hunter2"/>',
        "<session>hunter2</session><dhCert>hunter2</dhCert>",
        '<source dev="/dev/x" key="hunter2"/>',
        "<cmdline>rd.luks.key=hunter2 quiet</cmdline>",
        '<graphics type="vnc" passwd="hunter2"/>',
        f"<description>{KEY}</description>",
    ],
)
def test_secrets_in_xml_are_hidden(xml: str) -> None:
    """Each element that can contain a secret is tested."""
    assert "hunter2" not in redacted(xml)
    assert redacted(xml).startswith(xml[:8])


@pytest.mark.parametrize(
    "text",
    [
        "--cloud-init user-data=/tmp/user-data,meta-data=/tmp/m",
        "--cloud-init root-ssh-key=/home/anna/.ssh/id.pub",
        "--qemu-commandline -cpu host,+vmx -device virtio-rng-pci",
        "--disk path=/var/lib/monkey.qcow2,size=20",
        "--boot loader.secure=yes,nvram.template=/x",
        "<sound model='ich9'/><address type='pci' bus='0x00'/>",
        "--location https://deb.debian.org/debian/dists/bookworm/",
    ],
)
def test_other_values_are_not_hidden(text: str) -> None:
    """A log without values would be useless."""
    assert redacted(text) == text


def test_records_are_redacted_for_every_handler(caplog: pytest.LogCaptureFixture) -> None:
    """Message, arguments and traceback are redacted, also for handlers that a script adds."""
    caplog.set_level(logging.DEBUG, "virtinstall")
    try:
        raise ValueError("password=hunter2")
    except ValueError:
        logger("test").exception("fetching %s", "http://anna:hunter2@h/x")
    assert [record.name for record in caplog.records] == ["virtinstall.test"]
    assert "http://***@h/x" in caplog.text
    assert "password=***" in caplog.text
    assert "hunter2" not in caplog.text
