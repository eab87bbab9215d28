"""Every masking policy, found by listing the folder."""

from __future__ import annotations

import pytest
import torch

from backend.encoders._text import Tokens, Vocabulary
from backend.masking._base import SHARE
from backend.masking.adaptive import LEAST, MOST, Adaptive
from backend.masking.span import length_shares
from backend.pretext.mlm import whole_words
from backend.registry import of_kind, plugin

SIZE = 40
VOCABULARY = Vocabulary(size=SIZE, pad=0, unk=1, cls=2, sep=3, mask=4, length=64)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def tokens(rows: int = 64, width: int = 48, padded: bool = True, seed: int = 0) -> Tokens:
    """[CLS] words [SEP], of different lengths, padded."""
    draw = generator(seed)
    ids = torch.randint(5, SIZE, (rows, width), generator=draw)
    lengths = torch.randint(8, width + 1, (rows,), generator=draw) if padded else torch.full((rows,), width)
    ids[:, 0] = VOCABULARY.cls
    ids[torch.arange(rows), lengths - 1] = VOCABULARY.sep
    ids[torch.arange(width) >= lengths[:, None]] = VOCABULARY.pad
    return Tokens(ids, lengths)


def policy(name: str, share: float = SHARE):
    found = plugin("masking", name)
    return found.call(found.params(share=share), VOCABULARY)


@pytest.mark.parametrize("name", of_kind("masking", "text"))
class TestMasking:
    @pytest.mark.parametrize("share", [0.15, 0.4])
    def test_chooses_its_share_on_average(self, name, share):
        masking, batch = policy(name, share), tokens(256)
        masking.observe(torch.arange(5, SIZE), torch.linspace(0.1, 8, SIZE - 5))
        allowed = masking.allowed(batch).sum()
        rates = [float(masking.choose(batch, generator(i)).sum() / allowed) for i in range(20)]
        assert sum(rates) / len(rates) == pytest.approx(share, rel=0.03)

    def test_never_chooses_padding_or_special_tokens(self, name):
        masking, batch = policy(name, 0.6), tokens()
        for seed in range(5):
            chosen = masking.choose(batch, generator(seed))
            assert chosen.shape == batch.ids.shape
            assert chosen.dtype == torch.bool
            assert not (chosen & (batch.ids < 5)).any()
            assert not (chosen & ~batch.mask).any()

    def test_is_a_function_of_the_generator(self, name):
        masking, batch = policy(name), tokens()
        assert torch.equal(masking.choose(batch, generator(1)), masking.choose(batch, generator(1)))
        assert not torch.equal(masking.choose(batch, generator(1)), masking.choose(batch, generator(2)))

    def test_what_it_learns_lies_in_its_buffers(self, name):
        masking, twin, batch = policy(name), policy(name), tokens()
        before = dict(vars(masking))
        masking.observe(torch.arange(5, SIZE).repeat(3), torch.rand(3 * (SIZE - 5), generator=generator()) * 8)
        assert {k: v for k, v in vars(masking).items() if not k.startswith("_")} == {
            k: v for k, v in before.items() if not k.startswith("_")
        }
        twin.load_state_dict(masking.state_dict())
        assert torch.equal(twin.choose(batch, generator()), masking.choose(batch, generator()))

    def test_params_round_trip(self, name):
        params = plugin("masking", name).params
        assert params(**params().model_dump()) == params()
        with pytest.raises(ValueError, match="extra"):
            params(no_such_key=1)


GRID = (7, 6)


def of_patches(name: str, share: float = 0.6):
    found = plugin("masking", name)
    return found.call(found.params(share=share), GRID)


@pytest.mark.parametrize("name", of_kind("masking", "image"))
class TestPatchMasking:
    @pytest.mark.parametrize("share", [0.5, 0.75, 0.99])
    def test_every_image_hides_the_same_number_of_patches_and_sees_the_rest(self, name, share):
        masking = of_patches(name, share)
        masking.observe(torch.arange(42).repeat(3, 1), torch.linspace(0.1, 3, 42).repeat(3, 1))
        hidden, seen = masking.choose(50, generator())
        assert hidden.shape == (50, min(41, round(share * 42)))
        together = torch.cat([hidden, seen], dim=1).sort(dim=1).values
        assert torch.equal(together, torch.arange(42).expand(50, 42))
        assert (hidden.diff(dim=1) > 0).all()
        assert (seen.diff(dim=1) > 0).all()

    def test_is_a_function_of_the_generator(self, name):
        masking = of_patches(name)
        assert torch.equal(masking.choose(8, generator(1))[0], masking.choose(8, generator(1))[0])
        assert not torch.equal(masking.choose(8, generator(1))[0], masking.choose(8, generator(2))[0])

    def test_what_it_learns_lies_in_its_buffers(self, name):
        masking, twin = of_patches(name), of_patches(name)
        for step in range(30):
            hidden, _ = masking.choose(16, generator(step))
            masking.observe(hidden, hidden.float() ** 2)
        twin.load_state_dict(masking.state_dict())
        assert torch.equal(twin.choose(16, generator())[0], masking.choose(16, generator())[0])


