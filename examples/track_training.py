"""Joules of a training run, epoch by epoch, by windows inside windows."""

import torch
from torch import nn

import wattwhat

model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
optimizer = torch.optim.Adam(model.parameters())
x, y = torch.randn(2048, 64), torch.randint(0, 10, (2048,))

epochs = []
with wattwhat.track("training") as run:
    for number in range(3):
        with wattwhat.track(f"epoch {number}") as epoch:
            for batch in torch.randperm(len(x)).split(64):
                optimizer.zero_grad()
                nn.functional.cross_entropy(model(x[batch]), y[batch]).backward()
                optimizer.step()
        epochs.append(epoch)
        print(f"{epoch.label}: {epoch.measurement.energy_j:U}; so far {run.so_far().energy_j:U}")

print(f"{run.label}: {run.measurement.energy_j:U}, {run.measurement.provenance}")
