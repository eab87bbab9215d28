"""The methods on models whose attributions are known in closed form."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from backend.attribution import input_x_gradient, integrated_gradients, layer_gradcam, occlusion, saliency


class OfWeights(nn.Module):
    """Two logits: sum of weights * images ** power, and its negative."""

    def __init__(self, power: int, shape=(2, 4, 4)):
        super().__init__()
        torch.manual_seed(1)
        self.weights, self.power = nn.Parameter(torch.randn(shape)), power

    def forward(self, images):
        total = (self.weights * images**self.power).sum(dim=(1, 2, 3))
        return torch.stack([total, -total], dim=1)


class Steep(nn.Module):
    """A logit that jumps from 0 to 1 where the image is 37 % lit: its gradient is almost everywhere zero."""

    def __init__(self, sharpness: float):
        super().__init__()
        self.sharpness = sharpness

    def forward(self, images):
        step = torch.sigmoid(self.sharpness * (images.mean(dim=(1, 2, 3)) - 0.37))
        return torch.stack([step, 1 - step], dim=1)


IMAGES = torch.rand(3, 2, 4, 4, generator=torch.Generator().manual_seed(0))
TARGET = torch.tensor([0, 1, 0])
SIGN = torch.tensor([1.0, -1.0, 1.0]).view(-1, 1, 1)


def expected(model: OfWeights, factor: float, power: int) -> torch.Tensor:
    return SIGN * factor * (model.weights * IMAGES**power).sum(dim=1).detach()


def test_integrated_gradients_of_a_quadratic_are_its_terms():
    model = OfWeights(power=2)
    found = integrated_gradients.attribute(model, IMAGES, TARGET, integrated_gradients.Params())
    torch.testing.assert_close(found.maps, expected(model, 1.0, 2))
    assert found.errors.max() < 1e-4
    assert found.steps.tolist() == [32, 32, 32]


def test_input_x_gradient_of_a_quadratic_is_twice_its_terms():
    model = OfWeights(power=2)
    found = input_x_gradient.attribute(model, IMAGES, TARGET, input_x_gradient.Params())
    torch.testing.assert_close(found.maps, expected(model, 2.0, 2))
    assert found.errors is None


def test_saliency_is_the_gradient_or_its_magnitude():
    model = OfWeights(power=1)
    signed = saliency.attribute(model, IMAGES, TARGET, saliency.Params(absolute=False))
    torch.testing.assert_close(signed.maps, SIGN * model.weights.detach().sum(dim=0).expand(3, 4, 4))
    size = saliency.attribute(model, IMAGES, TARGET, saliency.Params())
    torch.testing.assert_close(size.maps, model.weights.detach().abs().sum(dim=0).expand(3, 4, 4))


def test_occlusion_pixel_by_pixel_of_a_linear_model_is_weight_times_pixel():
    model = OfWeights(power=1)
    found = occlusion.attribute(model, IMAGES, TARGET, occlusion.Params(window=0.25, stride=1.0))
    torch.testing.assert_close(found.maps, expected(model, 1.0, 1))


def test_steps_are_doubled_until_the_map_is_complete():
    images = torch.full((1, 1, 4, 4), 0.9)
    params = integrated_gradients.Params(steps=4, max_steps=1024)
    found = integrated_gradients.attribute(Steep(60.0), images, torch.tensor([0]), params)
    assert found.steps.item() > 4
    assert found.errors.item() <= 0.01
    assert found.maps.sum().item() == pytest.approx(1.0, abs=0.02)


def test_a_map_that_stays_incomplete_says_so_and_keeps_its_best():
    images = torch.stack([torch.full((1, 4, 4), 0.9), torch.full((1, 4, 4), 0.1)])
    params = integrated_gradients.Params(steps=4, max_steps=16)
    found = integrated_gradients.attribute(Steep(3000.0), images, torch.tensor([0, 0]), params)
    assert found.errors[0] > 0.01
    assert torch.isfinite(found.errors).all()


def test_a_black_image_is_complete_with_an_empty_map():
    found = integrated_gradients.attribute(
        OfWeights(2), torch.zeros(1, 2, 4, 4), torch.tensor([0]), integrated_gradients.Params()
    )
    assert found.errors.item() == 0
    assert found.maps.abs().max().item() == 0


class Gridded(nn.Module):
    """The same feature map as N x c x h x w, or as tokens behind a class token."""

    def __init__(self, tokens: bool):
        super().__init__()
        torch.manual_seed(3)
        self.convolution, self.tokens = nn.Conv2d(1, 5, 2, stride=2), tokens
        self.layer = nn.Identity()
        self.gradcam_layer = self.layer if tokens else self.convolution
        self.gradcam_grid = (4, 3) if tokens else None

    def forward(self, images):
        grid = self.convolution(images)
        if not self.tokens:
            return (grid**2).mean(dim=(2, 3))
        tokens = grid.flatten(2).transpose(1, 2)
        return (self.layer(torch.cat([torch.ones_like(tokens[:, :1]), tokens], dim=1))[:, 1:] ** 2).mean(dim=1)


class Headed(nn.Module):
    def __init__(self, encoder):
        super().__init__()
        self.encoder, self.head = encoder, nn.Linear(5, 2)
        with torch.no_grad():
            self.head.weight.copy_(torch.linspace(-1, 1, 10).view(2, 5))

    def forward(self, images):
        return self.head(self.encoder(images))


def test_grad_cam_reads_tokens_as_the_grid_they_stand_for():
    images = torch.rand(2, 1, 8, 6, generator=torch.Generator().manual_seed(0))
    of_grid, of_tokens = (
        layer_gradcam.attribute(Headed(Gridded(t)), images, torch.tensor([0, 1]), layer_gradcam.Params())
        for t in (False, True)
    )
    assert of_grid.maps.shape == (2, 8, 6)
    torch.testing.assert_close(of_tokens.maps, of_grid.maps)
    assert (of_grid.layer, of_tokens.layer) == ("encoder.convolution", "encoder.layer")


def test_grad_cam_of_one_channel_is_weight_times_activation():
    encoder = Gridded(False)
    model = Headed(encoder)
    image = torch.full((1, 1, 8, 6), 0.5)
    found = layer_gradcam.attribute(model, image, torch.tensor([1]), layer_gradcam.Params())
    grid = encoder.convolution(image)[0, :, 0, 0]
    weight = model.head.weight[1] * 2 * grid / 12
    torch.testing.assert_close(found.maps, (weight * grid).sum().detach().expand(1, 8, 6))
