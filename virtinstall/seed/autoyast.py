"""Answers for YaST: openSUSE before Leap 16, SLES before 16.

Source: https://doc.opensuse.org/projects/autoyast/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree
from lxml.builder import ElementMaker

from virtinstall.seed.password import hash_password

if TYPE_CHECKING:
    from virtinstall.seed.answers import Answers, AnswerTarget

_NAMESPACE = "http://www.suse.com/1.0/yast2ns"
_CONFIG = "http://www.suse.com/1.0/configns"


def answer_files(answers: Answers, guest: AnswerTarget) -> dict[str, str]:
    """Return the name and the content of the AutoYaST control file."""
    maker = ElementMaker(namespace=_NAMESPACE, nsmap={None: _NAMESPACE, "config": _CONFIG})
    root = maker.profile(
        maker.general(maker.mode(_typed(maker.confirm("false"), "boolean"))),
        *_registration(maker, answers),
        maker.language(maker.language(answers.language)),
        maker.keyboard(maker.keymap("english-us" if answers.keyboard == "us" else answers.keyboard)),
        maker.timezone(maker.hwclock("UTC"), maker.timezone(answers.timezone)),
        maker.networking(
            maker.dns(maker.hostname(guest.hostname)),
            _typed(maker.keep_install_network("true"), "boolean"),
        ),
        _partitioning(maker, guest),
        _software(maker, answers),
        _users(maker, answers),
    )
    head = '<?xml version="1.0"?>\n<!DOCTYPE profile>\n'
    return {answers.installer.file_name: head + etree.tostring(root, pretty_print=True, encoding="unicode")}


def _typed(element: etree._Element, kind: str) -> etree._Element:
    """Add the type of the value, because AutoYaST treats untyped values as text, and return the element."""
    element.set(f"{{{_CONFIG}}}type", kind)
    return element


def _registration(maker: ElementMaker, answers: Answers) -> list[etree._Element]:
    if answers.product_key is None:
        return []
    email = [] if answers.reg_login is None else [maker.email(answers.reg_login)]
    return [
        maker.suse_register(
            _typed(maker.do_registration("true"), "boolean"),
            *email,
            maker.reg_code(answers.product_key),
        )
    ]


def _partitioning(maker: ElementMaker, guest: AnswerTarget) -> etree._Element:
    drive = maker.drive(
        maker.device(guest.disk),
        _typed(maker.initialize("true"), "boolean"),
        maker.use("all"),
    )
    return _typed(maker.partitioning(drive), "list")


def _software(maker: ElementMaker, answers: Answers) -> etree._Element:
    patterns = ["base", *(["gnome"] if answers.is_desktop else [])]
    return maker.software(
        _typed(maker.patterns(*[maker.pattern(name) for name in patterns]), "list"),
        _typed(maker.packages(maker.package("qemu-guest-agent"), maker.package("openssh")), "list"),
    )


def _users(maker: ElementMaker, answers: Answers) -> etree._Element:
    users = []
    for login, password in (("root", answers.admin_password), (answers.user_login, answers.user_password)):
        if password is not None:
            users.append(
                maker.user(
                    maker.username(login),
                    maker.user_password(hash_password(password)),
                    _typed(maker.encrypted("true"), "boolean"),
                )
            )
    return _typed(maker.users(*users), "list")
