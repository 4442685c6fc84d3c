"""Errors and warnings for scripts contain classes and parameters of the library, those for commands contain options."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import virtinstall
from virtinstall import (
    GIB,
    CloudImage,
    Disk,
    Domain,
    Existing,
    Guest,
    GuestSpec,
    Hypervisor,
    Interface,
    Iso,
    Pxe,
    Reinstall,
    Tree,
    VirtInstallError,
    parse_request,
)
from virtinstall.cli.connection import connect
from virtinstall.run import boot_files
from virtinstall.script_terms import in_script_terms

PACKAGE = Path(virtinstall.__file__).parent
# option tables, and messages for commands only
OF_COMMANDS = {
    "options",
    "cli",
    "schema",
    "fleet",
    "edit",
    "clone",
    "redact.py",
    "virsh_commands.py",
    "script_terms.py",
}
COMMANDS = re.compile(r"`[^`]*`|\b(virsh|virt-\w+|qemu-img|butane) .*")


def messages(path: Path) -> Iterator[str]:
    """Yield the strings of a module that contain an option; values of f-strings are replaced."""
    tree = ast.parse(path.read_text())
    skipped = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    skipped |= {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in ast.walk(node)
        if part != node
    }
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.JoinedStr):
            text = "".join(
                str(part.value) if isinstance(part, ast.Constant) else f"x{place}"
                for place, part in enumerate(node.values)
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        if re.search(r"(?<![\w-])--[a-z]", text) and " " in text:
            yield text


MESSAGES = sorted(
    {
        text
        for path in PACKAGE.rglob("*.py")
        if path.relative_to(PACKAGE).parts[0] not in OF_COMMANDS
        for text in messages(path)
    }
)


def test_options_in_messages_are_translated_for_scripts() -> None:
    """Only options in command lines remain."""
    assert len(MESSAGES) > 100
    translated = [COMMANDS.sub("", in_script_terms(text)) for text in MESSAGES]
    assert [text for text in translated if "--" in text] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("--disk size=20,bus=virtio", "Disk(size_bytes=20 * GIB, target_bus='virtio')"),
        ("--disk path=/a b.img: no such file", "Disk(path='/a b.img'): no such file"),
        ("override with --disk none", "override with GuestSpec(without=['disk'])"),
        ("add --network default", "add Interface()"),
        ("use --network network=lan", "use Interface(type='network', source_network='lan')"),
        ("--memory 256: too small", "Domain(memory_kib=256 * 1024): too small"),
        ("for example --vcpus 2,maxvcpus=4", "for example Domain(vcpu=4, vcpu_current=2)"),
        ("add --boot uefi", "add domain.os.uefi = True"),
        ("use --machine q35 --boot uefi", "use domain.os.type_machine = 'q35', domain.os.uefi = True"),
        (
            "or skip this check with: --check disk_size=off",
            "or skip this check with: GuestSpec(checks=Checks(disk_size=False))",
        ),
        ("--location URL,kernel=PATH,initrd=PATH", "Tree(location='URL', kernel='PATH', initrd='PATH')"),
        (
            "--ignition and --cloud-init cannot be used together",
            "Ignition(source=...) and CloudInit cannot be used together",
        ),
        ("--wait-for ip contradicts --noreboot", "wait_for(goal='ip') contradicts start_installed=False"),
        ("--wait-for ip conflicts with --noreboot", "wait_for(goal='ip') conflicts with start_installed=False"),
        ("--ignition and --cloud-init cannot be used", "Ignition(source=...) and CloudInit cannot be used"),
        ("use --osinfo generic", "use GuestSpec(os='generic')"),
        ("add --shutdown 60s to wait, or --force to", "add shutdown_timeout=60 to wait, or force=True to"),
        ("add --delete-snapshots to delete them", "add delete_snapshots=True to delete them"),
        ("list them with: virsh pool-list --all", "list them with: virsh pool-list --all"),
        ("no option here", "no option here"),
        ("reduce size=, or use bus=sata", "reduce size_bytes=, or use target_bus='sata'"),
        ("specify the size in GiB: size=20", "specify the size in GiB: size_bytes=20 * GIB"),
        ("--network gateway= requires ip=", "Interface(gateway=...) requires ip="),
        ("use size=512M or more", "use size_bytes=536870912 or more"),
        (
            "add a medium with path=, or omit --update to change only the configuration",
            "add a medium with path=, or use live=False to change only the configuration",
        ),
        ("--disk size= has no effect", "Disk(size_bytes=...) has no effect"),
    ],
)
def test_option_is_translated_to_python(text: str, expected: str) -> None:
    """Fields have their Python names and units."""
    assert in_script_terms(text) == expected


def small(name: str | None = "small", *devices: Disk, **values: object) -> GuestSpec:
    """Return a guest without a disk."""
    spec = GuestSpec(Domain(name=name, memory_kib=1 << 18, devices=devices), os="generic", without=["disk"])
    return spec.replace(**values)


MISTAKES: dict[str, Callable[[Hypervisor], object]] = {
    "no disk": lambda hypervisor: hypervisor.plan(small().replace(without=())),
    "no memory": lambda hypervisor: hypervisor.plan(GuestSpec(Domain(name="x"), os="generic", without=["disk"])),
    "no such volume": lambda hypervisor: hypervisor.plan(small("x", Disk(vol="a/b"))),
    "no such pool": lambda hypervisor: hypervisor.plan(small("x", Disk(pool="nope", size_bytes=GIB))),
    "no such file": lambda hypervisor: hypervisor.plan(small("x", Disk(path="/nonexistent/a b.img"))),
    "no such tree": lambda hypervisor: hypervisor.plan(small(install=Tree("/nonexistent"))),
    "no such image": lambda hypervisor: hypervisor.plan(small("x", Disk(image="/nonexistent"), install=CloudImage())),
    "no such system": lambda hypervisor: hypervisor.plan(small(os="fedorra36")),
    "no such guest": lambda hypervisor: hypervisor.plan(GuestSpec(install=Reinstall("missing", Pxe()))),
    "the name is taken": lambda hypervisor: hypervisor.plan(small("test")),
    "autostart of a transient guest": lambda hypervisor: hypervisor.plan(small(transient=True, autostart=True)),
    "an ISO that is a directory": lambda hypervisor: hypervisor.plan(small(os=None, install=Iso("/proc/self"))),
    "goal": lambda hypervisor: hypervisor.guest("test").wait_for("agent", timeout=1),
    "unknown goal": lambda hypervisor: hypervisor.guest("test").wait_for("nonsense", timeout=1),  # type: ignore[arg-type]
    "finish": lambda hypervisor: hypervisor.finish("test", timeout=1),
    "finish of a missing guest": lambda hypervisor: hypervisor.finish("missing", timeout=1),
    "delete": lambda hypervisor: hypervisor.guest("test").delete(),
    "reset": lambda hypervisor: hypervisor.guest("test").reset(),
    "attach": lambda hypervisor: hypervisor.guest("test").attach(Disk(vol="a/b"), live=False),
    "image": lambda hypervisor: hypervisor.fetch_image("no-such-image"),
    "connection": lambda hypervisor: virtinstall.connect("nonsense:///"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_errors_for_a_script_contain_no_options(hypervisor: Hypervisor, mistake: str) -> None:
    """Message, hint and notes are checked."""
    with pytest.raises(VirtInstallError) as caught:
        MISTAKES[mistake](hypervisor)
    error = caught.value
    for text in (str(error), error.message, error.hint or "", *getattr(error, "__notes__", ())):
        assert "--" not in COMMANDS.sub("", text)


def test_error_of_check_depends_on_the_origin_of_the_plan(
    hypervisor: Hypervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan is created from a specification or from arguments."""

    def refuse(plan: object, host: object) -> None:
        raise virtinstall.RequestError("--disk path=/x: no such file", hint="use --check path_exists=off")

    monkeypatch.setattr(boot_files, "check_boot_files", refuse)
    with pytest.raises(virtinstall.RequestError, match=r"^Disk\(path='/x'\): no such file"):
        hypervisor.check(hypervisor.plan(small()))
    arguments = ["--name", "x", "--memory", "256", "--import", "--disk", "none", "--osinfo", "generic"]
    with pytest.raises(virtinstall.RequestError, match=r"^--disk path=/x: no such file"):
        hypervisor.check(hypervisor.plan(parse_request(arguments)))


