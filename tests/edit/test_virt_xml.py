"""virt-xml as it is typed: what changes, what is printed, what is refused."""

from __future__ import annotations

import pytest

from tests.edit.conftest import VirtXml

DIFF = "--print-diff"


def test_edit_changes_the_first(virt_xml: VirtXml) -> None:
    """--edit alone changes the first object of the kind."""
    run = virt_xml("off", DIFF, "--edit", "--sound", "model=es1370")

    assert (run.removed, run.new) == (['<sound model="ich6"/>'], ['<sound model="es1370"/>'])


@pytest.mark.parametrize("which", ["2", "-1"])
def test_edit_by_number(virt_xml: VirtXml, which: str) -> None:
    """A number counts from 1, a negative one from the end."""
    assert virt_xml("off", DIFF, "--edit", which, "--sound", "sb16").removed == ['<sound model="ac97"/>']


def test_edit_all(virt_xml: VirtXml) -> None:
    """`all` changes every one."""
    assert virt_xml("off", DIFF, "--edit", "all", "--sound", "sb16").new == ['<sound model="sb16"/>'] * 2


@pytest.mark.parametrize("args", [["--edit", "all", "--watchdog", "action=reset"], ["--remove-device", "--rng", "all"]])
def test_all_of_none(virt_xml: VirtXml, args: list[str]) -> None:
    """`all` without matching objects does nothing and prints a warning."""
    run = virt_xml("off", DIFF, *args)

    assert (run.status, run.new, run.removed) == (0, [], [])
    assert "no effect" in run.err


@pytest.mark.parametrize("action", [["--edit"], ["--add-device"]])
@pytest.mark.parametrize("kind", ["sound", "network", "disk", "graphics", "video"])
def test_none_describes_no_device(virt_xml: VirtXml, action: list[str], kind: str) -> None:
    """As with virt-install, `none` is not a model."""
    run = virt_xml("off", DIFF, *action, f"--{kind}", "none")

    assert (run.status, run.new, run.removed) == (0, [], [])


def test_a_balloon_may_be_none(virt_xml: VirtXml) -> None:
    """libvirt has a model of that name, without which it would add a balloon automatically."""
    assert '<memballoon model="none"/>' in virt_xml("off", DIFF, "--add-device", "--memballoon", "none").new


@pytest.mark.parametrize("which", ["1", "all"])
def test_there_is_one_domain(virt_xml: VirtXml, which: str) -> None:
    """Of what a guest has once, it is the first one, and all of them."""
    assert virt_xml("off", DIFF, "--edit", which, "--events", "on_crash=preserve").new == [
        "<on_crash>preserve</on_crash>"
    ]


def test_edit_what_matches(virt_xml: VirtXml) -> None:
    """KEY=VALUE selects by a sub-option."""
    run = virt_xml("off", DIFF, "--edit", "target=hda", "--disk", "cache=none")

    assert run.new == ['<driver name="qemu" type="raw" cache="none"/>']


def test_edit_by_path(virt_xml: VirtXml) -> None:
    """A disk is known by its path, whatever the XML calls it."""
    run = virt_xml("off", DIFF, "--edit", "path=/images/one.img", "--disk", "serial=abc")

    assert run.new == ["<serial>abc</serial>"]


def test_empty_value_takes_away(virt_xml: VirtXml) -> None:
    """`path=` takes the medium out and leaves the drive."""
    assert virt_xml("off", DIFF, "--edit", "--disk", "path=").removed == ['<source file="/images/one.img"/>']


def test_edit_section(virt_xml: VirtXml) -> None:
    """Sections of the domain are edited as devices are; a new one stands last."""
    run = virt_xml("off", DIFF, "--edit", "--cpu", "host-passthrough")

    assert run.new == ['<cpu mode="host-passthrough"/>']


def test_edit_by_xpath(virt_xml: VirtXml) -> None:
    """--xml edits anything, several times in one run."""
    run = virt_xml("off", DIFF, "--edit", "--xml", "./title=T", "--xml", "xpath.delete=./devices/sound[1]")

    assert (run.new, run.removed) == (["<title>T</title>"], ['<sound model="ich6"/>'])


def test_remove_device(virt_xml: VirtXml) -> None:
    """--remove-device takes out what its option selects, and nothing else."""
    assert virt_xml("off", DIFF, "--remove-device", "--sound", "model=ac97").removed == ['<sound model="ac97"/>']


