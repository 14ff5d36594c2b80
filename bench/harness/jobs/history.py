"""Job 12: the newest page of a conversation, in a large store."""

import os
import pathlib
import shutil
import subprocess
import sys

from harness.measure import Failure
from harness.scenario import Scenario, Subject, load
from harness.table import Column


class LargeStore:
    """A data directory with so many messages: made once, kept under .build-tools, and copied by nobody."""

    def __init__(self, messages):
        self.messages = messages

    def directory(self, bench):
        directory = bench.tools / f"bench-store-{self.messages}"
        whole = directory / "filled"
        if not whole.exists():
            shutil.rmtree(directory, ignore_errors=True)
            directory.mkdir(parents=True)
            free = shutil.disk_usage(directory).free
            if free < self.messages * 600:
                raise Failure(f"{self.messages:,} messages need {self.messages * 600 >> 30} GiB of disk for a while.")
            print(f"  filling {directory} with {self.messages:,} messages, once", file=sys.stderr, flush=True)
            command = [bench.loader, "bench", "fill", "--data", directory / "data", "--messages", self.messages]
            try:
                done = subprocess.run([str(word) for word in command], check=False, timeout=1800)
            except subprocess.TimeoutExpired:
                raise Failure("the store was not full after 30 minutes") from None
            if done.returncode:
                raise Failure("the store could not be filled")
            whole.touch()
        return directory / "data"

    def serve(self, bench, port):
        data = self.directory(bench)
        forget(data)
        return [
            bench.weir, "serve", "--port", port, "--data", data, "--threads", 1, "--log-level", "warning", "--set",
            "listen.maximumConnections=1000000"]


def forget(directory):
    """Has the kernel drop its pages of all files, so that they are read from the disk."""
    os.sync()
    for path in pathlib.Path(directory).rglob("*"):
        if path.is_file():
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(descriptor)


def scenarios(quick):
    messages = 500_000 if quick else 10_000_000
    devices = 500 if quick else 2000
    return [
        Scenario("history", f"the newest 50 messages of a conversation, in a store of {messages:,}", [
            Column("cold_p50_ms", "cold p50 ms", 3),
            Column("cold_p99_ms", "cold p99 ms", 3),
            Column("warm_p50_ms", "warm p50 ms", 3),
            Column("warm_p99_ms", "warm p99 ms", 3),
            Column("server_us_per_page", "CPU µs/page, warm", 0),
        ], [
            Subject("weir", LargeStore(messages).serve,
                    load("history", "--messages", messages, "--devices", devices), seconds=120),
        ], job=12, once=True),
    ]
