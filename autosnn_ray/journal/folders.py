"""What lies in a search's folder beside its journal, by name: what came of its best, trained from scratch."""

FINALISTS = "finalists"
"""A run for each of those that were trained at its end, below one folder for each length of training."""

HALVING, HALVING_FILE = "halving", "halving.json"
"""The rounds of successive halving, and what came of them."""