def test_remove_spice(virt_xml: VirtXml) -> None:
    """With the last spice display goes what only served it."""
    removed = virt_xml("off", DIFF, "--remove-device", "--graphics", "1").removed

    assert '<channel type="spicevmc">' in removed
    assert any(line.startswith("<graphics") for line in removed)


def test_add_device(virt_xml: VirtXml) -> None:
    """A new device gets the composer's defaults, here a free target name and a MAC address."""
    disk = virt_xml("off", DIFF, "--add-device", "--disk", "/dev/null").new
    interface = virt_xml("off", DIFF, "--add-device", "--network", "network=default").new

    assert '<target dev="hdd" bus="ide"/>' in disk
    assert any(line.startswith("<mac address=") for line in interface)


def test_boot_order_moves_others(virt_xml: VirtXml) -> None:
    """The changed device keeps its boot order; the order in <os> is removed."""
    assert virt_xml("off", DIFF, "--edit", "2", "--disk", "boot.order=1").removed == ['<boot dev="hd"/>']


def test_define(virt_xml: VirtXml) -> None:
    """Unless printing is requested, the change is saved, and a message states when it takes effect."""
    off = virt_xml("off", "--edit", "--vcpus", "4")
    on = virt_xml("on", "--edit", "--vcpus", "4")

    assert off.out == "Domain 'off' defined successfully.\n"
    assert on.out.splitlines()[-1] == "Changes will take effect after the domain is fully powered off."


def test_start(virt_xml: VirtXml) -> None:
    """--start saves and starts; with --no-define it starts only."""
    assert virt_xml("off", "--edit", "--vcpus", "4", "--start").out.splitlines()[1:] == [
        "Domain 'off' started successfully."
    ]
    assert virt_xml("off", "--edit", "--vcpus", "4", "--start", "--no-define").out == (
        "Domain 'off' started successfully.\n"
    )


@pytest.mark.parametrize(("answer", "saved"), [("yes\n", True), ("no\n", False), ("", False)])
def test_confirm(virt_xml: VirtXml, answer: str, saved: bool) -> None:
    """--confirm shows the change and asks; only yes saves."""
    run = virt_xml("off", "--confirm", "--edit", "--vcpus", "4", stdin=answer)

    assert "Define 'off' with the changed XML? (y/n): " in run.out
    assert ("defined successfully" in run.out) == saved
    assert run.status == 0


def test_standard_input(virt_xml: VirtXml) -> None:
    """Without a guest, XML comes from standard input and goes to standard output."""
    xml = "<domain type='test'><name>x</name><devices><sound model='ich6'/></devices></domain>"

    run = virt_xml("--edit", "--sound", "ac97", stdin=xml)

    assert '<sound model="ac97"/>' in run.out
    assert run.out.startswith("<domain")


def test_build_xml(virt_xml: VirtXml) -> None:
    """--build-xml prints the object alone, no guest needed."""
    assert virt_xml("--build-xml", "--sound", "ac97").out == '<sound model="ac97"/>\n'


def test_no_change_is_a_warning(virt_xml: VirtXml) -> None:
    """An edit that changes nothing prints a warning and succeeds."""
    run = virt_xml("off", "--edit", "--sound", "ich6")

    assert "No XML diff was generated" in run.err
    assert run.status == 0


def test_refresh_machine_type(virt_xml: VirtXml) -> None:
    """The newest version of the same machine type."""
    assert virt_xml("off", DIFF, "--edit", "--boot", "refresh-machine-type=yes").new == [
        '<type arch="i686" machine="pc">hvm</type>'
    ]


def test_convert_to_q35(virt_xml: VirtXml) -> None:
    """No IDE is left, cards are PCI Express ones, and there are as many ports as were asked for."""
    run = virt_xml("off", "--print-xml", "--edit", "--convert-to-q35", "num_pcie_root_ports=3")

    assert 'machine="q35"' in run.out
    assert 'bus="ide"' not in run.out
    assert run.out.count('model="pcie-root-port"') == 3
    assert '<sound model="ich9"/>' in run.out


def test_convert_to_vnc(virt_xml: VirtXml) -> None:
    """VNC replaces spice and its devices; the clipboard's channel is optional."""
    plain = virt_xml("off", "--print-xml", "--edit", "--convert-to-vnc")
    agent = virt_xml("off", "--print-xml", "--edit", "--convert-to-vnc", "qemu-vdagent=on")

    assert "spice" not in plain.out
    assert '<graphics type="vnc"' in plain.out
    assert '<channel type="qemu-vdagent">' in agent.out


