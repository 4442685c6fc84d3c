"""Command lines generated from the option declarations: each option, each sub-option, and pairs of them."""

from __future__ import annotations

import itertools
import os
import random
import re
import subprocess
from collections.abc import Iterator

from tests.compare.programs import Case
from virtinstall.options.fallback import element_path, installed_schema
from virtinstall.options.introspect import known_sub_options
from virtinstall.options.known_values import place_of
from virtinstall.options.read import section_class
from virtinstall.options.suboptions import SHARED_NAMES, resolve
from virtinstall.options.table import LATER, OPTIONS, Option
from virtinstall.xml.schema import Schema

ARCHITECTURES = {
    "x86_64": ("", "q35", "pc"),
    "aarch64": ("",),
    "ppc64le": ("",),
    "s390x": ("",),
    "riscv64": ("",),
}
# 4.1.0 creates new images even with --print-xml: both programs get an existing one
FOLDER = "/var/tmp/virtinstall-compare"
IMAGE = f"{FOLDER}/disk.qcow2"
# a value that is sufficient for a device or a section
CONTEXT = {
    "disk": IMAGE,
    "network": "user",
    "graphics": "vnc",
    "filesystem": f"{FOLDER},compare",
    "hostdev": "pci_0000_00_00_0",
    "tpm": "emulator",
    "shmem": "name=s",
    "vsock": "cid=4",
    "memdev": "dimm,target.size=64,target.node=0",
    "controller": "scsi",
    "channel": "spicevmc",
    "sysinfo": "type=smbios",
    "qemu_commandline": "args=-S",
    "watchdog": "default",
    "panic": "default",
    "memory": "1024",
    "vcpus": "2",
    "rng": "/dev/urandom",
    "audio": "id=1,type=none",
    "input": "tablet",
    "video": "vga",
    "sound": "ich6",
    "serial": "pty",
    "parallel": "pty",
    "console": "pty",
    "smartcard": "passthrough",
    "redirdev": "usb",
    "memballoon": "virtio",
    "iommu": "model=intel",
    "seclabel": "type=dynamic",
    "keywrap": "cipher0.name=aes",
    "boot": "hd",
}
FLAGS = {
    "yes/no": ("yes", "no"),
    "on/off": ("on", "off"),
    "integer": ("3",),
    "size": ("3",),
}
# options that can be repeated
REPEATED = frozenset(
    f"--{name}"
    for name in (
        *("disk", "network", "filesystem", "serial", "parallel", "channel", "input", "sound", "video"),
        *("hostdev", "redirdev", "rng", "shmem", "controller", "console", "smartcard"),
    )
)
# sub-options that all devices share are compared for a few devices only
COMMON = re.compile(r"^(address[.]|alias[.]|.*seclabel|log[.]|acpi[.]|image|permissions|virtualport)")
COMMON_TRIED_WITH = {"disk", "network", "serial"}


def make_image() -> None:
    """Create the image that the disks use, unless it exists from an earlier run."""
    os.makedirs(FOLDER, exist_ok=True)
    if not os.path.exists(IMAGE):
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", IMAGE, "1G"], check=True)
        os.chmod(IMAGE, 0o666)


def compared_options(wanted: set[str]) -> list[Option]:
    """Return the XML options that both programs have; only those with a name in `wanted`, if it is not empty."""
    return [
        option
        for option in OPTIONS
        if option.is_xml
        and not option.hidden
        # XPath edits have no sub-options
        and option.dest != "xml"
        and long_name(option) not in LATER
        and (not wanted or option.dest in wanted)
    ]


def long_name(option: Option) -> str:
    """Return the first spelling that starts with two dashes."""
    return next(spelling for spelling in option.names if spelling.startswith("--"))


def parts_of(option: Option, *, most: int) -> list[str]:
    """Return `NAME=VALUE` for each sub-option of `option`, with up to `most` values each."""
    schema = installed_schema()
    cls = section_class(option)
    parts = []
    for known in known_sub_options(cls):
        if known.name in SHARED_NAMES or (COMMON.match(known.name) and option.dest not in COMMON_TRIED_WITH):
            continue
        name = re.sub(r"N(?=[.]|$)", "0", known.name)
        parts += [f"{name}={value}" for value in values_of(known.kind, known.doc, schema, cls, known.name, most)]
    return parts


