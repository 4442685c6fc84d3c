"""Hints for sub-options that users try and that do not exist: each suggested spelling is accepted."""

from __future__ import annotations

import pytest

from virtinstall.errors import RequestError
from virtinstall.options.command import parse_request
from virtinstall.options.fallback import fallback_for
from virtinstall.options.legacy import rewrite
from virtinstall.options.parser import parse_argv
from virtinstall.options.read import section_class
from virtinstall.options.suboptions import cut
from virtinstall.options.table import OPTIONS
from virtinstall.options.unknown import REPLACEMENTS


def hint_of(option: str, text: str) -> str:
    """Return the hint for a wrong value of an option."""
    with pytest.raises(RequestError) as caught:
        parse_request(["--name", "x", option, text])
    return str(caught.value.hint)


@pytest.mark.parametrize(
    ("option", "text", "suggestion"),
    [
        ("--memorybacking", "shared=yes", "--memorybacking access.mode=shared?"),
        ("--memorybacking", "memfd=on", "--memorybacking source.type=memfd?"),
        ("--boot", "order=cdrom,hd", "--boot cdrom,hd?"),
        ("--boot", "dev=network", "--boot network?"),
        ("--boot", "uefi.secure=no", "--boot secure-boot=off?"),
        ("--boot", "secure=yes", "--boot secure-boot=on?"),
        ("--cpu", "add_feature=vmx", "--cpu +vmx?"),
        ("--cpu", "host-model,feature=svm", "--cpu +svm?"),
        ("--cpu", "remove-feature=vmx", "--cpu -vmx?"),
        ("--cpu", "cores=2", "--cpu topology.cores=2?"),
        ("--disk", "file=/tmp/x.img", "--disk path=/tmp/x.img?"),
        ("--disk", "/tmp/x.img,if=virtio", "--disk bus=virtio?"),
        ("--network", "br=br0", "--network bridge=br0?"),
        ("--network", "network=default,bus=virtio", "--network model=virtio?"),
        ("--network", "network=default,driver=rtl8139", "--network model=rtl8139?"),
        ("--disk", "/tmp/x.img,aio=io_uring", "--disk io=io_uring?"),
        ("--vcpus", "4,max=8", "--vcpus maxvcpus=8?"),
    ],
)
def test_hint_shows_the_correct_spelling(option: str, text: str, suggestion: str) -> None:
    """It contains the option and the value, and can be typed."""
    assert f"did you mean {suggestion}" in hint_of(option, text)


@pytest.mark.parametrize(
    ("option", "name"), [(option, name) for option in REPLACEMENTS for name in REPLACEMENTS[option]]
)
def test_each_replacement_is_accepted(option: str, name: str) -> None:
    """The replaced sub-option is an error."""
    cls = section_class(next(known for known in OPTIONS if option in known.names))
    fallback = fallback_for(cls)

    assert cut(cls, option, REPLACEMENTS[option][name]("on"), fallback)
    with pytest.raises(RequestError):
        cut(cls, option, f"{name}=value", fallback)


def test_bootmenu_is_an_alias_of_menu() -> None:
    """`--boot bootmenu=on` appears in many guides."""
    assert parse_request(["--name", "x", "--boot", "bootmenu=on"]).domain.os.bootmenu_enable is True


def test_hint_for_a_space_after_a_comma_joins_the_value() -> None:
    """The shell has split the value into two arguments."""
    with pytest.raises(RequestError, match="unexpected argument 'size=20'") as caught:
        parse_request(["--name", "x", "--disk", "/tmp/x.img,bus=virtio,", "size=20"])
    assert caught.value.hint == "write sub-options without spaces: --disk /tmp/x.img,bus=virtio,size=20"


@pytest.mark.parametrize(
    ("args", "word"),
    [
        (["-vcpus=2", "-n", "x"], "-vcpus=2"),
        (["-name=x"], "-name=x"),
        (["-vnc", "-n", "x"], "-vnc"),
        (["-n", "x"], None),
        (["-nx", "-v"], None),
        (["--name=x", "--qemu-commandline=-vnc :1"], None),
    ],
)
def test_single_dash_before_a_long_option_causes_a_warning(args: list[str], word: str | None) -> None:
    """virt-install and this project parse it as short options: `-name=x` is `-n ame=x`."""
    warnings = rewrite(parse_argv(args))
    expected = [] if word is None else [f"{word} is read as short options; did you mean -{word}?"]
    assert warnings == expected
