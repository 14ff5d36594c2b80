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


class Missing(Failure):
    """A subject that is not installed: said loudly, and left out."""


class Process:
    """A program on some processors, with what it writes in a file."""

    def __init__(self, command, cores, log, environment=None):
        self.command = [str(word) for word in command]
        self.log = pathlib.Path(log)
        with open(log, "wb") as file:
            self._process = subprocess.Popen(
                ["taskset", "-c", str(cores), *self.command], stdout=file, stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})})
        # taskset executes the command in its own place, so this is the command's own process.
        self.pid = self._process.pid

    def wait_for(self, port, seconds=30):
        """Returns when something listens on the port."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self._process.poll() is not None:
                raise Failure(f"`{' '.join(self.command)}` ended: {self.said()[-2000:]}")
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.05)
        raise Failure(
            f"`{' '.join(self.command)}` does not listen on {port} after {seconds} s: {self.said()[-2000:]}")

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

    def __init__(self, weir=None, loader=None):
        _allow_descriptors()
        self.root = pathlib.Path(__file__).resolve().parents[2]
        self.tools = self.root / ".build-tools"
        processors = sorted(os.sched_getaffinity(0))
        self.server_core, self.load_core = processors[0], processors[min(1, len(processors) - 1)]
        self.processors = processors
        self.weir = pathlib.Path(weir).resolve() if weir else self._build()
        self.loader = pathlib.Path(loader).resolve() if loader else self.weir
        self.commands = []
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
        """A port that nothing of this run has used, and nobody else uses now."""
        while True:
            self._port += 1
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", self._port))
                    return self._port
                except OSError:
                    continue

    def data(self):
        """An empty directory."""
        return tempfile.mkdtemp(prefix="data-", dir=self.directory)

    def source(self, name):
        """bench/subjects/NAME."""
        return self.root / "bench" / "subjects" / name

    def compiled(self, name, *libraries):
        """The program of bench/subjects/NAME.c."""
        program = self.directory / name
        if not program.exists():
            source = self.source(f"{name}.c")
            done = subprocess.run(
                ["cc", "-O2", "-o", program, source, *libraries], capture_output=True, text=True, check=False)
            if done.returncode:
                raise Missing(f"{source.name} does not compile ({done.stderr.strip()[:200]}). Run bench/install.")
        return program

    def node(self):
        """The words that run a program with Node and Debian's modules."""
        if not shutil.which("node") or not pathlib.Path("/usr/share/nodejs/ws").is_dir():
            raise Missing("Node's ws is not installed. Run bench/install.")
        return ["env", "NODE_PATH=/usr/share/nodejs", "node"]

    def python(self, environment="bench"):
        """The Python of a virtual environment that bench/install makes."""
        program = self.tools / environment / "bin" / "python"
        if not program.exists():
            raise Missing(f"{program.relative_to(self.root)} is not there. Run bench/install.")
        return program

    def start(self, command, port, cores=None, seconds=30, environment=None):
        """Runs a server until it listens."""
        cores = self.server_core if cores is None else cores
        process = Process(command, cores, self.directory / f"log-{port}", environment)
        self.note(command, cores)
        try:
            process.wait_for(port, seconds)
        except Failure:
            process.stop()
            raise
        return process

    def load(self, kind, *options, seconds=300, cores=None):
        """Runs `weir bench KIND` on the load's processor; returns its figures."""
        command = [str(self.loader), "bench", kind, "--json", *(str(option) for option in options)]
        return self.run(command, self.load_core if cores is None else cores, seconds)[-1]

    def run(self, command, cores, seconds=300):
        """Runs a program that prints figures as lines of JSON."""
        words = [str(word) for word in command]
        self.note(words, cores)
        try:
            done = subprocess.run(
                ["taskset", "-c", str(cores), *words], capture_output=True, text=True, timeout=seconds, check=False)
        except subprocess.TimeoutExpired:
            raise Failure(f"`{' '.join(words)}` did not end in {seconds} s") from None
        if done.returncode:
            raise Failure(f"`{' '.join(words)}`: {done.stderr.strip()[-2000:]}")
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]

    def note(self, command, cores):
        """Keeps a command for the report, in the words that one would type at the root of the clone."""
        text = " ".join(str(word) for word in command)
        for path, name in ((self.weir, "weir"), (self.loader, "weir"), (self.directory, "$TMP"), (self.root, ".")):
            text = text.replace(str(path), name)
        self.commands.append(f"taskset -c {cores} {text}")
