import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.statistics.multiplicity import holm


def test_worked_example():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_missing_tests_are_not_counted():
    assert holm([None, 0.02, None, 0.03]) == [None, 0.04, None, 0.04]
    assert holm([None]) == [None]
    assert holm([]) == []


def test_a_p_outside_its_range_is_refused():
    with pytest.raises(ValueError, match="expected values in"):
        holm([0.2, 1.2])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.randoms())
def test_holm_lies_between_raw_and_bonferroni_and_ignores_order(p, random):
    adjusted = holm(p)
    assert all(raw <= a <= min(1, raw * len(p)) + 1e-12 for raw, a in zip(p, adjusted, strict=True))
    order = list(range(len(p)))
    random.shuffle(order)
    assert holm([p[i] for i in order]) == pytest.approx([adjusted[i] for i in order])


def test_family_wise_error_under_dependence():
    """Correlated true nulls: at least one rejection in at most 5 % of 4,000 families (plus three standard errors)."""
    from scipy import stats

    rng = np.random.default_rng(0)
    z = 0.7 * rng.normal(size=(4000, 1)) + np.sqrt(1 - 0.49) * rng.normal(size=(4000, 6))
    families = 2 * stats.norm.sf(np.abs(z))
    fired = np.mean([min(holm(p)) <= 0.05 for p in families.tolist()])
    assert fired <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 4000)
