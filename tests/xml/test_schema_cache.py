"""Locating the schema, the cache of its index, and the parts of RELAX NG that libvirt's schema uses."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from virtinstall.xml.schema import Schema, load_schema

GRAMMAR = '<grammar xmlns="http://relaxng.org/ns/structure/1.0">{}</grammar>'
DOMAIN = (
    '<start><ref name="domain"/></start>'
    '<define name="domain"><element name="domain"><ref name="content"/></element></define>'
)


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """An environment with separate directories for schemas and cache."""
    (tmp_path / "cache").mkdir()
    (tmp_path / "schemas").mkdir()
    return {"VIRTINSTALL_SCHEMA_DIR": str(tmp_path / "schemas"), "XDG_CACHE_HOME": str(tmp_path / "cache")}


def write(environ: dict[str, str], content: str, name: str = "domain.rng") -> None:
    """Write the definitions `content` as a schema file; without a name, `<domain>` contains what `content` defines."""
    directory = Path(environ["VIRTINSTALL_SCHEMA_DIR"])
    directory.joinpath(name).write_text(GRAMMAR.format((DOMAIN if name == "domain.rng" else "") + content))


def attributes(schema: Schema) -> list[str]:
    """Return the names of all attributes in the schema."""
    return list(schema.leaves(()))


def defined(*names: str) -> str:
    """Return a definition of `content` with these attributes."""
    return '<define name="content">{}</define>'.format("".join(f'<attribute name="{name}"/>' for name in names))


def cache_of(environ: dict[str, str]) -> Path:
    """Return the path of the cache file."""
    return Path(environ["XDG_CACHE_HOME"], "virtinstall", "domain-schema")


def test_unchanged_schema_is_read_from_the_cache(environ: dict[str, str]) -> None:
    """The schema files are not read again."""
    write(environ, defined("first"))
    assert attributes(load_schema(environ)) == ["first"]
    schema = Path(environ["VIRTINSTALL_SCHEMA_DIR"], "domain.rng")
    times = schema.stat()
    schema.write_text(schema.read_text().replace("first", "other"))
    os.utime(schema, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert attributes(load_schema(environ)) == ["first"]
    assert attributes(load_schema(environ, cache=False)) == ["other"]


def test_changed_schema_is_read_again(environ: dict[str, str]) -> None:
    """A schema file was changed, moved or removed."""
    write(environ, '<include href="more.rng"/>')
    write(environ, defined("old"), "more.rng")
    assert attributes(load_schema(environ)) == ["old"]
    write(environ, defined("new", "newer"), "more.rng")
    assert attributes(load_schema(environ)) == ["new", "newer"]
    Path(environ["VIRTINSTALL_SCHEMA_DIR"], "more.rng").unlink()
    write(environ, defined("alone"))
    assert attributes(load_schema(environ)) == ["alone"]


@pytest.mark.parametrize("damage", [b"", b"x", b"virtinstall domain schema 1\n", b"cut", b"flipped"])
def test_damaged_cache_is_rebuilt(environ: dict[str, str], damage: bytes) -> None:
    """A damaged cache file does not affect the schema."""
    write(environ, defined("one"))
    load_schema(environ)
    whole = cache_of(environ).read_bytes()
    flipped = bytes((*whole[:-3], whole[-3] ^ 0x55, *whole[-2:]))
    cache_of(environ).write_bytes({b"cut": whole[:-5], b"flipped": flipped}.get(damage, damage))
    assert attributes(load_schema(environ)) == ["one"]
    assert cache_of(environ).read_bytes() == whole


def test_unwritable_cache_is_ignored(environ: dict[str, str], tmp_path: Path) -> None:
    """Its path is missing or not a directory."""
    write(environ, defined("one"))
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    for place in (str(in_the_way), "/proc/nothing/here", "not/absolute", ""):
        assert attributes(load_schema({**environ, "XDG_CACHE_HOME": place})) == ["one"]
    assert in_the_way.read_text() == ""


def test_no_partial_files_remain(environ: dict[str, str]) -> None:
    """The cache directory contains only the cache file and is private."""
    write(environ, defined("one"))
    load_schema(environ)
    directory = cache_of(environ).parent
    assert [path.name for path in directory.iterdir()] == ["domain-schema"]
    assert stat.S_IMODE(directory.stat().st_mode) & 0o077 == 0


def test_includes_are_overridden(environ: dict[str, str]) -> None:
    """A definition inside an include replaces that of the included file."""
    write(environ, '<include href="more.rng"><define name="part"><attribute name="mine"/></define></include>')
    more = '<define name="content"><ref name="part"/></define><define name="part"><attribute name="theirs"/></define>'
    write(environ, more, "more.rng")
    assert attributes(load_schema(environ)) == ["mine"]


def test_definitions_are_combined(environ: dict[str, str]) -> None:
    """A definition next to the include extends that of the included file, like libvirt's overrides."""
    write(environ, '<include href="more.rng"/><define name="content" combine="choice"><attribute name="b"/></define>')
    write(environ, '<define name="content"><attribute name="a"/></define>', "more.rng")
    assert sorted(attributes(load_schema(environ))) == ["a", "b"]


def test_element_in_a_group_twice_may_be_repeated(environ: dict[str, str]) -> None:
    """An element in two branches of a choice may not."""
    one = '<element name="{}"><attribute name="x"/></element>'
    twice = one.format("twice")
    once = one.format("once")
    write(environ, f'<define name="content">{twice}<choice>{once}{once}</choice>{twice}</define>')
    assert attributes(load_schema(environ)) == ["twiceN.x", "once.x"]


def test_pattern_may_allow_several_names(environ: dict[str, str]) -> None:
    """All of them are in the index."""
    names = "<choice><name>a</name><name>b</name></choice>"
    write(environ, f'<define name="content"><element>{names}<attribute><name>x</name></attribute></element></define>')
    assert attributes(load_schema(environ)) == ["a.x", "b.x"]


def test_unreadable_schema_is_an_error(environ: dict[str, str]) -> None:
    """The error names a schema file that is not XML."""
    Path(environ["VIRTINSTALL_SCHEMA_DIR"], "domain.rng").write_text("<grammar>")
    with pytest.raises(ValueError, match=r"domain\.rng' is not well-formed"):
        load_schema(environ)
