"""Jobs 4 and 5: connections that are made, and connections that do nothing."""

import resource

from harness.jobs import echo
from harness.scenario import Scenario, Subject, load, weir_echo, weir_serve
from harness.table import Column

IDLE = [
    Column("connections", "connections", 0),
    Column("kib_per_connection", "KiB/connection", 2),
    Column("rss_after_mib", "server MiB", 1),
    Column("idle_cpu_percent", "idle CPU %", 2),
    Column("opened_per_s", "opened/s", 0),
]


def idle(count, peers, pythons):
    bare = load("idle", "--connections", count)
    return [
        Subject(f"weir echo, bare layer, {count:,}", weir_echo, bare, "weir", connections=count, kind="bare layer"),
        Subject(f"weir serve, devices, {count:,}", weir_serve(), load("idle", "--devices", "--connections", count),
                "weir", connections=count, kind="device with session"),
        *([
            Subject(f"libwebsockets, {count:,}", echo.libwebsockets, bare, "libwebsockets", connections=count),
            Subject(f"Node ws, {count:,}", echo.node(), bare, "node", connections=count),
        ] if peers else []),
        *([
            Subject(f"picows, {count:,}", echo.python("echo_picows.py"), bare, "picows", connections=count),
            Subject(f"websockets, {count:,}", echo.python("echo_websockets.py"), bare, "websockets", connections=count),
        ] if pythons else []),
    ]


class AsManyAsAllowed:
    """100,000 devices, or as many as the machine lets one process have descriptors for."""

    WANTED = 100_000
    # What a server and the load generator have open besides.
    OTHERS = 1000

    def __init__(self):
        allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        unlimited = allowed == resource.RLIM_INFINITY
        self._count = self.WANTED if unlimited else min(self.WANTED, allowed - self.OTHERS)
        self.name, self.series = "weir serve, devices, 100,000 or as many as allowed", "weir"
        self.figures = {"connections": self._count, "kind": "device with session"}

    def measure(self, bench):
        run = load("idle", "--devices", "--connections", self._count, "--hold", 1, seconds=600)
        return Subject(self.name, weir_serve(), run).measure(bench)


def scenarios(quick):
    seconds = ["--seconds", 2 if quick else 3]
    upgrades = load("connect", *seconds)
    return [
        Scenario("connect", "connections accepted and upgraded", [
            Column("upgrades_per_s", "upgrades/s", 0),
            Column("latency_p99_ms", "p99 ms", 2),
            Column("server_us_per_upgrade", "CPU µs/upgrade", 1),
            Column("server_us_per_close", "CPU µs/close", 1),
            Column("load_cpu_percent", "load CPU %", 0),
        ], [
            Subject("weir echo", weir_echo, upgrades),
            Subject("weir serve, devices", weir_serve(), load("connect", "--devices", *seconds)),
            Subject("Node ws", echo.node(), upgrades, "node"),
            *([] if quick else [
                Subject("libwebsockets", echo.libwebsockets, upgrades, "libwebsockets"),
                Subject("picows", echo.python("echo_picows.py"), upgrades, "picows"),
                Subject("websockets", echo.python("echo_websockets.py"), upgrades, "websockets"),
            ]),
        ], job=4, once=True),
        Scenario("idle", "memory of idle connections", IDLE, idle(10_000, peers=False, pythons=False) if quick else [
            *idle(1000, peers=True, pythons=False), *idle(10_000, peers=True, pythons=True), AsManyAsAllowed(),
        ], job=5, once=True),
    ]
