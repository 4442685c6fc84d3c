"""About 300 wrong command lines: each ends immediately with an error about the wrong value, without a traceback.

`LINES` is a table: arguments that are added to a valid command line, and a part of the error. The
others are misspellings of every option and of every sub-option, generated from the declarations.
"""

from __future__ import annotations

import compileall
import resource
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import virtinstall
from virtinstall.cli.main import main
from virtinstall.options.introspect import known_sub_options
from virtinstall.options.read import section_class
from virtinstall.options.table import OPTIONS

GOOD = "--connect test:///default --name x --memory 1024 --disk none --osinfo debian11 --print-xml --pxe"
LONGEST_SECONDS = 0.3

LINES = """
--memory 4GG                                    4GG
--memory -5                                     -5
--memory 4X                                     4X
--memory abc                                    abc
--memory 0                                      memory
--vcpus 0                                       at least 1
--vcpus -1                                      at least 1
--vcpus 4,maxvcpus=2                            exceeds maxvcpus=2
--vcpus four                                    four
--vcpus sockets=2,cores=2,threads=x             threads=x
--vcpus 5,sockets=2,cores=2                     threads=1 has 4 vCPUs
--disk size=abc                                 abc
--disk size=-1                                  -1
--disk size=5X                                  5X
--disk size=5,pool=nope                         nope
--disk vol=nope/x                               nope
--disk vol=default-pool/nope                    nope
--disk vol=default-pool                         default-pool
--disk /nope/a.img                              /nope/a.img
--disk size=5,sparse=maybe                      maybe
--disk size=5,readonly=perhaps                  perhaps
--disk size=5,boot.order=first                  first
--disk size=5,perms=rx                          rx
--disk size=5,target=vdx --disk size=5,target=vdx   vdx
--disk "size=5,\\"unclosed"                     a closing quote is missing
--disk=size=5=6                                 5=6
--noreboot ""                                   unexpected argument ''
--network mac=52:54:00:00:00                    52:54:00:00:00
--network mac=zz:54:00:00:00:01                 zz:54
--network mac=01:00:00:00:00:01                 multicast
--network hostdev=0000:99:00.0                  0000:99:00.0
--graphics vnc,port=abc                         abc
--graphics vnc,port=99999                       65535
--graphics vnc,port=80                          5900
--graphics spice,tlsport=70                     5900
--boot uefii                                    uefii
--boot hd,cdrm                                  cdrm
--boot bootmenu.enable=maybe                    maybe
--boot loader_secure=x                          loader_secure=x
--hostdev 99:99.9                               99:99.9
--hostdev nosuchdevice                          nosuchdevice
--hostdev 0781:zzzz                             0781:zzzz
--vsock cid=abc                                 abc
--memdev dimm,target_size=x                     target_size=x
--memtune hard_limit=x                          hard_limit=x
--blkiotune weight=x                            weight=x
--features acpi=maybe                           maybe
--pm suspend_to_mem=maybe                       maybe
--idmap uid.start=x                             uid.start=x
--iothreads x                                   x
--launchSecurity sev                            q35
--xml xpath.delete=///                          ///
--xml xpath.delete=./a[                         ./a[
--xml ./devices/disk                            XPATH=VALUE
--xml ./@a=b=c                                  xpath.value
--metadata os_name=nosuchsystem                 nosuchsystem
--nodisks --file-size 1                         --nodisks
--qemu-commandline "--foo 'bar"                 'bar
--check disk_size=maybe                         maybe
--check nope                                    nope
--osinfo debain12                               debain12
--osinfo ubunto22.04                            ubunto22.04
--osinfo detect=maybe                           maybe
--install bootdev=nope                          nope
--cdrom /nope.iso                               /nope.iso
--location http://127.0.0.1:9/                  127.0.0.1
--livecd                                        --cdrom
--initrd-inject /etc/hostname                   --initrd-inject
--extra-args console=ttyS0                      --extra-args
--unattended profile=nope                       together
--cloud-init root-password-file=/nope           /nope
--cloud-init user-data=/nope                    /nope
--cloud-init clouduser-ssh-key=/nope            /nope
--cloud-init root-password-generate=maybe       maybe
--cloud-init user=Bad!Name                      Bad!Name
--cloud-init address=1.2.3.4                    1.2.3.4
--cloud-init address=300.1.1.1/24               300.1.1.1
--cloud-init hostname=a_b!                      a_b!
--reinstall nope                                nope
--finish nope --wait-for ip                     --wait-for
--finish nope --timeout 5s                      --timeout
--dsk size=1                                    --disk
--disk /images/a,b.img                          comma within a value
--wait abc                                      abc
--autoconsole nope                              nope
--print-xml 3                                   3
--arch nope                                     nope
--virt-type nope                                nope
--arch aarch64                                  aarch64
--container                                     exe
--transient --autostart                         together
--name ""                                       empty
--name a/b                                      a/b
--name test                                     test
--uuid nope                                     nope
--metadata uuid=1234                            1234
--nodisks                                       --nodisks
--nonetworks --network default                  --nonetworks
--nographics --graphics vnc                     --nographics
--vnc --sdl                                     --vnc
--mac nope                                      nope
--bridge br0 --network default                  --bridge
--file /nope                                    --file
--file-size abc                                 abc
--vncport abc                                   abc
--host-device nope                              nope
--connect nope:///system                        nope:///system
--connect qemu+nope://h/system                  qemu+nope
--connect test:///nope.xml                      /nope.xml
--unknown                                       --unknown
-z                                              -z
--help=x                                        --help
--quiet=2                                       --quiet
"""

