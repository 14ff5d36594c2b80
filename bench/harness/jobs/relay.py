"""Jobs 6, 7, 8 and 10: tokens from a provider over HTTP to devices, and what stands between."""

import pathlib

from harness.measure import Missing
from harness.scenario import STREAMS, Behind, Direct, Scenario, load, weir_serve
from harness.table import Column

FIRST = [
    Column("first_delta_p50_ms", "first p50 ms", 2),
    Column("first_delta_p99_ms", "first p99 ms", 2),
    Column("lag_p50_ms", "lag p50 ms", 2),
    Column("lag_p99_ms", "lag p99 ms", 2),
    Column("tokens_per_s", "tokens/s", 0),
    Column("server_us_per_token", "CPU µs/token", 2),
    Column("server_cpu_percent", "server CPU %", 0),
    Column("load_cpu_percent", "load CPU %", 0),
    Column("unfinished", "late answers", 0),
]


def bare(*mode):
    return lambda bench, port, provider: [bench.compiled("relay", "-lcrypto"), port, provider, *mode]


def node(bench, port, provider):
    return [*bench.node(), bench.source("relay-node.js"), port, provider]


def fastapi(bench, port, provider):
    return [bench.python(), bench.source("relay_fastapi.py"), port, provider]


def litellm(bench, port, provider):
    program = bench.tools / "litellm" / "bin" / "litellm"
    if not program.exists():
        raise Missing("LiteLLM is not installed. Run bench/install --litellm (740 MB).")
    configuration = pathlib.Path(bench.data()) / "litellm.yaml"
    configuration.write_text(
        "model_list:\n"
        "  - model_name: mock\n"
        "    litellm_params:\n"
        f"      {{model: openai/mock, api_base: 'http://127.0.0.1:{provider}/v1', api_key: sk-bench}}\n")
    return [
        "env", "LITELLM_LOG=ERROR", "LITELLM_LOCAL_MODEL_COST_MAP=True", "LITELLM_MASTER_KEY=sk-bench", program,
        "--config", configuration, "--host", "127.0.0.1", "--port", port, "--telemetry", "False",
        "--keepalive_timeout", 120]


class Streams:
    """So many answers at such a rate for some seconds, put in the words of each subject."""

    def __init__(self, devices, rate, seconds):
        self.name = f"{devices:,} x {rate} tokens/s"
        self.figures = {"devices": devices, "rate": rate}
        self._options = [
            "--devices", devices, "--rate", rate, "--tokens", int(rate * (seconds + 3)), "--seconds", seconds,
            # Who is saturated need not be waited for: what comes late is counted.
            "--limit", seconds + 12]

    def weir(self, *options, cores=None, threads=1, name="weir"):
        return Behind(name, weir_serve(*options, threads=threads), load("chat", *self._options), "weir",
                      cores=cores, **self.figures)

    def bare(self, *mode):
        name = "bare relay, a write per read" if mode else "bare relay, a write per token"
        return Behind(name, bare(*mode), self._text(), "bare", **self.figures)

    def node(self):
        return Behind("Node http + ws", node, self._text(), "node", **self.figures)

    def fastapi(self):
        return Behind("FastAPI + uvicorn + httpx", fastapi, self._text(), "fastapi", **self.figures)

    def weir_api(self):
        return Behind("weir, OpenAI API", weir_serve(), self._events(), "weir", **self.figures)

    def litellm(self):
        return Behind("LiteLLM proxy", litellm, self._events(), "litellm", seconds=120, **self.figures)

    def direct(self):
        return Direct("the provider, directly", self._events(), **self.figures)

    def _text(self):
        return load("chat", "--speech", "text", *self._options)

    def _events(self):
        return load("chat", "--speech", "events", *self._options, scheme="http", path="/v1/chat/completions")


def scenarios(quick):
    seconds = 3 if quick else 4
    usual, fast, few = Streams(1000, 50, seconds), Streams(1000, 200, seconds), Streams(100, 50, seconds)
    chat = Scenario("chat", "the whole path: provider over HTTP, subject, devices; 1,000 x 50 tokens/s", STREAMS, [
        usual.bare(), *([] if quick else [usual.bare("gather")]), usual.weir(), usual.node(), usual.fastapi(),
    ], job=6)
    chat_fast = Scenario("chat-fast", "the same, 1,000 x 200 tokens/s", STREAMS, [
        fast.bare(), fast.bare("gather"), fast.weir(), *([] if quick else [fast.node()]),
    ], job=7)
    chat_few = Scenario("chat-few", "the same, 100 x 50 tokens/s", STREAMS, [
        few.bare(), few.weir(), few.node(),
    ], job=6, once=True)
    many = Streams(5000, 30, seconds)
    chat_many = Scenario("chat-many", "the same, 5,000 x 30 tokens/s: a full core, without a storm", STREAMS, [
        many.bare(), many.weir(),
    ], job=13, once=True)
    gateways = Scenario("gateway", "OpenAI's API on both sides, 100 x 10 tokens/s", STREAMS, [
        Streams(100, 10, seconds).direct(), Streams(100, 10, seconds).weir_api(), Streams(100, 10, seconds).litellm(),
    ], job=6, once=True)
    first = Scenario("first-token", "time to the first token, 1,000 turns begun within 1 s, 50 tokens/s", FIRST, [
        usual.direct(), usual.weir(), *([] if quick else [usual.bare(), usual.node()]),
    ], job=8, once=True)
    # Its rows are of different loads: no row is the others' measure.
    columns = [Column(column.key, column.head, column.digits) for column in STREAMS]
    curve = Scenario("load-curve", "CPU per token against load, 1,000 answers", columns, [
        subject
        for rate in (10, 25, 50, 100, 200, 300)
        for streams in [Streams(1000, rate, 3)]
        for subject in [streams.bare(), streams.weir()]
        + ([streams.bare("gather")] if rate in (10, 50, 200, 300) else [])
        + ([streams.node()] if rate in (10, 50, 100) else [])
    ], job=7, once=True)
    for subject in curve.subjects:
        subject.name = f"{subject.name}, {subject.figures['rate']}/s each"
    return [chat, chat_fast, first] if quick else [chat, chat_fast, first, chat_few, chat_many, gateways, curve]
