"""The house's own order: sizes, imports, and every line of code that the README and the docs show."""

import ast
import functools
import importlib.util
import json
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tools import environment, pythons

ROOT = Path(__file__).resolve().parent.parent
CORE = ROOT / "wattwhat"
LIBRARY = sorted([*CORE.rglob("*.py"), *ROOT.glob("backends/*/wattwhat_*/**/*.py")])
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("backends/*/README.md")])
LONGEST_MODULE = 300

VENDORS = {"pynvml", "amdsmi", "jtop", "pyRAPL", "entrypoints"}
# Optional libraries: a page whose code imports one runs where it is installed.
OPTIONAL = {
    *("torch", "sklearn", "scipy", "altair", "transformers", "lightning", "keras", "accelerate"),
    *("tensorboard", "opentelemetry", "prometheus_client"),
}
# Blocks marked `python` are run. Whatever is not to be run says what it is instead.
RUN = "python"
NOT_RUN = {"text", "console", "toml", "json", "bash", "make", "yaml", "c"}


def relative(path):
    return str(path.relative_to(ROOT))


def imported_names(tree):
    """Yield every module that a file imports by name, at any depth of nesting, importlib's way too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            function = node.func
            name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            if name in {"import_module", "__import__"} and isinstance(node.args[0].value, str):
                yield node.args[0].value


def top_levels(source):
    return {name.split(".")[0] for name in imported_names(ast.parse(source))}


# Code -------------------------------------------------------------------------------------------


def test_a_module_fits_in_a_head():
    """Split a longer one by what it is for."""
    lines = {relative(module): len(module.read_text(encoding="utf-8").splitlines()) for module in LIBRARY}
    assert {name: count for name, count in lines.items() if count > LONGEST_MODULE} == {}


def test_the_core_imports_no_vendor_library():
    """Such an import belongs into a plugin under backends/."""
    found = {
        relative(module): top_levels(module.read_text(encoding="utf-8")) & VENDORS
        for module in CORE.rglob("*.py")
    }
    assert {name: vendors for name, vendors in found.items() if vendors} == {}


# What catches everything may hold an exception that a signal handler of the program raised. Rooms that run in
# processes of their own, or only for a person at a terminal, are left out, and so is what has no room below.
ANSWERS = {"pass_on", "_each", "_fail", "_again", "outcome", "own"}  # or it is kept, and raised later
APART = {"cli", "study", "testing"}


def swallows(source):
    """Lines of handlers of everything that neither raise nor pass on what is the program's own."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.ExceptHandler):
            continue
        caught = {one.id for one in ast.walk(node.type) if isinstance(one, ast.Name)} if node.type else set()
        names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
        names |= {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)}
        raises = any(isinstance(one, ast.Raise) for one in ast.walk(node))
        everything = node.type is None or caught & {"Exception", "BaseException"}
        if everything and not raises and not names & ANSWERS:
            found.append(node.lineno)
    return found


def test_nothing_swallows_what_a_signal_handler_of_the_program_raised():
    assert swallows("try:\n    f()\nexcept (OSError, Exception):\n    pass") == [3]
    assert swallows("try:\n    f()\nexcept Exception as err:\n    pass_on(err)") == []
    apart = APART | {"errors.py", "_child.py", "_jtop_child.py"}
    own = [one for one in LIBRARY if not apart & set(one.parts)]
    found = {relative(module): swallows(module.read_text(encoding="utf-8")) for module in own}
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "source",
    [
        "import pynvml",
        "def f():\n    from jtop.core import x",
        "import importlib\nimportlib.import_module('amdsmi.api')",
        "__import__('pyRAPL')",
    ],
)
def test_vendor_imports_are_seen_in_every_disguise(source):
    assert top_levels(source) & VENDORS


@pytest.mark.skipif(not (CORE / "__init__.py").exists(), reason="the core is not written yet")
def test_importing_the_core_brings_nothing_heavy():
    heavy = {"numpy", "torch", "scipy", "pandas", "importlib.metadata", *VENDORS}
    script = textwrap.dedent(
        """
        import json, sys
        before = set(sys.modules)
        import wattwhat
        print(json.dumps(sorted(set(sys.modules) - before)))
        """
    )
    brought = set(json.loads(run_python("-c", script, cwd=ROOT).stdout))
    assert "wattwhat" in brought
    assert not brought & heavy
    assert not {name for name in brought if name.startswith("wattwhat_")}, "a plugin was imported unasked"


