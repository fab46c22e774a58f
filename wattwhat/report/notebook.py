"""Measurements as HTML for notebooks; every text is escaped."""

from __future__ import annotations

from html import escape

from wattwhat.records.measurement import Measurement

__all__ = ["measurement_html"]

_LEFT = "style='text-align:left'"


def measurement_html(measurement: Measurement) -> str:
    """A small table: energy, power, per call and per item, channels, budget, warnings.

    Example:
        >>> from wattwhat import Quantity
        >>> html = measurement_html(Measurement(label="<b>", energy_j=Quantity(1, 0.1, "J")))
        >>> "<b>" in html, "&lt;b&gt;" in html
        (False, True)
    """
    m = measurement
    rows = [("energy", f"{m.energy_j:U}"), ("provenance", m.provenance)]
    if m.duration_s is not None:
        rows.append(("duration", f"{m.duration_s:.4g} s"))
    for name, quantity in (
        ("mean power", m.power_w),
        ("per call", m.energy_per_call_j),
        ("per item", m.energy_per_item_j),
        ("above idle", m.net_energy_j),
    ):
        if quantity is not None:
            rows.append((name, f"{quantity:U}"))
    for entry in m.channels:
        energy = "lost" if entry.energy_j is None else f"{entry.energy_j:U}"
        rows.append((entry.channel.id, energy if entry.counted else f"{energy} (not added)"))
    rows.extend((f"u: {source}", f"{u:.3g} J") for source, u in m.budget)
    rows.extend(("warning", sentence) for sentence in m.warnings)
    body = "".join(
        f"<tr><th {_LEFT}>{escape(name)}</th><td {_LEFT}>{escape(text)}</td></tr>" for name, text in rows
    )
    return f"<table><caption>{escape(m.label)}</caption>{body}</table>"
