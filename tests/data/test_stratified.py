"""Splits by class are scikit-learn's, which is not imported for them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from autosnn_ray.data.stratified import stratified_split


@given(
    y=st.lists(st.integers(0, 5), min_size=4, max_size=80),
    share=st.one_of(st.floats(0.02, 0.98), st.integers(1, 79)),
    seed=st.integers(0, 2**32 - 1),
    offset=st.integers(0, 1000),
)
def test_splits_are_scikit_learns_to_the_last_row(y, share, seed, offset):
    classes, rows = np.array(y), np.arange(offset, offset + len(y))[::-1].copy()
    try:
        kept, off = train_test_split(rows, test_size=share, stratify=classes, random_state=seed)
    except ValueError:
        with pytest.raises(ValueError, match="expected"):
            stratified_split(rows, classes, share, seed)
        return
    ours = stratified_split(rows, classes, share, seed)
    assert [part.tolist() for part in ours] == [kept.tolist(), off.tolist()]


def test_ties_between_classes_are_broken_by_the_seed_as_there():
    y = np.repeat(np.arange(7), 3)
    for seed in range(20):
        kept, off = train_test_split(np.arange(21), test_size=10, stratify=y, random_state=seed)
        ours = stratified_split(np.arange(21), y, 10, seed)
        assert [part.tolist() for part in ours] == [kept.tolist(), off.tolist()]
