"""Hints for sub-options that users try and that do not exist: each suggested spelling is accepted."""

from __future__ import annotations

import pytest

from virtinstall.errors import RequestError
from virtinstall.options.command import parse_request
from virtinstall.options.fallback import fallback_for
from virtinstall.options.read import section_class
from virtinstall.options.suboptions import cut
from virtinstall.options.table import OPTIONS
from virtinstall.options.unknown import REPLACEMENTS


def hint_of(option: str, text: str) -> str:
    """The hint for a wrong value of an option."""
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
        ("--vcpus", "4,max=8", "--vcpus maxvcpus=8?"),
    ],
)
def test_hint_shows_the_correct_spelling(option: str, text: str, suggestion: str) -> None:
    """The hint shows the whole value, ready to be typed."""
    assert f"did you mean {suggestion}" in hint_of(option, text)


@pytest.mark.parametrize(
    ("option", "name"), [(option, name) for option in REPLACEMENTS for name in REPLACEMENTS[option]]
)
def test_each_replacement_is_accepted(option: str, name: str) -> None:
    """What the table suggests is a valid sub-option, and what it replaces is not."""
    cls = section_class(next(known for known in OPTIONS if option in known.names))
    fallback = fallback_for(cls)

    assert cut(cls, option, REPLACEMENTS[option][name]("on"), fallback)
    with pytest.raises(RequestError):
        cut(cls, option, f"{name}=on", fallback)


def test_bootmenu_is_an_alias_of_menu() -> None:
    """`--boot bootmenu=on` appears in many guides."""
    assert parse_request(["--name", "x", "--boot", "bootmenu=on"]).domain.os.bootmenu_enable is True
