"""Runs the units of a suite directly and through weir, and writes down what differs."""
import json
import os
import time


def numbered(results):
    """Names of checks may repeat within a unit: [(name, ok, text)] as a dict with names that do not."""
    seen, out = {}, {}
    for name, ok, text in results:
        seen[name] = seen.get(name, 0) + 1
        out[name if seen[name] == 1 else f"{name} #{seen[name]}"] = (ok, text)
    return out


class Kept:
    """Results of earlier runs, in a file."""

    def __init__(self, path, fresh):
        self.path = path
        self.all = {}
        if os.path.exists(path) and not fresh:
            with open(path, encoding="utf-8") as f:
                self.all = json.load(f)

    def put(self, unit, value):
        self.all[unit] = value
        with open(self.path, "w", encoding="utf-8") as f:
            json.dump(self.all, f, indent=1)


def gist(text):
    """The first lines, without what Tcl says of its stack; --durable cuts off the front of the first of them."""
    lines = text.strip().split("\n")
    for i, line in enumerate(lines):
        if line.strip() == "while executing":
            where = [x.strip() for x in lines[i + 1:i + 12] if x.strip().startswith('"') and "$args" not in x]
            return lines[max(0, i - 2):i][-2:] + where[:2]
    return lines[:4]


def section(unit, direct, through):
    """The text of one unit: what fails through weir only, with what the suite said of it."""
    direct, through = numbered(direct), numbered(through)
    good = sum(1 for ok, _ in direct.values() if ok)
    good_through = sum(1 for ok, _ in through.values() if ok)
    lines, worse = [], 0
    for name, (ok, text) in through.items():
        if not ok and direct.get(name, (True, ""))[0]:
            worse += 1
            lines.append(f"  FAIL {name}\n" + "".join(f"       {line[:160]}\n" for line in gist(text)))
    missed = [name for name, (ok, _) in direct.items() if ok and name not in through]
    worse += len(missed)
    lines += [f"  NOT REACHED {name}\n" for name in missed[:5]]
    if len(missed) > 5:
        lines.append(f"  NOT REACHED and {len(missed) - 5} more\n")
    return worse, f"== {unit}: {good} pass directly, {good_through} through weir, {worse} worse\n" + "".join(lines)


def run(suite, units, options):
    """The number of checks that are worse through weir. The report holds all units that were ever run."""
    direct = Kept(os.path.join(options.report, f"{suite.name}.direct.json"), options.fresh)
    through = Kept(os.path.join(options.report, f"{suite.name}.through.json"), False)
    for unit in units:
        began = time.time()
        if unit not in direct.all:
            direct.put(unit, suite.run(unit, through_weir=False))
        through.put(unit, suite.run(unit, through_weir=True))
        _, text = section(unit, direct.all[unit], through.all[unit])
        print(f"{text}   ({time.time() - began:.0f} s)", flush=True)
        write(suite, direct.all, through.all, options)
    return write(suite, direct.all, through.all, options)


def write(suite, direct, through, options):
    worse, texts, good, good_through = 0, [], 0, 0
    for unit in [u for u in suite.units() if u in through and u in direct]:
        n, text = section(unit, direct[unit], through[unit])
        worse += n
        good += sum(1 for r in direct[unit] if r[1])
        good_through += sum(1 for r in through[unit] if r[1])
        texts.append(text)
    head = f"{suite.name}: {good} checks pass directly, {good_through} through weir, {worse} worse\n\n"
    path = os.path.join(options.report, f"{suite.name}.txt")
    with open(path + ".new", "w", encoding="utf-8") as f:
        f.write(head + "\n".join(texts))
    os.replace(path + ".new", path)
    return worse
