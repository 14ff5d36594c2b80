"""Which plots a run can show, by the scenario they belong to."""

import math

from harness.report.svg import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Plot, Scale, bars

# Told apart by colour, by marker, and by a name at the line's end.
ORDER = ["weir", "bare", "node", "libwebsockets", "picows", "websockets", "fastapi", "litellm", "rocksdb", "zlib"]


def for_scenario(scenario, results):
    """The plots of one scenario, as SVG."""
    makers = {
        "echo-32": _echo, "echo-32x16": _echo, "echo-1k": _echo, "deflate": _deflate, "deflate-takeover": _deflate,
        "connect": _connect, "idle": _memory, "chat": _streams, "chat-fast": _streams, "first-token": _first,
        "load-curve": _load_curve, "acks": _acks, "storm": _storm, "bytes": _bytes, "history": _history,
    }
    maker = makers.get(scenario.name)
    return [plot for plot in (maker(scenario, results) if maker else []) if plot]


def _x(least, most, logarithmic=False):
    return Scale(least, most, LEFT, WIDTH - RIGHT, logarithmic)


def _y(least, most, logarithmic=False):
    return Scale(least, most, HEIGHT - BOTTOM, TOP, logarithmic)


def _rows(scenario, results, key):
    rows = []
    for subject in scenario.subjects:
        values = results.values(scenario.name, subject.name, key)
        if values:
            middle = results.median(scenario.name, subject.name, key)
            rows.append((subject.name, subject.series, middle, min(values), max(values)))
    return rows


def distribution(title, scenario, results, key, target=None):
    """Milliseconds over the share of all, its axis stretched towards the slowest: each step is ten times rarer."""
    curves = [
        (subject, points) for subject in scenario.subjects
        for points in [results.curve(scenario.name, subject.name, key)] if points]
    if not curves:
        return ""

    def place(share):
        return -math.log10(max(1 - share, 1e-4))

    values = [value for _, points in curves for share, value in points if share >= 0.1 and value > 0]
    limits = [*values, target[0]] if target else values
    plot = Plot(
        title, "share of all, at most so slow", "milliseconds", _x(0, 4), _y(min(limits), max(limits), True),
        x_ticks=[(place(share), text) for share, text in
                 ((0, "0"), (0.5, "50 %"), (0.9, "90 %"), (0.99, "99 %"), (0.999, "99.9 %"), (0.9999, "99.99 %"))])
    if target:
        plot.level(*target)
    for subject, points in curves:
        plot.line(
            _short(subject.name), subject.series,
            [(place(share), value) for share, value in points if 0.1 <= share < 1], dashed=_second(subject))
    return plot.render()


def _second(subject):
    """Two lines of one product: the second is dashed."""
    return any(word in subject.name for word in ("per read", "OpenAI API", "durability os", "directly"))


def _short(name):
    return (
        name.replace("bare relay, a write per token", "bare relay")
        .replace("bare relay, a write per read", "bare, per read")
        .replace("FastAPI + uvicorn + httpx", "FastAPI + httpx")
        .replace("the provider, directly", "directly"))


def _echo(scenario, results):
    limit = {"echo-32": 1.35, "echo-32x16": 1.6, "echo-1k": 1.6}[scenario.name]
    base = results.median(scenario.name, "bare epoll loop", "server_us_per_message")
    level = (base * limit, f"{limit} x bare") if base else None
    return [
        bars("CPU per message", "µs", _rows(scenario, results, "server_us_per_message"), level),
        distribution("Round trip", scenario, results, "latency"),
    ]


def _deflate(scenario, results):
    return [
        bars("CPU per message", "µs", _rows(scenario, results, "server_us_per_message"), digits=1),
        bars("Bytes of a reply to 1,024", "bytes", _rows(scenario, results, "reply_bytes"), digits=0),
    ]


def _connect(scenario, results):
    return [bars(
        "CPU per accepted and upgraded connection", "µs", _rows(scenario, results, "server_us_per_upgrade"),
        (35, "35 µs"), digits=0)]


