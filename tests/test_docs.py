"""The pictures of the pages: drawn by code, there, and with words for those who cannot see them."""

import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
# Plots of printed tables, drawn beside the figures when the pages are made.
PLOTS = {"truth.svg", "prediction.svg", "phases.svg"}


def pictures(page):
    """Pairs of words and target, of Markdown and of the directives image and figure."""
    text = page.read_text(encoding="utf-8")
    plain = re.findall(r"!\[([^\]]*)\]\(([^)\s]+)\)", text)
    directives = re.findall(r"```\{(?:image|figure)\} (\S+)\n(.*?)```", text, flags=re.DOTALL)
    described = [("".join(re.findall(r":alt: (.*)", body)), target) for target, body in directives]
    return [*plain, *described]


SHOWN = [(page, words, target) for page in PAGES for words, target in pictures(page)]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Names of the figures; `make docs` draws all, in ten seconds: here only the quick ones are drawn."""
    pytest.importorskip("matplotlib")
    sys.path.append(str(ROOT / "docs"))
    try:
        import figures
        import figures_more
    finally:
        sys.path.remove(str(ROOT / "docs"))
    folder = tmp_path_factory.mktemp("figures")
    figures.badge(folder)
    figures_more.write_texts(folder)
    assert all(ElementTree.parse(file).getroot().tag.endswith("svg") for file in folder.iterdir())
    made = {f"{name}.svg" for name in {**figures.FIGURES, **figures_more.MORE}}
    return made | {file.name for file in folder.iterdir()}


def test_a_dozen_figures_are_drawn_by_code_and_all_of_them_are_shown(drawn):
    assert len(drawn) >= 12
    assert drawn <= {Path(target).name for _, _, target in SHOWN}


def test_every_picture_is_there(drawn):
    for page, _, target in SHOWN:
        place = (page.parent / target).resolve()
        there = place.name in {*drawn, *PLOTS} if "generated" in place.parts else place.exists()
        assert there or target.startswith("http"), f"{page.name}: {target} is nowhere"


def test_every_picture_has_words_for_those_who_cannot_see_it():
    assert [(page.name, target) for page, words, target in SHOWN if len(words.split()) < 3] == []
