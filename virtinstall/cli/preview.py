"""Output of `--dry-run`: one line for each action."""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtinstall.plan import actions_of

if TYPE_CHECKING:
    from virtinstall.plan import Plan


def preview_text(plan: Plan) -> str:
    """Return what `plan` would do, one line for each action."""
    lines = [action.text for action in actions_of(plan)]
    return "".join(f"  would {line}\n" for line in (*lines, _metadata_text(plan)))


def _metadata_text(plan: Plan) -> str:
    from virtinstall import __version__
    from virtinstall.guest_record import record_of

    record = record_of(plan, __version__)
    paths = [each.path if each.volume is None else f"{each.pool}/{each.volume}" for each in record.files]
    created = f"; created files: {', '.join(paths)}" if paths else ""
    host_key = "" if record.host_key is None else f"; SSH host key: {record.host_key}"
    return f"mark the guest in its metadata as created by virtinstall{created}{host_key}"
