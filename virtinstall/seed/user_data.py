"""Checks of the files for cloud-init, which silently ignores files that it cannot parse.

Source: https://docs.cloud-init.io/en/latest/explanation/format.html (first lines of user data)
"""

from __future__ import annotations

from virtinstall.safe_text import one_line
from virtinstall.yaml_loader import explain, safe_loader

_FIRST_LINES = (
    "#!",
    "#cloud-config",
    "#include",
    "#cloud-boothook",
    "#part-handler",
    "#upstart-job",
    "## template:",
    "content-type:",
    "mime-version:",
)


def doubts(name: str, text: str) -> list[str]:
    """Return descriptions of the problems in `text`, the content of a cloud-init file; an empty list if there are none.

    `name` is `user-data`, `meta-data` or `network-config`.
    """
    if name == "user-data" and not text.lstrip().lower().startswith(_FIRST_LINES):
        return ["cloud-init will ignore the file: its first line is not #cloud-config, #! or another supported header"]
    is_yaml = name != "user-data" or text.lstrip().startswith("#cloud-config\n")
    error = _yaml_error(text) if is_yaml else None
    return [] if error is None else [f"cloud-init cannot parse the file: invalid YAML: {error}"]


def _yaml_error(text: str) -> str | None:
    import yaml

    try:
        yaml.load(text, Loader=safe_loader())
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        return f"{'' if mark is None else f'line {mark.line + 1}: '}{explain(error)[0]}"
    except ValueError as error:
        return one_line(str(error))
    return None
