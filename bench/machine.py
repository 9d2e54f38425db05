"""What the figures were measured on."""
import os
import platform
import re
import shutil
import subprocess
import time


def cpu_model():
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as f:
            found = re.search(r"^model name\s*:\s*(.*)$", f.read(), re.MULTILINE)
    except OSError:
        found = None
    return found[1].strip() if found else platform.machine()


def first_line(program, option):
    path = shutil.which(program)
    if not path:
        return None
    done = subprocess.run([path, option], capture_output=True, text=True, check=False)
    lines = (done.stdout + done.stderr).strip().splitlines()
    return lines[0] if lines else None


def number_in(line):
    """The version in what a program says of itself, or all it says."""
    found = re.search(r"\d+(\.\d+)+[\w.+~-]*", line)
    return found[0] if found else line


def versions(proxies):
    found = {proxy.name: number_in(proxy.version()) for proxy in proxies}
    for program, option in (("redis-server", "--version"), ("redis-benchmark", "--version"), ("memcached", "--version"),
                            ("valgrind", "--version"), ("perf", "--version")):
        line = first_line(program, option)
        if line:
            found[program] = number_in(line)
    return found


def commit():
    """Of the sources that this lies in, which need not be what the programs were built from."""
    here = os.path.dirname(os.path.abspath(__file__))
    try:
        done = subprocess.run(["git", "-C", here, "describe", "--always", "--dirty"], capture_output=True, text=True,
                              check=False)
    except OSError:
        return None
    return done.stdout.strip() or None


def describe(proxies):
    with open("/proc/meminfo", encoding="ascii") as f:
        memory = int(re.search(r"MemTotal:\s*(\d+)", f.read())[1])
    return {"cpu": cpu_model(), "cpus": len(os.sched_getaffinity(0)), "memory_gib": round(memory / (1 << 20), 1),
            "kernel": f"{platform.system()} {platform.release()}", "date": time.strftime("%Y-%m-%d"),
            "commit": commit(), "versions": versions(proxies)}


def programs(machine):
    text = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return text + (f"; sources at {machine['commit']}" if machine["commit"] else "")


def sentence(machine):
    return (f"{machine['cpus']} × {machine['cpu']}, {machine['memory_gib']} GiB, {machine['kernel']}, "
            f"{machine['date']}")