def _memory(scenario, results):
    groups = {}
    for subject in scenario.subjects:
        value = results.median(scenario.name, subject.name, "rss_after_mib")
        if value is None:
            continue
        kind = subject.figures.get("kind")
        name = f"weir, {kind.split(' ')[0]}" if kind else subject.name.rsplit(",", 2)[0].split(", 1")[0]
        groups.setdefault((name, subject.series), []).append((subject.figures["connections"], value))
    points = [point for group in groups.values() for point in group]
    if not points:
        return []
    plots = [bars(
        "Memory for each connection", "KiB", _rows(scenario, results, "kib_per_connection"), (8, "8 KiB"), digits=1)]
    if len({x for x, _ in points}) > 1:
        plot = Plot(
            "Memory of the server against connections", "connections", "MiB resident",
            _x(min(x for x, _ in points), max(x for x, _ in points), True),
            _y(min(y for _, y in points), max(y for _, y in points), True))
        for (name, series), group in groups.items():
            plot.line(name, series, sorted(group), _order(series), dashed="bare" in name)
        plots.insert(0, plot.render())
    return plots


def _order(series):
    return ORDER.index(series) if series in ORDER else len(ORDER)


def _streams(scenario, results):
    base = results.median(scenario.name, "bare relay, a write per token", "server_us_per_token")
    limit = 1.4 if scenario.name == "chat" else 1
    level = (base * limit, f"{limit:g} x bare") if base else None
    held = (10, "10 ms at 99 %") if scenario.name == "chat" else (50, "50 ms at 99 %")
    return [
        bars("CPU per token", "µs", _rows(scenario, results, "server_us_per_token"), level, digits=1),
        distribution("Lag: from the provider's sending to the device's reading", scenario, results, "lag", held),
    ]


def _first(scenario, results):
    return [distribution("Time to the first token", scenario, results, "first_delta")]


def _load_curve(scenario, results):
    groups = {}
    for subject in scenario.subjects:
        point = (
            results.median(scenario.name, subject.name, "tokens_per_s"),
            results.median(scenario.name, subject.name, "server_us_per_token"),
            results.median(scenario.name, subject.name, "lag_p99_ms"))
        if None not in point:
            groups.setdefault((_short(subject.name.rsplit(", ", 1)[0]), subject.series), []).append(point)
    points = [point for group in groups.values() for point in group]
    if not points:
        return []
    x = _x(min(x for x, _, _ in points), max(x for x, _, _ in points), True)
    cost = Plot("CPU per token against load", "tokens/s that came through", "µs per token", x,
                _y(0, max(y for _, y, _ in points) * 1.05))
    lag = Plot("Lag at 99 % against load", "tokens/s that came through", "milliseconds", x,
               _y(min(z for _, _, z in points), max(z for _, _, z in points), True))
    lag.level(50, "50 ms")
    for (name, series), group in groups.items():
        cost.line(name, series, [(x, y) for x, y, _ in group], _order(series), dashed="per read" in name)
        lag.line(name, series, [(x, z) for x, _, z in group], _order(series), dashed="per read" in name)
    return [cost.render(), lag.render()]


def _acks(scenario, results):
    return [
        bars("Durable acknowledgements", "/s", _rows(scenario, results, "acks_per_s"), digits=0),
        distribution("Acknowledged after", scenario, results, "latency"),
    ]


def _bytes(scenario, results):
    rows = _rows(scenario, results, "bytes_per_token")
    return [bars("Bytes on the wire for 24 bytes of text", "bytes", rows, digits=0)]


def _history(scenario, results):
    rows = []
    for key, name in (("cold_p50_ms", "cold, p50"), ("cold_p99_ms", "cold, p99"), ("warm_p50_ms", "warm, p50"),
                      ("warm_p99_ms", "warm, p99")):
        value = results.median(scenario.name, "weir", key)
        if value is not None:
            rows.append((name, "weir", value, value, value))
    return [bars("The newest 50 messages", "ms", rows)]


def _storm(scenario, results):
    timelines = results.values(scenario.name, "weir", "timeline")
    if not timelines:
        return []
    rows = [row for row in timelines[0][:-1] if row[1] > 0] or timelines[0]
    y = _y(min(max(row[3], 0.01) for row in rows), max(60, max(row[4] for row in rows)), True)
    plot = Plot("Lag through the storm, second by second", "seconds", "milliseconds", _x(0, rows[-1][0]), y)
    plot.moments([row[0] for row in rows if row[2] > 0], "connections lost")
    plot.level(50, "50 ms")
    plot.line("p99", "weir", [(row[0], row[4]) for row in rows])
    plot.line("p50", "bare", [(row[0], row[3]) for row in rows], dashed=True)
    return [plot.render(), distribution("Lag of all tokens in it", scenario, results, "lag", (50, "50 ms at 99 %"))]
