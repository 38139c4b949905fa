"""A search's loop, wherever it evaluates: ask, journal, tell, retry. Needs neither torch nor ray."""

from autosnn_ray.loop.earlier import Earlier
from autosnn_ray.loop.losses import Losses
from autosnn_ray.loop.search_loop import SearchLoop, report_failure, report_of

__all__ = ["Earlier", "Losses", "SearchLoop", "report_failure", "report_of"]
