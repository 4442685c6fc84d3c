"""Answers for Windows Setup since Vista: autounattend.xml in the root of any removable medium.

Windows does not support hashes: passwords are base64 of UTF-16, which does not protect them.

Source: https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from lxml import etree
from lxml.builder import ElementMaker

if TYPE_CHECKING:
    from virtinstall.seed.answers import Answers, AnswerTarget

_UNATTEND = "urn:schemas-microsoft-com:unattend"
_WCM = "http://schemas.microsoft.com/WMIConfig/2002/State"
_ARCHITECTURES = {"x86_64": "amd64", "i686": "x86", "aarch64": "arm64"}
_LONGEST_COMPUTER_NAME = 15
_EFI_PARTITION_MIB = 300
_DRIVE_LETTERS = "DEFGH"


def answer_files(answers: Answers, guest: AnswerTarget) -> dict[str, str]:
    """Return the name and the content of the answer file for Windows Setup."""
    maker = ElementMaker(namespace=_UNATTEND, nsmap={None: _UNATTEND, "wcm": _WCM})
    root = maker.unattend(
        maker.settings(
            _international(maker, answers, guest),
            *_drivers(maker, answers, guest),
            _setup(maker, answers, guest),
            **{"pass": "windowsPE"},
        ),
        maker.settings(_specialize(maker, answers, guest), **{"pass": "specialize"}),
        maker.settings(_first_login(maker, answers, guest), **{"pass": "oobeSystem"}),
    )
    text = etree.tostring(root, pretty_print=True, xml_declaration=True, encoding="utf-8").decode()
    return {answers.installer.file_name: text}


def _component(maker: ElementMaker, guest: AnswerTarget, name: str, *children: etree._Element) -> etree._Element:
    return maker.component(
        *children,
        name=name,
        processorArchitecture=_ARCHITECTURES.get(guest.arch, "amd64"),
        publicKeyToken="31bf3856ad364e35",
        language="neutral",
        versionScope="nonSxS",
    )


def _international(maker: ElementMaker, answers: Answers, guest: AnswerTarget) -> etree._Element:
    language = answers.language.replace("_", "-")
    return _component(
        maker,
        guest,
        "Microsoft-Windows-International-Core-WinPE",
        maker.SetupUILanguage(maker.UILanguage(language)),
        maker.InputLocale(language),
        maker.SystemLocale(language),
        maker.UILanguage(language),
        maker.UserLocale(language),
    )


def _drivers(maker: ElementMaker, answers: Answers, guest: AnswerTarget) -> list[etree._Element]:
    """Return the paths of drivers on every possible drive: Setup ignores those that do not exist."""
    if answers.driver_folder is None:
        return []
    places = []
    for letter in _DRIVE_LETTERS:
        place = _added(maker.PathAndCredentials(maker.Path(f"{letter}:\\{answers.driver_folder}")))
        place.set(f"{{{_WCM}}}keyValue", letter)
        places.append(place)
    return [_component(maker, guest, "Microsoft-Windows-PnpCustomizationsWinPE", maker.DriverPaths(*places))]


def _setup(maker: ElementMaker, answers: Answers, guest: AnswerTarget) -> etree._Element:
    user_data = [maker.AcceptEula("true"), maker.FullName(answers.user_login)]
    if answers.product_key is not None:
        key = maker.ProductKey(maker.Key(answers.product_key), maker.WillShowUI("OnError"))
        user_data.insert(0, key)
    else:
        # without a key, and without a prompt for one, the medium's first edition is installed
        user_data.insert(0, maker.ProductKey(maker.WillShowUI("Never")))
    partition = "3" if guest.efi else "1"
    return _component(
        maker,
        guest,
        "Microsoft-Windows-Setup",
        _disks(maker, guest.efi),
        maker.ImageInstall(
            maker.OSImage(
                maker.InstallFrom(_added(maker.MetaData(maker.Key("/IMAGE/INDEX"), maker.Value("1")))),
                maker.InstallTo(maker.DiskID("0"), maker.PartitionID(partition)),
                maker.WillShowUI("OnError"),
            )
        ),
        maker.UserData(*user_data),
    )


def _added(element: etree._Element) -> etree._Element:
    element.set(f"{{{_WCM}}}action", "add")
    return element


def _disks(maker: ElementMaker, efi: bool) -> etree._Element:
    """Return the partitions. UEFI: the system, the reserved and Windows' partition; BIOS: one active partition."""
    create: list[tuple[str, str | None]] = [("Primary", None)]
    modify = [maker.ModifyPartition(maker.Active("true"), maker.Format("NTFS"), *_ids(maker, 1, 1))]
    if efi:
        create = [("EFI", str(_EFI_PARTITION_MIB)), ("MSR", "16"), ("Primary", None)]
        modify = [
            maker.ModifyPartition(maker.Format("FAT32"), *_ids(maker, 1, 1)),
            maker.ModifyPartition(maker.Format("NTFS"), *_ids(maker, 2, 3)),
        ]
    partitions = []
    for order, (kind, size) in enumerate(create, 1):
        extent = maker.Extend("true") if size is None else maker.Size(size)
        partitions.append(_added(maker.CreatePartition(maker.Order(str(order)), extent, maker.Type(kind))))
    return maker.DiskConfiguration(
        maker.WillShowUI("OnError"),
        _added(
            maker.Disk(
                maker.CreatePartitions(*partitions),
                maker.ModifyPartitions(*[_added(each) for each in modify]),
                maker.DiskID("0"),
                maker.WillWipeDisk("true"),
            )
        ),
    )


def _ids(maker: ElementMaker, order: int, partition: int) -> list[etree._Element]:
    return [maker.Order(str(order)), maker.PartitionID(str(partition))]


def _specialize(maker: ElementMaker, answers: Answers, guest: AnswerTarget) -> etree._Element:
    return _component(
        maker,
        guest,
        "Microsoft-Windows-Shell-Setup",
        maker.ComputerName(_computer_name(guest.hostname)),
        maker.TimeZone("UTC"),
    )


def _computer_name(hostname: str) -> str:
    """Return the guest's name in a form that Windows accepts: at most 15 characters, and not only digits."""
    name = f"pc-{hostname}" if hostname[:_LONGEST_COMPUTER_NAME].isdigit() else hostname
    return name[:_LONGEST_COMPUTER_NAME].strip("-")


def _first_login(maker: ElementMaker, answers: Answers, guest: AnswerTarget) -> etree._Element:
    accounts = []
    if answers.admin_password is not None:
        accounts.append(_password(maker, "AdministratorPassword", answers.admin_password))
    local = maker.LocalAccount(
        _password(maker, "Password", answers.user_password or ""),
        maker.DisplayName(answers.user_login),
        maker.Group("Administrators"),
        maker.Name(answers.user_login),
    )
    accounts.append(maker.LocalAccounts(_added(local)))
    return _component(
        maker,
        guest,
        "Microsoft-Windows-Shell-Setup",
        maker.OOBE(
            maker.HideEULAPage("true"),
            maker.HideWirelessSetupInOOBE("true"),
            maker.NetworkLocation("Work"),
            maker.ProtectYourPC("3"),
        ),
        maker.UserAccounts(*accounts),
    )


def _password(maker: ElementMaker, tag: str, password: str) -> etree._Element:
    """Return the element of a password in Windows' format: the password and the element's name, in base64."""
    value = base64.b64encode((password + tag).encode("utf-16-le")).decode()
    return maker(tag, maker.Value(value), maker.PlainText("false"))
