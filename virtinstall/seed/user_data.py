"""Whether cloud-init will make anything of the files that it is given: what it can't read, it passes over in silence.

Source: https://docs.cloud-init.io/en/latest/explanation/format.html (first lines of user data)
"""

from __future__ import annotations

_FIRST_WORDS = (
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
    """What speaks against the text of `user-data`, `meta-data` or `network-config`; empty where nothing does."""
    if name == "user-data" and not text.lstrip().lower().startswith(_FIRST_WORDS):
        return ["cloud-init will ignore it: its first line is neither #cloud-config nor #! nor another that it knows"]
    is_yaml = name != "user-data" or text.lstrip().startswith("#cloud-config\n")
    error = _yaml_error(text) if is_yaml else None
    return [] if error is None else [f"cloud-init will not be able to read it: {error}"]


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
