"""Twelve small image models for a study: each function gives a torch module and a batch for it.

`make study` measures them by plan.toml, beside this file. Weights are random: without sparsity or early exits
a model takes nearly the same energy, whatever its weights are.
"""

from __future__ import annotations

import torch
from torch import nn

SIZE, CLASSES = 32, 10


def batch(batch_size: int) -> torch.Tensor:
    return torch.randn(batch_size, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0))


def mlp(batch_size: int, width: int, depth: int):
    layers: list[nn.Module] = [nn.Flatten(), nn.Linear(3 * SIZE * SIZE, width), nn.GELU()]
    for _ in range(depth - 1):
        layers += [nn.Linear(width, width), nn.GELU()]
    return nn.Sequential(*layers, nn.Linear(width, CLASSES)), batch(batch_size)


def conv(batch_size: int, width: int, depth: int):
    layers: list[nn.Module] = [nn.Conv2d(3, width, 3, stride=2, padding=1), nn.ReLU()]
    for _ in range(depth - 1):
        layers += [nn.Conv2d(width, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU()]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, CLASSES)]
    return nn.Sequential(*layers, *head), batch(batch_size)


class Residual(nn.Module):
    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.inner(x)


def depthwise(batch_size: int, width: int, depth: int):
    """Few operations, many activations: a block as in ConvNeXt, without its norm."""
    layers: list[nn.Module] = [nn.Conv2d(3, width, 2, stride=2)]
    for _ in range(depth):
        inner = nn.Sequential(
            nn.Conv2d(width, width, 7, padding=3, groups=width),
            nn.Conv2d(width, 4 * width, 1),
            nn.GELU(),
            nn.Conv2d(4 * width, width, 1),
        )
        layers.append(Residual(inner))
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, CLASSES)]
    return nn.Sequential(*layers, *head), batch(batch_size)


class Patches(nn.Module):
    """Patches of 4 x 4 pixels as a sequence of tokens."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.inner = nn.Conv2d(3, width, 4, stride=4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.inner(x).flatten(2).transpose(1, 2)


class Attention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads, self.mix, self.out = heads, nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        n, tokens, width = x.shape
        shape = (n, tokens, 3, self.heads, width // self.heads)
        q, k, v = self.mix(x).reshape(shape).permute(2, 0, 3, 1, 4)
        mixed = nn.functional.scaled_dot_product_attention(q, k, v)
        return self.out(mixed.transpose(1, 2).reshape(n, tokens, width))


class Mean(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean(1)


def attention(batch_size: int, width: int, depth: int):
    layers: list[nn.Module] = [Patches(width)]
    for _ in range(depth):
        layers.append(Residual(nn.Sequential(nn.LayerNorm(width), Attention(width, 4))))
        wide = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )
        layers.append(Residual(wide))
    return nn.Sequential(*layers, nn.LayerNorm(width), Mean(), nn.Linear(width, CLASSES)), batch(batch_size)


def mlp_small(batch_size: int):
    return mlp(batch_size, 128, 2)


def mlp_wide(batch_size: int):
    return mlp(batch_size, 1024, 2)


def mlp_deep(batch_size: int):
    return mlp(batch_size, 256, 12)


def conv_small(batch_size: int):
    return conv(batch_size, 16, 3)


def conv_wide(batch_size: int):
    return conv(batch_size, 64, 3)


def conv_deep(batch_size: int):
    return conv(batch_size, 32, 10)


def depthwise_small(batch_size: int):
    return depthwise(batch_size, 16, 3)


def depthwise_wide(batch_size: int):
    return depthwise(batch_size, 64, 3)


def depthwise_deep(batch_size: int):
    return depthwise(batch_size, 24, 9)


def attention_small(batch_size: int):
    return attention(batch_size, 32, 2)


def attention_wide(batch_size: int):
    return attention(batch_size, 128, 2)


def attention_deep(batch_size: int):
    return attention(batch_size, 48, 8)
