"""Answers for Ubuntu's installer since 20.04 (subiquity), on a disk labeled CIDATA.

Source: https://canonical-subiquity.readthedocs-hosted.com/en/latest/reference/autoinstall-reference.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from virtinstall.seed.password import hash_password

if TYPE_CHECKING:
    from virtinstall.seed.answers import Answers, AnswerTarget


def answer_files(answers: Answers, guest: AnswerTarget) -> dict[str, str]:
    """Return the contents of `user-data`, which contains the answers, and of `meta-data`, which subiquity requires."""
    import yaml

    config: dict[str, Any] = {
        "version": 1,
        "locale": f"{answers.language}.UTF-8",
        "keyboard": {"layout": answers.keyboard},
        "storage": {"layout": {"name": "direct", "match": {"path": guest.disk}}},
        "ssh": {"install-server": True, "allow-pw": True},
        "packages": ["qemu-guest-agent", *(["ubuntu-desktop"] if answers.is_desktop else [])],
        "shutdown": "reboot",
    }
    # here and not above, because the schema there lists valid names without aliases such as Etc/UTC
    later: dict[str, Any] = {"timezone": answers.timezone}
    if answers.user_password is not None:
        config["identity"] = {
            "hostname": guest.hostname,
            "username": answers.user_login,
            "password": hash_password(answers.user_password),
        }
    else:
        # subiquity requires an account, or user-data that does not need one
        later["hostname"] = guest.hostname
        later["users"] = []
    if answers.admin_password is not None:
        later["disable_root"] = False
        later["chpasswd"] = {"expire": False, "list": f"root:{hash_password(answers.admin_password)}\n"}
    config["user-data"] = later
    text = yaml.safe_dump({"autoinstall": config}, sort_keys=False, width=1 << 16)
    return {"user-data": f"#cloud-config\n{text}", "meta-data": ""}
