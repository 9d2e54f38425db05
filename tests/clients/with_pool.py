#!/usr/bin/env python3
"""Runs a client's program against weir with three servers behind: with_pool.py WEIR redis|memcached PROGRAM [ARG...]

WEIR is the program of weir, or - for no weir and one server, which shows that the client's program tells the truth.
The program finds weir's port in POOL_PORT, and the servers' in BACKEND_PORTS. It fails if the program or weir does.
"""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
from tests.support.scene import Scene, memcached_argv, redis_argv  # noqa: E402

# The hash tag is what a user sets who wants some keys together; murmur spreads even a few keys over three servers.
POOLS = {
    "redis": (redis_argv, "protocol: redis\nhash: murmur\nhash_tag: '{}'"),
    "memcached": (memcached_argv, "protocol: memcache\nhash: murmur"),
}


def main():
    if len(sys.argv) < 4 or sys.argv[2] not in POOLS:
        sys.exit(__doc__)
    server, pool = POOLS[sys.argv[2]]
    weir = None if sys.argv[1] == "-" else sys.argv[1]
    with Scene(server, 3 if weir else 1, weir, pool) as scene:
        environment = dict(os.environ, POOL_PORT=str(scene.port), BACKEND_PORTS=" ".join(map(str, scene.backends)))
        code = subprocess.run(sys.argv[3:], env=environment).returncode
        if scene.weir_died():
            print("weir died; it said:", scene.weir.said(), file=sys.stderr)
    return 1 if code else 0


if __name__ == "__main__":
    sys.exit(main())
