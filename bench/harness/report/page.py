"""Puts the report together: the score, then job by job the tables and plots, then how it was measured."""

import pathlib
from html import escape

from harness import table
from harness.report import plots

SERIES = [
    "weir", "bare", "node", "libwebsockets", "picows", "websockets", "fastapi", "litellm", "rocksdb", "zlib", "direct",
    "openai",
]
HOW = """
Servers run on processor 0, the load generator and the mock provider on processor 1, each server fresh for each
measurement, after a warm-up. Rounds are interleaved: all subjects of a scenario in turn, then all again, so that what
happens to the machine happens to all. Figures are medians over the rounds; a spread of more than 10 % stands beside
them. CPU is the kernel's count for the server's process, user and system. Where “load CPU” and “mock CPU” add up to
nearly 100 %, the load generator was the limit, and rates are its own. Compare within one run: machines differ, and the
same machine differs from day to day; so ratios to the bare loop or relay of the same run say more than microseconds.
"""
JOBS = {
    1: "An echo, one message on the way", 2: "An echo, sixteen on the way", 3: "An echo of 1 KiB", 4: "Upgrades",
    5: "Idle memory", 6: "The whole path", 7: "The whole path at four times the load", 8: "Time to the first token",
    9: "Durable acknowledgements", 10: "Bytes on the wire", 11: "Compression", 12: "History",
    13: "The disconnect storm", 14: "A second core",
}


def write(path, about, commands, scenarios, results, verdicts, micro=None):
    """`micro`: what bench/micro/run kept, if it did."""
    page = _page(about, commands, scenarios, results, verdicts, micro)
    pathlib.Path(path).write_text(page, encoding="utf-8")


def _page(about, commands, scenarios, results, verdicts, micro):
    style = (pathlib.Path(__file__).parent / "style.css").read_text() + _series_rules()
    measured = [
        scenario for scenario in scenarios
        if any(results.all(scenario.name, subject.name) for subject in scenario.subjects)]
    cautions = "".join(f'<p class="caution">{escape(line)}</p>' for line in about if line.startswith("CAUTION"))
    lines = "\n".join(line for line in about if not line.startswith("CAUTION"))
    measured.sort(key=lambda scenario: scenario.job or 99)
    links = " ".join(f'<a href="#{scenario.name}">{escape(scenario.name)}</a>' for scenario in measured)
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Weir, measured</title>
<style>{style}</style>
<h1>Weir, measured</h1>
<p class="quiet">Against the bare limit, and against what one would pick instead, in one run.</p>
<div class="about">{escape(lines)}</div>
{cautions}
{_score(verdicts)}
<nav>{links}</nav>
{"".join(_section(scenario, results) for scenario in measured)}
{_micro(micro)}
<h2>How it was measured</h2>
<p>{escape(" ".join(HOW.split()))}</p>
<details><summary>All {len(commands)} commands, in their order</summary>
<pre>{escape(chr(10).join(commands))}</pre></details>
</html>
"""


def _series_rules():
    rules = []
    for series in SERIES:
        colour = f"var(--{series})" if series in plots.ORDER[:8] else "var(--bare)"
        rules.append(
            f"svg .s-{series} {{ stroke: {colour}; }} svg .f-{series} {{ fill: {colour}; }} "
            f"svg .t-{series} {{ fill: {colour}; }}")
    return "\n".join(rules)


def _score(verdicts):
    reached = sum(verdict.passed is True for verdict in verdicts)
    judged = sum(verdict.passed is not None for verdict in verdicts)
    rows = []
    for verdict in verdicts:
        kind, sign = {True: ("reached", "✓"), False: ("missed", "✗"), None: ("open", "–")}[verdict.passed]
        rows.append(
            f"<tr><td>{verdict.job}</td><td>{escape(verdict.title)}</td><td><b>{escape(verdict.reached)}</b></td>"
            f'<td class="badge-cell"><span class="badge {kind}">{sign} {verdict.word}</span></td>'
            f'<td class="quiet">{escape(verdict.holder)}</td></tr>')
    return (
        f'<p class="score"><b>{reached}</b> of {judged} targets that this run measured are reached.</p>'
        '<div class="scroll"><table class="words"><tr><th>job</th><th>target</th><th>this run</th><th></th>'
        f'<th>who holds it today</th></tr>{"".join(rows)}</table></div>')


def _micro(kept):
    """The steps of a token, one by one."""
    if not kept:
        return ""
    rows = []
    for case in kept["cases"]:
        instructions = f"{case['instructions']:,.0f}" if "instructions" in case else "-"
        kind = "" if "protobuf" in case["name"] else ' class="weir"'
        rows.append(
            f"<tr{kind}><td>{escape(case['name'])}</td><td>{case['ns']:,.1f}</td><td>{case['allocations']:.2f}</td>"
            f'<td>{instructions}</td><td class="quiet">{escape(case["operation"])}</td></tr>')
    return (
        '<h2 id="micro">Step by step</h2><p class="quiet">Micro-benchmarks of bench/micro/run, at commit '
        f'{escape(kept["commit"])}: time, allocations and instructions of one operation.</p><div class="scroll"><table>'
        "<tr><th>case</th><th>ns of CPU</th><th>allocations</th><th>instructions</th><th>one operation</th></tr>"
        f'{"".join(rows)}</table></div>')


def _section(scenario, results):
    heads, rows = table.cells(scenario, results)
    body = []
    for (row, problems), subject in zip(rows, scenario.subjects):
        kind = ' class="weir"' if subject.series == "weir" else ""
        body.append(f"<tr{kind}>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>")
        body += [
            f'<tr><td class="problem" colspan="{len(heads)}">{escape(problem)}</td></tr>' for problem in problems]
    note = _headroom(scenario, results)
    figures = "".join(f"<figure>{plot}</figure>" for plot in plots.for_scenario(scenario, results))
    head = f"Job {scenario.job}: {JOBS[scenario.job]}" if scenario.job else "Beside the jobs"
    return (
        f'<h2 id="{scenario.name}">{escape(head)}</h2>'
        f'<p class="quiet">{escape(scenario.name)}: {escape(scenario.title)}</p>'
        f'<div class="plots">{figures}</div><div class="scroll"><table><tr>'
        + "".join(f"<th>{escape(cell)}</th>" for cell in heads) + f'</tr>{"".join(body)}</table></div>{note}')


def _headroom(scenario, results):
    """Names the subjects whose load had no processor left: their rates are the load generator's."""
    full = []
    for subject in scenario.subjects:
        own = results.median(scenario.name, subject.name, "load_cpu_percent") or 0
        provider = results.median(scenario.name, subject.name, "provider_cpu_percent") or 0
        if own + provider > 90:
            full.append(f"{subject.name} ({own + provider:.0f} %)")
    if not full:
        return ""
    return f'<p class="quiet">The load’s processor was the limit for: {escape(", ".join(full))}.</p>'