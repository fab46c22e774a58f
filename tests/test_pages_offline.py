"""The built pages need no network: their formulas are drawn by the browser itself."""

import re
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parent.parent / "docs"
FORMULA = re.compile(r"\$\$(.+?)\$\$|(?<![\\$`\w])\$([^$`\n]+?)\$(?![\w`])", re.DOTALL)


def formulas():
    for page in sorted(DOCS.rglob("*.md")):
        text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        yield from (found for pair in FORMULA.findall(text) for found in pair if found)


def test_every_formula_of_the_pages_is_mathml(monkeypatch):
    tex2mathml = pytest.importorskip(
        "docutils.utils.math.latex2mathml", reason="docutils is not installed (extra: docs)"
    ).tex2mathml
    found = list(formulas())
    assert len(found) >= 4
    for formula in found:
        drawn = tex2mathml(formula, as_block=True)
        assert drawn.startswith("<math"), formula
        assert not re.search(r"\\|merror", drawn), formula


def test_a_built_page_loads_nothing_from_elsewhere(monkeypatch, tmp_path):
    application = pytest.importorskip("sphinx.application", reason="sphinx is not installed (extra: docs)")
    monkeypatch.setattr(sys, "path", [str(DOCS), *sys.path])
    source, out = tmp_path / "source", tmp_path / "out"
    source.mkdir()
    (source / "conf.py").write_text('extensions = ["mathml"]\n')
    (source / "index.rst").write_text(
        "Page\n====\n\n:math:`u = \\sqrt{a}`\n\n.. math::\n   :label: one\n\n   U = k u\n\n:eq:`one`\n"
    )
    app = application.Sphinx(str(source), str(source), str(out), str(out / "trees"), "html", status=None)
    app.build()
    page = (out / "index.html").read_text()
    assert page.count("<math") == 2
    assert "<msqrt" in page
    assert 'id="equation-one"' in page
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//[^"']+\.(?:js|css)""", page)
    assert "sphinx.ext.mathjax" not in (DOCS / "conf.py").read_text(encoding="utf-8")
