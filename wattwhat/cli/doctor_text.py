"""The doctor's findings as sentences within 80 columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wattwhat.cli.output import wrap
from wattwhat.records.formatting import si_prefix

__all__ = ["describe"]

_LABEL = 12
# What the conformance suite allows a reading, too.
_LONG_READING_S = 0.1


def describe(findings: dict[str, Any]) -> str:
    """Findings as text.

    Args:
        findings: what `wattwhat.cli.doctor.examine` found.

    Example:
        >>> print(describe({"wattwhat": "1.0", "python": "3.12.1", "host": "lab1", "chosen": None,
        ...                 "sensors": 0, "backends": [], "not_installed": []}))
        wattwhat 1.0, Python 3.12.1, on lab1
        <BLANKLINE>
        No backend is installed, so nothing can be measured or estimated here.
    """
    lines = wrap("wattwhat {wattwhat}, Python {python}, on {host}".format(**findings))
    for backend in findings["backends"]:
        lines += ["", *_backend(backend)]
    lines.append("")
    for one in findings["not_installed"]:
        lines += wrap(f"not installed: {one['distribution']}; to have it: {one['remedy']}", "  ", "")
    if findings["not_installed"]:
        lines.append("")
    if findings["chosen"]:
        lines += wrap(f"WATTWHAT_BACKENDS is set: only {findings['chosen']} will be used.")
    return "\n".join([*lines, *wrap(_summary(findings))])


def _summary(findings: dict[str, Any]) -> str:
    sensors = findings["sensors"]
    used = [channel for backend in findings["backends"] for channel in backend["channels"] if channel["used"]]
    if findings["chosen"] and not used:
        serving = ", ".join(one["name"] for one in findings["backends"] if one["available"]) or "none"
        return (
            "Not all of these can serve here, so measuring refuses: unset WATTWHAT_BACKENDS, or choose among "
            f"those that can: {serving}."
        )
    if sensors and any(channel["provenance"] == "measured" for channel in used):
        return (
            f"{sensors} channel{'s' if sensors > 1 else ''} of sensors can be read here: energy is measured."
        )
    if used:
        why = "No sensor is chosen" if sensors else "No sensor can be read"
        return f"{why} here: energy is estimated, within wide limits, and labelled so."
    if not findings["backends"]:
        return "No backend is installed, so nothing can be measured or estimated here."
    return "No channel can be read here: nothing can be measured or estimated."


def _backend(backend: dict[str, Any]) -> Iterator[str]:
    answer = "available" if backend["available"] else "broken" if backend["broken"] else "not available"
    yield from wrap(f"{backend['name']}: {answer}{_versions(backend)}", "  ", "")
    if backend["reason"]:
        yield from _line("", backend["reason"]) if backend["available"] else _line("why", backend["reason"])
    if backend["remedy"]:
        yield from _line("improve" if backend["available"] else "remedy", backend["remedy"])
    for other in backend["clash"]:
        yield from _line("clash", f"{other} registers this name too, and is passed over; remove one of them")
    for note in backend["notes"]:
        yield from _line("note", note)
    for sentence in backend["conditions"]:
        yield from _line("just now", sentence)
    for channel in backend["channels"]:
        yield from wrap(channel["id"], "    ", "  ")
        for label, text in _channel(channel):
            yield from _line(label, text, "    ")


def _versions(backend: dict[str, Any]) -> str:
    parts = []
    if backend["distribution"]:
        parts.append(" ".join(filter(None, [backend["distribution"], backend["distribution_version"]])))
    if backend["library_version"]:
        parts.append(f"library {backend['library_version']}")
    return f" ({', '.join(parts)})" if parts else ""


def _line(label: str, text: str, indent: str = "  ") -> list[str]:
    if not label:
        return wrap(text, indent)
    return wrap(text, indent + " " * _LABEL, f"{indent}{label:<{_LABEL}}")


def _channel(channel: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "measures", f"{channel['component']} of {channel['device']}, {_role(channel)}"
    kind = "a counter of energy" if channel["quantity"] == "energy" else "a gauge of power"
    origin = "a model" if channel["provenance"] == "estimated" else "a sensor"
    yield "source", f"{channel['source'] or 'not stated'} ({origin}, {kind})"
    if channel["provenance"] != "estimated":
        yield "new value", _timing(channel)
    yield "accuracy", _accuracy(channel)
    if channel["reading_s"] is not None:
        yield "one reading", _reading_time(channel["reading_s"])
    if channel["error"]:
        yield "fails", channel["error"]
    elif channel["power_now_w"] is not None:
        yield "just now", si(channel["power_now_w"], "W")


def _reading_time(reading_s: float) -> str:
    took = f"took {si(reading_s, 's')}"
    return f"{took}, which is long: windows wait for it" if reading_s > _LONG_READING_S else took


def _role(channel: dict[str, Any]) -> str:
    if channel["counted"]:
        return "counted"
    if channel["used"]:
        inside = f" ({channel['inside'][0]})" if channel["inside"] else ""
        return f"inside another channel{inside}, so not added to the total"
    return "not used: another channel covers it"


def _timing(channel: dict[str, Any]) -> str:
    period_s, window_s = channel["update_period_s"], channel["averaging_window_s"]
    if period_s is not None:
        how = " (seen by watching)" if channel["update_period_from"] == "watching" else ""
        text = f"every {si(period_s, 's')}{how}"
    elif channel["watched_s"]:
        text = f"period unknown, and not told by {channel['watched_s']:g} s of watching"
    else:
        text = "period unknown"
    if window_s is not None:
        text += f", the mean of {si(window_s, 's')}"
    elif channel["quantity"] == "power":
        text += ", the mean of an unknown time"
    if channel["delay_s"]:
        text += f", {si(channel['delay_s'], 's')} late"
    if channel["rise_s"]:
        text += f", rising in {si(channel['rise_s'], 's')}"
    return text


def _accuracy(channel: dict[str, Any]) -> str:
    gain, offset_w = channel["gain_error"], channel["offset_w"]
    parts = [
        "gain unknown" if gain is None else f"gain {100.0 * gain:.2g} %",
        "offset unknown" if offset_w is None else f"offset {si(offset_w, 'W')}",
    ]
    text = f"u (k=1): {', '.join(parts)}"
    unit = "J" if channel["quantity"] == "energy" else "W"
    if channel["resolution"]:
        text += f"; steps of {si(channel['resolution'], unit)}"
    if channel["wrap_j"] is not None:
        text += f"; begins again at {si(channel['wrap_j'], 'J')}"
    return text


def si(value: float, unit: str) -> str:
    """A value with three figures and an SI prefix.

    Example:
        >>> si(0.001, "s"), si(6.104e-5, "J"), si(262143.3, "J"), si(0.0, "W")
        ('1 ms', '61 uJ', '262 kJ', '0 W')
    """
    factor, prefix = si_prefix(float(f"{value:.3g}"))
    return f"{value / factor:.3g} {prefix.replace('µ', 'u')}{unit}"
