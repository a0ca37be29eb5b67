"""Tasks side by side in child processes, where memory allows."""

import concurrent.futures
import multiprocessing
import os
from collections.abc import Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool

from hypermask_tf.export import mistakes
from hypermask_tf.export.task_files import TaskOutcome, TaskRequest, make_task_files

# What TensorFlow, LiteRT, its quantizer and the arrays of a task take.
BYTES_PER_WORKER = 1_300_000_000


def run_requests(
    requests: Iterable[TaskRequest], workers: int = 1
) -> Iterator[TaskOutcome]:
    """Yields the outcome of each request as soon as it is there.

    Args:
        requests: taken one by one, as many ahead as there are workers, so that no
            more arrays are held than are worked on.
        workers: how many processes; 1 works in this one.

    Raises:
        ChildProcessError: when one of them is killed.
    """
    if workers <= 1:
        yield from map(make_task_files, requests)
        return
    try:
        yield from _side_by_side(requests, workers)
    except BrokenProcessPool as error:
        raise ChildProcessError(
            "A process that exports tasks was killed, mostly for lack of memory. Work "
            f"on fewer tasks at a time. Received: workers={workers}"
        ) from error


def _side_by_side(
    requests: Iterable[TaskRequest], workers: int
) -> Iterator[TaskOutcome]:
    context = multiprocessing.get_context("spawn")
    waiting: set[concurrent.futures.Future[TaskOutcome]] = set()
    with concurrent.futures.ProcessPoolExecutor(workers, mp_context=context) as pool:
        for request in requests:
            waiting.add(pool.submit(_in_child, request))
            if len(waiting) > workers:
                done, waiting = _next(waiting)
                yield from done
        for future in concurrent.futures.as_completed(waiting):
            yield future.result()


def default_workers(tasks: int) -> int:
    """Returns how many tasks to export at a time on this machine."""
    cores = os.cpu_count() or 1
    return max(1, min(tasks, cores, free_memory() // BYTES_PER_WORKER))


def free_memory() -> int:
    """Returns how many bytes of memory are free; enough for one where unknown."""
    try:
        pages, size = os.sysconf("SC_AVPHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return BYTES_PER_WORKER
    return pages * size


def _in_child(request: TaskRequest) -> TaskOutcome:
    try:
        return make_task_files(request)
    except Exception as error:
        mistakes.mark(error)
        raise


def _next(
    waiting: set[concurrent.futures.Future[TaskOutcome]],
) -> tuple[list[TaskOutcome], set[concurrent.futures.Future[TaskOutcome]]]:
    first = concurrent.futures.FIRST_COMPLETED
    done, left = concurrent.futures.wait(waiting, return_when=first)
    return [future.result() for future in done], set(left)
