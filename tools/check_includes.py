#!/usr/bin/env python3
"""Checks who includes whom: the layers of core/, the plugins, the SDK; and that the core names no protocol.

usage: check_includes.py [ROOT]     ROOT is the repository (default: the one this file lies in)

Prints one line a violation, file:line: what is wrong; what to do. Exits 1 when there is any.
"""
import pathlib
import re
import sys

# From the lowest to the highest; a layer may include itself and what stands before it.
LAYERS = ["base", "buffer", "config", "plugin", "message", "net", "upstream", "route", "client", "admin", "app"]
# Layers that may see less than their place allows: the statistics need no client.
NARROWER = {"admin": {"base", "config", "upstream", "route"}}
# Libraries a plugin is made for.
PLUGIN_LIBRARIES = {"hash": {"xxhash.h"}, "lua": {"lua.hpp", "lua.h", "lauxlib.h", "lualib.h"}}

C_HEADERS = {
    name + ".h"
    for name in "assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg "
    "stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath threads time uchar wchar wctype".split()
}
PROTOCOL_NAME = re.compile(r"redis(?!trib)|memcache|\bresp[23]?\b", re.IGNORECASE)
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]', re.MULTILINE)
# What a comment can be confused with comes along, so that it is recognised and kept.
TOKENS = re.compile(
    r'R"([^()\\ ]{0,16})\(.*?\)\1"|"(?:\\.|[^"\\\n])*"'
    r"|\b\d[\w.']*|'(?:\\.|[^'\\\n])*'|//[^\n]*|/\*.*?\*/",
    re.DOTALL,
)


def without_comments(text):
    """The text with every comment blanked; line numbers stay."""

    def blank(match):
        token = match.group()
        return "\n" * token.count("\n") + " " if token.startswith(("//", "/*")) else token

    return TOKENS.sub(blank, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def is_standard_cpp(header):
    return re.fullmatch(r"[a-z_0-9]+", header) is not None or header in C_HEADERS


def check_core(layer, quote, header):
    if quote == "<":
        return None
    match = re.match(r"core/(\w+)/", header)
    if not match:
        return f'"{header}" is not written from the root; write "core/<layer>/<file>", and <weir/...> for the SDK'
    target = match.group(1)
    if target == layer:
        return None
    allowed = NARROWER.get(layer, set(LAYERS[: LAYERS.index(layer)]))
    if target in allowed:
        return None
    names = ", ".join(l for l in LAYERS if l in allowed) or "no other layer"
    return f'core/{layer} must not include "{header}": it may see {names}; move what is shared down, or pass it in'


def check_plugin(plugin, folder, root, quote, header):
    if quote == "<":
        if header.startswith("weir/") or is_standard_cpp(header) or header in PLUGIN_LIBRARIES.get(plugin, ()):
            return None
        return f"a plugin must not include <{header}>: only <weir/...>, its own folder and the standard library"
    own = root / "plugins" / plugin
    for path in (folder / header, root / header):
        if path.resolve().is_relative_to(own.resolve()) and path.exists():
            return None
    return f'a plugin must not include "{header}": only <weir/...>, its own folder and the standard library'


def check_sdk(folder, quote, header):
    if quote == "<":
        if header in C_HEADERS:
            return None
        return f"the SDK must not include <{header}>: only headers of the C standard library, so that C plugins build"
    if (folder / header).exists() and "/" not in header:
        return None
    return f'the SDK must not include "{header}": only headers of its own folder'


def sources(root, folder):
    for pattern in ("*.h", "*.hpp", "*.c", "*.cc"):
        yield from sorted((root / folder).rglob(pattern))


def check_includes_of(path, root, text):
    parts = path.relative_to(root).parts
    for match in INCLUDE.finditer(text):
        quote, header = match.groups()
        if parts[0] == "core":
            wrong = check_core(parts[1], quote, header)
        elif parts[0] == "plugins":
            wrong = check_plugin(parts[1], path.parent, root, quote, header)
        else:
            wrong = check_sdk(path.parent, quote, header)
        if wrong:
            yield line_of(text, match.start(2)), wrong


def check_names_of(text):
    for match in PROTOCOL_NAME.finditer(text):
        yield (
            line_of(text, match.start()),
            f"the core names a protocol ('{match.group()}'); what depends on one belongs into its plugin",
        )


def check(root):
    """All violations as (path, line, text); and how many files were read."""
    found, count = [], 0
    for folder in ("core", "plugins", "sdk/include"):
        for path in sources(root, folder):
            count += 1
            text = without_comments(path.read_text(encoding="utf-8", errors="replace"))
            relative = path.relative_to(root)
            layer_is_known = relative.parts[0] != "core" or relative.parts[1] in LAYERS
            if not layer_is_known:
                found.append((relative, 1, f"core/{relative.parts[1]} is no layer; add it to LAYERS in {__file__}"))
                continue
            found += [(relative, line, what) for line, what in check_includes_of(path, root, text)]
            if relative.parts[0] == "core":
                found += [(relative, line, what) for line, what in check_names_of(text)]
    return found, count


def main(arguments):
    root = pathlib.Path(arguments[0] if arguments else pathlib.Path(__file__).parent.parent).resolve()
    found, count = check(root)
    for path, line, what in found:
        print(f"{path}:{line}: {what}")
    if count == 0:
        print(f"{root}: no sources here; expected core/, plugins/ and sdk/include/")
    return 1 if found or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
