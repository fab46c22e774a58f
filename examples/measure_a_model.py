"""Joules of one inference and of one training step of a model."""

import torch
from torch import nn

import wattwhat

model = nn.Sequential(nn.Linear(256, 512), nn.ReLU(), nn.Linear(512, 10))
x, y = torch.randn(64, 256), torch.randint(0, 10, (64,))

inference = wattwhat.measure(model, x, max_seconds=2)
print(inference)
print(inference.budget)

optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
step = wattwhat.measure(model, [(x, y)], train=(nn.CrossEntropyLoss(), optimizer), max_seconds=2)
print(f"one training step of {step.label} on 64 samples takes {step.energy_per_call_j:U}")