def values_of(kind: str, doc: str, schema: Schema | None, cls: type, name: str, most: int) -> tuple[str, ...]:
    """Return values from the schema or the documentation of a sub-option, or else one value of its kind."""
    if kind in FLAGS:
        return FLAGS[kind]
    target = resolve(cls, name)
    place = None if target is None or schema is None else place_of(cls, element_path(cls) or (), target)
    if place:
        assert schema is not None
        values = sorted(schema.values(place))
        if values:
            return tuple(values[:most])
    named = [word for word in re.findall(r"`([\w.:/-]+)`", doc) if word not in ("yes", "no")]
    return tuple(named[:most]) or ("3" if kind in ("number", "int") else "example",)


def option_values(option: Option, pairs: int, draw: random.Random, *, most: int) -> Iterator[str]:
    """Yield values of `option`: one without sub-options, one with each, and `pairs` with two of them."""
    start = CONTEXT.get(option.dest, "")
    if start:
        yield start
    parts = parts_of(option, most=most)
    for part in parts:
        yield ",".join(filter(None, (start, part)))
    both = [
        (first, second)
        for first, second in itertools.combinations(parts, 2)
        if first.partition("=")[0] != second.partition("=")[0]
    ]
    for first, second in draw.sample(both, min(pairs, len(both))):
        yield ",".join(filter(None, (start, first, second)))


def install_cases(arch: str, wanted: set[str], *, pairs: int, together: int, most: int, seed: int) -> list[Case]:
    """Return command lines of virt-install: each value on each machine type, and `together` pairs of options."""
    found: list[Case] = []
    for machine in ARCHITECTURES[arch]:
        base = Case("virt-install", arch, machine, ())
        words: list[tuple[str, str]] = []
        for option in compared_options(wanted):
            draw = random.Random(f"{seed} {machine} {option.dest}")
            words += [(long_name(option), value) for value in option_values(option, pairs, draw, most=most)]
        words = list(dict.fromkeys(words))
        found += [base._replace(words=each) for each in words]
        draw = random.Random(f"{seed} {arch} {machine}")
        for _ in range(together):
            first, second = draw.sample(words, 2)
            if first[0] != second[0]:
                found.append(base._replace(words=(*first, *second)))
    return found


def edit_cases(arch: str, wanted: set[str], *, pairs: int, most: int, seed: int) -> list[Case]:
    """Return command lines of virt-xml: each action with each value."""
    found: list[Case] = []
    for option in compared_options(wanted):
        name, start = long_name(option), CONTEXT.get(option.dest, "")
        draw = random.Random(f"{seed} {option.dest}")
        for value in dict.fromkeys(option_values(option, pairs, draw, most=most)):
            rest = value[len(start) :].lstrip(",") if start and value.startswith(start) else value
            for words in (
                ("--build-xml", name, value),
                ("--edit", name, rest or value, "--print-xml"),
                ("--add-device", name, value, "--print-xml"),
                ("--remove-device", name, rest or value, "--print-xml"),
            ):
                found.append(Case("virt-xml", arch, "", words))
    return found


def packed(cases: list[Case], size: int, seed: int) -> list[Case]:
    """Combine up to `size` values of a device's option in one command line, and shuffle the lines."""
    groups: dict[Case, list[Case]] = {}
    found = []
    for case in cases:
        if size > 1 and case.program == "virt-install" and len(case.words) == 2 and case.words[0] in REPEATED:
            groups.setdefault(case._replace(words=case.words[:1]), []).append(case)
        else:
            found.append(case)
    for group in groups.values():
        for at in range(0, len(group), size):
            part = group[at : at + size]
            found.append(part[0]._replace(words=tuple(word for case in part for word in case.words)))
    random.Random(seed).shuffle(found)
    return found
