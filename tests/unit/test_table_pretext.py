"""The tasks of tables against their formulas, written out cell by cell; what they hide, swap and ask for."""

from __future__ import annotations

from math import log

import pytest
import torch
from torch import nn

from backend.augment import columns
from backend.augment._swaps import Columns, differ
from backend.encoders._table import TableEncoder
from backend.engine.weights import build_encoder
from backend.pretext import denoising, masked_features, scarf, vime
from backend.pretext._base import Batch
from backend.pretext._table import Guessed, Guesses
from tests import tables_made

DESCRIBED = tables_made.described()
SAMPLE = tables_made.records(2000, seed=5)
INCOME, JOB, AGE, SEX, DAY, WEEKDAY, TOWN = range(7)


def guesses(**params) -> Guesses:
    torch.manual_seed(0)
    return Guesses(Guessed(**params), 3, DESCRIBED, SAMPLE)


def frequencies(codes: torch.Tensor) -> list[float]:
    return [float((codes == code).float().mean()) for code in codes.unique()]


def entropy(codes: torch.Tensor) -> float:
    return -sum(p * log(p) for p in frequencies(codes))


def test_the_loss_of_a_category_is_its_cross_entropy_over_that_of_its_frequencies():
    guess, features, rows = guesses(), torch.randn(5, 3), tables_made.records(5)
    losses, known = guess(features, rows)
    hidden = guess.hidden(features).detach()
    weight, bias = guess.out.weight.detach(), guess.out.bias.detach()
    place = next(i for i, group in enumerate(guess.groups) if TOWN in group)
    group, wide = guess.groups[place], getattr(guess, f"there{place}").shape[1]
    begin = sum(guess.widths[:place]) + group.index(TOWN) * wide
    for i in range(5):
        answers = [float(weight[begin + k] @ hidden[i] + bias[begin + k]) for k in range(21)]
        own = answers[int(rows[i, TOWN])] - log(sum(torch.tensor(answers).exp().tolist()))
        assert float(losses[i, TOWN].detach()) == pytest.approx(-own / entropy(SAMPLE[:, TOWN]), rel=1e-4)
    assert known.all(dim=1).tolist() == (~rows.isnan()).all(dim=1).tolist()


def test_the_loss_of_a_value_is_its_squared_error_over_the_variance():
    guess, features, rows = guesses(numbers="value"), torch.randn(5, 3), tables_made.records(5)
    rows[0, INCOME] = 9.0  # counts as 4
    losses, _ = guess(features, rows)
    told = guess.out(guess.hidden(features))[:, -3]
    values = [4.0, *rows[1:, INCOME].tolist()]
    for i in range(5):
        own = (float(told[i].detach()) - values[i]) ** 2 / float(SAMPLE[:, INCOME].var(correction=0))
        assert float(losses[i, INCOME].detach()) == pytest.approx(own, rel=1e-4)


def test_bins_begin_at_the_edges_and_the_largest_value_has_its_own():
    codes = guesses(bins=16).codes(torch.tensor([[-3.0], [-2.0], [-1.75], [0.0], [1.99], [2.0], [5.0]]).expand(7, 7))
    assert codes[:, INCOME].tolist() == [0, 0, 1, 8, 15, 16, 16]
    assert guesses(bins=4).codes(torch.full((1, 7), 0.99))[0, INCOME] == 2


def test_every_column_counts_alike_and_the_parts_of_a_date_together_once():
    losses = torch.tensor([[1.0, 2, 3, 4, 5, 6, 7]]).repeat(2, 1)
    counted = torch.ones(2, 7, dtype=torch.bool)
    assert float(guesses().balanced(losses, counted)) == pytest.approx((1 + 2 + 3 + 4 + 5.5 + 7) / 6)
    counted[:, TOWN] = False  # nobody was asked
    counted[0, INCOME] = False
    assert float(guesses().balanced(losses, counted)) == pytest.approx((1 + 2 + 3 + 4 + 5.5) / 5)
    assert float(guesses().balanced(losses, torch.zeros(2, 7, dtype=torch.bool))) == 0


def test_a_missing_value_costs_nothing_and_is_not_asked_for():
    rows = tables_made.records(6)
    rows[:, AGE] = torch.nan
    losses, known = guesses()(torch.randn(6, 3), rows)
    assert not known[:, AGE].any()
    assert losses[:, AGE].eq(0).all()


class Reading(TableEncoder):
    """Hands on what it is shown."""

    features, width, dim = 7, 1, 7

    def embed(self, records):
        self.shown = records
        return torch.nan_to_num(records, nan=-9.0)[:, :, None]

    def body(self, embedded):
        self.read = embedded
        return embedded[:, :, 0]


def batch(rows: torch.Tensor, seed: int = 0) -> Batch:
    return Batch({"only": rows}, None, torch.Generator().manual_seed(seed))


