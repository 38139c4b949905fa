"""Frames fitted to a size: averages by hand, nothing dropped."""

from __future__ import annotations

import pytest
import torch

from autosnn_ray.data.resize import fit_size


def test_averages_are_those_computed_by_hand_and_the_edge_is_black():
    x = torch.arange(16.0).reshape(1, 1, 4, 4)
    expected = torch.zeros(4, 4)
    expected[1:3, 1:3] = torch.tensor([[2.5, 4.5], [10.5, 12.5]])
    averaged = fit_size(x, (2, 2))
    assert averaged[0, 0].tolist() == [[2.5, 4.5], [10.5, 12.5]]
    assert torch.equal(fit_size(averaged, (4, 4))[0, 0], expected)


@pytest.mark.parametrize("size", [(28, 28), (32, 32), (16, 16), (14, 20), (9, 5), (1, 1), (40, 7)])
@pytest.mark.parametrize("shape", [(2, 1, 28, 28), (3, 4, 2, 13, 28)])
def test_any_size_is_reached_and_every_pixel_counts(shape, size):
    x = torch.rand(shape, dtype=torch.float64)
    fitted = fit_size(x, size)
    assert fitted.shape == (*shape[:-2], *size)
    area = 1
    for side, wanted in zip(shape[-2:], size, strict=True):
        area *= -(-side // wanted)
    assert torch.allclose(fitted.sum(dim=(-2, -1)) * area, x.sum(dim=(-2, -1)))
