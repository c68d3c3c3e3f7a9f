"""Profile of a cluster with a queue, a small TOML file: workers are jobs of SLURM, PBS, LSF, SGE and others."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from cpretrain.batch.local_workers import BASE, NO_DASHBOARD
from cpretrain.errors import BadInput
from cpretrain.runtime.spelling import option
from cpretrain.runtime.threads import VARIABLES
from cpretrain.settings.base import PositiveInt, Settings, bad_settings
from cpretrain.storage.toml_file import read_toml

CLASSES = {
    "slurm": "SLURMCluster",
    "pbs": "PBSCluster",
    "lsf": "LSFCluster",
    "sge": "SGECluster",
    "oar": "OARCluster",
    "moab": "MoabCluster",
    "htcondor": "HTCondorCluster",
}
"""Class of dask-jobqueue for each queue."""


class QueueProfile(Settings):
    """Contents of a profile; a job is one worker, which works on one movie at a time."""

    queue: Literal["slurm", "pbs", "lsf", "sge", "oar", "moab", "htcondor"] = Field(
        description="queueing system"
    )
    jobs: PositiveInt = Field(description="jobs to run at the same time")
    memory: str = Field(description="memory per job, for example 8GB")
    cores: PositiveInt = Field(1, description="cores per job")
    options: dict[str, Any] = Field(
        {},
        description="other options of dask-jobqueue's class for that queue, for example queue and walltime",
    )

    @property
    def bytes_for_a_file(self) -> int:
        """Bytes that the work on a file may take, in addition to Python and a model."""
        from dask.utils import parse_bytes

        return int(parse_bytes(self.memory)) - BASE


def read_profile(path: Path) -> QueueProfile:
    """Read a profile.

    Raises
    ------
    BadInput
        When it cannot be read, or holds an entry that is not understood.
    """
    given = read_toml(path)
    try:
        profile = QueueProfile.model_validate(given)
        enough = profile.bytes_for_a_file > 0
    except ValidationError as error:
        raise bad_settings(error, lambda place: f"{path}: {place}") from None
    except ValueError as error:
        raise BadInput(f"{path}: memory", found=str(error), expected='a size such as "8GB"') from None
    if not enough:
        raise BadInput(
            f"{path}: memory", found=profile.memory, expected=f"more than {BASE / 1e6:.0f} MB for each job"
        )
    return profile


@contextmanager
def queue_cluster(path: Path, profile: QueueProfile) -> Iterator[Any]:
    """Submit the jobs of a profile to the queue; they are cancelled at the end of the block.

    Raises
    ------
    BadInput
        When dask-jobqueue is missing, the queue is not available on this machine or refuses a job, or an option is
        unknown.
    """
    kind = _class_of(profile.queue)
    submit = kind.job_cls.submit_command.partition(" ")[0]
    if shutil.which(submit) is None:
        raise BadInput(
            f"{path}: the queue {profile.queue} cannot be reached from here",
            found=f"no such command: {submit}",
            cure="run this on a machine from which jobs are submitted, such as the login node",
        )
    try:
        cluster = kind(**_arguments(profile))
    except (TypeError, ValueError) as error:
        raise BadInput(
            f"{path}: dask-jobqueue does not accept these options",
            found=str(error),
            cure=f"see the options of {kind.__name__} in its documentation",
        ) from error
    with cluster:
        try:
            cluster.sync(_send_jobs, cluster, profile.jobs)
        except RuntimeError as error:
            raise BadInput(f"{path}: the queue {profile.queue} refused a job", found=str(error)) from None
        yield cluster


async def _send_jobs(cluster: Any, jobs: int) -> None:
    """Submit the jobs as ``cluster.scale`` does, which however would not report that the queue refused one."""
    from distributed import Status

    for _ in range(jobs):
        cluster.worker_spec.update(cluster.new_worker_spec())
    try:
        await cluster
    except RuntimeError:
        for job in cluster.workers.values():
            if job.job_id is None:
                job.status = Status.failed
        raise


def _class_of(queue: str) -> Any:
    try:
        import dask_jobqueue
    except ImportError as error:
        raise BadInput(
            f"{option('cluster')}: dask-jobqueue is not installed", cure='pip install "cpretrain[cluster]"'
        ) from error
    return getattr(dask_jobqueue, CLASSES[queue])


def _arguments(profile: QueueProfile) -> dict[str, Any]:
    """Return the arguments for dask-jobqueue: the profile's, and those that make a job one worker with one thread."""
    options = dict(profile.options)
    threads = [f"export {name}={profile.cores}" for name in VARIABLES]
    own = ["--nthreads", "1", "--resources", f"memory={profile.bytes_for_a_file}"]
    return options | {
        "cores": profile.cores,
        "memory": profile.memory,
        "processes": 1,
        "job_script_prologue": [*threads, *options.get("job_script_prologue", ())],
        "worker_extra_args": [*own, *options.get("worker_extra_args", ())],
        "scheduler_options": NO_DASHBOARD | options.get("scheduler_options", {}),
    }
