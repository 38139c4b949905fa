"""The model of ranks on made-up landscapes and on the shipped table: bad samples, intervals, knowing nothing."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.stats import kendalltau

import analysis
import search_spaces
from autosnn_ray.algorithms import Stratified
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.space import AdditiveModel, RankModel

SPACE = search_spaces.load("digits_16")
EVERY = list(SPACE.enumerate())
SEEDS = range(8)


def sample(count: int, seed: int):
    state = Stratified(seed=seed).start(SPACE, count)
    return [state.ask().architecture for _ in range(count)]


def worth(rng, pairs: float = 0.0) -> dict[tuple[str, ...], float]:
    """What choices add up to, and pairs of neighbouring slots, over the whole space."""
    single = [{choice: rng.normal() for choice in slot.choices} for slot in SPACE.slots]
    double = {(s, a, b): pairs * rng.normal() for s in range(4) for a in single[s] for b in single[s + 1]}
    return {
        one: sum(slot[choice] for slot, choice in zip(single, one, strict=True))
        + sum(double[s, one[s], one[s + 1]] for s in range(4))
        for one in EVERY
    }


def landscape(kind: str, seed: int) -> dict[tuple[str, ...], float]:
    """Accuracies by kind; the noise of one training is in them."""
    rng = np.random.default_rng(seed)
    value = worth(rng, pairs=0.7 if kind == "interacting" else 0.0)
    noise = {one: 0.3 * rng.normal() for one in EVERY}
    if kind == "noise":
        return {one: 0.9 + 0.02 * noise[one] for one in EVERY}
    shift = 5.0 if kind == "saturated" else 0.0
    found = {one: 1 / (1 + np.exp(-(value[one] + noise[one] + shift) / 1.5)) for one in EVERY}
    if kind == "dead":  # a choice that never learns in one slot, and one network in ten for no reason
        found = {one: 0.1 if one[2] == "skip" or rng.random() < 0.1 else a for one, a in found.items()}
    return found


def tau(model, truth, unseen) -> float:
    return float(kendalltau([model.predict(one) for one in unseen], [truth[one] for one in unseen]).statistic)


@pytest.mark.parametrize(
    ("kind", "least"), [("additive", 0.7), ("interacting", 0.5), ("saturated", 0.65), ("dead", 0.5)]
)
def test_it_orders_architectures_never_seen(kind, least):
    found = []
    for seed in SEEDS:
        truth, learned = landscape(kind, seed), sample(60, seed)
        unseen = [EVERY[int(place)] for place in np.random.default_rng(seed).integers(len(EVERY), size=300)]
        found.append(tau(RankModel.fit(learned, [truth[one] for one in learned]), truth, unseen))
    assert np.mean(found) > least, found


def test_outliers_do_not_drag_it():
    """One network in ten at chance, whatever it is made of: values drag a fit of values, and not one of ranks."""
    by_ranks, by_values = [], []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        truth, learned = landscape("saturated", seed), sample(40, seed)
        values = [0.1 if rng.random() < 0.1 else truth[one] for one in learned]
        unseen = [EVERY[int(place)] for place in rng.integers(len(EVERY), size=300)]
        by_ranks.append(tau(RankModel.fit(learned, values), truth, unseen))
        model = AdditiveModel.fit(learned, values)
        guesses = np.array([model.predict(one) for one in unseen]) + 1e-9 * rng.normal(size=300)
        by_values.append(float(kendalltau(guesses, [truth[one] for one in unseen]).statistic))
    assert np.mean(by_ranks) > np.mean(by_values) + 0.1
    assert np.mean(by_ranks) > 0.4


def test_pairs_of_slots_are_learned_where_the_sample_supports_them():
    better, taken = [], []
    for seed in SEEDS:
        truth, learned = landscape("interacting", seed), sample(300, seed)
        values = [truth[one] for one in learned]
        model = RankModel.fit(learned, values)
        unseen = [EVERY[int(place)] for place in np.random.default_rng(seed).integers(len(EVERY), size=300)]
        better.append(tau(model, truth, unseen) - tau(AdditiveModel.fit(learned, values), truth, unseen))
        taken.append(bool(model.pairs))
        plain = landscape("additive", seed)
        few = sample(40, seed)
        assert RankModel.fit(few, [plain[one] for one in few]).error < 0.8
    assert all(taken)
    assert np.mean(better) > 0.03


@pytest.mark.parametrize("kind", ["additive", "interacting", "saturated", "dead", "noise"])
@pytest.mark.parametrize("count", [40, 80])
def test_its_interval_holds_as_many_as_it_says(kind, count):
    held = []
    for seed in SEEDS:
        truth, learned = landscape(kind, seed), sample(count, seed)
        model = RankModel.fit(learned, [truth[one] for one in learned])
        for place in np.random.default_rng(seed).integers(len(EVERY), size=200):
            low, high = model.interval(EVERY[int(place)], 0.9)
            held.append(low - 1e-12 <= truth[EVERY[int(place)]] <= high + 1e-12)
    assert 0.85 <= np.mean(held) <= 0.95


def test_it_says_when_it_knows_nothing():
    explained, spread = [], []
    for seed in range(12):
        truth, learned = landscape("noise", seed), sample(60, seed)
        model = RankModel.fit(learned, [truth[one] for one in learned])
        explained.append(model.explained)
        spread.append(np.std([model.predict(one) for one in EVERY[::25]]) / np.std(list(truth.values())))
    assert np.median(explained) < 0.05
    assert np.median(spread) < 0.3
    constant = RankModel.fit(sample(20, 0), [0.5] * 20)
    assert constant.explained == 0
    assert constant.predict(EVERY[7]) == pytest.approx(0.5)


def test_on_networks_trained_from_scratch():
    """The shipped table: learned from 80 with one seed, judged at the others by the other seed."""
    shipped = analysis.tabular("digits_16")
    seeds = shipped.scratch.pivot(index="architecture", columns="seed", values="accuracy")
    every = [shipped.space.parse(str(name)) for name in seeds.index]
    ours, theirs, held, ceiling = [], [], [], []
    for seed in range(12):
        order = np.random.default_rng(seed).permutation(len(every))
        learned, left = order[:80], order[80:]
        model = RankModel.fit([every[i] for i in learned], seeds[0].iloc[learned].tolist())
        plain = AdditiveModel.fit([every[i] for i in learned], seeds[0].iloc[learned].tolist())
        judged = seeds[1].iloc[left].to_numpy()
        ours.append(kendalltau([model.predict(every[i]) for i in left], judged).statistic)
        theirs.append(kendalltau([plain.predict(every[i]) for i in left], judged).statistic)
        ceiling.append(kendalltau(seeds[0].iloc[left], judged).statistic)
        intervals = [model.interval(every[i], 0.9) for i in left]
        held += [low <= value <= high for (low, high), value in zip(intervals, judged, strict=True)]
    assert np.mean(ours) > np.mean(theirs) + 0.05
    assert np.mean(ours) > 0.85 * np.mean(ceiling)
    assert 0.85 <= np.mean(held) <= 0.95


def test_what_is_smoother_beside_it_helps_and_what_is_not_finite_is_left_out():
    truth = landscape("additive", 1)
    learned = sample(40, 1)
    coarse = [round(truth[one], 1) for one in learned]
    smooth = [truth[one] for one in learned]
    unseen = EVERY[::13]
    with_it = tau(RankModel.fit(learned, coarse, beside=smooth), truth, unseen)
    assert with_it >= tau(RankModel.fit(learned, coarse), truth, unseen)
    holes = [float("nan") if place % 4 == 0 else value for place, value in enumerate(smooth)]
    rest = [place for place in range(40) if place % 4]
    assert RankModel.fit(learned, holes) == RankModel.fit([learned[i] for i in rest], [smooth[i] for i in rest])


def test_it_survives_a_journal_and_refuses_too_few():
    truth = landscape("interacting", 3)
    model = RankModel.fit(sample(200, 3), [truth[one] for one in sample(200, 3)])
    assert model.pairs
    assert RankModel.from_dict(json.loads(json.dumps(model.to_dict()))) == model
    with pytest.raises(InvalidInputError, match="at least 5 architectures, got 4 finite values for 5"):
        RankModel.fit(sample(5, 0), [1.0, 2.0, 3.0, 4.0, float("nan")])
