"""The options of virt-xml: their changes, their output and their errors."""

from __future__ import annotations

import pytest

from tests.edit.conftest import VirtXml

DIFF = "--print-diff"


def test_edit_changes_the_first_device(virt_xml: VirtXml) -> None:
    """--edit without a selector changes the first device of the kind."""
    run = virt_xml("off", DIFF, "--edit", "--sound", "model=es1370")

    assert (run.removed, run.new) == (['<sound model="ich6"/>'], ['<sound model="es1370"/>'])


@pytest.mark.parametrize("which", ["2", "-1"])
def test_edit_selects_by_number(virt_xml: VirtXml, which: str) -> None:
    """Numbers count from 1, negative ones from the end."""
    assert virt_xml("off", DIFF, "--edit", which, "--sound", "sb16").removed == ['<sound model="ac97"/>']


def test_edit_all_changes_every_device(virt_xml: VirtXml) -> None:
    """The guest has two sound cards."""
    assert virt_xml("off", DIFF, "--edit", "all", "--sound", "sb16").new == ['<sound model="sb16"/>'] * 2


@pytest.mark.parametrize("args", [["--edit", "all", "--watchdog", "action=reset"], ["--remove-device", "--rng", "all"]])
def test_all_without_matching_devices_is_a_warning(virt_xml: VirtXml, args: list[str]) -> None:
    """Nothing is changed, and the exit status is 0."""
    run = virt_xml("off", DIFF, *args)

    assert (run.status, run.new, run.removed) == (0, [], [])
    assert "no effect" in run.err


@pytest.mark.parametrize("action", [["--edit"], ["--add-device"]])
@pytest.mark.parametrize("kind", ["sound", "network", "disk", "graphics", "video"])
def test_none_is_not_a_model(virt_xml: VirtXml, action: list[str], kind: str) -> None:
    """--edit and --add-device ignore it, like virt-install."""
    run = virt_xml("off", DIFF, *action, f"--{kind}", "none")

    assert (run.status, run.new, run.removed) == (0, [], [])


def test_balloon_may_have_the_model_none(virt_xml: VirtXml) -> None:
    """Without the model `none`, libvirt would add a balloon automatically."""
    assert '<memballoon model="none"/>' in virt_xml("off", DIFF, "--add-device", "--memballoon", "none").new


@pytest.mark.parametrize("which", ["1", "all"])
def test_section_is_selected_by_1_and_by_all(virt_xml: VirtXml, which: str) -> None:
    """A guest has only one <on_crash> element."""
    assert virt_xml("off", DIFF, "--edit", which, "--events", "on_crash=preserve").new == [
        "<on_crash>preserve</on_crash>"
    ]


def test_edit_selects_by_sub_option(virt_xml: VirtXml) -> None:
    """`--edit target=hda` selects the disk with this target."""
    run = virt_xml("off", DIFF, "--edit", "target=hda", "--disk", "cache=none")

    assert run.new == ['<driver name="qemu" type="raw" cache="none"/>']


def test_edit_selects_a_disk_by_path(virt_xml: VirtXml) -> None:
    """`path=` is compared with the source, whichever attribute the XML has."""
    run = virt_xml("off", DIFF, "--edit", "path=/images/one.img", "--disk", "serial=abc")

    assert run.new == ["<serial>abc</serial>"]


def test_empty_path_ejects_the_medium(virt_xml: VirtXml) -> None:
    """`path=` removes the source and keeps the drive."""
    assert virt_xml("off", DIFF, "--edit", "--disk", "path=").removed == ['<source file="/images/one.img"/>']


def test_edit_adds_a_missing_section(virt_xml: VirtXml) -> None:
    """Sections of the domain are edited like devices."""
    run = virt_xml("off", DIFF, "--edit", "--cpu", "host-passthrough")

    assert run.new == ['<cpu mode="host-passthrough"/>']


def test_xml_can_be_repeated(virt_xml: VirtXml) -> None:
    """`--xml` sets or removes any value."""
    run = virt_xml("off", DIFF, "--edit", "--xml", "./title=T", "--xml", "xpath.delete=./devices/sound[1]")

    assert (run.new, run.removed) == (["<title>T</title>"], ['<sound model="ich6"/>'])


def test_remove_device_removes_the_selected_device(virt_xml: VirtXml) -> None:
    """The other sound card is kept."""
    assert virt_xml("off", DIFF, "--remove-device", "--sound", "model=ac97").removed == ['<sound model="ac97"/>']


