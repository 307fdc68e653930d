"""What all formulas share: kinds of input, shapes that are refused, numbers that are not numbers."""

import inspect
import math

import numpy as np
import pytest
import torch

from ppo_edu import clip, diagnostics, entropy, gae, kl, loss, ratio

# name: (function, array arguments, further arguments)
ELEMENTWISE = {
    "log_ratio": (ratio.log_ratio, 2, ()),
    "probability_ratio": (ratio.probability_ratio, 2, ()),
    "unclipped_objective": (ratio.unclipped_objective, 2, ()),
    "clipped_objective": (clip.clipped_objective, 2, (0.2,)),
    "clipped_objective_slope": (clip.clipped_objective_slope, 2, (0.2,)),
    "gradient_is_zero": (clip.gradient_is_zero, 2, (0.2,)),
    "approx_kl": (kl.approx_kl, 2, ("k3",)),
    "gaussian_kl": (kl.gaussian_kl, 4, ()),
    "value_loss": (loss.value_loss, 2, ()),
    "clipped_value_loss": (loss.clipped_value_loss, 3, (0.2,)),
    "total_objective": (loss.total_objective, 3, (0.5, 0.01)),
    "gaussian_entropy": (entropy.gaussian_entropy, 1, ()),
}
LAST_AXIS = {
    "categorical_kl": (kl.categorical_kl, 2, ()),
    "second_order_kl": (kl.second_order_kl, 2, ()),
    "categorical_entropy": (entropy.categorical_entropy, 1, ()),
    "entropy_gradient": (entropy.entropy_gradient, 1, ()),
}
FRACTIONS = {
    "effective_sample_size": (ratio.effective_sample_size, 1, ()),
    "clip_fraction": (clip.clip_fraction, 1, (0.2,)),
    "zero_gradient_fraction": (clip.zero_gradient_fraction, 2, (0.2,)),
    "explained_variance": (diagnostics.explained_variance, 2, ()),
}
EVERY = ELEMENTWISE | LAST_AXIS | FRACTIONS


def arguments(count, shape, seed=0):
    return [np.random.default_rng(seed + i).uniform(0.1, 2.0, shape) for i in range(count)]


def test_the_tables_above_miss_no_formula():
    modules = (ratio, clip, kl, loss, entropy, diagnostics)
    public = {
        name
        for module in modules
        for name, f in inspect.getmembers(module, inspect.isfunction)
        if f.__module__ == module.__name__ and not name.startswith("_")
    }
    whole_runs = {"doctor", "interquartile_mean", "bootstrap_interval"}  # of histories and scores, not of samples
    assert public == set(EVERY) | {"normalize", "adaptive_kl_coef", "logprobs_and_entropy"} | whole_runs


@pytest.mark.parametrize("name", EVERY)
def test_numpy_and_torch_agree_and_keep_their_kind(name):
    function, count, rest = EVERY[name]
    arrays = arguments(count, (5, 3))
    ours, theirs = function(*arrays, *rest), function(*map(torch.from_numpy, arrays), *rest)
    if name in FRACTIONS:
        assert type(ours) is float and type(theirs) is float
        assert ours == pytest.approx(theirs, rel=1e-12)
    else:
        assert isinstance(ours, np.ndarray) and isinstance(theirs, torch.Tensor)
        assert ours.shape == tuple(theirs.shape)
        np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_numbers_in_a_number_out_equal_to_the_array_version(name):
    function, count, rest = EVERY[name]
    arrays = arguments(count, (6,))
    for row, numbers in enumerate(zip(*arrays, strict=True)):
        result = function(*map(float, numbers), *rest)
        assert type(result) is (bool if name == "gradient_is_zero" else float)
        assert result == pytest.approx(function(*arrays, *rest)[row].item(), rel=1e-15)


@pytest.mark.parametrize("name", [n for n in EVERY if EVERY[n][1] > 1])
def test_a_shape_that_would_broadcast_by_accident_is_refused_by_name(name):
    function, count, rest = EVERY[name]
    first, *others = list(inspect.signature(function).parameters)[:count]
    arrays = [np.ones((4, 1)), *(np.ones((4, 4)) for _ in others)]
    with pytest.raises(ValueError, match=rf"shapes differ: {first} \(4, 1\), {others[0]} \(4, 4\)"):
        function(*arrays, *rest)
    with pytest.raises(ValueError, match="shapes differ"):
        function(*map(torch.from_numpy, arrays), *rest)


def test_the_message_of_the_design():
    with pytest.raises(ValueError, match=r"^shapes differ: ratio \(4,\), advantages \(4, 1\)$"):
        clip.clipped_objective(np.ones(4), np.ones((4, 1)), 0.2)