def test_another_network_replaces_the_old(virt_xml: VirtXml) -> None:
    """A bridge in place of the network: nothing of the old source stays."""
    run = virt_xml("off", DIFF, "--edit", "--network", "bridge=br7")

    assert '<source bridge="br7"/>' in run.new
    assert '<source network="default"/>' in run.removed
    assert '<interface type="bridge">' in run.new


def test_a_port_of_ones_own(virt_xml: VirtXml) -> None:
    """A port that is given is no longer chosen by libvirt."""
    assert any('port="5905"' in line and "autoport" not in line for line in
               virt_xml("off", DIFF, "--edit", "--graphics", "port=5905").new)  # fmt: skip


@pytest.mark.parametrize("name", ["0x04b3:0x4485", "usb_device_4b3_4485_noserial"])
def test_host_device_by_name(virt_xml: VirtXml, name: str) -> None:
    """A host device is selected by its address or IDs, and only this one is removed."""
    xml = (
        "<domain type='test'><name>x</name><devices>"
        "<hostdev mode='subsystem' type='usb'><source><vendor id='0x04b3'/><product id='0x4485'/></source></hostdev>"
        "<hostdev mode='subsystem' type='pci'><source><address domain='0x0' bus='0x0' slot='0x19' function='0x0'/>"
        "</source></hostdev></devices></domain>"
    )

    out = virt_xml("--remove-device", "--hostdev", name, stdin=xml).out

    assert out.count("<hostdev") == 1
    assert 'type="pci"' in out


@pytest.mark.parametrize(
    ("args", "output"),
    [
        (["off"], "must be specified"),
        (["off", "--edit"], "no change specified"),
        (["off", "--edit", "--add-device", "--disk", "x"], "contradict"),
        (["off", "--edit", "--disk", "cache=none", "--sound", "ac97"], "only one change"),
        (["offf", "--edit", "--vcpus", "4"], "no such guest: 'offf'"),
        (["off", "--edit", "--disc", "cache=none"], "--disc"),
        (["off", "--edit", "3", "--sound", "ac97"], "only 2 exist"),
        (["off", "--edit", "2", "--events", "on_crash=destroy"], "--events does not support '--edit 2'"),
        (["off", "--edit", "target=vdz", "--disk", "cache=none"], "no --disk matches"),
        (["off", "--remove-device", "--cpu", "host-passthrough"], "--remove-device does not support --cpu"),
        (["off", "--add-device", "--clock", "offset=utc"], "--add-device does not support --clock"),
        (["off", "--edit", "--watchdog", "action=reset"], "no --watchdog device or section found"),
        (["on", "--edit", "--update", "--events", "on_crash=destroy"], "--update cannot change --events"),
        (["off", "--edit", "--update", "--start", "--disk", "cache=none"], "--update cannot be used with --start"),
        (["off", "--edit", "--osinfo", "debian11", "--disk", "cache=none"], "--osinfo is not supported with --edit"),
        (["on", "--edit", "--vcpus", "4", "--start", "--no-define"], "already running"),
        (["off", "--edit", "--convert-to-q35", "--disk", "cache=none"], "--convert-to-q35"),
        (["--build-xml", "--memory", "1G"], "--build-xml does not support --memory"),
        (["off", "--edit", "--memory", "200,clearxml=yes"], "--memory clearxml"),
        (["off", "--edit", "--controller", "usb2"], "describes several controllers"),
        (["off", "--edit", "0", "--disk", "cache=none"], "numbers start at 1"),
        (["off", "--edit", "size=3", "--disk", "cache=none"], "cannot select by 'size'"),
    ],
)
def test_refused(virt_xml: VirtXml, args: list[str], output: str) -> None:
    """What makes no sense is refused in one sentence that names it."""
    run = virt_xml(*args)

    assert run.status in (1, 2)
    assert output in run.err
    assert run.out == ""


def test_what_there_is_to_select(virt_xml: VirtXml) -> None:
    """A selection without a match shows the values that exist."""
    by_model = virt_xml("off", "--edit", "model=sb16", "--sound", "es1370").err
    by_target = virt_xml("off", "--edit", "target=vdz", "--disk", "cache=none").err
    assert "use model=ich6, model=ac97, a number from 1 to 2, or all" in by_model
    assert "use target=hda, target=hdc, a number from 1 to 2, or all" in by_target