def of(module, **params):
    torch.manual_seed(0)
    task = module.build(module.Params(**params), 7, DESCRIBED, SAMPLE)
    task.prepare(encoder := Reading())
    return encoder, task


def test_a_hidden_value_reaches_nothing_not_even_that_it_is_missing():
    encoder, task = of(masked_features, share=0.5)
    rows, other = tables_made.records(40), tables_made.records(40, seed=1)
    hidden = task.columns.choose(40, 0.5, torch.Generator().manual_seed(0))
    changed = torch.where(hidden, other, rows)
    changed[:, AGE] = torch.where(hidden[:, AGE], torch.nan, changed[:, AGE])
    task(encoder, batch(rows))
    before = encoder.read.clone()
    task(encoder, batch(changed))
    assert torch.equal(encoder.read, before)
    assert 0.3 < hidden.float().mean() < 0.7


def test_only_hidden_values_are_asked_for():
    encoder, task = of(masked_features)
    rows, asked = tables_made.records(40), []
    task.guesses.balanced = lambda losses, counted: asked.append(counted) or losses.sum()
    task(encoder, batch(rows))
    hidden = task.columns.choose(40, 0.3, torch.Generator().manual_seed(0))
    assert torch.equal(asked[0], hidden & ~rows.isnan())


def test_the_parts_of_a_date_are_chosen_together():
    chosen = Columns(DESCRIBED).choose(200, 0.4, torch.Generator().manual_seed(0))
    assert torch.equal(chosen[:, DAY], chosen[:, WEEKDAY])
    assert not torch.equal(chosen[:, DAY], chosen[:, TOWN])
    assert not Columns(DESCRIBED, dates=False).choose(200, 0.9, torch.Generator()).T[[DAY, WEEKDAY]].any()


def test_swaps_take_whole_columns_from_rows_of_the_batch_and_tell_what_changed():
    rows = torch.arange(30.0)[:, None].repeat(1, 7)
    rows[:5, AGE] = torch.nan
    found, chosen = Columns(DESCRIBED).swapped(rows, 0.5, torch.Generator().manual_seed(0))
    changed = differ(found, rows)
    assert not (changed & ~chosen).any()
    assert torch.equal(found[:, DAY], found[:, WEEKDAY])
    alike = (found == rows) | (found.isnan() & rows.isnan())
    assert torch.equal(changed, ~alike)
    assert 0.35 < changed.float().mean() < 0.6
    assert set(found[:, INCOME].tolist()) <= set(rows[:, INCOME].tolist())
    assert len(set((found - rows)[9, changed[9]].tolist())) > 1, "each column comes from a row of its own"


def test_vime_is_the_papers_sum():
    encoder, task = of(vime, restore=3.0)
    rows = tables_made.records(50)
    outcome = task(encoder, batch(rows))
    shown, _ = Columns(DESCRIBED, dates=False).swapped(rows, 0.3, torch.Generator().manual_seed(0))
    changed = differ(shown, rows)
    assert torch.equal(encoder.shown.nan_to_num(-1), shown.nan_to_num(-1))
    features = torch.nan_to_num(shown, nan=-9.0)
    told = task.swapped(features).sigmoid()
    asked = [INCOME, JOB, AGE, SEX, TOWN]
    cross = -(changed * told.log() + ~changed * (1 - told).log())[:, asked].mean()
    assert float(outcome.parts["swaps"].detach()) == pytest.approx(float(cross.detach()), rel=1e-4)
    losses, known = task.guesses(features, rows)
    per = [losses[known[:, i], i].mean() for i in asked]
    assert float(outcome.parts["values"].detach()) == pytest.approx(float(sum(per) / 5), rel=1e-4)
    whole = outcome.parts["swaps"] + 3 * outcome.parts["values"]
    assert float(outcome.loss.detach()) == pytest.approx(float(whole.detach()), rel=1e-5)


def test_vime_asks_for_the_row_and_not_for_what_it_was_shown():
    """Swapped arguments would have the network copy what it sees."""
    encoder, task = of(vime)
    seen = []
    task.guesses.forward = lambda features, rows: seen.append(rows) or (torch.zeros_like(rows), ~rows.isnan())
    rows = tables_made.records(50)
    task(encoder, batch(rows))
    assert torch.equal(seen[0].nan_to_num(-1), rows.nan_to_num(-1))
    assert not torch.equal(encoder.shown.nan_to_num(-1), rows.nan_to_num(-1))


