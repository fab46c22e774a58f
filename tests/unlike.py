"""Populations that are alike in all but one trait, which keeps them apart."""

import attrs

from tests.made_runs import channel, simple


def run(number, **details):
    made = simple(100.0 + number, 1.0, label=f"net {number}", details={"blocks": 10, **details})
    return made.with_metrics(accuracy=0.5 + number / 100)


def of(number, component="gpu", device="a GPU"):
    made = simple(
        100.0 + number, 1.0, label=f"net {number}", channel=channel(component=component, device=device)
    )
    return made.with_metrics(accuracy=0.5 + number / 100)


ALIKE = [run(number) for number in range(8)]
UNLIKE = {
    "phase": run(9, phase="training"),
    "task": run(9, task="detection"),
    "dataset": run(9, dataset="cifar10"),
    "device": of(9, device="another GPU"),
    "scope": of(9, component="cpu"),
    "item": run(9, item="token"),
    "origin": attrs.evolve(run(9), provenance="estimated"),
}
STATED = {"phase": "inference", "task": "classification", "dataset": "imagenet", "item": "image"}


def population(trait):
    others = [run(n, **({trait: STATED[trait]} if trait in STATED else {})) for n in range(8)]
    return [*others, UNLIKE[trait]]
