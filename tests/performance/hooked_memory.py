#!/usr/bin/env python3
"""Sends very many requests through a pool whose script does something about each, and looks whether memory stays flat.

    tests/performance/hooked_memory.py --requests 10000000       # the whole proof: some minutes
    tests/performance/hooked_memory.py                           # a short one, for every build

The script rewrites keys, tags, counts, observes, keeps a bounded table of its own and hears how requests end; a timer
runs beside it. Resident memory is looked at after 10, 50 and 100 % of the requests; the last may be above the first by
what --slack says. Every reply is compared with what it must be.
"""
import argparse
import ctypes
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PATIENCE_S = 60
CONNECTIONS = 8
KEYS = 1000
LOOKS = (10, 50, 100)  # percent

SCRIPT = """
local seen, order, at = {}, {}, 0
local asked = weir.counter("asked", "requests that were seen")
local sizes = weir.histogram("sizes_bytes", "sizes of replies")
weir.every(0.05, function() weir.shared.ticks = (weir.shared.ticks or 0) + 1 end)
weir.on_request(weir.READ, weir.WRITE, function(req)
  asked:add()
  req.tag = "tag" .. #req.key % 7
  req.note = #req.keys
  at = at % 1000 + 1
  if order[at] then seen[order[at]] = nil end
  order[at] = req.key .. ":" .. at
  seen[order[at]] = { req.command, req:arg(1) }
  for i = 1, #req.keys do req.keys[i] = "tenant:" .. req.keys[i] end
end)
weir.on_response(weir.READ, weir.WRITE, function(req, rsp)
  if not rsp.ok or req.note < 1 then error("a request failed: " .. req.command .. " " .. tostring(rsp.error)) end
  sizes:observe(rsp.size)
end)
"""


def resp(*words):
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)


def bulk(value):
    return b"$%d\r\n%s\r\n" % (len(value), value)


def batch(who, turn):
    """(requests, replies, how many). Each connection has keys of its own: what it wrote is what it reads."""
    asked, told, count = bytearray(), bytearray(), 0
    for i in range(100):
        a, b = (b"c%d:key:%d:%s" % (who, (turn * 200 + 2 * i + n) % KEYS, b"x" * (i % 9)) for n in (0, 1))
        value = b"%d:%d" % (turn, i) + b"v" * (i % 50)
        for request, reply in ((resp(b"SET", a, value), b"+OK\r\n"), (resp(b"GET", a), bulk(value)),
                               (resp(b"MSET", a, value, b, b"2"), b"+OK\r\n"),
                               (resp(b"MGET", a, b), b"*2\r\n" + bulk(value) + bulk(b"2")),
                               (resp(b"DEL", a, b), b":2\r\n")):
            asked += request
            told += reply
            count += 1
    return bytes(asked), bytes(told), count


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def end_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def start(argv, folder, port):
    log = open(os.path.join(folder, f"{port}.log"), "wb")
    process = subprocess.Popen(argv, cwd=folder, stdout=log, stderr=log, preexec_fn=end_with_parent)
    deadline = time.monotonic() + PATIENCE_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return process
        except OSError:
            time.sleep(0.02)
    with open(log.name, encoding="utf-8", errors="replace") as f:
        sys.exit(f"{argv[0]} did not come up:\n{f.read()}")


def rss_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return int(re.search(r"VmRSS:\s*(\d+)", f.read())[1])


def statistics(port):
    with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as s:
        text = b""
        while block := s.recv(1 << 16):
            text += block
    return json.loads(text)["alpha"]


def read_exactly(s, wanted):
    got = bytearray()
    while len(got) < len(wanted):
        block = s.recv(1 << 20)
        if not block:
            sys.exit("weir closed a connection")
        got += block
    if got != wanted:
        at = next((i for i, (a, b) in enumerate(zip(got, wanted)) if a != b), len(wanted))
        sys.exit(f"wrong reply at byte {at}: expected {wanted[at:at + 60]}, got {bytes(got[at:at + 60])}")


def run(o, weir, ports):
    """[(requests, RSS in KiB, memory of the script)]"""
    plans = [[batch(who, turn) for turn in range(20)] for who in range(CONNECTIONS)]
    connections = [socket.create_connection(("127.0.0.1", ports["redis"]), PATIENCE_S) for _ in plans]
    looks, done, turn = [], 0, 0
    for percent in LOOKS:
        while done < o.requests * percent / 100:
            batches = [plan[turn % len(plan)] for plan in plans]
            for s, (asked, _, _) in zip(connections, batches):
                s.sendall(asked)
            for s, (_, told, count) in zip(connections, batches):
                read_exactly(s, told)
                done += count
            turn += 1
        script = statistics(ports["stats"])["plugins"]["lua"]
        looks.append((done, rss_kib(weir.pid), script["lua_memory_bytes"]))
        print(f"{percent:>4} %  {done:>10,} requests  {looks[-1][1] / 1024:>7.1f} MiB resident"
              f"  {looks[-1][2] / 1024:>7.0f} KiB of the script", flush=True)
    return looks


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weir", default=os.path.join(HERE, "..", "..", "build", "release", "bin", "weir"))
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--slack", type=float, default=1.0, metavar="MIB", help="what it may grow by (1)")
    return parser.parse_args()


def main():
    o = options()
    if not os.access(o.weir, os.X_OK) or shutil.which("redis-server") is None:
        sys.exit(f"expected weir at {o.weir} and redis-server in the path")
    with tempfile.TemporaryDirectory(prefix="weir-hooked-") as folder:
        servers = [free_port(), free_port()]
        ports = {"redis": free_port(), "stats": free_port()}
        with open(os.path.join(folder, "hook.lua"), "w", encoding="ascii") as f:
            f.write(SCRIPT)
        with open(os.path.join(folder, "weir.yml"), "w", encoding="ascii") as f:
            f.write(f"alpha:\n  listen: 127.0.0.1:{ports['redis']}\n  redis: true\n  lua: {{file: hook.lua}}\n"
                    "  servers:\n" + "".join(f"   - 127.0.0.1:{port}:1\n" for port in servers))
        processes = []
        try:
            for port in servers:
                processes.append(start(["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "",
                                        "--appendonly", "no"], folder, port))
            weir = start([os.path.abspath(o.weir), "--workers", "1", "-c", "weir.yml", "-s", str(ports["stats"]), "-a",
                          "127.0.0.1", "-i", "50", "-v", "4"], folder, ports["redis"])
            processes.append(weir)
            looks = run(o, weir, ports)
            pool = statistics(ports["stats"])
        finally:
            for process in reversed(processes):
                process.terminate()
                process.wait(PATIENCE_S)
    counted = pool["plugins"]["lua"]
    if pool["filter_errors"] or counted["lua_errors"]:
        sys.exit(f"the script failed {counted['lua_errors']} times")
    if weir.returncode != 0:
        sys.exit(f"weir ended with {weir.returncode}")
    if looks[-1][1] > looks[0][1] + o.slack * 1024:
        sys.exit("memory grew")


if __name__ == "__main__":
    main()
