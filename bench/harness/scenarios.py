"""What is measured: each scenario is one table, each of its subjects one row.

To add a peer, write a Subject whose `measure` starts it, loads it with `bench.load(...)` and returns the figures.
"""

import json

from harness.table import Column

MESSAGES = [
    Column("messages_per_s", "messages/s", 0),
    Column("latency_p50_ms", "p50 ms", 3),
    Column("latency_p99_ms", "p99 ms", 3),
    Column("server_us_per_message", "CPU µs/message", 2, ratio=True),
    Column("server_cpu_percent", "server CPU %", 0),
    Column("load_cpu_percent", "load CPU %", 0),
]
STREAMS = [
    Column("tokens_per_s", "tokens/s", 0),
    Column("tokens_per_delta", "tokens/delta", 2),
    Column("overhead_bytes_per_delta", "bytes over text", 1),
    Column("first_delta_p50_ms", "first p50 ms", 2),
    Column("first_delta_p99_ms", "first p99 ms", 2),
    Column("lag_p50_ms", "lag p50 ms", 2),
    Column("lag_p99_ms", "lag p99 ms", 2),
    Column("server_us_per_token", "CPU µs/token", 2),
    Column("server_cpu_percent", "server CPU %", 0),
    Column("load_cpu_percent", "load CPU %", 0),
    Column("unfinished", "late answers", 0),
    Column("provider_cpu_percent", "mock CPU %", 0),
    Column("provider_late_p99_ms", "mock late p99 ms", 2),
]


class Scenario:
    """One table."""

    def __init__(self, name, title, columns, subjects):
        self.name, self.title, self.columns, self.subjects = name, title, columns, subjects


class Subject:
    """One row: a server started for the measurement, and the load on it."""

    def __init__(self, name, serve, load):
        self.name, self._serve, self._load = name, serve, load

    def measure(self, bench):
        port = bench.port()
        server = bench.start(self._serve(bench, port), port)
        try:
            return self._load(bench, port, server)
        finally:
            server.stop()


def bare_echo(bench, port):
    return [bench.compiled("echo"), port]


def weir_echo(bench, port):
    return [bench.weir, "echo", "--port", port]


def weir_serve(*options):
    """`weir serve` with one event loop and limits that fit the load, not the machine of a small team."""

    def command(bench, port):
        return [
            bench.weir, "serve", "--port", port, "--data", bench.data(), "--threads", 1, "--log-level", "warning",
            "--set", "upstream.maximumConcurrent=100000", "--set", "listen.maximumConnections=1000000",
            *(option(bench) if callable(option) else option for option in options)]

    return command


def load(kind, *options, scheme="ws"):
    """`weir bench KIND` against the subject."""

    def run(bench, port, server):
        return bench.load(kind, "--url", f"{scheme}://127.0.0.1:{port}/", "--server-pid", server.pid, *options)

    return run


class ThroughProvider:
    """`weir serve` between the devices and `weir bench upstream`, which shares the load's processor."""

    def __init__(self, name, *chat):
        self.name, self._chat = name, chat

    def measure(self, bench):
        upstream_port, port = bench.port(), bench.port()
        upstream = bench.start(
            [bench.weir, "bench", "upstream", "--json", "--port", upstream_port], upstream_port, bench.load_core)
        try:
            serve = weir_serve("--upstream", f"http://127.0.0.1:{upstream_port}/v1", "--model", "mock")
            figures = Subject(self.name, serve, load("chat", *self._chat)).measure(bench)
        finally:
            said = upstream.stop()
        lines = [line for line in said.splitlines() if line.startswith("{")]
        provider = json.loads(lines[-1]) if lines else {}
        if "late_p99_ms" in provider:
            figures["provider_late_p99_ms"] = provider["late_p99_ms"]
            figures["provider_cpu_percent"] = provider["load_us_per_token"] * figures["tokens_per_s"] / 1e4
        return figures


class StoreLimit:
    """One RocksDB writer without anything around it."""

    def __init__(self, name, batch, seconds):
        self.name, self._batch, self._seconds = name, batch, seconds

    def measure(self, bench):
        program = bench.compiled("journal", "-lrocksdb")
        figures = bench.run([program, bench.data(), self._seconds, 200, self._batch], bench.server_core)[-1]
        return {
            "acks_per_s": figures["records_per_s"], "latency_p50_ms": figures["commit_p50_ms"],
            "latency_p99_ms": figures["commit_p99_ms"]}


def echo(name, title, seconds, *options):
    """A bare loop and `weir echo` under the same load."""
    options = (*options, "--seconds", seconds)
    return Scenario(name, title, MESSAGES, [
        Subject("bare epoll loop", bare_echo, load("echo", *options, scheme="tcp")),
        Subject("weir echo", weir_echo, load("echo", *options)),
    ])


