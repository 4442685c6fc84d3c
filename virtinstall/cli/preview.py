"""Output of `--dry-run`: one line for each action."""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtinstall.plan import actions_of

if TYPE_CHECKING:
    from virtinstall.plan import Plan


def preview_text(plan: Plan) -> str:
    """Return the plan as text, one line for each action."""
    lines = [action.text for action in actions_of(plan)]
    return "".join(f"  would {line}\n" for line in (*lines, _recorded(plan)))


def _recorded(plan: Plan) -> str:
    from virtinstall import __version__
    from virtinstall.guest_record import record_of

    record = record_of(plan, __version__)
    paths = [each.path if each.volume is None else f"{each.pool}/{each.volume}" for each in record.files]
    what = ", ".join(paths) or "nothing else"
    login = "" if record.host_key is None else f", and the public key of its SSH server ({record.host_key})"
    return f"record in the guest's metadata that this run created {what}{login}"