def test_removing_the_last_spice_display_removes_its_channel(virt_xml: VirtXml) -> None:
    """The channel has no other purpose."""
    removed = virt_xml("off", DIFF, "--remove-device", "--graphics", "1").removed

    assert '<channel type="spicevmc">' in removed
    assert any(line.startswith("<graphics") for line in removed)


def test_added_device_gets_defaults(virt_xml: VirtXml) -> None:
    """Examples are an unused target name and a MAC address."""
    disk = virt_xml("off", DIFF, "--add-device", "--disk", "/dev/null").new
    interface = virt_xml("off", DIFF, "--add-device", "--network", "network=default").new

    assert '<target dev="hdd" bus="ide"/>' in disk
    assert any(line.startswith("<mac address=") for line in interface)


def test_boot_order_of_a_device_removes_that_in_os(virt_xml: VirtXml) -> None:
    """libvirt accepts only one of them."""
    assert virt_xml("off", DIFF, "--edit", "2", "--disk", "boot.order=1").removed == ['<boot dev="hd"/>']


def test_change_is_saved_by_default(virt_xml: VirtXml) -> None:
    """For a running guest, a message states when the change takes effect."""
    off = virt_xml("off", "--edit", "--vcpus", "4")
    on = virt_xml("on", "--edit", "--vcpus", "4")

    assert off.out == "Domain 'off' defined successfully.\n"
    assert on.out.splitlines()[-1] == "Changes will take effect after the domain is fully powered off."


def test_start_defines_and_starts_the_guest(virt_xml: VirtXml) -> None:
    """With --no-define, the guest is only started."""
    assert virt_xml("off", "--edit", "--vcpus", "4", "--start").out.splitlines()[1:] == [
        "Domain 'off' started successfully."
    ]
    assert virt_xml("off", "--edit", "--vcpus", "4", "--start", "--no-define").out == (
        "Domain 'off' started successfully.\n"
    )


@pytest.mark.parametrize(("answer", "saved"), [("yes\n", True), ("no\n", False), ("", False)])
def test_confirm_saves_only_after_yes(virt_xml: VirtXml, answer: str, saved: bool) -> None:
    """--confirm shows the change first."""
    run = virt_xml("off", "--confirm", "--edit", "--vcpus", "4", stdin=answer)

    assert "Define 'off' with the changed XML? (y/n): " in run.out
    assert ("defined successfully" in run.out) == saved
    assert run.status == 0


def test_xml_on_standard_input_is_edited(virt_xml: VirtXml) -> None:
    """Without a guest, the result is printed on standard output."""
    xml = "<domain type='test'><name>x</name><devices><sound model='ich6'/></devices></domain>"

    run = virt_xml("--edit", "--sound", "ac97", stdin=xml)

    assert '<sound model="ac97"/>' in run.out
    assert run.out.startswith("<domain")


def test_build_xml_prints_only_the_device(virt_xml: VirtXml) -> None:
    """No guest is needed."""
    assert virt_xml("--build-xml", "--sound", "ac97").out == '<sound model="ac97"/>\n'


def test_edit_without_effect_is_a_warning(virt_xml: VirtXml) -> None:
    """The exit status is 0."""
    run = virt_xml("off", "--edit", "--sound", "ich6")

    assert "No XML diff was generated" in run.err
    assert run.status == 0


def test_refresh_machine_type_removes_the_version(virt_xml: VirtXml) -> None:
    """The machine type without a version is the newest one."""
    assert virt_xml("off", DIFF, "--edit", "--boot", "refresh-machine-type=yes").new == [
        '<type arch="i686" machine="pc">hvm</type>'
    ]


def test_convert_to_q35_replaces_ide_and_pci_devices(virt_xml: VirtXml) -> None:
    """The number of PCI Express root ports can be specified."""
    run = virt_xml("off", "--print-xml", "--edit", "--convert-to-q35", "num_pcie_root_ports=3")

    assert 'machine="q35"' in run.out
    assert 'bus="ide"' not in run.out
    assert run.out.count('model="pcie-root-port"') == 3
    assert '<sound model="ich9"/>' in run.out


