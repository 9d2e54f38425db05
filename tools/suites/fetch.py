"""The sources of Debian's packages."""
import os
import subprocess
import sys


def fetch(package, into):
    """The source of a package, patched, in a folder of its own; where it is."""
    os.makedirs(into, exist_ok=True)
    found = source_folder(package, into)
    if found:
        return found
    done = subprocess.run(["apt-get", "source", "-q", package], cwd=into, capture_output=True, text=True)
    found = source_folder(package, into)
    if not found:
        sys.exit(f"scripts/suites: `apt-get source {package}` got nothing: {done.stderr.strip()[-400:]}\n"
                 "It needs dpkg-dev, and a deb-src line in /etc/apt/sources.list.d/ followed by apt-get update.")
    return found


def source_folder(package, into):
    for name in sorted(os.listdir(into)):
        if name.startswith(package + "-") and os.path.isdir(os.path.join(into, name)):
            return os.path.join(into, name)
    return None
