"""Edits of the firmware: by path, by libvirt's choice, by features. The new settings replace the old ones."""

from __future__ import annotations

import pytest

from tests.edit.conftest import GUEST, VirtXml

BY_PATH = (
    "<loader readonly='yes' type='pflash' secure='yes'>/fw/CODE.fd</loader><nvram template='/fw/VARS.fd'>/v</nvram>"
)
CHOSEN = "<firmware><feature enabled='yes' name='secure-boot'/></firmware>"


def edited(virt_xml: VirtXml, inside: str, *words: str, firmware: str = "") -> str:
    """Return the XML of a guest with `inside` in its <os>, after the edit."""
    guest = GUEST.format(name="new", uuid="11111111-0000-0000-0000-000000000009", state="")
    guest = guest.replace("<os>", f"<os{firmware}>").replace("<boot dev='hd'/></os>", f"{inside}</os>")
    run = virt_xml("--edit", "--boot", *words, stdin=guest)
    assert run.status == 0, run.err
    return run.out


@pytest.mark.parametrize(("inside", "firmware"), [(BY_PATH, ""), (CHOSEN, " firmware='efi'"), ("", " firmware='efi'")])
def test_uefi_off_removes_all_firmware_settings(virt_xml: VirtXml, inside: str, firmware: str) -> None:
    """They are the firmware, its features, the loader and the UEFI variables."""
    text = edited(virt_xml, inside, "uefi=off", firmware=firmware)

    assert all(word not in text for word in ("<loader", "<nvram", "<firmware", "firmware="))


@pytest.mark.parametrize("words", ["secure-boot=yes", "firmware.secure-boot=yes", "firmware.enrolled-keys=yes"])
def test_firmware_features_replace_a_loader(virt_xml: VirtXml, words: str) -> None:
    """libvirt chooses firmware with these features."""
    text = edited(virt_xml, BY_PATH, words)

    assert '<os firmware="efi">' in text
    assert "CODE.fd" not in text
    assert "/v<" not in text


def test_loader_replaces_automatic_firmware(virt_xml: VirtXml) -> None:
    """libvirt rejects a loader together with firmware=efi."""
    text = edited(
        virt_xml, CHOSEN, "loader=/fw/CODE.fd,loader.readonly=yes,loader.type=pflash", firmware=" firmware='efi'"
    )

    assert "/fw/CODE.fd</loader>" in text
    assert "firmware=" not in text
    assert "<feature " not in text


def test_secure_boot_off_keeps_automatic_firmware(virt_xml: VirtXml) -> None:
    """Only the feature changes."""
    text = edited(virt_xml, CHOSEN, "secure-boot=no", firmware=" firmware='efi'")

    assert '<os firmware="efi">' in text
    assert '<feature enabled="no" name="secure-boot"/>' in text
