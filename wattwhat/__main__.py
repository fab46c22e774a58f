"""Lets ``python -m wattwhat`` be the command ``wattwhat``."""

from __future__ import annotations

from wattwhat.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
