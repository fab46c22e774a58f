"""Settings of Sphinx: MyST pages, the reference from docstrings in Google style."""

from importlib.metadata import version as version_of

project = "wattwhat"
author = "The wattwhat developers"
copyright = author
release = version = version_of("wattwhat")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.mathjax"]
myst_enable_extensions = ["dollarmath", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = "wattwhat"

napoleon_numpy_docstring = False
# As fields of the class: as members of their own they would be listed twice.
napoleon_use_ivar = True
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_preserve_defaults = True
