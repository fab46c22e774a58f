"""Names that are loaded on first use: all that is promised is there, listed, and nothing else is."""

from __future__ import annotations

import importlib

import pytest

PACKAGES = ["", ".analysis", ".predict", ".report", ".scoring", ".study", ".testing"]


@pytest.mark.parametrize("name", PACKAGES)
def test_all_names_of_a_package_are_listed_and_load(name: str) -> None:
    package = importlib.import_module(f"wattwhat{name}")
    listed = set(dir(package))
    for public in package.__all__:
        assert public in listed
        assert getattr(package, public) is getattr(package, public)


@pytest.mark.parametrize("name", PACKAGES)
def test_an_unknown_name_is_an_attribute_error_that_names_the_package(name: str) -> None:
    package = importlib.import_module(f"wattwhat{name}")
    with pytest.raises(AttributeError, match=f"module '{package.__name__}' has no attribute 'nothing'"):
        package.nothing  # noqa: B018


def test_subpackages_come_with_the_package() -> None:
    import wattwhat

    assert {"logs", "predict", "report", "scoring", "study", "testing"} <= set(dir(wattwhat))
    assert wattwhat.logs.__name__ == "wattwhat.logs"
