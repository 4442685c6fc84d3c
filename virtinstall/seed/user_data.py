"""Checks of the files for cloud-init, which ignores unreadable files silently.

Source: https://docs.cloud-init.io/en/latest/explanation/format.html (first lines of user data)
"""

from __future__ import annotations

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
    """Return descriptions of the problems in `text`, the content of a cloud-init file; empty if there are none.

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
        yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        place = "" if error.problem_mark is None else f"line {error.problem_mark.line + 1}: "
        return f"{place}{error.problem or error.context}"
    except (yaml.YAMLError, ValueError) as error:
        return str(error).splitlines()[0]
    return None
