"""What a helping process of this machine runs; started by ``helpers``."""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import warnings
from pathlib import Path
from typing import Any

import torch
from torch.distributed import ProcessGroup

from autosnn_ray.allocator import keep_freed_memory
from autosnn_ray.own_code import import_own
from autosnn_ray.training.board import Board
from autosnn_ray.training.checkpoint import build_described
from autosnn_ray.training.group import Group
from autosnn_ray.training.lead import follow


def local_group(folder: Path, rank: int, size: int) -> Group:
    """Joins the processes of this machine that meet in a folder; they speak over the loopback address alone."""
    # Its own channels, and not PyTorch's default one, which the user may have, or want.
    c10d: Any = torch.distributed
    store = c10d.FileStore(str(folder / "meeting"), size)

    def among(ranks: list[int]) -> ProcessGroup | None:
        if rank not in ranks:
            return None
        options = c10d.ProcessGroupGloo._Options()
        options._devices = [c10d.ProcessGroupGloo.create_device(hostname="127.0.0.1")]
        options._threads = 1
        own = c10d.PrefixStore("-".join(map(str, ranks)), store)
        channel: ProcessGroup = c10d.ProcessGroupGloo(own, ranks.index(rank), len(ranks), options)
        return channel

    board = Board(board_file(folder)) if board_file(folder).exists() else None
    return Group(rank, size, channel=among(list(range(size))), among=among, board=board)


_PARENT_ENDS_WITHIN_SECONDS = 5.0
"""How long to wait, once the connection is lost, for the end of the process that started this one."""


def board_file(folder: Path) -> Path:
    """Returns the memory that processes share; where there was no room for it, it is not there."""
    return folder / "board"


def ready_file(folder: Path, rank: int) -> Path:
    """Returns what a helper makes when it is ready to meet the others."""
    return folder / f"ready-{rank}"


def _end_with_parent(folder: str) -> None:
    """Ends this process when the one that started it does, however it ends: its end of the pipe is then closed."""
    os.read(sys.stdin.fileno(), 1)  # a buffered read would hold a lock when this process ends by itself
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


def main(description: str, folder: str, rank: str, size: str, threads: str, own: str) -> None:
    """Helps until the first process says that it is over; fails before it is ready if it cannot build the network."""
    watch = threading.Thread(target=_end_with_parent, args=(folder,), daemon=True)
    watch.start()
    torch.set_num_threads(int(threads))
    keep_freed_memory()
    for module in json.loads(own):  # what the first process has imported registers its blocks and neurons here too
        import_own(module)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the first process has said it
        build_described(json.loads(description))
    ready_file(Path(folder), int(rank)).touch()
    try:
        follow(local_group(Path(folder), int(rank), int(size)))
    except RuntimeError:
        # If the connection is lost because the parent has ended, what watches it has yet to tidy up, and ends both.
        watch.join(_PARENT_ENDS_WITHIN_SECONDS)
        raise
