"""Starting what is measured, loading it, and reading what the load generator says."""

import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time


class Failure(Exception):
    """A measurement that could not be made, with the reason."""


class Process:
    """A program on one processor, with what it writes in a file."""

    def __init__(self, command, core, log):
        self.command = [str(word) for word in command]
        self.log = pathlib.Path(log)
        with open(log, "wb") as file:
            self._process = subprocess.Popen(
                ["taskset", "-c", str(core), *self.command], stdout=file, stderr=subprocess.STDOUT)
        # taskset executes the command in its own place, so this is the command's own process.
        self.pid = self._process.pid

    def wait_for(self, port, seconds=30):
        """Returns when something listens on the port."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self._process.poll() is not None:
                raise Failure(f"`{' '.join(self.command)}` ended: {self.said()}")
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.05)
        raise Failure(f"`{' '.join(self.command)}` does not listen on {port} after {seconds} s: {self.said()}")

    def stop(self, seconds=15):
        """Ends it, and returns what it had written."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        return self.said()

    def said(self):
        return self.log.read_text(errors="replace").strip()


def _allow_descriptors(wanted=1 << 18):
    """As many sockets as the system lets this and what it starts have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    for limit in (max(wanted, most), most):
        try:
            return resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
        except (ValueError, OSError):
            continue


class Bench:
    """One run: the binaries, the processors, and a directory that goes away with it."""

    def __init__(self, weir=None):
        _allow_descriptors()
        self.root = pathlib.Path(__file__).resolve().parents[2]
        processors = sorted(os.sched_getaffinity(0))
        self.server_core, self.load_core = processors[0], processors[min(1, len(processors) - 1)]
        self.weir = pathlib.Path(weir).resolve() if weir else self._build()
        self._port = 19000

    def __enter__(self):
        # On the disk of the clone: the usual place for temporary files may be memory, where a sync costs nothing.
        build = self.root / ".build"
        build.mkdir(exist_ok=True)
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="bench-", dir=build))
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.directory, ignore_errors=True)

    def _build(self):
        subprocess.run(["swift", "build", "-c", "release", "--product", "weir"], cwd=self.root, check=True)
        shown = subprocess.run(
            ["swift", "build", "-c", "release", "--show-bin-path"], cwd=self.root, check=True, capture_output=True,
            text=True)
        return pathlib.Path(shown.stdout.strip()) / "weir"

    def port(self):
        """A port that nothing of this run has used."""
        self._port += 1
        return self._port

    def data(self):
        """An empty directory."""
        return tempfile.mkdtemp(prefix="data-", dir=self.directory)

    def compiled(self, name, *libraries):
        """The program of bench/baseline/NAME.c."""
        program = self.directory / name
        if not program.exists():
            source = self.root / "bench" / "baseline" / f"{name}.c"
            done = subprocess.run(
                ["cc", "-O2", "-o", program, source, *libraries], capture_output=True, text=True, check=False)
            if done.returncode:
                raise Failure(f"{source} does not compile: {done.stderr.strip()}")
        return program

    def start(self, command, port, core=None):
        """Runs a server until it listens."""
        core = self.server_core if core is None else core
        process = Process(command, core, self.directory / f"log-{port}")
        try:
            process.wait_for(port)
        except Failure:
            process.stop()
            raise
        return process

    def load(self, kind, *options, seconds=300):
        """Runs `weir bench KIND` on the load's processor; returns its figures."""
        command = [str(self.weir), "bench", kind, "--json", *(str(option) for option in options)]
        return self.run(command, self.load_core, seconds)[-1]

    def run(self, command, core, seconds=300):
        """Runs a program that prints figures as lines of JSON."""
        words = [str(word) for word in command]
        try:
            done = subprocess.run(
                ["taskset", "-c", str(core), *words], capture_output=True, text=True, timeout=seconds, check=False)
        except subprocess.TimeoutExpired:
            raise Failure(f"`{' '.join(words)}` did not end in {seconds} s") from None
        if done.returncode:
            raise Failure(f"`{' '.join(words)}`: {done.stderr.strip()}")
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
