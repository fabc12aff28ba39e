"""The writer thread: group commit with retry while the database is away, and one by one when a batch is refused."""

import queue
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, close_old_connections, connection, transaction

from chargers import doorbell
from chargers.rollout.due import look_again, ring
from gateway.ocpp16.records import StoreFailed
from gateway.store.apply import apply, comes_back, rings
from gateway.store.jobs import EndMessages, Job, MapTransaction, Recorded

log = structlog.get_logger(__name__)

MOST_IN_BATCH = 1000
MOST_WAITING = 50_000
# From the beginning of one commit to that of the next: one costs nearly the same for one record as for ten.
WINDOW_SECONDS = 0.01
PATIENCE_SECONDS = 20.0
PAUSE_SECONDS = 0.5
# Look-ups wait for the database more than they compute: hundreds of them at once must not stand in one line.
READERS = 4

Done = Callable[[list[tuple[Any, Any]]], None]


class Store:
    """``put`` from the loop; ``done`` gets (tag, result) of everything that was committed, in the writer thread.

    ``ask`` runs a function in a reader thread, several at once, for look-ups that are no part of the stream of records.
    """

    def __init__(self, done: Done) -> None:
        self._done = done
        self._jobs: queue.SimpleQueue[tuple[Job, Any] | None] = queue.SimpleQueue()
        self._questions: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write_for_ever, name="store-writer", daemon=True)
        self._readers = [
            threading.Thread(target=self._read_for_ever, name=f"store-reader-{number}", daemon=True)
            for number in range(READERS)
        ]
        self.failures = 0
        self.commits = 0
        self.records = 0

    def start(self) -> None:
        self._writer.start()
        for reader in self._readers:
            reader.start()

    def stop(self, timeout_seconds: float = 10) -> None:
        """Everything put before is written (or given up) first."""
        self._jobs.put(None)
        for _reader in self._readers:
            self._questions.put(None)
        for thread in (self._writer, *self._readers):
            thread.join(timeout_seconds)

    @property
    def waiting(self) -> int:
        return self._jobs.qsize()

    def put(self, job: Job, tag: Any = None) -> bool:
        """False: too much waits already and nothing was taken."""
        if self._jobs.qsize() >= MOST_WAITING:
            return False
        self._jobs.put((job, tag))
        return True

    def ask(self, question: Callable[[], Any]) -> Future[Any]:
        future: Future[Any] = Future()
        self._questions.put((question, future))
        return future

    def _write_for_ever(self) -> None:
        ended, begun = False, 0.0
        while not ended:
            batch = [self._jobs.get()]
            if (pause := begun + WINDOW_SECONDS - time.monotonic()) > 0:
                time.sleep(pause)
            begun = time.monotonic()
            while len(batch) < MOST_IN_BATCH:
                try:
                    batch.append(self._jobs.get_nowait())
                except queue.Empty:
                    break
            ended = None in batch
            work = [item for item in batch if item is not None]
            if work:
                self._write(work)
        connection.close()

    def _write(self, work: list[tuple[Job, Any]]) -> None:
        jobs = [job for job, _tag in work]
        results = self._commit_patiently(jobs)
        if results is None:
            results = [result for job in jobs for result in self._alone(job)]
        self.records += len(work)
        self._done([(tag, result) for (_job, tag), result in zip(work, results, strict=True) if tag is not None])

    def _commit_patiently(self, jobs: list[Job]) -> list[Any] | None:
        """None: the database refused the batch (or stayed away): every job has to stand alone."""
        given_up = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return self._commit(jobs)
            except (OperationalError, InterfaceError) as error:
                self.failures += 1
                log.warning("the database is away", error=type(error).__name__)
                connection.close()
                if time.monotonic() > given_up:
                    return [_failed(job, "database away") for job in jobs]
                time.sleep(PAUSE_SECONDS)
            except Exception as error:
                self.failures += 1
                log.error("a batch was refused", error=type(error).__name__, jobs=len(jobs))
                return None

    def _commit(self, jobs: list[Job]) -> list[Any]:
        with transaction.atomic():
            results = apply(jobs)
            rung = ring(rings(jobs))
            booted, connected = comes_back(jobs)
            look_again(booted=booted, reconnected=connected)
        self.commits += 1
        if rung:
            doorbell.ring_engine()
        return results

    def _alone(self, job: Job) -> Iterable[Any]:
        try:
            yield self._commit([job])[0]
        except Exception as error:
            log.error("a job was refused", job=type(job).__name__, error=type(error).__name__)
            connection.close()
            yield _failed(job, "refused")

    def _read_for_ever(self) -> None:
        while (item := self._questions.get()) is not None:
            question, future = item
            if not future.set_running_or_notify_cancel():
                continue
            try:
                close_old_connections()
                future.set_result(question())
            except Exception as error:
                connection.close()
                future.set_exception(error)
        connection.close()


def _failed(job: Job, reason: str) -> Any:
    """For those who have to know: a charger's message is repeated, a backend's answer is kept again."""
    return StoreFailed(reason) if isinstance(job, Recorded | EndMessages | MapTransaction) else None
