"""Settings of Sphinx: MyST pages, the reference from docstrings in Google style."""

import subprocess
import sys
from importlib.metadata import version as version_of
from pathlib import Path

project = "wattwhat"
author = "The wattwhat developers"
copyright = author
release = version = version_of("wattwhat")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_inline_tabs",
    "mathml",
]
sys.path.append(str(Path(__file__).parent))  # where mathml lies
myst_enable_extensions = ["dollarmath", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = "wattwhat"
# Lines of code of 100 letters fit beside both columns of links.
html_theme_options = {"light_css_variables": {"code-font-size": "var(--font-size--small--3)"}}
html_extra_path = ["generated/pages"]  # the gallery, as it is
(Path(__file__).parent / html_extra_path[0]).mkdir(parents=True, exist_ok=True)

napoleon_numpy_docstring = False
# As fields of the class: as members of their own they would be listed twice.
napoleon_use_ivar = True
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_preserve_defaults = True


def draw(app):
    """Plots of printed tables; they are made with the pages and not kept."""
    here = Path(__file__).parent
    drawn = here / "explanation" / "generated" / "truth.svg"
    drawn.parent.mkdir(exist_ok=True)
    command = [
        sys.executable,
        "-m",
        "benchmarks.truth_table",
        here / "explanation" / "truth-table.txt",
        drawn,
    ]
    subprocess.run(command, cwd=here.parent, check=True)
    page, drawing = here / "explanation" / "prediction.md", drawn.with_name("prediction.svg")
    command = [sys.executable, "-m", "benchmarks.prediction_plot", page, drawing]
    subprocess.run(command, cwd=here.parent, check=True)
    subprocess.run([sys.executable, here / "figures.py", here / "generated"], cwd=here.parent, check=True)
    for name in ("demo", "study"):
        runs, page = (here / place / name for place in ("gallery", "generated/pages/gallery"))
        page.parent.mkdir(exist_ok=True)
        words = [f"{runs}.jsonl", "-o", f"{page}.html", "--title", f"Gallery: {name}", "--force"]
        subprocess.run([sys.executable, "-m", "wattwhat", "report", *words], cwd=here.parent, check=True)
    phases = here / "guides" / "generated" / "phases.svg"
    subprocess.run([sys.executable, "-m", "benchmarks.phases_plot", phases], cwd=here.parent, check=True)


def setup(app):
    app.connect("builder-inited", draw)