def all_scenarios(quick):
    seconds = 2 if quick else 5
    answer = 4 if quick else 10  # seconds that an answer streams

    def streams(devices, rate):
        return ["--devices", devices, "--rate", rate, "--tokens", rate * (answer + 2), "--seconds", answer]

    return [
        echo("echo-32", "echo, 32 bytes, 100 connections, 1 outstanding", seconds, "--size", 32),
        echo("echo-32x16", "echo, 32 bytes, 100 connections, 16 outstanding", seconds,
             "--size", 32, "--outstanding", 16),
        echo("echo-1k", "echo, 1 KiB, 100 connections, 16 outstanding", seconds, "--size", 1024, "--outstanding", 16),
        Scenario(
            "deflate", "permessage-deflate, echo of 1 KiB of chat JSON, 100 connections",
            MESSAGES + [Column("reply_bytes", "bytes/reply", 0)], [
                Subject("weir echo, no takeover", weir_echo,
                        load("echo", "--size", 1024, "--deflate", "--seconds", seconds)),
                Subject("weir echo, takeover",
                        lambda bench, port: [*weir_echo(bench, port), "--deflate-takeover"],
                        load("echo", "--size", 1024, "--deflate", "--takeover", "--seconds", seconds)),
            ]),
        Scenario("connect", "connections accepted and upgraded", [
            Column("upgrades_per_s", "upgrades/s", 0),
            Column("latency_p99_ms", "p99 ms", 2),
            Column("server_us_per_upgrade", "CPU µs/upgrade", 1),
            Column("server_us_per_close", "CPU µs/close", 1),
            Column("load_cpu_percent", "load CPU %", 0),
        ], [
            Subject("weir echo", weir_echo, load("connect", "--seconds", seconds)),
            Subject("weir serve", weir_serve(), load("connect", "--devices", "--seconds", seconds)),
        ]),
        Scenario("idle", "memory of 10,000 idle connections", [
            Column("kib_per_connection", "KiB/connection", 2),
            Column("rss_after_mib", "server MiB", 1),
            Column("idle_cpu_percent", "idle CPU %", 2),
        ], [
            Subject("weir echo, bare layer", weir_echo, load("idle", "--connections", 10_000)),
            Subject("weir serve, devices", weir_serve(), load("idle", "--devices", "--connections", 10_000)),
        ]),
        Scenario("chat-demo", "answers of the demo model", STREAMS, [
            Subject("weir, 1,000 x 50 tokens/s", weir_serve(), load("chat", *streams(1000, 50))),
        ]),
        Scenario("chat", "the whole path: mock provider over HTTP, weir, devices", STREAMS, [
            ThroughProvider("weir, 100 x 50 tokens/s", *streams(100, 50)),
            ThroughProvider("weir, 1,000 x 50 tokens/s", *streams(1000, 50)),
            ThroughProvider("weir, 1,000 x 200 tokens/s", *streams(1000, 200)),
        ]),
        Scenario("acks", "durable acknowledgements, 1,000 devices, an answer to each", [
            Column("acks_per_s", "acks/s", 0),
            Column("latency_p50_ms", "p50 ms", 2),
            Column("latency_p99_ms", "p99 ms", 2),
            Column("answers_per_s", "answers/s", 0),
            Column("server_us_per_ack", "CPU µs/ack", 1),
            Column("server_cpu_percent", "server CPU %", 0),
            Column("load_cpu_percent", "load CPU %", 0),
        ], [
            StoreLimit("RocksDB alone, batch 1", 1, seconds),
            StoreLimit("RocksDB alone, batch 100", 100, seconds),
            StoreLimit("RocksDB alone, batch 1000", 1000, seconds),
            Subject("weir, fsync", weir_serve(), load("acks", "--seconds", seconds)),
            Subject("weir, --durability os", weir_serve("--durability", "os"), load("acks", "--seconds", seconds)),
        ]),
        Scenario("slow", "one device that reads 100 bytes/s among 100 that stream", [
            Column("grown_usual_kib", "server grew KiB, it reads", 0),
            Column("grown_kib", "server grew KiB, it does not", 0),
            Column("pause_reads_p99_ms", "others' pause p99, it reads", 2),
            Column("pause_slow_p99_ms", "others' pause p99, it does not", 2),
        ], [
            Subject("weir, demo model", weir_serve("--set", "streaming.logRetention=1s"),
                    load("slow", "--devices", 100, "--rate", 50, "--tokens", 200 if quick else 500)),
        ]),
    ]
