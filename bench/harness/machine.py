"""Where a run was made, so that its figures can be judged and made again."""

import datetime
import os
import pathlib
import platform
import subprocess


def describe(bench):
    lines = [
        f"machine: {_processor()}, {os.cpu_count()} processors, {_memory()}, Linux {platform.release()}",
        f"commit:  {_commit(bench.root)}",
        f"date:    {datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC",
        f"binary:  {bench.weir}",
        f"pinning: server on processor {bench.server_core}, load on processor {bench.load_core}",
    ]
    load = os.getloadavg()[0]
    if load > 0.7:
        lines.append(
            f"CAUTION: the machine is busy (load average {load:.1f}): do not compare these figures with others")
    if bench.server_core == bench.load_core:
        lines.append("CAUTION: one processor for server and load: rates mean nothing, CPU per event still does")
    return lines


def _processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def _memory():
    kilobytes = int(pathlib.Path("/proc/meminfo").read_text().split("MemTotal:")[1].split()[0])
    return f"{kilobytes / 1048576:.0f} GiB"


def _commit(root):
    def git(*arguments):
        return subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False).stdout.strip()

    changed = " with changes" if git("status", "--porcelain", "--untracked-files=no") else ""
    return (git("log", "-1", "--format=%h %s") or "not a clone") + changed