def test_convert_to_vnc_removes_spice_devices(virt_xml: VirtXml) -> None:
    """The clipboard channel of VNC is optional."""
    plain = virt_xml("off", "--print-xml", "--edit", "--convert-to-vnc")
    agent = virt_xml("off", "--print-xml", "--edit", "--convert-to-vnc", "qemu-vdagent=on")

    assert "spice" not in plain.out
    assert '<graphics type="vnc"' in plain.out
    assert '<channel type="qemu-vdagent">' in agent.out


def test_bridge_replaces_a_network(virt_xml: VirtXml) -> None:
    """The previous source is removed."""
    run = virt_xml("off", DIFF, "--edit", "--network", "bridge=br7")

    assert '<source bridge="br7"/>' in run.new
    assert '<source network="default"/>' in run.removed
    assert '<interface type="bridge">' in run.new


def test_specified_port_removes_autoport(virt_xml: VirtXml) -> None:
    """libvirt no longer chooses the port."""
    assert any('port="5905"' in line and "autoport" not in line for line in
               virt_xml("off", DIFF, "--edit", "--graphics", "port=5905").new)  # fmt: skip


@pytest.mark.parametrize("name", ["0x04b3:0x4485", "usb_device_4b3_4485_noserial"])
def test_remove_device_selects_a_host_device_by_id(virt_xml: VirtXml, name: str) -> None:
    """The IDs or the node device name select the USB device; the PCI device is kept."""
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
        (["off"], "one of --edit, --add-device, --remove-device or --build-xml is required"),
        (["off", "--edit"], "no change specified"),
        (["off", "--edit", "--add-device", "--disk", "x"], "--edit and --add-device cannot be used together"),
        (["off", "--edit", "--disk", "cache=none", "--sound", "ac97"], "--disk and --sound cannot be used together"),
        (["offf", "--edit", "--vcpus", "4"], "no such guest: 'offf'"),
        (["off", "--edit", "--disc", "cache=none"], "--disc"),
        (["off", "--edit", "3", "--sound", "ac97"], "the guest has only 2 --sound devices"),
        (["off", "--edit", "2", "--events", "on_crash=destroy"], "--events does not support '--edit 2'"),
        (["off", "--edit", "target=vdz", "--disk", "cache=none"], "no --disk device matches"),
        (["off", "--remove-device", "--cpu", "host-passthrough"], "--remove-device does not support --cpu"),
        (["off", "--add-device", "--clock", "offset=utc"], "--add-device does not support --clock"),
        (["off", "--edit", "--watchdog", "action=reset"], "the guest has no --watchdog device"),
        (["on", "--edit", "--update", "--events", "on_crash=destroy"], "--update cannot apply --events"),
        (
            ["off", "--edit", "--update", "--start", "--disk", "cache=none"],
            "--update and --start cannot be used together",
        ),
        (["off", "--edit", "--osinfo", "debian11", "--disk", "cache=none"], "--edit does not support --osinfo"),
        (["on", "--edit", "--vcpus", "4", "--start", "--no-define"], "already running"),
        (["off", "--add-device", "--convert-to-q35"], "--convert-to-q35 requires --edit"),
        (
            ["off", "--edit", "--convert-to-q35", "--disk", "cache=none"],
            "--convert-to-q35 and --disk cannot be used together",
        ),
        (["--build-xml", "--memory", "1G"], "--build-xml does not support --memory"),
        (["off", "--edit", "--memory", "200,clearxml=yes"], "--memory clearxml"),
        (["off", "--edit", "--controller", "usb2"], "usb2 is a set of controllers"),
        (["off", "--edit", "0", "--disk", "cache=none"], "--edit 0: device numbers start at 1"),
        (["off", "--edit", "size=3", "--disk", "cache=none"], "cannot select a device by 'size'"),
    ],
)
def test_invalid_command_lines_are_errors(virt_xml: VirtXml, args: list[str], output: str) -> None:
    """The error names the option or the value."""
    run = virt_xml(*args)

    assert run.status in (1, 2)
    assert output in run.err
    assert run.out == ""


def test_hint_lists_the_values_that_can_be_selected(virt_xml: VirtXml) -> None:
    """No device matches the selector."""
    by_model = virt_xml("off", "--edit", "model=sb16", "--sound", "es1370").err
    by_target = virt_xml("off", "--edit", "target=vdz", "--disk", "cache=none").err
    assert "use model=ich6, model=ac97, a number from 1 to 2, or 'all'" in by_model
    assert "use target=hda, target=hdc, a number from 1 to 2, or 'all'" in by_target