def test_vime_knows_how_often_a_swap_shows():
    sample = torch.tensor([[0.0, 1.0], [0.0, 2.0], [0.0, 3.0], [0.0, torch.nan]])
    assert vime.shows(sample, 0.4).tolist() == pytest.approx([0.0, 0.4 * 0.75])
    torch.manual_seed(0)
    told = of(vime, restore=0.0)[1]
    often = vime.shows(SAMPLE, 0.3)[[INCOME, JOB, AGE, SEX, TOWN]].tolist()
    assert told.bound == pytest.approx(sum(-(p * log(p) + (1 - p) * log(1 - p)) for p in often) / 5, rel=1e-4)


def test_denoising_weighs_swapped_and_kept_values():
    encoder, task = of(denoising, swapped=0.7)
    rows = tables_made.records(50)
    outcome = task(encoder, batch(rows))
    shown, chosen = Columns(DESCRIBED).swapped(rows, 0.2, torch.Generator().manual_seed(0))
    assert torch.equal(encoder.shown.nan_to_num(-1), shown.nan_to_num(-1))
    losses, known = task.guesses(torch.nan_to_num(shown, nan=-9.0), rows)
    swapped = task.guesses.balanced(losses, chosen & known)
    kept = task.guesses.balanced(losses, ~chosen & known)
    assert float(outcome.loss.detach()) == pytest.approx(float((0.7 * swapped + 0.3 * kept).detach()), rel=1e-5)
    assert float(swapped.detach()) != pytest.approx(float(kept.detach()), rel=1e-3)


def test_scarf_sees_the_row_and_a_corrupted_one():
    task = scarf.build(scarf.Params(share=0.25), 7, DESCRIBED, SAMPLE)
    whole, corrupted = task.views
    assert (whole.augment, corrupted.augment, corrupted.params) == ("none", "columns", {"share": 0.25})
    rows = tables_made.records(8)
    views = {"whole": rows.nan_to_num(0), "corrupted": rows.nan_to_num(0).flip(0)}
    task.projector = nn.Identity()
    outcome = task(Reading(), Batch(views))
    z = nn.functional.normalize(torch.cat(list(views.values())), dim=1)
    losses = []
    for i in range(16):
        others = torch.stack([z[i] @ z[k] for k in range(16) if k != i]).logsumexp(0)
        losses.append(others - z[i] @ z[(i + 8) % 16])
    assert float(outcome.loss) == pytest.approx(float(torch.stack(losses).mean()), rel=1e-4)
    assert outcome.bound == pytest.approx(log(15))


def test_corrupted_columns_come_from_the_training_rows_alone():
    values = torch.arange(100.0)[:, None].repeat(1, 7)
    policy = columns.build(columns.Params(share=0.5), DESCRIBED, values, torch.arange(50, 60))
    rows = torch.full((200, 7), -1.0)
    found = policy(rows, torch.Generator().manual_seed(0))
    assert set(found.unique().tolist()) == {-1.0, *range(50, 60)}
    assert 0.45 < (found != -1).float().mean() < 0.55
    assert torch.equal(found[:, DAY], found[:, WEEKDAY])
    assert torch.equal(rows, torch.full((200, 7), -1.0))
    again = policy(rows, torch.Generator().manual_seed(0))
    assert torch.equal(found, again)


def test_masked_features_guesses_what_the_rest_of_the_row_tells():
    """Income follows the job and town the sex; age follows nothing: it stays at the loss of its frequencies."""
    torch.manual_seed(0)
    encoder = build_encoder(tables_made.spec("mlp", width=64, dropout=0.0), 0)
    task = masked_features.build(masked_features.Params(share=0.2), encoder.dim, DESCRIBED, SAMPLE)
    task.prepare(encoder)
    optimizer = torch.optim.AdamW([*encoder.parameters(), *task.parameters()], lr=6e-3)
    for done in range(250):
        rows = SAMPLE[torch.randint(len(SAMPLE), (256,), generator=torch.Generator().manual_seed(done))]
        optimizer.zero_grad()
        task(encoder, batch(rows, done)).loss.backward()
        optimizer.step()
    fresh, found = tables_made.records(2000, seed=6), {}
    hidden = task.columns.choose(2000, 0.2, torch.Generator().manual_seed(0))
    with torch.no_grad():
        embedded = torch.where(hidden[:, :, None], task.mask, encoder.embed(fresh))
        losses, known = task.guesses(encoder.body(embedded), fresh)
    for feature in (INCOME, SEX, AGE):
        asked = hidden[:, feature] & known[:, feature]
        found[feature] = float(losses[asked, feature].mean())
    assert found[INCOME] < 0.75
    assert found[SEX] < 0.4
    assert 0.95 < found[AGE] < 1.2


@pytest.mark.parametrize("numbers", ["bins", "value"])
def test_training_begins_at_the_loss_of_the_frequencies(numbers):
    guess = guesses(numbers=numbers)
    losses, known = guess(torch.randn(2000, 3), SAMPLE)
    assert float(guess.balanced(losses, known).detach()) == pytest.approx(guess.bound(), abs=0.03)