@pytest.mark.parametrize("name", [n for n in ELEMENTWISE if ELEMENTWISE[n][1] > 1])
def test_a_single_number_goes_with_any_shape(name):
    function, count, rest = EVERY[name]
    array, *numbers = arguments(count, (4,))
    numbers = [float(n[0]) for n in numbers]
    spread = function(array, *(np.full(4, n) for n in numbers), *rest)
    np.testing.assert_array_equal(function(array, *numbers, *rest), spread)
    np.testing.assert_allclose(function(torch.from_numpy(array), *numbers, *rest).numpy(), spread)


@pytest.mark.parametrize("name", EVERY)
def test_integers_become_floats_and_float32_stays(name):
    function, count, rest = EVERY[name]
    ones = [np.ones((2, 2), dtype=int)] * count
    a, b = function(*ones, *rest), function(*(x.astype(float) for x in ones), *rest)
    np.testing.assert_array_equal(a, b)
    if name not in FRACTIONS and name != "gradient_is_zero":
        single = [x.astype(np.float32) for x in arguments(count, (3, 2))]
        assert function(*single, *rest).dtype == np.float32
        assert function(*map(torch.from_numpy, single), *rest).dtype == torch.float32
        assert function(torch.from_numpy(single[0]), *([0.5] * (count - 1)), *rest).dtype == torch.float32 \
            if name in ELEMENTWISE else True  # fmt: skip
        assert function(*(torch.ones(2, 2, dtype=torch.long) for _ in range(count)), *rest).is_floating_point()


def test_a_tensor_with_arrays_gives_a_tensor_and_gradients_flow():
    logprobs = torch.tensor([-1.0, -2.0], requires_grad=True)
    value = clip.clipped_objective(ratio.probability_ratio(logprobs, np.array([-1.0, -2.0])), [3.0, -1.0], 0.2)
    value.sum().backward()
    np.testing.assert_allclose(logprobs.grad.numpy(), [3.0, -1.0])


@pytest.mark.parametrize("name", EVERY)
def test_nothing_in_nothing_out(name):
    function, count, rest = EVERY[name]
    result = function(*([np.empty((0, 3))] * count), *rest)
    if name in FRACTIONS:
        assert result == 0 if name == "effective_sample_size" else math.isnan(result)
    else:
        assert result.shape == ((0, 3) if name in ELEMENTWISE or name == "entropy_gradient" else (0,))


@pytest.mark.parametrize("name", [n for n in EVERY if n not in ("explained_variance", "effective_sample_size")])
@pytest.mark.filterwarnings("error")
def test_nan_in_nan_out_without_a_warning(name):
    function, count, rest = EVERY[name]
    result = function(*([np.full((2, 2), np.nan)] * count), *rest)
    if name not in ("gradient_is_zero", "clip_fraction", "zero_gradient_fraction"):
        assert np.isnan(result).all()


@pytest.mark.parametrize("junk", ["2.5", None, [None], 1j, object()])
def test_what_is_not_a_number_is_refused_by_name(junk):
    with pytest.raises(TypeError, match="ratio must be a number"):
        clip.clipped_objective(junk, 1.0, 0.2)


@pytest.mark.parametrize("name", LAST_AXIS)
def test_a_formula_over_actions_refuses_a_single_number(name):
    function, count, rest = EVERY[name]
    with pytest.raises(ValueError, match="needs a last axis"):
        function(*([1.0] * count), *rest)


def test_keyword_and_missing_arguments_behave_like_any_python_function():
    assert clip.clipped_objective(advantages=2.0, clip_eps=0.2, ratio=2.5) == 2.4
    with pytest.raises(TypeError, match="missing a required argument: 'advantages'"):
        clip.clipped_objective(2.5)
    assert str(inspect.signature(clip.clipped_objective)) == "(ratio, advantages, clip_eps)"


@pytest.mark.parametrize("function", [gae.td_errors, gae.gae, gae.gae_by_definition, gae.n_step_advantage])
def test_data_functions_refuse_gradients_and_single_numbers(function):
    names = list(inspect.signature(function).parameters)
    count = 4 if function is gae.td_errors else 2
    rest = (0.9, 0.8)[: len(names) - count] if function is not gae.n_step_advantage else (0.9, 1)
    arrays = [torch.ones(3) for _ in range(count)]
    assert isinstance(function(*arrays, *rest), np.ndarray)
    arrays[0].requires_grad_()
    with pytest.raises(TypeError, match=rf"{names[0]}\.detach\(\)"):
        function(*arrays, *rest)
    with pytest.raises(ValueError, match=f"{names[0]} needs a time axis"):
        function(*([1.0] * count), *rest)