def test_warnings_for_a_script_contain_no_options(hypervisor: Hypervisor) -> None:
    """This includes warnings of a second attempt, and those passed to `on_warning`."""
    plan = hypervisor.plan(small(None).replace(os="fedora36", without=()))
    assert any("Domain(memory_kib=" in warning for warning in plan.warnings)
    assert not any("--" in text for text in (*plan.warnings, *plan.notes))
    warnings: list[str] = []
    for _ in range(2):
        hypervisor.create(plan, on_warning=warnings.append)
    assert not any("--" in COMMANDS.sub("", text) for text in warnings)


def test_errors_for_commands_contain_options(hypervisor: Hypervisor) -> None:
    """The request was parsed from arguments, or the connection belongs to a command."""
    with pytest.raises(VirtInstallError, match="--disk vol=a/b"):
        hypervisor.plan(parse_request(["--name", "x", "--memory", "256", "--import", "--disk", "vol=a/b"]))
    with connect("test:///default") as of_command:
        guest: Guest = of_command.guest("test")
        with pytest.raises(VirtInstallError, match="--wait-for agent"):
            guest.wait_for("agent", timeout=1)


@pytest.mark.parametrize("name", [None, "named"])
def test_plan_without_a_name_can_be_created_twice(hypervisor: Hypervisor, name: str | None) -> None:
    """Names, UUIDs and MAC addresses are generated again; a specified name is an error."""
    plan = hypervisor.plan(small(name, install=Existing()))
    first = hypervisor.create(plan)
    if name is not None:
        with pytest.raises(virtinstall.RequestError, match="'named' already exists") as caught:
            hypervisor.create(plan)
        assert "use another Domain(name=...)" in str(caught.value.hint)
        return
    second = hypervisor.create(plan)
    assert first.name != second.name and first.uuid != second.uuid
    macs = [guest.domain.devices_of(Interface)[0].mac_address for guest in (first, second)]
    assert macs[0] != macs[1]
    assert second.plan is not None and second.plan.name == second.name
