"""Models of torchvision, on the meta device: shapes without weights or work."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat.study.cell import Cell
from wattwhat.study.models import torchvision as source

torch = pytest.importorskip("torch")
pytest.importorskip("torchvision", reason="torchvision fits one torch only: make study installs both")
pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore:The default weight initialization:FutureWarning"),
]

# RegNets work out their widths with tensors, which have no values on the meta device.
NAMES = [name for name in source.names() if not name.startswith("regnet")]


@given(st.sampled_from(NAMES), st.integers(1, 3))
def test_every_model_takes_the_images_that_are_made_for_it(name, batch_size):
    with torch.device("meta"):
        built = source.build(name, Cell(f"torchvision:{name}", batch_size=batch_size))
        assert built.model(built.inputs).shape == (batch_size, 1000)
    assert 0.4 < built.metrics["accuracy"] < 1.0
    assert "ImageNet-1K acc@1" in built.details["accuracy_source"]


@given(st.sampled_from([name for name in NAMES if name.startswith(("vit_b", "resnet", "mobilenet"))]))
def test_an_accuracy_that_was_told_at_another_size_is_left_out(name):
    with torch.device("meta"):
        built = source.build(name, Cell(f"torchvision:{name}", image_size=192))
        assert built.model(built.inputs).shape == (1, 1000)
    assert built.metrics == {}