def chosen_together(name: str) -> tuple[torch.Tensor, float]:
    """At a share of 1/2: how often each place is hidden, and how often a hidden patch's right neighbour is too."""
    hidden, _ = of_patches(name, 0.5).choose(4000, generator())
    grid = torch.zeros(4000, 42).scatter_(1, hidden, 1.0).view(4000, *GRID)
    return grid.mean(dim=0), float((grid[:, :, 1:] * grid[:, :, :-1]).sum() / grid[:, :, :-1].sum())


def test_random_patches_are_hidden_alike_and_blocks_lie_together():
    rate, neighbour = chosen_together("random_patches")
    assert (rate - 0.5).abs().max() < 4 * (0.25 / 4000) ** 0.5
    assert neighbour == pytest.approx(20 / 41, abs=0.02)
    assert chosen_together("block_patches")[1] > 0.65


def test_harder_places_are_hidden_more_often_within_the_bounds():
    masking = of_patches("hard_patches", 0.4)
    difficulty = torch.ones(42)
    difficulty[:14], difficulty[28:] = 0.01, 100.0
    for _ in range(1000):
        masking.observe(torch.arange(42)[None], difficulty[None])
    hidden, _ = masking.choose(4000, generator())
    rate = torch.bincount(hidden.flatten(), minlength=42).float() / 4000
    easy, hard = rate[:14].mean(), rate[28:].mean()
    assert 0.15 < easy < 0.3, "about half the share"
    assert hard > 2 * easy


def test_runs_have_the_mean_length_of_spanbert_and_every_place_the_same_chance():
    lengths = length_shares(0.2, 10)
    assert float((lengths * torch.arange(1, 11)).sum()) == pytest.approx(3.8, abs=0.01)
    masking, batch = policy("span"), Tokens(torch.full((4000, 20), 7))
    rate = masking.choose(batch, generator()).float().mean(dim=0)
    assert (rate - SHARE).abs().max() < 4 * (SHARE * (1 - SHARE) / 4000) ** 0.5
    chosen = masking.choose(batch, generator())
    after = (chosen[:, 1:] & chosen[:, :-1]).sum() / chosen[:, :-1].sum()
    assert after > 0.6, "a chosen token's neighbour is chosen far more often than its share"


def test_harder_tokens_are_masked_more_often_within_the_bounds():
    masking: Adaptive = policy("adaptive")
    for _ in range(200):
        masking.observe(torch.tensor([10, 11, 12]), torch.tensor([0.01, 3.0, 30.0]))
    batch = Tokens(torch.tensor([[10, 11, 12, 11, 10, 11, 2, 3]]))
    p = masking.probabilities(batch)[0]
    assert p[0] == pytest.approx(LEAST * SHARE)
    assert p[2] == pytest.approx(MOST * SHARE)
    assert p[0] < p[1] < p[2]
    assert (p[6:] == 0).all()
    assert float(p.sum() / 6) == pytest.approx(SHARE, rel=1e-3)


def test_the_difficulty_is_an_exponential_mean_that_counts_every_loss():
    masking: Adaptive = policy("adaptive")
    start = float(masking.difficulty[9])
    masking.observe(torch.tensor([9, 9]), torch.tensor([1.0, 3.0]))
    kept = masking.keep**2
    assert float(masking.difficulty[9]) == pytest.approx(kept * start + (1 - kept) * 2.0)
    assert float(masking.difficulty[8]) == start


def test_the_pieces_of_a_word_are_chosen_together():
    continues = torch.zeros(SIZE, dtype=torch.bool)
    continues[[20, 21]] = True
    vocabulary = Vocabulary(size=SIZE, pad=0, unk=1, cls=2, sep=3, mask=4, length=64, continues=continues)
    batch = Tokens(torch.tensor([[2, 20, 9, 20, 21, 9, 3, 21, 21, 9]]))
    allowed = torch.tensor([[False, True, True, True, True, True, False, True, True, True]])
    chosen = torch.tensor([[False, True, True, False, False, False, False, True, False, False]])
    expected = [False, True, True, True, True, False, False, True, True, False]
    assert whole_words(chosen, batch, vocabulary, allowed)[0].tolist() == expected
    assert not whole_words(torch.zeros_like(chosen), batch, vocabulary, allowed).any()
