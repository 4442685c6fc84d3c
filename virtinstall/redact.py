"""Removal of secrets from logged text, and the loggers `virtinstall.*`, which redact what they log.

    log = logger("media")
    log.info("downloading %s", url)      # http://***@host/...

Every record of such a logger is redacted before a handler receives it, regardless of who configured the handlers.

Source: the options and libvirt elements that can hold a secret: kernel parameters (dracut.cmdline(7), rd.luks.key;
anaconda's inst.vncpassword), QEMU's -object secret and -fw_cfg, libvirt's <launchSecurity>, cloud-init's user data.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging
    import re

GONE = "***"
_NAMES = (
    "passw(?:or)?d|passphrase|rootpw|secret|token|credential|product-key"
    r"|(?<![\w-])(?:session|dh-?cert)(?=[\s\w:./-]*=)|(?:luks|source|private|ssh|host)[._-]key|api-?key"
)
_VALUE = r"(\"[^\"]*\"|'[^']*'|[^,<\n]*)"
# a value after such a name is secret, unless it is the path of a file that contains the secret
_SECRET = rf"(?i)((?:{_NAMES})(?![\w-]*file)[\w:./-]*=){_VALUE}"
_NOT_SECRET = ("secret.type", "secret.uuid", "secret.usage", "validto", "-generate", "ssh-key")
_MARKS = ("passw", "passphrase", "rootpw", "secret", "token", "credential", "product-key", "session", "cert", "key")
# (what a text must contain, pattern, replacement)
_RULES = (
    ("private key-----", r"(?s)(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", r"\1***"),
    ("<session", r"(<session>)[^<]*", r"\1***"),
    ("<dhcert", r"(<dhCert>)[^<]*", r"\1***"),
    ("<qemu:env", r"(<qemu:env\b[^>]*\bvalue=\")[^\"]*", r"\1***"),
    ("<qemu:arg", r"(<qemu:arg\b[^>]*?\b(?:string|data)=)[^\"]*", r"\1***"),
    ("&quot;", r"(&quot;(?:string|data|password|passphrase)&quot;\s*:\s*&quot;).*?(?=&quot;)", r"\1***"),
    ("<source", r"(<source\b[^>]*\bkey=\")[^\"]*", r"\1***"),
    ("string=", r"(-fw_cfg\s[^\n]*?\bstring=)[^\s'\"]*", r"\1***"),
    ("data=", r"(\bsecret,[^\s]*?\bdata=)[^,\s'\"<]*", r"\1***"),
)
_QEMU_SECRETS = r"(?i)((?:\b|[\"'])(?:string|data|passw(?:or)?d|passphrase|secret|token|key)(?:=|[\"']\s*:)).*"


def redacted(text: str) -> str:
    """Return `text` with `***` in place of passwords, tokens, private keys, and user names and queries in URLs."""
    if "://" in text and ("@" in text or "?" in text):
        text = _compiled(r"((?:https?|ftps?)://)[^\s/'\"<]*@").sub(rf"\1{GONE}@", text)
        text = _compiled(r"(\w://)[^\s/'\"<]*:[^\s/'\"<]*@").sub(rf"\1{GONE}@", text)
        text = _compiled(r"((?:https?|ftps?)://[^\s?'\"<]*\?)[^\s,'\"<]*").sub(rf"\1{GONE}", text)
    if "?" in text:
        # urllib3 logs only the path and the query, in separate formats
        text = _compiled(r"((?:\"[A-Z]+ |\burl(?:='|: ))/[^\s?'\"]*\?)[^\s'\"]*").sub(rf"\1{GONE}", text)
    lowered = text.lower()
    for mark, pattern, replacement in _RULES:
        if mark in lowered:
            text = _compiled(pattern).sub(replacement, text)
    if any(mark in lowered for mark in _MARKS):
        text = _compiled(_SECRET).sub(_hidden, text)
    return text


def redacted_arguments(arguments: Sequence[str]) -> list[str]:
    """Return the arguments of a command line with `***` in place of secrets.

    A command that --cloud-init runs in the guest is hidden completely, because it can set passwords in many ways. In
    --qemu-commandline, the values of environment variables are hidden, and everything from a secret to the end of the
    argument.
    """
    shown: list[str] = []
    for before, word in zip(("", *arguments), arguments, strict=False):
        option = word.partition("=")[0] if word.startswith("--") and "=" in word else before
        if _is(option, "--cloud-init", 4) and "run=" in word:
            word = f"{word.partition('run=')[0]}run={GONE}"
        elif _is(option, "--qemu-commandline", 4):
            head, env, variable = word.partition("env=")
            if env and head in ("", f"{option}="):
                word = f"{head}{env}{variable.partition('=')[0]}={GONE}"
            else:
                word = _compiled(_QEMU_SECRETS).sub(rf"\1{GONE}", word)
        # each argument is redacted separately: a secret with spaces ends with its argument
        shown.append(redacted(word))
    return shown


def logger(area: str) -> logging.Logger:
    """Return the logger for an area, such as `virtinstall.create` for `create`; its records are redacted.

    The first call loads the module `logging`, which takes 12 ms. Therefore, previews should not log anything.
    """
    import logging

    found = logging.getLogger(f"virtinstall.{area}")
    if not any(each is redact_record for each in found.filters):
        found.addFilter(redact_record)
    return found


def log_warning(text: str) -> None:
    """Log a warning; this is the default for `on_warning` in the library."""
    logger("create").warning("%s", text)


def log_info(text: str) -> None:
    """Log a line of progress output. Library functions call this function if `report` is None."""
    logger("create").info("%s", text)


def redact_record(record: logging.LogRecord) -> bool:
    """Redact the message and the traceback of `record`.

    This function is a filter for loggers; it always returns True, so that the logger keeps the record.
    """
    record.msg, record.args = redacted(record.getMessage()), ()
    if record.exc_info and not record.exc_text:
        import logging

        record.exc_text = redacted(logging.Formatter().formatException(record.exc_info))
    return True


def _is(option: str, name: str, shortest: int) -> bool:
    return len(option) >= shortest and name.startswith(option)


def _hidden(match: re.Match[str]) -> str:
    """Return the name of a secret with `***` as its value; names that only refer to a secret keep theirs."""
    name, value = match[1], match[2]
    if any(word in name.lower() for word in _NOT_SECRET):
        return match[0]
    quote = value[:1] if value[:1] in ("'", '"') else ""
    return f"{name}{quote}{GONE}{quote}"


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    import re

    return re.compile(pattern)
