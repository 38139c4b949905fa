"""How a run's numbers came about, in words: what every picture and table of it says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autosnn_ray.errors import JournalError
from autosnn_ray.evaluations import EXACT, MEAN, PREDICTION, SCORE, SHARE
from autosnn_ray.journal import JournalContents
from autosnn_ray.shown import epochs_text

WAYS: dict[str, str] = {
    "path": "each a path of a supernet, none trained from scratch",
    "recalibrated": "each a path of a supernet with batch-norm statistics of its own, none trained from scratch",
    "fine_tuned": "each a path of a supernet, fine-tuned",
    "scratch": "each trained from scratch",
    "from_path": "each trained on from its path of a supernet",
    "training_free": "of untrained networks; spikes are theirs too",
    "predictor": "spikes of a supernet's path, corrected",
}
"""What each of the toolkit's evaluators measures on, by its name."""


def provenance(contents: JournalContents) -> str:
    """Says by which evaluator the numbers of a run came about.

    Such as ``measured on 360 validation samples, each a path of a supernet, none trained from scratch``.

    Args:
        contents: The run's journal.
    """
    entry: Mapping[str, Any] = contents.config.get("evaluator", {})
    name, settings = str(entry.get("name", "")), entry.get("settings", {})
    how, epochs = WAYS.get(name, f"by {name}, an evaluator of one's own" if name else ""), settings.get("epochs")
    fitted = fitted_of(contents.config)
    if name == "predictor" and not fitted.get("paths", True):  # runs of before say nothing of it
        how = "spikes too"
    if epochs is not None and name in WAYS:
        cut = [tell.evaluation.get("cut", 0.0) > 0 for _, tell in contents.told]
        how += f" for {'up to ' * any(cut)}{epochs_text(epochs)}"
        how += f" ({sum(cut)} of {len(cut)} cut short)" * any(cut)
    found = {measure.basis for _, tell in contents.told for measure in tell.evaluation.measures.values()} - {EXACT}
    known = _basis(found, _samples(contents), name, fitted)
    own = "" if SHARE in found or name in WAYS or not found else "nothing known of the error"
    return ", ".join(part for part in (known, how, own) if part)


def fitted_of(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns what a run's evaluator was fitted on, and found, as its setting ``fitted`` says; nothing without one.

    Args:
        config: What the run was started with.

    Raises:
        JournalError: It is not what a predictor writes.
    """
    evaluator = config.get("evaluator", {})
    found = evaluator.get("settings", {}).get("fitted", {})
    if isinstance(found, Mapping) and isinstance(found.get("architectures", []), list):
        return found
    if evaluator.get("name") == "predictor":
        raise JournalError(f"the start's evaluator: expected what a predictor was fitted on, got {str(found)[:100]}")
    return {}  # a setting of that name of an evaluator of one's own


def _samples(contents: JournalContents) -> str:
    counts = sorted({tell.evaluation.samples for _, tell in contents.told} - {0})
    return " to ".join(f"{count:,}" for count in dict.fromkeys((*counts[:1], *counts[-1:])))


def _basis(found: set[str], samples: str, name: str, fitted: Mapping[str, Any]) -> str:
    if name == "predictor":
        length = f" for {epochs_text(fitted['epochs'])}" if "epochs" in fitted else ""
        return f"predicted from {len(fitted.get('architectures', ()))} architectures trained from scratch{length}"
    if SHARE in found:
        return f"measured on {samples} validation samples"
    if PREDICTION in found:
        return "predicted"
    if SCORE in found:
        return "a score that estimates no accuracy"
    return "measured" if MEAN in found else "given" if found else ""
