"""The architecture, checked by the imports of each module: layers, I/O and length of files.

The layers are those of docs/develop/architecture.md.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
PACKAGE = PROJECT / "virtinstall"
LONGEST_FILE_LINES = 400

# a module may import from its layer and from the layers before it; each package and top-level module is listed
LAYERS = (
    (
        "errors",
        "named",
        "record",
        "units",
        "naming",
        "similar",
        "unlisted_values",
        "safe_text",
        "secret",
        "redact",
        "private_cache",
        "progress",
        "goals",
    ),
    ("virsh_commands", "xml"),
    ("devices", "domain"),
    (
        "capabilities",
        "new_image",
        "request",
        "request_texts",
        "facts",
        "plan",
        "guest_record",
    ),
    ("script_terms",),
    ("script_calls",),
    ("compose",),
    ("libvirt_host", "rollback", "survey", "run", "storage", "media", "seed", "osinfo", "images"),
    ("accepted", "added_devices", "attach", "create", "kubevirt", "lifecycle"),
    ("spec", "spec_request", "guest_spec", "guest", "hypervisor"),
    ("options",),
    ("clone", "edit", "fleet"),
    ("cli", "__main__"),
)
# pure parts of packages that also do I/O: records of the OS database and of images, and the builders of answer files
USED_BY_COMPOSE = ("virtinstall.osinfo.record", "virtinstall.images.source", "virtinstall.seed")

# compose/ uses its arguments only: no hypervisor, files, network, clock or random numbers
IMPURE_MODULES = {
    *("libvirt", "requests", "socket", "subprocess", "urllib.request", "http", "ftplib", "ssl", "asyncio"),
    *("shutil", "tempfile", "glob", "fcntl", "threading", "multiprocessing"),
    *("random", "secrets", "time", "datetime", "platform"),
    *(
        "virtinstall.storage",
        "virtinstall.media",
        "virtinstall.libvirt_host",
        "virtinstall.run",
        "virtinstall.survey",
        "virtinstall.rollback.journal",
    ),
}
IMPURE_NAMES = {"open", "input", "print", "exec", "eval"}
PURE_OS_NAMES = {"path", "fspath", "PathLike", "sep"}
PURE_PATH_NAMES = {
    *("basename", "dirname", "join", "split", "splitext", "isabs", "normpath", "commonpath"),
}
IMPURE_PATH_METHODS = {
    *("read_text", "read_bytes", "write_text", "write_bytes", "exists", "is_file", "is_dir", "stat", "lstat"),
    *("iterdir", "glob", "rglob", "mkdir", "unlink", "rename", "touch", "resolve", "cwd", "home", "samefile"),
}

LIBVIRT_IMPORTERS = ("libvirt_host/",)
REQUESTS_IMPORTERS = {"media/http_session.py"}


@cache
def tree_of(path: Path) -> ast.Module:
    """Return the parsed module."""
    return ast.parse(path.read_text(), filename=str(path))


def modules() -> list[Path]:
    """Return all modules of the package."""
    return sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    """Return the path within the package, which is the ID of the test."""
    return path.relative_to(PACKAGE).as_posix()


def area_of(module: str) -> str:
    """Return the package or top-level module: `devices` for `virtinstall.devices.disk`."""
    return module.split(".")[1] if module.count(".") else ""


def imports_of(path: Path) -> Iterator[str]:
    """Yield the dotted names that a module imports anywhere, except for type checkers."""
    skipped = {id(node) for block in type_checking_blocks(tree_of(path)) for node in ast.walk(block)}
    for node in ast.walk(tree_of(path)):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def type_checking_blocks(tree: ast.Module) -> Iterator[ast.stmt]:
    """Yield the nodes below `if TYPE_CHECKING:`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            yield from node.body


def is_below(name: str, module: str) -> bool:
    """Return whether a dotted name is `module` or something in it."""
    return name == module or name.startswith(module + ".")


every_module = pytest.mark.parametrize("path", modules(), ids=name_of)


def layer_of(area: str) -> int | None:
    """Return the number of the layer of an area."""
    return next((number for number, layer in enumerate(LAYERS) if area in layer), None)


def module_of(path: Path) -> str:
    """Return the dotted name of a module; that of a package has no `__init__`."""
    return "virtinstall." + name_of(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@every_module
def test_every_area_has_a_layer(path: Path) -> None:
    """A new package or top-level module must be added to LAYERS."""
    area = area_of(module_of(path))
    assert area == "__init__" or layer_of(area) is not None


@every_module
def test_no_layer_imports_a_higher_one(path: Path) -> None:
    """Exceptions are the pure parts in USED_BY_COMPOSE."""
    area = area_of(module_of(path))
    height = layer_of(area)
    if height is None:
        return
    above = {name for layer in LAYERS[height + 1 :] for name in layer}
    allowed = USED_BY_COMPOSE if area == "compose" else ()
    wrong = [
        name
        for name in imports_of(path)
        if name.startswith("virtinstall.")
        and area_of(name) in above
        and not any(is_below(name, each) for each in allowed)
    ]
    assert wrong == []


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_only_facts_compares_with_the_test_driver(path: Path) -> None:
    """Other modules use a property: `is_simulated`, `has_real_storage`, `is_like_qemu`."""
    if module_of(path) == "virtinstall.facts":
        return
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Compare):
            constants = [each.value for each in ast.walk(node) if isinstance(each, ast.Constant)]
            assert "test" not in constants, f"line {node.lineno}: {ast.unparse(node)}"


