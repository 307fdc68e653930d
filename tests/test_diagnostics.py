"""diagnostics.py against statistics and hand-made cases."""

import math
import statistics

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ppo_edu.diagnostics import explained_variance

pairs = st.lists(st.tuples(st.floats(-10, 10), st.floats(-10, 10)), min_size=2, max_size=20)


@given(pairs)
def test_explained_variance_is_one_minus_a_ratio_of_variances(pairs):
    values, returns = zip(*pairs, strict=True)
    spread = statistics.pvariance(returns)
    assume(spread > 1e-3)
    errors = [r - v for v, r in pairs]
    assert explained_variance(values, returns) == pytest.approx(1 - statistics.pvariance(errors) / spread, abs=1e-6)


def test_what_its_values_mean():
    returns = [1.0, 2.0, 3.0]
    assert explained_variance(returns, returns) == 1
    assert explained_variance([2.0, 2.0, 2.0], returns) == 0
    assert explained_variance([9.0, 10.0, 11.0], returns) == 1  # a constant offset does not show
    assert explained_variance([3.0, 2.0, 1.0], returns) == -3


@pytest.mark.filterwarnings("error")
def test_returns_that_do_not_vary():
    assert math.isnan(explained_variance([1.0, 2.0], [0.1, 0.1]))
    assert math.isnan(explained_variance([1.0], [2.0])) and math.isnan(explained_variance([], []))
