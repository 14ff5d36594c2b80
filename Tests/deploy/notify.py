"""Runs `weir serve` as systemd does, and hears what it says over NOTIFY_SOCKET: notify.py WEIR DATA"""
import os, signal, socket, subprocess, sys, tempfile

weir, data = sys.argv[1:]


def run(address, name):
    heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    heard.bind(address)
    heard.settimeout(60)
    server = subprocess.Popen(
        [weir, "serve", "--port", "0", "--data", data], env={**os.environ, "NOTIFY_SOCKET": name},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        ready = heard.recv(4096).decode()
        assert "READY=1" in ready.split("\n") and f"MAINPID={server.pid}" in ready.split("\n"), ready
        server.send_signal(signal.SIGHUP)
        reloaded = heard.recv(4096).decode()
        assert reloaded.startswith("STATUS=Serving;"), reloaded
        server.send_signal(signal.SIGTERM)
        stopping = heard.recv(4096).decode()
        assert "STOPPING=1" in stopping.split("\n"), stopping
        assert server.wait(30) == 0
    finally:
        server.kill()
        heard.close()


path = os.path.join(tempfile.mkdtemp(), "notify")
run(path, path)
os.unlink(path)
# systemd also uses names that are no files.
run(f"\0weir-test-{os.getpid()}", f"@weir-test-{os.getpid()}")
