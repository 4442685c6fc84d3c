"""Invalid arguments: the hint shows what to type."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from virtinstall.cli.main import clone_main, guest_main, main, xml_main

GOOD = ["--connect", "test:///default", "--memory", "1024", "--disk", "none", "--osinfo", "debian11"]
COMMANDS = {"virt-install": main, "virt-clone": clone_main, "virt-xml": xml_main, "virt-guest": guest_main}


def report(command: str, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    """Return the error and the hint of a command line that must fail with status 2."""
    assert COMMANDS[command](arguments) == 2
    error, hint = capsys.readouterr().err.splitlines()
    return error.removeprefix(f"{command}: error: "), hint.removeprefix(f"{command}: hint: ")


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (["--vcpus"], "--vcpus requires a value", "`virt-install --vcpus help` lists its sub-options"),
        (["--osinfo"], "--osinfo requires a value", "`virt-install --osinfo help` lists its sub-options"),
        (["-x"], "-x requires a value", "for example: -x console=ttyS0"),
        (["--vncport", "x"], "--vncport x: must be a whole number", "for example: --vncport 5901"),
        (["--initrd-inject"], "--initrd-inject requires a value", "use --initrd-inject PATH"),
        (
            ["--wait", "5m"],
            "--wait 5m: must be a whole number",
            "specify the time in minutes, for example: --wait 30",
        ),
        (["--wait", ""], "--wait '': must be a whole number", "specify the time in minutes, for example: --wait 30"),
        (["--autostart=yes"], "--autostart does not accept a value", "use --autostart without a value"),
        (["--noreboot", "yes"], "unexpected argument 'yes'", "omit 'yes': --noreboot does not accept a value"),
        (["--name", "my", "vm"], "unexpected argument 'vm'", "put quotes around a value that contains spaces"),
        (["-name", "vm"], "unexpected argument 'vm'", "did you mean --name?"),
        (["-disk", "size=5"], "unknown option -disk", "did you mean --disk?"),
        (["--dsk", "size=5"], "unknown option --dsk", "did you mean --disk?"),
        (
            ["--disk", "size=5", "bus=virtio"],
            "unexpected argument 'bus=virtio'",
            "write sub-options without spaces: --disk size=5,bus=virtio",
        ),
        (
            ["--disk", "size=5,", "bus=virtio"],
            "unexpected argument 'bus=virtio'",
            "write sub-options without spaces: --disk size=5,bus=virtio",
        ),
        (["--disk", "size", "=", "5"], "unexpected argument '='", "remove the spaces around commas and equal signs"),
        (["--disk", "size=5", ",", "x"], "unexpected argument ','", "remove the spaces around commas and equal signs"),
        (
            ["\N{EM DASH}name", "x"],
            "unexpected argument '\N{EM DASH}name': it starts with a dash instead of a hyphen",
            "write options with two hyphens: --name",
        ),
    ],
)
def test_unexpected_argument_is_an_error(
    arguments: list[str], error: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Examples are missing values, spaces between sub-options, and typographic dashes."""
    assert report("virt-install", [*GOOD, *arguments], capsys) == (error, hint)


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (["apply", "lab.yaml", "-x"], "unknown option -x", "`virt-guest apply --help` lists the options"),
        (["images", "show"], "unexpected argument 'show'", "`virt-guest images --help` lists the arguments"),
        (["rm", "x"], "unknown subcommand 'rm'", "use: virt-guest delete NAME"),
        (["start", "x"], "unknown subcommand 'start'", "use: virsh start NAME"),
        (["lst"], "unknown subcommand 'lst'", "did you mean 'list'?"),
    ],
)
def test_error_of_a_subcommand_has_a_hint(
    arguments: list[str], error: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """For a subcommand of another tool, the hint is the command with the same effect."""
    assert report("virt-guest", arguments, capsys) == (error, hint)


def test_virsh_command_of_a_hint_has_the_connection(capsys: pytest.CaptureFixture[str]) -> None:
    """It can be pasted into a shell."""
    for connect in (["--connect", "test:///default"], ["--connect=test:///default"]):
        arguments = [*connect, *GOOD[2:4], "--disk", "pool=nope,size=1", "--osinfo", "debian11", "--import"]
        assert main(arguments) == 1
        assert "hint: list the pools with: virsh --connect test:///default pool-list --all\n" in capsys.readouterr().err


@pytest.mark.parametrize("run", [main, clone_main, xml_main])
def test_command_without_arguments_is_an_error(
    run: Callable[[list[str]], int], capsys: pytest.CaptureFixture[str]
) -> None:
    """Only errors and hints are printed."""
    assert run([]) == 1
    assert all("error: " in line or "hint: " in line for line in capsys.readouterr().err.splitlines())


@pytest.mark.parametrize(
    ("value", "error", "hint"),
    [
        ("bus=scsi", "--disk bus=scsi: no path, size or source specified", "for example: --disk size=20,bus=scsi"),
        ("size=2,5", "--disk: unexpected '5' after '2,'", "use a decimal point: size=2.5"),
        (
            "size",
            "/size: no such file; a new disk requires size=",
            "specify a value for the sub-option 'size', for example: --disk size=20",
        ),
        (
            "rbd:pool/image",
            "rbd:pool/image: no such file; a new disk requires size=",
            "for network storage, use --disk source.protocol=rbd,source.name=pool/image or --disk vol=POOL/VOLUME",
        ),
        ("/dev/nope", "--disk /dev/nope: no such device", "list the block devices with: lsblk"),
    ],
)
def test_disk_without_a_source_is_an_error(
    value: str, error: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error contains the value, the hint what was probably meant."""
    assert main([*GOOD[:4], "--osinfo", "debian11", "--import", "--print-xml", "--disk", value]) == 1
    printed = capsys.readouterr().err
    assert f"{error}\nvirt-install: hint: {hint}\n" in printed
