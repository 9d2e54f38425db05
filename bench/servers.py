"""The servers behind the proxies: two redis-servers and two memcacheds that keep nothing on disk."""
import os
import re
import shutil
import socket

from processes import Failed, Process, free_port

EACH = 2
BATCH_BYTES = 256 << 10


def key(i):
    """As redis-benchmark and mc_load write them."""
    return b"key:%012d" % i


class Servers:
    def __init__(self, folder, file_limit):
        connections = str(min(12_000, file_limit - 200))
        self.redis = [free_port() for _ in range(EACH)]
        self.memcached = [free_port() for _ in range(EACH)]
        self.filled = {}  # protocol: (keys, value size)
        self.processes = []
        try:
            for port in self.redis:
                self._start(folder, port, "redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "",
                            "--appendonly", "no", "--maxclients", connections, "--tcp-backlog", "4096")
            for port in self.memcached:
                user = ("-u", "root") if os.geteuid() == 0 else ()
                self._start(folder, port, "memcached", "-l", "127.0.0.1", "-p", str(port), "-U", "0", "-t", "1", "-m",
                            "256", "-c", connections, *user)
        except BaseException:
            self.end()
            raise

    def _start(self, folder, port, program, *arguments):
        path = shutil.which(program)
        if not path:
            raise Failed(f"{program} is not installed; scripts/deps bench installs what a run needs")
        self.processes.append(Process([path, *arguments], port, folder))

    def end(self):
        for process in reversed(self.processes):
            process.end()

    def ports(self, protocol):
        return self.redis if protocol == "redis" else self.memcached

    def fill(self, protocol, keys, value, prefixes=(b"",)):
        """Every key on every server, so that a GET hits wherever a proxy sends it, and with which prefix."""
        if self.filled.get(protocol) == (keys, value, prefixes):
            return
        fill = fill_redis if protocol == "redis" else fill_memcached
        for port in self.ports(protocol):
            with socket.create_connection(("127.0.0.1", port), 30) as s:
                for prefix in prefixes:
                    fill(s, keys, value, prefix)
        self.filled[protocol] = (keys, value, prefixes)

    def found_and_missed(self, protocol):
        """How many keys were asked for and there, and how many were not, since the servers started."""
        found = missed = 0
        for port in self.ports(protocol):
            with socket.create_connection(("127.0.0.1", port), 30) as s:
                if protocol == "redis":
                    text = ask(s, b"INFO stats\r\n", bulk_is_complete)
                    hits, misses = rb"keyspace_hits:(\d+)", rb"keyspace_misses:(\d+)"
                else:
                    text = ask(s, b"stats\r\n", lambda reply: reply.endswith(b"END\r\n"))
                    hits, misses = rb"STAT get_hits (\d+)", rb"STAT get_misses (\d+)"
            found += int(re.search(hits, text)[1])
            missed += int(re.search(misses, text)[1])
        return found, missed


def ask(s, request, complete):
    """One request and its whole reply."""
    s.sendall(request)
    reply = b""
    while not complete(reply):
        more = s.recv(1 << 16)
        if not more:
            raise Failed(f"a server closed the connection after {request!r}")
        reply += more
    return reply


def bulk_is_complete(reply):
    head, line_end, rest = reply.partition(b"\r\n")
    return bool(line_end) and len(rest) >= int(head[1:]) + 2


def send_in_batches(s, requests, reply):
    """Each request is answered by the same words; a batch is sent, then its answers are read."""
    batch, count = bytearray(), 0

    def flush():
        s.sendall(batch)
        expected = reply * count
        received = bytearray()
        while len(received) < len(expected):
            more = s.recv(1 << 16)
            if not more:
                break
            received += more
        if received != expected:
            raise Failed(f"a server would not take a value: {bytes(received[:200])!r}")

    for request in requests:
        batch += request
        count += 1
        if len(batch) >= BATCH_BYTES:
            flush()
            batch, count = bytearray(), 0
    if count:
        flush()


def fill_redis(s, keys, value, prefix):
    if not prefix:
        s.sendall(b"FLUSHALL\r\n")
        s.recv(64)
    head = b"*3\r\n$3\r\nSET\r\n$%d\r\n%s" % (len(prefix) + 16, prefix)
    tail = b"\r\n$%d\r\n%s\r\n" % (value, b"x" * value)
    send_in_batches(s, (head + key(i) + tail for i in range(keys)), b"+OK\r\n")


def fill_memcached(s, keys, value, prefix):
    """With the letter in front that mc_load looks for: its key decides which."""
    head, rest = b" 0 0 %d\r\n" % value, b"x" * (value - 1) + b"\r\n"
    letters = [b"%c" % (ord("a") + i) for i in range(26)]
    send_in_batches(s, (b"set " + prefix + key(i) + head + letters[i % 26] + rest for i in range(keys)), b"STORED\r\n")
