"""Formulas of the pages as MathML, which browsers draw themselves: no script, no font and no network."""

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml


def inline(writer, node):
    """A formula within a line."""
    writer.body.append(tex2mathml(node.astext()))
    raise nodes.SkipNode


def block(writer, node):
    """A formula of its own, with the number that it may have to be referred to."""
    number = f'<span class="eqno">({node["number"]})</span>' if node.get("number") else ""
    names = "".join(f' id="{name}"' for name in node["ids"][:1])
    writer.body.append(f'<div class="math"{names}>{number}{tex2mathml(node.astext(), as_block=True)}</div>\n')
    raise nodes.SkipNode


def setup(app):
    """Offer Sphinx a renderer of formulas; the only one besides its own, so it is taken."""
    app.add_html_math_renderer("mathml", inline_renderers=(inline, None), block_renderers=(block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
