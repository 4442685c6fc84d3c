"""Install scripts: those of a system or a medium, and their parameters."""

from __future__ import annotations

import pytest

from tests.osinfo.database import Database
from virtinstall.errors import RequestError
from virtinstall.osinfo.detect import match_media
from virtinstall.osinfo.scripts import choose_scripts, install_scripts, media_language

DESKTOP = "<installer><script id='http://example.org/answers/desktop'/></installer>"


def _two_profiles(database: Database, media: str = "") -> None:
    """Add a desktop profile to penguin 2.0."""
    path = "local/os/example.org/penguin-2.0.d/desktop.xml"
    database.write_os(path, "http://example.org/penguin/2.0", "penguin2.0", DESKTOP + media)


def test_script_has_its_parameters(database: Database) -> None:
    """They include how the answers reach the installer; an empty element means yes."""
    catalog = database.catalog()
    (script,) = install_scripts(catalog, catalog.lookup("penguin2.0").record)
    assert (script.profile, script.expected_filename, script.path_format) == ("server", "answers.cfg", "unix")
    assert script.injection_methods == ("cdrom", "initrd")
    assert (script.required, script.optional) == (("admin-password",), ("user-login", "hostname"))
    assert (script.product_key_format, script.needs_internet) == ("$$-$$", True)
    assert (script.can_pre_install_drivers, script.can_post_install_drivers) == (True, False)


def test_default_profile_is_the_desktop(database: Database) -> None:
    """Another profile can be specified."""
    catalog = database.catalog()
    assert choose_scripts(catalog, catalog.lookup("penguin2.0").record)[0].profile == "server"
    _two_profiles(database)
    catalog = database.catalog()
    record = catalog.lookup("penguin2.0").record
    assert [script.profile for script in choose_scripts(catalog, record)] == ["desktop"]
    assert [script.profile for script in choose_scripts(catalog, record, profile="server")] == ["server"]


def test_unknown_profile_is_an_error(database: Database) -> None:
    """The hint lists the existing profiles."""
    catalog = database.catalog()
    with pytest.raises(RequestError, match="the profile 'jeos'") as caught:
        choose_scripts(catalog, catalog.lookup("penguin2.0").record, profile="jeos")
    assert caught.value.hint == "use profile=server"


def test_system_without_scripts_is_an_error(database: Database) -> None:
    """Systems that cannot be installed unattended have none."""
    catalog = database.catalog()
    for name in ("penguin1", "generic"):
        with pytest.raises(RequestError, match=f"{name}' does not support unattended"):
            choose_scripts(catalog, catalog.lookup(name).record)


def test_scripts_of_a_medium_override_those_of_the_system(database: Database) -> None:
    """`installer-script="false"` means that the medium has none."""
    own = f"<media arch='all'><iso><volume-id>OWN</volume-id></iso>{DESKTOP}</media>"
    live = "<media arch='all' installer-script='false'><iso><volume-id>LIVE</volume-id></iso></media>"
    _two_profiles(database, own + live)
    catalog = database.catalog()
    record = catalog.lookup("penguin2.0").record
    media = match_media(catalog, "OWN")[0].media
    assert [script.profile for script in install_scripts(catalog, record, media)] == ["desktop"]
    with pytest.raises(RequestError, match="medium does not support unattended"):
        choose_scripts(catalog, record, media=match_media(catalog, "LIVE")[0].media)


def test_missing_script_is_skipped(database: Database) -> None:
    """A system may name a script that does not exist."""
    missing = "<installer><script id='http://example.org/answers/none'/><script id='nonsense'/></installer>"
    database.write_os("local/os/x.org/x-1.xml", "http://x.org/x/1", "x1", missing)
    catalog = database.catalog()
    assert install_scripts(catalog, catalog.lookup("x1").record) == []


def test_volume_id_contains_the_language(database: Database) -> None:
    """The database maps it to a locale; a language without a mapping is unknown."""
    catalog = database.catalog()
    (match,) = match_media(catalog, "CCCOMA_X64FRE_DE-DE_DV9", publisher_id="WINDOWS", volume_size=1024**2)
    assert media_language(catalog, match.media, "CCCOMA_X64FRE_DE-DE_DV9") == "de_DE"
    assert media_language(catalog, match.media, "CCCOMA_X64FRE_XX-YY_DV9") is None
    assert media_language(catalog, match.media, "CCCOMA_X64FRE") is None
    assert media_language(catalog, match.media._replace(language=None), "CCCOMA_X64FRE_DE-DE_DV9") is None


def test_profile_that_only_the_system_has(database: Database) -> None:
    """A medium without the profile: the system's own script is used."""
    own = f"<media arch='all'><iso><volume-id>OWN</volume-id></iso>{DESKTOP}</media>"
    _two_profiles(database, own)
    catalog = database.catalog()
    record = catalog.lookup("penguin2.0").record
    media = match_media(catalog, "OWN")[0].media
    assert [script.profile for script in choose_scripts(catalog, record, media=media, profile="server")] == ["server"]
    with pytest.raises(RequestError, match="the profile 'jeos'"):
        choose_scripts(catalog, record, media=media, profile="jeos")
