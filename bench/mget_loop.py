#!/usr/bin/env python3
"""mget_loop.py PORT KEYS: one client that asks for all keys at once, again and again, until it is ended.

Prints the milliseconds of each reply, a line each. Every key must be there, with a value of 3 bytes.
"""
import socket
import sys
import time

from servers import key


def main():
    port, keys = int(sys.argv[1]), int(sys.argv[2])
    request = b"*%d\r\n$4\r\nMGET\r\n" % (keys + 1) + b"".join(b"$16\r\n%s\r\n" % key(i) for i in range(keys))
    head, each = b"*%d\r\n" % keys, b"$3\r\nxxx\r\n"
    with socket.create_connection(("127.0.0.1", port)) as s:
        while True:
            start = time.monotonic()
            s.sendall(request)
            left, first = len(head) + keys * len(each), b""
            while left > 0:
                block = s.recv(1 << 20)
                if not block:
                    sys.exit("the proxy closed the connection")
                first = first or block
                left -= len(block)
                if not first.startswith(head[: len(first)]):
                    sys.exit(f"the proxy answered {first[:100]!r}")
            print(f"{(time.monotonic() - start) * 1e3:.1f}", flush=True)


if __name__ == "__main__":
    main()
