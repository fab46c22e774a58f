"""Windows inside code that torch compiles or exports: they work, or one sentence says where to put them."""

from __future__ import annotations

import pytest

import wattwhat

torch = pytest.importorskip("torch", reason="torch, which compiles")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


def measured(x):
    with wattwhat.track("inside", backends=["estimate"]) as window:
        y = (x * 2).sum()
    measured.latest = window
    return y


def test_a_window_inside_a_compiled_function_cuts_the_graph_and_works():
    torch._dynamo.reset()
    compiled = torch.compile(measured, backend="eager")
    assert compiled(torch.ones(3)) == 6.0
    assert measured.latest.measurement.duration_s > 0


def test_where_the_graph_may_not_be_cut_the_error_says_what_to_do():
    torch._dynamo.reset()
    compiled = torch.compile(measured, backend="eager", fullgraph=True)
    with pytest.raises(torch._dynamo.exc.Unsupported, match=r"put track\('inside'\) around the call"):
        compiled(torch.ones(3))


def test_an_exported_program_is_said_to_measure_nothing():
    class Model(torch.nn.Module):
        def forward(self, x):
            with wattwhat.track("inside", backends=["estimate"]):
                return x * 2

    with pytest.warns(UserWarning, match="an exported program measures nothing"):
        program = torch.export.export(Model(), (torch.ones(3),), strict=False)
    assert torch.equal(program.module()(torch.ones(3)), torch.full((3,), 2.0))
