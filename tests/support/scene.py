"""Real servers and weir before them, for tests and tools in Python: on free ports, ended by their own process id."""
import os
import shutil
import socket
import subprocess
import tempfile
import time


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Failed(Exception):
    """Something did not come up, or did not end well."""


class Daemon:
    """A process that listens on a port; ends with close()."""

    def __init__(self, argv, port, log):
        self.name, self.log = argv[0], log
        with open(log, "w", encoding="utf-8") as out:
            self.process = subprocess.Popen(argv, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        end = time.time() + 60
        while not self._listens(port):
            if time.time() > end or self.ended():
                self.close()
                raise Failed(f"{self.name} does not listen on {port}; it said: {self.said()}")
            time.sleep(0.02)

    @staticmethod
    def _listens(port):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        except OSError:
            return False

    def ended(self):
        return self.process.poll() is not None

    def said(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()[-2000:]

    def close(self):
        """The exit code, as Popen has it."""
        if not self.ended():
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
        return self.process.wait()


def redis_argv(port, folder, *more):
    return ["redis-server", "--port", str(port), "--dir", folder, "--save", "", *more]


def memcached_argv(port, _folder, *more):
    return ["memcached", "-p", str(port), "-U", "0", "-l", "127.0.0.1", "-u", "root", *more]


class Scene:
    """Servers, and weir before them if its program is named. `port` is where clients go, `backends` are the servers'.

    server: makes the argv of a server from a port and a folder; pool: the lines of the pool's configuration.
    """

    def __init__(self, server, count, weir=None, pool=""):
        self.dir = tempfile.mkdtemp(prefix="weir-scene-")
        self.daemons, self.backends, self.weir = [], [], None
        try:
            for i in range(count):
                port = free_port()
                folder = os.path.join(self.dir, str(i))
                os.mkdir(folder)
                self.daemons.append(Daemon(server(port, folder), port, os.path.join(folder, "log")))
                self.backends.append(port)
            self.port = self._start(weir, pool) if weir else self.backends[0]
        except BaseException:
            self.close()
            raise

    def _start(self, weir, pool):
        port = free_port()
        config = os.path.join(self.dir, "weir.yml")
        with open(config, "w", encoding="utf-8") as f:
            f.write(f"pools:\n  main:\n    listen: 127.0.0.1:{port}\n")
            f.writelines(f"    {line}\n" for line in pool.strip().split("\n"))
            f.write("    servers:\n")
            f.writelines(f"      - \"127.0.0.1:{backend}:1 s{i}\"\n" for i, backend in enumerate(self.backends))
        self.weir = Daemon([weir, "-c", config, "-s", str(free_port())], port, os.path.join(self.dir, "weir.log"))
        self.daemons.append(self.weir)
        return port

    def weir_died(self):
        return self.weir is not None and self.weir.ended()

    def close(self):
        """What weir had to say if it did not end well, else an empty text."""
        complaint = ""
        for daemon in reversed(self.daemons):
            code = daemon.close()
            if daemon is self.weir and code != 0:
                complaint = f"weir ended with {code}; it said: {daemon.said()}"
        self.daemons = []
        shutil.rmtree(self.dir, ignore_errors=True)
        return complaint

    def __enter__(self):
        return self

    def __exit__(self, *_):
        complaint = self.close()
        if complaint:
            raise Failed(complaint)
