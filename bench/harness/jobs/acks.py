"""Job 9: durable acknowledgements."""

from harness.scenario import Scenario, Subject, load, weir_serve
from harness.table import Column


class StoreLimit:
    """One RocksDB writer without anything around it, and records of 200 bytes."""

    def __init__(self, name, batch, seconds):
        self.name, self.series, self._batch, self._seconds = name, "rocksdb", batch, seconds

    def measure(self, bench):
        program = bench.compiled("journal", "-lrocksdb")
        figures = bench.run([program, bench.data(), self._seconds, 200, self._batch], bench.server_core)[-1]
        return {
            "batch": self._batch, "acks_per_s": figures["records_per_s"], "latency_p50_ms": figures["commit_p50_ms"],
            "latency_p99_ms": figures["commit_p99_ms"], "server_us_per_ack": figures["us_per_record"]}


class SameRecords:
    """One RocksDB writer that writes again what Weir has written for each message and its answer."""

    def __init__(self, name, batch, seconds):
        self.name, self.series, self._batch, self._seconds = name, "rocksdb", batch, seconds

    def measure(self, bench):
        program = bench.compiled("replay", "-lrocksdb")
        port = bench.port()
        # All of it stays in the log, which is what the program reads.
        command = weir_serve("--set", "data.writeBufferBytes=1GiB", "--durability", "os")(bench, port)
        server = bench.start(command, port)
        try:
            bench.load("acks", "--url", f"ws://127.0.0.1:{port}/", "--seconds", self._seconds)
        finally:
            server.stop()
        data = command[command.index("--data") + 1]
        figures = bench.run([program, data, bench.data(), self._batch], bench.server_core)[-1]
        return {
            "batch": self._batch, "acks_per_s": figures["records_per_s"], "latency_p50_ms": figures["commit_p50_ms"],
            "latency_p99_ms": figures["commit_p99_ms"], "server_us_per_ack": figures["us_per_record"],
            "bytes_per_ack": figures["bytes_per_record"]}


def scenarios(quick):
    seconds = 2 if quick else 4
    both = [
        Scenario("acks", "durable acknowledgements, 1,000 devices, an answer to each", [
            Column("acks_per_s", "acks/s", 0),
            Column("latency_p50_ms", "p50 ms", 2),
            Column("latency_p99_ms", "p99 ms", 2),
            Column("answers_per_s", "answers/s", 0),
            Column("server_us_per_ack", "CPU µs/ack", 1),
            Column("server_cpu_percent", "server CPU %", 0),
            Column("load_cpu_percent", "load CPU %", 0),
        ], [
            *(StoreLimit(f"RocksDB alone, 200 bytes, batch {batch:,}", batch, 1 if quick else 2)
              for batch in ((1, 100) if quick else (1, 100, 1000))),
            *(SameRecords(f"RocksDB alone, Weir's records, batch {batch:,}", batch, 1 if quick else 2)
              for batch in ((1000,) if quick else (100, 1000, 4000))),
            Subject("weir, fsync", weir_serve(), load("acks", "--seconds", seconds)),
            Subject("weir, fsync, 3,000 messages/s", weir_serve(),
                    load("acks", "--seconds", seconds, "--rate", 3000)),
            Subject("weir, --durability os", weir_serve("--durability", "os"), load("acks", "--seconds", seconds)),
        ], job=9),
        Scenario("slow", "one device that reads 100 bytes/s among 100 that stream", [
            Column("grown_usual_kib", "server grew KiB, it reads", 0),
            Column("grown_kib", "server grew KiB, it does not", 0),
            Column("pause_reads_p99_ms", "others' pause p99, it reads", 2),
            Column("pause_slow_p99_ms", "others' pause p99, it does not", 2),
        ], [
            Subject("weir, demo model", weir_serve("--set", "streaming.logRetention=1s"),
                    load("slow", "--devices", 100, "--rate", 50, "--tokens", 500)),
        ], once=True),
    ]
    return both[:1] if quick else both
