"""What all jobs share: a scenario is one table, each of its subjects one row."""

import json

from harness.measure import Failure
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
    Column("first_delta_p50_ms", "first p50 ms", 2),
    Column("first_delta_p99_ms", "first p99 ms", 2),
    Column("lag_p50_ms", "lag p50 ms", 2),
    Column("lag_p99_ms", "lag p99 ms", 2),
    Column("server_us_per_token", "CPU µs/token", 2, ratio=True),
    Column("server_cpu_percent", "server CPU %", 0),
    Column("load_cpu_percent", "load CPU %", 0),
    Column("unfinished", "late answers", 0),
    Column("provider_cpu_percent", "mock CPU %", 0),
    Column("provider_late_p99_ms", "mock late p99 ms", 2),
]


class Scenario:
    """One table. `once`: however many rounds there are, the first one is enough."""

    def __init__(self, name, title, columns, subjects, job=None, once=False):
        self.name, self.title, self.columns, self.subjects = name, title, columns, subjects
        self.job, self.once = job, once


class Subject:
    """One row: a server started for the measurement, and the load on it. `series` names the product in plots."""

    def __init__(self, name, serve, load, series="weir", seconds=30, cores=None, **figures):
        self.name, self.series, self.figures = name, series, figures
        self._serve, self._load, self._seconds, self._cores = serve, load, seconds, cores

    def measure(self, bench):
        port = bench.port()
        cores = self._cores(bench) if self._cores else None
        server = bench.start(self._serve(bench, port), port, cores, self._seconds)
        try:
            return {**self.figures, **self._load(bench, port, server)}
        finally:
            server.stop()


class Behind:
    """A subject that stands in front of `weir bench upstream`, which shares the load's processor.

    `serve(bench, port, provider_port)` gives the command.
    """

    def __init__(self, name, serve, load, series="weir", seconds=30, cores=None, **figures):
        self.name, self.series, self.figures = name, series, figures
        self._serve, self._load, self._seconds, self._cores = serve, load, seconds, cores

    def measure(self, bench):
        provider_port = bench.port()
        command = [bench.loader, "bench", "upstream", "--json", "--port", provider_port]
        provider = bench.start(command, provider_port, bench.load_core)
        try:
            subject = Subject(
                self.name, lambda bench, port: self._serve(bench, port, provider_port), self._load,
                seconds=self._seconds, cores=self._cores)
            figures = subject.measure(bench)
        finally:
            said = provider.stop()
        return {**self.figures, **with_provider(figures, said)}


class Direct:
    """The provider itself, with nothing between: what others add is measured against it."""

    def __init__(self, name, load, **figures):
        self.name, self.series, self.figures, self._load = name, "direct", figures, load

    def measure(self, bench):
        port = bench.port()
        provider = bench.start([bench.loader, "bench", "upstream", "--json", "--port", port], port, bench.load_core)
        try:
            figures = self._load(bench, port, None)
        finally:
            said = provider.stop()
        return {**self.figures, **with_provider(figures, said)}


def with_provider(figures, said):
    """Adds what the provider said of itself when it ended."""
    lines = [line for line in said.splitlines() if line.startswith("{")]
    provider = json.loads(lines[-1]) if lines else {}
    if "late_p99_ms" in provider:
        figures["provider_late_p99_ms"] = provider["late_p99_ms"]
        figures["provider_cpu_percent"] = provider["load_us_per_token"] * figures.get("tokens_per_s", 0) / 1e4
    return figures


def weir_echo(bench, port):
    return [bench.weir, "echo", "--port", port]


def weir_serve(*options, threads=1):
    """`weir serve` with limits that fit the load, not the machine of a small team."""

    def command(bench, port, provider_port=None):
        upstream = ["--upstream", f"http://127.0.0.1:{provider_port}/v1", "--model", "mock"] if provider_port else []
        return [
            bench.weir, "serve", "--port", port, "--data", bench.data(), "--threads", threads, "--log-level", "warning",
            "--set", "upstream.maximumConcurrent=100000", "--set", "listen.maximumConnections=1000000",
            *upstream, *(option(bench) if callable(option) else option for option in options)]

    return command


def load(kind, *options, scheme="ws", path="/", cores=None, seconds=300):
    """`weir bench KIND` against the subject."""

    def run(bench, port, server):
        process = ["--server-pid", server.pid] if server else []
        return bench.load(
            kind, "--url", f"{scheme}://127.0.0.1:{port}{path}", *process, *options, seconds=seconds,
            cores=cores(bench) if cores else None)

    return run


def need(figures, *names):
    """The figures by name; a failure if one is not there."""
    absent = [name for name in names if figures.get(name) is None]
    if absent:
        raise Failure(f"the load generator did not report {', '.join(absent)}")
    return [figures[name] for name in names]