# errors that replace a part of the valid line
WITHOUT_METHOD = """
--location                                      --location
--location nope://x                             nope://x
--location /nope                                /nope
--location /etc/hostname                        /etc/hostname
--location /etc                                 /etc
--location http://127.0.0.1:9/                  127.0.0.1:9
--location ftp://127.0.0.1:9/                   127.0.0.1:9
--location https://127.0.0.1:9/                 127.0.0.1:9
--location http://                              http://
--location http://[::1                          [::1
--cdrom /nope.iso                               /nope.iso
--cdrom                                         --cdrom
--import --initrd-inject /nope                  --initrd-inject
--memory 2048                                   install method
"""


def table(text: str) -> Iterator[tuple[str, str]]:
    """Yield the arguments and a part of the error."""
    for line in text.strip().splitlines():
        typed, _, word = line.strip().rpartition("   ")
        yield typed.strip(), word.strip()


def misspelled(name: str) -> str:
    """Return the name with two letters swapped, or with a doubled letter if that makes no difference."""
    middle = len(name) // 2 + 1
    swapped = name[: middle - 1] + name[middle : middle + 1] + name[middle - 1] + name[middle + 1 :]
    return swapped if swapped != name else name + name[-1]


def misspelled_options() -> Iterator[str]:
    """Return every long option in the help, misspelled so that it does not match an option."""
    known = {name for option in OPTIONS for name in option.names}
    for option in OPTIONS:
        name = next((name for name in option.names if name.startswith("--")), "")
        if not option.hidden and len(name) > 5:
            wrong = misspelled(name)
            if not any(other.startswith(wrong) for other in known):
                yield wrong


def misspelled_sub_options() -> Iterator[tuple[str, str]]:
    """Return the first plain sub-options of every compound option, misspelled."""
    for option in OPTIONS:
        if not option.section or option.hidden or option.dest in ("xml", "qemu_commandline"):
            continue
        name = next(name for name in option.names if name.startswith("--"))
        plain = [known.name for known in known_sub_options(section_class(option)) if known.name.isalpha()]
        for known in [each for each in plain if len(each) > 4 and each != "clearxml"][:4]:
            wrong = misspelled(known)
            if wrong not in plain:
                yield name, wrong


def fails(line: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Run a command line that must fail; return its standard error."""
    started = time.perf_counter()
    status = main(shlex.split(line))
    lasted = time.perf_counter() - started
    out, err = capsys.readouterr()
    assert status in (1, 2), f"status {status}: {out}{err}"
    assert "Traceback" not in err
    assert out == ""
    assert any(output.startswith("virt-install: error: ") for output in err.splitlines()), err
    assert lasted < 10 * LONGEST_SECONDS
    return err


@pytest.mark.parametrize(("typed", "word"), list(table(LINES)), ids=lambda text: text)
def test_error_contains_the_wrong_value(typed: str, word: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It is one error without a traceback."""
    assert word in fails(f"{GOOD} {typed}", capsys)


@pytest.mark.parametrize(("typed", "word"), list(table(WITHOUT_METHOD)), ids=lambda text: text)
def test_error_of_an_install_method_contains_the_value(
    typed: str, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is one error without a traceback."""
    assert word in fails(f"{GOOD} {typed}".replace("--print-xml --pxe", ""), capsys)


@pytest.mark.parametrize("wrong", list(misspelled_options()))
def test_error_contains_the_misspelled_option(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The hint suggests a similar option."""
    output = fails(f"{GOOD} {wrong} x", capsys)

    assert wrong in output
    assert "did you mean" in output


@pytest.mark.parametrize(("option", "wrong"), list(misspelled_sub_options()))
def test_error_contains_the_misspelled_sub_option(option: str, wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It also contains the option."""
    output = fails(f"{GOOD} {option} {wrong}=x", capsys)

    assert option in output
    assert f"'{wrong}'" in output


def test_errors_of_several_options_are_reported_together(capsys: pytest.CaptureFixture[str]) -> None:
    """Each has one line."""
    output = fails(f"{GOOD} --memory 4X --vcpus four --graphics vnc,listn=x", capsys)

    assert [word for word in ("4X", "four", "listn") if word in output] == ["4X", "four", "listn"]


@pytest.fixture(scope="module")
def compiled() -> None:
    """The package with compiled modules, like an installed one."""
    compileall.compile_dir(str(Path(virtinstall.__file__).parent), quiet=1)


@pytest.mark.parametrize(("typed", "word"), list(table(LINES))[::12], ids=lambda text: text)
def test_error_takes_less_than_0_3_s_of_cpu_time(compiled: None, typed: str, word: str) -> None:
    """A separate process is measured."""
    command = [sys.executable, "-m", "virtinstall", *shlex.split(f"{GOOD} {typed}")]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)

    done = subprocess.run(command, capture_output=True, text=True, timeout=30)

    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert word in done.stderr
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < LONGEST_SECONDS
