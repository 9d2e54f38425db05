#!/usr/bin/env python3
"""Writes the reference part of docs/lua.md, out of sdk/lua/weir.lua, which editors read.

usage: tools/lua_reference.py           prints the whole of docs/lua.md as it should be
       tools/lua_reference.py --write   writes it
       tools/lua_reference.py --check   says whether it is so: exit code 0 or 1
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCE = ROOT / "sdk/lua/weir.lua"
DOC = ROOT / "docs/lua.md"
BEGIN = "<!-- The reference begins: tools/lua_reference.py makes it of sdk/lua/weir.lua. -->\n"
END = "<!-- The reference ends. -->\n"


def escape(text):
    return text.replace("|", "\\|")


def split_type(text):
    """'table<string, any>  what it is' -> the type and the rest: two blanks are between them."""
    kind, _, rest = text.partition("  ")
    return kind.strip(), rest.strip()


class Block:
    """The comment lines with three dashes in front of something, and the line of code behind them."""

    def __init__(self, lines, code):
        self.text, self.tags, self.code = [], [], code
        for line in lines:
            body = line[3:]
            if body.startswith("@"):
                name, _, rest = body[1:].partition(" ")
                self.tags.append([name, rest])
            elif self.tags and body.startswith("  ") and not body.startswith("     "):
                self.tags[-1][1] += " " + body.strip()  # a description that goes on
            else:
                self.text.append(body[1:])

    def of(self, name):
        return [rest for tag, rest in self.tags if tag == name]

    def prose(self):
        """Paragraphs as they are; what is indented by four is code."""
        out, in_code = [], False
        for line in self.text:
            is_code = line.startswith("    ")
            if is_code != in_code and (is_code or line.strip()):
                out.append("```lua" if is_code else "```\n")
                in_code = is_code
            elif in_code and not line.strip():
                out.append("```")
                in_code = False
            out.append(line[4:] if is_code else line)
        if in_code:
            out.append("```")
        return "\n".join(out).strip() + "\n" if out else ""


def signature(block, owners):
    name, arguments = re.match(r"function ([\w.:]+)\((.*)\)", block.code).groups()
    for local, shown in owners.items():
        name = re.sub(rf"^{local}(?=[.:])", shown, name)
    return f"{name}({arguments})"


def parameters(block):
    out = []
    for rest in block.of("param"):
        name, _, kind = rest.partition(" ")
        kind, about = split_type(kind)
        optional = " (may be left out)" if name.endswith("?") else ""
        out.append(f"- `{name.rstrip('?')}`: `{kind}`{optional}" + (f": {about}" if about else ""))
    for rest in block.of("return"):
        kind, about = split_type(rest)
        kind, _, name = kind.partition(" ") if not kind.startswith("fun") else (kind, "", "")
        about = " ".join(part for part in (name, about) if part)
        out.append(f"- returns `{kind}`" + (f": {about}" if about else ""))
    return "\n".join(out) + "\n" if out else ""


def class_text(block):
    name = block.of("class")[0].split()[0]
    fields = [field for field in block.of("field") if not field.startswith("[")]
    if not fields and not block.prose():
        return ""
    lines = [f"#### {name}\n"]
    if block.prose():
        lines.append(block.prose())
    if fields:
        lines.append("| Field | Type | |\n|---|---|---|")
        for rest in fields:
            field, _, kind = rest.partition(" ")
            kind, about = split_type(kind)
            if field.endswith("?"):
                field, kind = field[:-1], kind + " or nil"
            kind = kind[:-1] + " or nil" if kind.endswith("?") else kind
            lines.append(f"| `{field}` | `{escape(kind)}` | {escape(about)} |")
        lines.append("")
    return "\n".join(lines)


# What methods of a class are shown on.
OWNERS = {"Request": "req", "Pool": "pool", "Timer": "timer", "Counter": "counter", "Gauge": "gauge",
          "Histogram": "histogram", "Prefixes": "prefixes", "Networks": "networks"}


def reference(source):
    out, pending, section_notes = [], [], []
    lines = source.split("\n")
    first = next(i for i, line in enumerate(lines) if line.startswith("---@class weir"))
    for line in lines[first:]:
        heading = re.match(r"-- (.*?) -{5,}$", line)
        if heading:
            out.append(f"### {heading.group(1)}\n")
        elif line.startswith("---"):
            pending.append(line)
        elif line == "--" or line.startswith("-- "):
            section_notes.append("--- " + line[3:] if len(line) > 2 else "---")
        else:
            if section_notes:
                out.append(Block(section_notes, "").prose())
                section_notes = []
            if pending:
                block = Block(pending, line)
                if block.of("class"):
                    out.append(class_text(block))
                elif line.startswith("function"):
                    out.append(f"#### `{signature(block, OWNERS)}`\n")
                    out.append(block.prose())
                    out.append(parameters(block))
                pending = []
    text = "\n".join(part for part in out if part)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def whole():
    before, begin, rest = DOC.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        sys.exit(f"{DOC.name}: expected the two lines around the reference, which begin with '<!-- The reference'")
    return before + BEGIN + "\n" + reference(SOURCE.read_text()) + "\n" + END + after


def main():
    wish = sys.argv[1:] or ["--print"]
    if wish == ["--print"]:
        sys.stdout.write(whole())
    elif wish == ["--write"]:
        DOC.write_text(whole())
    elif wish == ["--check"]:
        if DOC.read_text() != whole():
            sys.exit("docs/lua.md is not what sdk/lua/weir.lua says: run tools/lua_reference.py --write")
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
