"""--memory: what connections cost a proxy in resident memory, and what it gives back."""
import socket
import time

from processes import Failed, memory_kib
from servers import key
from workloads import KEYS

CONNECTIONS = 5000
STATES = ("fresh", "idle", "after_get", "closed")
HEADINGS = ("fresh", "{n} idle connections", "after one GET on each", "all closed")


def settled(pid, quiet=1.5, patience=10):
    """Resident KiB once they have stayed the same for a while; memory may be given back late."""
    deadline = time.monotonic() + patience
    last, since = memory_kib(pid)[0], time.monotonic()
    while time.monotonic() < deadline and time.monotonic() - since < quiet:
        time.sleep(0.1)
        now = memory_kib(pid)[0]
        if now != last:
            last, since = now, time.monotonic()
    return last


def get_on_each(connections):
    for i, s in enumerate(connections):
        s.sendall(b"*2\r\n$3\r\nGET\r\n$16\r\n%s\r\n" % key(i % KEYS))
    for s in connections:
        reply = b""
        while len(reply) < len(b"$3\r\nxxx\r\n"):
            block = s.recv(64)
            if not block:
                raise Failed("it closed a connection instead of answering")
            reply += block
        if not reply.startswith(b"$3\r\n"):  # a workload with SETs may have been here and left other letters
            raise Failed(f"it answered {reply!r}")


def states(proxy, count):
    found, connections = [settled(proxy.pid)], []
    try:
        for _ in range(count):
            connections.append(socket.create_connection(("127.0.0.1", proxy.ports["redis"]), 10))
        found.append(settled(proxy.pid))
        get_on_each(connections)
        found.append(settled(proxy.pid))
    except OSError as why:
        raise Failed(f"with {len(connections)} connections: {why}") from None
    finally:
        for s in connections:
            s.close()
    found.append(settled(proxy.pid))
    return dict(zip(STATES, found))


def measure(bench):
    """{"connections", "proxies": {name: {state: KiB}}, "left_out"}"""
    count = min(CONNECTIONS, bench.options.file_limit // 2 - 200)
    bench.servers.fill("redis", KEYS, 3)
    result = {"connections": count, "proxies": {}, "left_out": {}}
    for proxy in bench.proxies:
        try:
            bench.start(proxy)
            result["proxies"][proxy.name] = states(proxy, count)
        except Failed as why:
            result["left_out"][proxy.name] = str(why)
        finally:
            proxy.end()
    return result
