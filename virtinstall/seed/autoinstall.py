"""Answers for Ubuntu's installer since 20.04 (subiquity), on a disk labelled CIDATA.

Source: https://canonical-subiquity.readthedocs-hosted.com/en/latest/reference/autoinstall-reference.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from virtinstall.seed.password import hash_password

if TYPE_CHECKING:
    from virtinstall.seed.answers import Answers, AnswerTarget


def answer_files(answers: Answers, guest: AnswerTarget) -> dict[str, str]:
    """user-data with the answers, and the meta-data without which it isn't read."""
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
    # here and not above, where the schema lists the names that are valid and leaves out aliases such as Etc/UTC
    later: dict[str, Any] = {"timezone": answers.timezone}
    if answers.user_password is not None:
        config["identity"] = {
            "hostname": guest.hostname,
            "username": answers.user_login,
            "password": hash_password(answers.user_password),
        }
    else:
        # subiquity wants an account, or else user-data that makes do without
        later["hostname"] = guest.hostname
        later["users"] = []
    if answers.admin_password is not None:
        later["disable_root"] = False
        later["chpasswd"] = {"expire": False, "list": f"root:{hash_password(answers.admin_password)}\n"}
    config["user-data"] = later
    text = yaml.safe_dump({"autoinstall": config}, sort_keys=False, width=1 << 16)
    return {"user-data": f"#cloud-config\n{text}", "meta-data": ""}
