"""Trains a supernet with several processes at once, on Ray Train."""

from __future__ import annotations

import shutil
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ray
import ray.train
import torch
from ray.train.torch import TorchConfig, TorchTrainer
from ray.train.v2.api.exceptions import TrainingFailedError
from torch import distributed

from autosnn_ray.allocator import keep_freed_memory
from autosnn_ray.checks import check_whole
from autosnn_ray.cluster.by_value import own_code_by_value
from autosnn_ray.cluster.session import environment, ray_session
from autosnn_ray.errors import AutoSNNError
from autosnn_ray.own_code import travelling
from autosnn_ray.problem import Problem
from autosnn_ray.progress import training_bar
from autosnn_ray.storage.run_folder import run_folder
from autosnn_ray.training.group import Group
from autosnn_ray.training.lead import follow
from autosnn_ray.training.loop import OnStep, Progress
from autosnn_ray.training.supernet import Supernet
from autosnn_ray.training.train_supernet import refuse_finished, train_supernet, warn_if_untrained

_RETRIES = 5
"""How often a training whose process died goes on from the last saved epoch."""

_TAKE_EVERY_SECONDS = 0.2


def train_on_ray(
    problem: Problem,
    *,
    folder: str | Path,
    workers: int,
    address: str | None = None,
    cpus_per_worker: int = 1,
    gpus: bool = False,
    on_step: OnStep | None = None,
    progress: bool | None = None,
    **settings: Any,
) -> Supernet:
    """Trains a supernet by ``train_supernet`` in several processes, each with its share of a step's paths.

    Weights are those of one process to the last bit. Where there are more processes than paths, several share the
    rows of a batch for one path: then they are so to float tolerance. Where a process dies all go on from the last
    saved epoch.

    Args:
        problem: As ``train_supernet`` takes it.
        folder: Where the supernet is saved, and a training that was cut off is gone on with, with the same number of
            workers or another; on a cluster one that every node can reach.
        workers: How many processes.
        address: Address of a Ray cluster; None starts Ray on this machine.
        cpus_per_worker: CPUs, and threads, of each.
        gpus: Whether each trains on a GPU of its own.
        on_step: Told of every training step; after a death again of those that are done anew.
        progress: Whether to show a bar; where None, if a terminal or a notebook is there.
        settings: Further arguments of ``train_supernet``.

    Returns:
        The supernet, as saved.

    Raises:
        InvalidInputError: A number is not what it must be, or the folder already holds a supernet.
        AutoSNNError: What ended the training, such as ``TrainingDivergedError``.
    """
    check_whole("workers", workers)
    check_whole("cpus_per_worker", cpus_per_worker)
    folder = run_folder(folder).resolve()
    refuse_finished(folder)
    size = problem.data.size_bytes
    # On this machine alone nothing is to be reached from outside; without a word gloo asks the machine's name.
    alone = {"GLOO_SOCKET_IFNAME": "lo"} if address is None else {}
    cpus = None if address is not None else workers * cpus_per_worker
    with (
        environment(alone),
        ray_session(address, cpus, shared_bytes=size),
        training_bar("supernet", progress=progress, then=on_step) as told,
        _told(told) as teller,
    ):
        with own_code_by_value():
            # What the user registered is unpickled, and so registered, before what needs it.
            sent = ray.put((travelling(), problem))
        loop = {
            "sent": sent,
            "folder": folder,
            "teller": teller,
            "settings": settings,
            "threads": cpus_per_worker,
        }
        scaling = ray.train.ScalingConfig(
            num_workers=workers, use_gpu=gpus, resources_per_worker={"CPU": cpus_per_worker, "GPU": int(gpus)}
        )
        _fit(loop, scaling, folder)
        ended_by = ray.get(teller.ended_by.remote())
    if ended_by is not None:
        raise ended_by
    supernet = Supernet.load(folder)
    warn_if_untrained(supernet.paths)
    return supernet


def _fit(loop: dict[str, Any], scaling: ray.train.ScalingConfig, folder: Path) -> None:
    # Ray Train keeps only its own notes here; a name of its own, or it would take itself for an earlier one.
    notes = folder / f"ray-train-{uuid.uuid4().hex[:8]}"
    try:
        TorchTrainer(
            _train,
            train_loop_config=loop,
            torch_config=TorchConfig(backend="nccl" if scaling.use_gpu else "gloo"),
            scaling_config=scaling,
            run_config=ray.train.RunConfig(
                name="training",
                storage_path=notes.as_posix(),
                failure_config=ray.train.FailureConfig(max_failures=_RETRIES),
            ),
        ).fit()
    except TrainingFailedError as error:
        raise AutoSNNError(
            f"training in {folder} ended after its processes had died {_RETRIES + 1} times; what was saved stays, and "
            f"the same call goes on from there: {error}"
        ) from error
    finally:
        shutil.rmtree(notes, ignore_errors=True)


def _train(loop: dict[str, Any]) -> None:
    """What every process runs."""
    context = ray.train.get_context()
    gpus = torch.cuda.is_available() and bool(ray.get_gpu_ids())
    group = Group(
        context.get_world_rank(),
        context.get_world_size(),
        "cuda" if gpus else "cpu",
        channel=distributed.group.WORLD,
        among=distributed.new_group,
    )
    torch.set_num_threads(loop["threads"])
    keep_freed_memory()
    if ray.get(loop["teller"].ended_by.remote()) is not None:
        return
    if group.rank:
        follow(group)
        return

    def tell(progress: Progress) -> None:
        loop["teller"].tell.remote(progress)

    try:
        train_supernet(
            ray.get(loop["sent"])[1],
            folder=loop["folder"],
            group=group,
            on_step=tell,
            progress=False,
            **loop["settings"],
        )
    except AutoSNNError as error:
        # It would come up again: nothing to be tried once more.
        ray.get(loop["teller"].end.remote(error))


class _Teller:
    """Holds what the first process told, until the driver takes it."""

    def __init__(self) -> None:
        self._told: list[Progress] = []
        self._ended_by: AutoSNNError | None = None

    def end(self, error: AutoSNNError) -> None:
        self._ended_by = error

    def ended_by(self) -> AutoSNNError | None:
        return self._ended_by

    def tell(self, progress: Progress) -> None:
        self._told.append(progress)

    def take(self) -> list[Progress]:
        told, self._told = self._told, []
        return told


@contextmanager
def _told(on_step: OnStep | None) -> Iterator[Any]:
    """Passes on, in a thread, what is told to the actor that is given."""
    teller = ray.remote(num_cpus=0)(_Teller).remote()
    ended = threading.Event()

    def take() -> None:
        over = False
        while not over:
            over = ended.wait(_TAKE_EVERY_SECONDS)
            for progress in ray.get(teller.take.remote()):
                if on_step:
                    on_step(progress)

    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    try:
        yield teller
    finally:
        ended.set()
        thread.join()
