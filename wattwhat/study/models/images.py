"""Batches of random images and tokens, the same for every cell."""

from __future__ import annotations

from typing import Any

__all__ = ["image_batch", "token_batch"]

_SEED = 0


def image_batch(batch_size: int, size: int, channels: int = 3) -> Any:
    """Standard normal images of a fixed seed, as ``batch x channels x size x size``."""
    import torch

    return torch.randn(batch_size, channels, size, size, generator=torch.Generator().manual_seed(_SEED))


def token_batch(batch_size: int, length: int, vocabulary: int) -> Any:
    """Token numbers of a fixed seed, as ``batch x length``."""
    import torch

    generator = torch.Generator().manual_seed(_SEED)
    return torch.randint(0, vocabulary, (batch_size, length), generator=generator)