# The house --------------------------------------------------------------------------------------

# A package imports only from floors below its own, inside functions too; what is only for type checkers does
# not count. Within a package there is no circle either. docs/explanation/decisions.md says what lives where.
FLOORS = (
    {"errors", "_version"},
    {"plugins", "records"},
    {"analysis", "energy", "intensity", "sensing", "workloads"},
    {"acquisition", "calibration", "logs", "predict", "scoring"},
    {"measuring", "report", "testing"},
    {"integrations", "study"},
    {"cli"},
    {"__main__"},
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS, 1) for room in rooms}
AT_THE_TOP = {"__init__", "__main__", "_version", "errors"}


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(CORE.rglob("*.py"))}


def without_types(tree):
    """The tree less what stands under ``if TYPE_CHECKING``."""
    for node in ast.walk(tree):
        for field in ("body", "orelse"):
            inside = getattr(node, field, None)
            if isinstance(inside, list):
                kept = [
                    one
                    for one in inside
                    if not (isinstance(one, ast.If) and "TYPE_CHECKING" in ast.dump(one.test))
                ]
                setattr(node, field, kept)
    return tree


def imports_of(path):
    """The modules of this package that a file imports, at any depth."""
    found = set()
    for node in ast.walk(without_types(ast.parse(path.read_text(encoding="utf-8")))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            while name and name not in MODULES:
                name = name.rpartition(".")[0]
            found.add(name)
    return found - {"", "wattwhat", module_name(path)}


@functools.lru_cache(maxsize=1)
def imports():
    return {name: imports_of(path) for name, path in MODULES.items()}


def room(module):
    return module.split(".")[1]


def test_only_what_belongs_there_lies_at_the_top():
    assert {path.stem for path in CORE.glob("*.py")} == AT_THE_TOP


def test_a_room_imports_only_from_floors_below():
    wrong = [
        f"{name} imports {other}, which is not below it"
        for name in sorted(set(MODULES) - {"wattwhat"})
        for other in sorted(imports()[name])
        if room(other) != room(name) and FLOOR[room(other)] >= FLOOR[room(name)]
    ]
    assert wrong == []


def test_no_module_imports_itself_through_others():
    done, path = set(), []

    def visit(name):
        assert name not in path, " -> ".join([*path[path.index(name) :], name])
        if name not in done:
            path.append(name)
            for other in sorted(imports().get(name, ())):
                visit(other)
            done.add(path.pop())

    for name in MODULES:
        visit(name)


def test_imports_are_seen_in_functions_and_not_where_only_types_are_checked(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "module_name", lambda path: "wattwhat.made")
    made = tmp_path / "made.py"
    made.write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import wattwhat.cli\n"
        "def f():\n    from wattwhat import errors\n    from wattwhat.errors import WattwhatError\n"
    )
    assert imports_of(made) == {"wattwhat.errors"}


# The tree ---------------------------------------------------------------------------------------


def tracked_files():
    """Every file that git does not ignore; of an unpacked archive, every file outside of .venv*."""
    asked = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    if (ROOT / ".git").exists():
        listing = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        return [ROOT / name for name in listing.split("\0") if (ROOT / name).is_file()]
    return [path for path in ROOT.rglob("*") if path.is_file() and ".venv" not in relative(path)]


MACHINE_PATH = re.compile(
    r"(?<![\w.}/-])/(?:work|root|opt/(?:wheels|pypi)|tmp/(?:bash_jobs|venv|wt|infra))[/.\w-]"
)


def test_no_file_names_a_place_on_somebodys_machine():
    guilty = []
    for path in tracked_files():
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        guilty += [
            f"{relative(path)}:{n}: {line}" for n, line in enumerate(lines, 1) if MACHINE_PATH.search(line)
        ]
    assert not guilty, "\n".join(guilty)


@pytest.mark.parametrize(
    ("text", "is_machine_path"),
    [
        ("see /" + "work/main/README.md", True),
        ('"/' + 'tmp/bash_jobs.0/x"', True),
        ("https://example.org/work/", False),
        ("a work/life balance", False),
        ("{root}/work/tree", False),
    ],
)
def test_machine_paths_are_told_from_other_slashes(text, is_machine_path):
    assert bool(MACHINE_PATH.search(text)) is is_machine_path


def test_every_plugin_folder_is_in_the_requirements():
    folders = {path.parent for path in ROOT.glob("backends/*/pyproject.toml")}
    assert folders == set(environment.plugins())


