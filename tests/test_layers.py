"""The architecture, checked by the imports of each module: layers, I/O and length of files.

The layers are those of docs/develop/architecture.md.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

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
        "yaml_loader",
        "json_loader",
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
    ("spec", "spec_request", "guest_spec", "guest_state", "guest", "hypervisor"),
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


@cache
def imports_of(path: Path) -> tuple[str, ...]:
    """Return the dotted names that a module imports anywhere, except for type checkers."""
    return tuple(_imports_of(path))


def _imports_of(path: Path) -> Iterator[str]:
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


def layer_of(area: str) -> int | None:
    """Return the number of the layer of an area."""
    return next((number for number, layer in enumerate(LAYERS) if area in layer), None)


def module_of(path: Path) -> str:
    """Return the dotted name of a module; that of a package has no `__init__`."""
    return "virtinstall." + name_of(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def problems_in(paths: list[Path], check: Callable[[Path], Iterator[str]]) -> list[str]:
    """Return the problems that a check reports in all files; a test per file would take longer than the check."""
    return [f"{path.relative_to(PROJECT)}: {problem}" for path in paths for problem in check(path)]


def test_every_area_has_a_layer() -> None:
    """A new package or top-level module must be added to LAYERS."""
    areas = {area_of(module_of(path)) for path in modules()} - {"__init__"}
    assert [area for area in areas if layer_of(area) is None] == []


def imports_from_above(path: Path) -> Iterator[str]:
    """Yield the imports of higher layers."""
    area = area_of(module_of(path))
    layer = layer_of(area)
    if layer is None:
        return
    above = {name for names in LAYERS[layer + 1 :] for name in names}
    allowed = USED_BY_COMPOSE if area == "compose" else ()
    for name in imports_of(path):
        if name.startswith("virtinstall.") and area_of(name) in above:
            if not any(is_below(name, each) for each in allowed):
                yield name


def test_no_layer_imports_a_higher_one() -> None:
    """Exceptions are the pure parts in USED_BY_COMPOSE."""
    assert problems_in(modules(), imports_from_above) == []


def comparisons_with_the_test_driver(path: Path) -> Iterator[str]:
    """Yield comparisons with the text `test`."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Compare):
            if any(isinstance(each, ast.Constant) and each.value == "test" for each in ast.walk(node)):
                yield f"line {node.lineno}: {ast.unparse(node)}"


def test_only_facts_compares_with_the_test_driver() -> None:
    """Other modules use a property: `is_simulated`, `has_real_storage`, `is_like_qemu`."""
    others = [path for path in modules() if module_of(path) != "virtinstall.facts"]
    assert problems_in(others, comparisons_with_the_test_driver) == []


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


def impurities(path: Path) -> Iterator[str]:
    """Yield what a module uses apart from its arguments."""
    for name in imports_of(path):
        if any(is_below(name, impure) for impure in IMPURE_MODULES):
            yield f"import of {name}"
    knows_os = "os" in set(imports_of(path))
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in IMPURE_NAMES:
            yield f"line {node.lineno}: {node.func.id}()"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in IMPURE_PATH_METHODS:
                yield f"line {node.lineno}: .{node.func.attr}()"
        if knows_os and isinstance(node, ast.Attribute):
            pure = {"os": PURE_OS_NAMES, "os.path": PURE_PATH_NAMES}.get(ast.unparse(node.value))
            if pure is not None and node.attr not in pure:
                yield f"line {node.lineno}: {ast.unparse(node)}"


def test_compose_is_pure() -> None:
    """No module in compose/ uses libvirt, files, the network, the clock or random numbers."""
    composing = [path for path in modules() if name_of(path).startswith("compose/")]
    assert problems_in(composing, impurities) == []


def test_only_libvirt_host_imports_libvirt() -> None:
    """Its errors are translated in one place."""
    others = [path for path in modules() if not name_of(path).startswith(LIBVIRT_IMPORTERS)]
    assert problems_in(others, imports_of_one("libvirt")) == []


def test_only_http_session_imports_requests() -> None:
    """HTTP is implemented in one module."""
    others = [path for path in modules() if name_of(path) not in REQUESTS_IMPORTERS]
    assert problems_in(others, imports_of_one("requests")) == []


def imports_of_one(module: str) -> Callable[[Path], Iterator[str]]:
    """Return a check for imports of `module` or of something in it."""
    return lambda path: (name for name in imports_of(path) if is_below(name, module))


def heavy_imports(path: Path) -> Iterator[str]:
    """Yield imports of slow modules at the top of a module."""
    heavy = ("requests", "pycdlib", "yaml", "urllib.request", "http.client", "virtinstall.media.http_session")
    top = [node for node in tree_of(path).body if isinstance(node, ast.Import | ast.ImportFrom)]
    names = [alias.name for node in top if isinstance(node, ast.Import) for alias in node.names]
    names += [str(node.module) for node in top if isinstance(node, ast.ImportFrom)]
    yield from (name for name in names if any(is_below(name, module) for module in heavy))


def test_heavy_imports_are_inside_functions() -> None:
    """`--help` and `--version` do not need these modules."""
    others = [path for path in modules() if name_of(path) not in REQUESTS_IMPORTERS]
    assert problems_in(others, heavy_imports) == []


def checked_files() -> list[Path]:
    """Return each Python file of the package and of the tests."""
    return sorted([*modules(), *(PROJECT / "tests").rglob("*.py")])


def test_files_are_short() -> None:
    """The limit is LONGEST_FILE_LINES."""
    lengths = {path: len(path.read_text().splitlines()) for path in checked_files()}
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST_FILE_LINES} == {}


def names_without_docstring(path: Path) -> Iterator[str]:
    """Yield the public names without a docstring."""
    if not ast.get_docstring(tree_of(path)) and path.read_text():
        yield "the module"
    for owner, node in definitions(tree_of(path)):
        public = not any(part.startswith("_") for part in (*owner, node.name))
        if public and not ast.get_docstring(node):
            yield ".".join((*owner, node.name))


def test_public_names_have_docstrings() -> None:
    """Modules, public classes, public functions and tests are checked."""
    assert problems_in(checked_files(), names_without_docstring) == []


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
