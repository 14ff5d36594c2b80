"""Jobs 4 and 5: connections that are made, and connections that do nothing."""

from harness.jobs import echo
from harness.scenario import Scenario, Subject, load, weir_echo, weir_serve
from harness.table import Column

IDLE = [
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


def scenarios(quick):
    seconds = ["--seconds", 2 if quick else 3]
    upgrades = load("connect", *seconds)
    many = Subject(
        "weir serve, devices, 100,000", weir_serve(),
        load("idle", "--devices", "--connections", 100_000, "--hold", 1, seconds=600), "weir", connections=100_000,
        kind="device with session")
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
            *idle(1000, peers=True, pythons=False), *idle(10_000, peers=True, pythons=True), many], job=5, once=True),
    ]