def test_an_interpreter_that_fails_is_not_found(tmp_path, monkeypatch):
    shim = tmp_path / "python3.10"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    (tmp_path / "python3.11").symlink_to(sys.executable)  # runs, but is seldom the version its name says
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert pythons.find("3.10") is None
    assert (pythons.find("3.11") is not None) == (sys.version_info[:2] == (3, 11))


# Pages ------------------------------------------------------------------------------------------


FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>```+|~~~+)(?P<language>[^`]*)$")


def blocks(text):
    """Yield (language, number of its first line, lines without their indent) of each fenced block."""
    lines = iter(enumerate(text.splitlines(), 1))
    tabs = set()
    for number, line in lines:
        opening = FENCE.match(line)
        if not opening or line.strip() in tabs:
            continue
        if opening["language"].startswith("{tab}"):  # holds blocks of its own
            tabs.add(opening["ticks"])
            continue
        inside = []
        for _, inner in lines:
            if inner.strip() == opening["ticks"]:
                break
            inside.append(inner.removeprefix(opening["indent"]))
        yield opening["language"].strip(), number + 1, inside


def as_script(text):
    """A page's Python blocks as one script, each line at its own line number in the page."""
    script = [""] * len(text.splitlines())
    for language, first, lines in blocks(text):
        if language == RUN:
            script[first - 1 : first - 1 + len(lines)] = lines
    return "\n".join(script)


def run_python(*arguments, cwd):
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.mark.skipif(not (CORE / "__init__.py").exists(), reason="the core is not written yet")
def test_the_readme_is_there_and_shows_code():
    assert as_script((ROOT / "README.md").read_text(encoding="utf-8")).strip()


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_every_block_says_what_it_is(page):
    """A block without a language, or with a made-up one, would slip past the next test."""
    for language, first, _ in blocks(page.read_text(encoding="utf-8")):
        known = language == RUN or language in NOT_RUN or language.startswith("{")
        assert known, f"{relative(page)}:{first}: mark this block {RUN!r} or one of {sorted(NOT_RUN)}"


LONGEST_PARAGRAPH = 100  # words; a longer one is not read
ITEM = re.compile(r"\s*(?:[*-]|\d+\.)\s")


def paragraphs(text):
    """Paragraphs and items of lists of a page, without its blocks, tables and headings."""
    inside, found = (
        {number for _, first, lines in blocks(text) for number in range(first - 1, first + len(lines) + 1)},
        [""],
    )
    for number, line in enumerate(text.splitlines(), 1):
        if number in inside or not line.strip() or line.lstrip().startswith(("|", "#")):
            found.append("")
        elif ITEM.match(line):
            found.append(line)
        else:
            found[-1] += f" {line}"
    return [one for one in found if one]


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_no_paragraph_is_too_long_to_be_read(page):
    long = [
        one for one in paragraphs(page.read_text(encoding="utf-8")) if len(one.split()) > LONGEST_PARAGRAPH
    ]
    assert not long, f"{relative(page)}: {long[0][:60]!r} has {len(long[0].split())} words"


@pytest.mark.skipif(not (CORE / "__init__.py").exists(), reason="the core is not written yet")
@pytest.mark.parametrize("page", [p for p in PAGES if as_script(p.read_text("utf-8")).strip()], ids=relative)
def test_the_code_of_a_page_runs(page, tmp_path):
    """All Python blocks of a page, in order, as one program of its own, in an empty folder."""
    script = tmp_path / (page.stem + "_" + "page.py")
    script.write_text(as_script(page.read_text(encoding="utf-8")), encoding="utf-8")
    for name in sorted(top_levels(script.read_text(encoding="utf-8")) & OPTIONAL):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"{relative(page)} shows code for {name}, which is not installed")
    run_python(str(script), cwd=tmp_path)


def test_a_script_keeps_the_line_numbers_of_its_page():
    page = "words\n\n```python\na = 1\n```\n\n* item\n\n  ```python\n  b = 2\n  ```\n```text\nno = 1\n```\n"
    page += "````{tab} one\n```python\nc = 3\n```\n````\n````{tab} two\n```text\nno = 2\n```\n````\n"
    lines = as_script(page).split("\n")
    assert (lines[3], lines[9], lines[16]) == ("a = 1", "b = 2", "c = 3")
    assert sum(map(bool, lines)) == 3
