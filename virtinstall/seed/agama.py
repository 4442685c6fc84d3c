"""Answers for Agama, the installer of openSUSE Leap 16 and SLES 16.

Source: https://agama-project.github.io/docs/user/reference/profile
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from virtinstall.seed.password import hash_password

if TYPE_CHECKING:
    from virtinstall.seed.answers import Answers, AnswerTarget


def answer_files(answers: Answers, guest: AnswerTarget) -> dict[str, str]:
    """Return the name and the content of the Agama profile, which is in the JSON format."""
    profile: dict[str, Any] = {
        "product": _product(answers),
        "hostname": {"static": guest.hostname},
        "localization": {
            "language": f"{answers.language}.UTF-8",
            "keyboard": answers.keyboard,
            "timezone": answers.timezone,
        },
        "storage": {
            "drives": [{"search": guest.disk, "partitions": [{"search": "*", "delete": True}, {"generate": "default"}]}]
        },
        "software": {
            **({"patterns": ["gnome"]} if answers.is_desktop else {}),
            "packages": ["openssh-server", "qemu-guest-agent"],
        },
    }
    if answers.admin_password is not None:
        profile["root"] = {"password": hash_password(answers.admin_password), "hashedPassword": True}
    if answers.user_password is not None:
        profile["user"] = {
            "fullName": answers.user_login,
            "userName": answers.user_login,
            "password": hash_password(answers.user_password),
            "hashedPassword": True,
        }
    return {answers.installer.file_name: json.dumps(profile, indent=2) + "\n"}


def _product(answers: Answers) -> dict[str, str]:
    if answers.os.distro == "sle":
        product = {"id": "SLES"}
    else:
        product = {"id": "openSUSE_Leap" if answers.os_version else "Tumbleweed"}
    if answers.product_key is not None:
        product["registrationCode"] = answers.product_key
    if answers.reg_login is not None:
        product["registrationEmail"] = answers.reg_login
    return product
