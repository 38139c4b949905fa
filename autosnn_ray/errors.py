"""Errors and warnings of the toolkit: every message says what was expected, what was given, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterable


class AutoSNNError(Exception):
    """An error that a user can mend; the command line prints its text without a traceback."""


class InvalidInputError(AutoSNNError, ValueError):
    """A value, name or file given by the user is not what is needed."""


class RunExistsError(AutoSNNError):
    """A folder already holds a run and resuming was not asked for."""


class JournalError(AutoSNNError):
    """A journal is damaged, of another version, or does not fit the search that reads it."""


class CheckpointError(AutoSNNError):
    """A checkpoint is damaged, unsafe to read, or does not fit what was asked of it."""


class SearchInterruptedError(AutoSNNError):
    """A search was stopped before its end; everything told so far is in the journal."""


class AutoSNNWarning(UserWarning):
    """Something that runs, but probably not as meant."""


class SilentNeuronWarning(AutoSNNWarning):
    """A layer of neurons that can never fire."""


class UntrainedSupernetWarning(AutoSNNWarning):
    """A supernet whose paths are no better than chance."""


class DamagedCacheWarning(AutoSNNWarning):
    """A file that only saves time is damaged; it is made anew."""


class MissingClassWarning(AutoSNNWarning):
    """A split of a data set without a sample of some class."""


class DuplicateSamplesWarning(AutoSNNWarning):
    """Samples of a data set that stand in two of its splits."""


class SkippedFilesWarning(AutoSNNWarning):
    """Files of a data set that cannot be read were left out, as was asked for."""


class PluginWarning(AutoSNNWarning):
    """An installed plugin that cannot be imported."""


def unknown_name(what: str, given: object, known: Iterable[str], hint: str = "") -> InvalidInputError:
    """Builds the error for a name that is not in a registry.

    Args:
        what: What the name stands for, such as ``"block"``.
        given: What was given.
        known: The names that would have been understood.
        hint: A further sentence on how to mend it.

    Returns:
        The error, to be raised by the caller.

    Example:
        >>> str(unknown_name("surrogate", "relu", ["atan", "super"]))
        "unknown surrogate 'relu'; expected one of: atan, super"
    """
    text = f"unknown {what} {given!r}; expected one of: {', '.join(known)}"
    return InvalidInputError(f"{text}. {hint}" if hint else text)
