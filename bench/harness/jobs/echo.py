"""Jobs 1, 2, 3 and 11: an echo, bare and compressed."""

from harness.scenario import MESSAGES, Scenario, Subject, load, weir_echo
from harness.table import Column


def bare(bench, port):
    return [bench.compiled("echo"), port]


def libwebsockets(bench, port):
    return [bench.compiled("echo-lws", "-lwebsockets"), port]


def node(*options):
    return lambda bench, port: [*bench.node(), bench.source("echo-ws.js"), port, *options]


def python(source, *options):
    return lambda bench, port: [bench.python(), bench.source(source), port, *options]


def peers(run):
    """The other servers under the same load."""
    return [
        Subject("libwebsockets", libwebsockets, run, "libwebsockets"),
        Subject("picows", python("echo_picows.py"), run, "picows"),
        Subject("Node ws", node(), run, "node"),
        Subject("websockets", python("echo_websockets.py"), run, "websockets"),
    ]


def echo(name, title, job, has_peers, *options):
    """A bare loop, `weir echo` and the others under the same load."""
    run = load("echo", *options)
    return Scenario(name, title, MESSAGES, [
        Subject("bare epoll loop", bare, load("echo", *options, scheme="tcp"), "bare"),
        Subject("weir echo", weir_echo, run),
        *(peers(run) if has_peers else []),
    ], job=job)


class ZlibAlone:
    """zlib on the same messages, without a socket anywhere."""

    def __init__(self, seconds, *options, level=1):
        self.name, self.series = f"zlib alone, level {level}", "zlib"
        self._options = ["--seconds", seconds, "--level", level, *options]

    def measure(self, bench):
        return bench.load("deflate", *self._options, cores=bench.server_core)


def scenarios(quick):
    seconds = ["--seconds", 1.5 if quick else 2, "--warmup", 0.5]
    compressed = ["--size", 1024, "--deflate", *seconds]
    taking_over = [*compressed, "--takeover"]

    def weir_takeover(level):
        command = lambda bench, port: [*weir_echo(bench, port), "--deflate-takeover", "--deflate-level", level]
        return Subject(f"weir echo, level {level}", command, load("echo", *taking_over))

    echoes = [
        echo("echo-32", "echo, 32 bytes, 100 connections, 1 outstanding", 1, True, "--size", 32, *seconds),
        echo("echo-32x16", "echo, 32 bytes, 100 connections, 16 outstanding", 2, not quick,
             "--size", 32, "--outstanding", 16, *seconds),
        echo("echo-1k", "echo, 1 KiB, 100 connections, 16 outstanding", 3, not quick,
             "--size", 1024, "--outstanding", 16, *seconds),
    ]
    alone = Scenario(
        "deflate", "permessage-deflate, echo of 1 KiB of chat JSON, 100 connections, no context kept",
        MESSAGES + [Column("reply_bytes", "bytes/reply", 0)], [
            ZlibAlone(1),
            Subject("weir echo", weir_echo, load("echo", *compressed)),
            Subject("Node ws", node("deflate"), load("echo", *compressed), "node"),
            Subject("websockets", python("echo_websockets.py", "deflate"), load("echo", *compressed), "websockets"),
        ], job=11)
    keeping = Scenario(
        "deflate-takeover", "the same, the server's context kept",
        MESSAGES + [Column("reply_bytes", "bytes/reply", 0)], [
            ZlibAlone(1, "--takeover"),
            weir_takeover(1),
            ZlibAlone(1, "--takeover", level=6),
            weir_takeover(6),
            *([] if quick else [
                Subject("Node ws", node("deflate", "takeover"), load("echo", *taking_over), "node"),
                Subject("websockets", python("echo_websockets.py", "deflate", "takeover"), load("echo", *taking_over),
                        "websockets"),
            ]),
        ], job=11, once=True)
    return [*echoes, alone, keeping]
