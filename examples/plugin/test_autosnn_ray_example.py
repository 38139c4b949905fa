"""The laws that autosnn-ray's own parts keep, held against those of this package."""

from autosnn_ray_example import AccuracyPerSpike, Climber, Untrained

from autosnn_ray.testing import check_algorithm, check_block, check_dataset, check_evaluator, check_objective


def test_the_algorithm_keeps_the_laws():
    check_algorithm(Climber())


def test_the_evaluator_keeps_the_laws():
    check_evaluator(Untrained(samples=16))


def test_the_objective_keeps_the_laws():
    check_objective(AccuracyPerSpike())


def test_the_blocks_keep_the_laws():
    check_block("narrow_k3")
    check_block("narrow_k5")


def test_the_data_set_keeps_the_laws():
    check_dataset("stripes")