def test_there_are_no_import_cycles() -> None:
    """Imports for type checkers are included, so that modules can be read in one order."""
    names = {module_of(path): path for path in modules()}
    graph: dict[str, set[str]] = {}
    for module, path in names.items():
        graph[module] = set()
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("virtinstall"):
                for alias in node.names:
                    whole = f"{node.module}.{alias.name}"
                    graph[module].add(whole if whole in names else str(node.module))
        graph[module] -= {module, "virtinstall"}
    while free := [module for module, below in graph.items() if not below & graph.keys()]:
        for module in free:
            del graph[module]
    assert sorted(graph) == []


@pytest.mark.parametrize("path", [p for p in modules() if name_of(p).startswith("compose/")], ids=name_of)
def test_compose_is_pure(path: Path) -> None:
    """No module in compose/ uses libvirt, files, the network, the clock or random numbers."""
    wrong = [name for name in imports_of(path) if any(is_below(name, impure) for impure in IMPURE_MODULES)]
    assert wrong == []
    knows_os = "os" in set(imports_of(path))
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in IMPURE_NAMES, f"line {node.lineno}: {node.func.id}()"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in IMPURE_PATH_METHODS, f"line {node.lineno}: .{node.func.attr}()"
        if knows_os and isinstance(node, ast.Attribute) and ast.unparse(node.value) == "os":
            assert node.attr in PURE_OS_NAMES, f"line {node.lineno}: os.{node.attr}"
        if knows_os and isinstance(node, ast.Attribute) and ast.unparse(node.value) == "os.path":
            assert node.attr in PURE_PATH_NAMES, f"line {node.lineno}: os.path.{node.attr}"


@every_module
def test_only_libvirt_host_imports_libvirt(path: Path) -> None:
    """Its errors are translated in one place."""
    if not name_of(path).startswith(LIBVIRT_IMPORTERS):
        assert [name for name in imports_of(path) if is_below(name, "libvirt")] == []


@every_module
def test_only_http_session_imports_requests(path: Path) -> None:
    """HTTP is implemented in one module."""
    if name_of(path) not in REQUESTS_IMPORTERS:
        assert [name for name in imports_of(path) if is_below(name, "requests")] == []


@every_module
def test_heavy_imports_are_inside_functions(path: Path) -> None:
    """`--help` and `--version` do not need these modules."""
    if name_of(path) in REQUESTS_IMPORTERS:
        return
    heavy = ("requests", "pycdlib", "yaml", "urllib.request", "http.client", "virtinstall.media.http_session")
    top = [node for node in tree_of(path).body if isinstance(node, ast.Import | ast.ImportFrom)]
    names = [alias.name for node in top if isinstance(node, ast.Import) for alias in node.names]
    names += [str(node.module) for node in top if isinstance(node, ast.ImportFrom)]
    assert [name for name in names if any(is_below(name, module) for module in heavy)] == []


def checked_files() -> list[Path]:
    """Return each Python file of the package and of the tests."""
    return sorted([*modules(), *(PROJECT / "tests").rglob("*.py")])


@pytest.mark.parametrize("path", checked_files(), ids=lambda p: p.relative_to(PROJECT).as_posix())
def test_file_is_short(path: Path) -> None:
    """The limit is LONGEST_FILE_LINES."""
    assert len(path.read_text().splitlines()) <= LONGEST_FILE_LINES


@pytest.mark.parametrize("path", checked_files(), ids=lambda p: p.relative_to(PROJECT).as_posix())
def test_public_names_have_docstrings(path: Path) -> None:
    """Modules, public classes, public functions and tests are checked."""
    missing = [] if ast.get_docstring(tree_of(path)) or not path.read_text() else ["the module"]
    for owner, node in definitions(tree_of(path)):
        public = not any(part.startswith("_") for part in (*owner, node.name))
        if public and not ast.get_docstring(node):
            missing.append(".".join((*owner, node.name)))
    assert missing == []


Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def definitions(tree: ast.Module) -> Iterator[tuple[tuple[str, ...], Definition]]:
    """Yield classes, functions and methods with their enclosing classes; functions in functions are private."""
    waiting: list[tuple[tuple[str, ...], ast.Module | ast.ClassDef]] = [((), tree)]
    while waiting:
        owner, node = waiting.pop()
        for child in node.body:
            if isinstance(child, Definition):
                yield owner, child
            if isinstance(child, ast.ClassDef):
                waiting.append(((*owner, child.name), child))
