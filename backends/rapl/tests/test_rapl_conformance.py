"""The conformance suite over the plugin, by each of its sources."""

from __future__ import annotations

import pytest
from rapl_stand import GraceStand, PerfStand, PowercapStand

testing = pytest.importorskip("wattwhat.testing", reason="the conformance suite is not in this checkout")


@pytest.mark.parametrize("stand", [PowercapStand, PerfStand, GraceStand])
def test_every_promise_is_kept(stand: type) -> None:
    report = testing.check_backend(stand)
    assert report.ok, str(report)
