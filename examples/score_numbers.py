"""Score numbers that you already have: no hardware, no torch."""

from wattwhat import Measurement, Quantity
from wattwhat.scoring import SAM, sam

print(f"SAM of 76.1 % at 250 kWh: {sam(0.761, 250):.4f}")

measured = Measurement(label="my model", energy_j=Quantity(9.0e8, 2.0e7, "J"), provenance="imported")
result = SAM(unit="kWh")(measured.with_metrics(accuracy=0.761, n_test=50_000))
print(f"{result.name} of {measured.label}: {result.value}")
