"""The same as Markdown, for docs/performance.md."""
import os
import textwrap

from idle_memory import STATES
from machine import programs, sentence
from proxies import BASE, HAPROXY_NOTE
from table import memory_headings, number, overall_text, ratio_text, shares_text
from workloads import NEIGHBOURS

BEGIN, END = "<!-- bench/run begin -->", "<!-- bench/run end -->"


def grid(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def left_out(results):
    """[(workload, result)] -> a sentence for each proxy that could not, or nothing."""
    lines = [f"- {name} is missing from {title}: {why}" for title, result in results
             for name, why in result.get("left_out", {}).items()]
    return "\n".join(lines)


def peers(workloads):
    """Every proxy with a ratio, in the order of the run."""
    return list(dict.fromkeys(name for result in workloads.values() for name, row in result["proxies"].items()
                              if "ratio" in row))


def ratios(workloads):
    names = peers(workloads)
    if not names:
        return ""
    first = names[0]
    rows = []
    for title, result in workloads.items():
        cells = [result["proxies"].get(name, {}).get("ratio", {}) for name in names]
        more = [ratio_text(cells[0].get(figure), "–") for figure in ("rps", "p99_ms")]
        rows.append([title, *(ratio_text(cell.get("cpu_us"), "–") for cell in cells), *more])
    head = ["", *(f"CPU, {name}" for name in names), f"Throughput, {first}", f"p99, {first}"]
    return f"Relative to {BASE}, median (lowest–highest) of the rounds:\n\n" + grid(head, rows)


def figures(workloads):
    rows = []
    for title, result in workloads.items():
        for name, row in result["proxies"].items():
            m, peak = row["median"], row.get("peak_kib")
            rows.append([title, name, f"{m['cpu_us']:.2f}", number(row.get("syscalls"), ".2f"), f"{m['rps']:,.0f}",
                         f"{m['p50_ms']:.2f}", f"{m['p99_ms']:.2f}", number(peak and peak / 1024, ".1f")])
            title = ""
    head = ["", "", "CPU µs a request", "System calls a request", "Requests a second", "p50 ms", "p99 ms",
            "Peak memory MiB"]
    return f"<details><summary>All figures</summary>\n\n{grid(head, rows)}\n\n</details>"


def neighbours(result):
    def cell(spread, form):
        return f"{spread['median']:{form}} ({spread['low']:{form}}–{spread['high']:{form}})"

    rows = [[name, cell(row["quiet_p99_ms"], ".2f"), cell(row["beside_p99_ms"], ".2f"), cell(row["ratio"], ".1f"),
             f"{row['mget_ms']['median']:.0f}"] for name, row in result["proxies"].items()]
    head = ["", "p99 alone, ms", "p99 beside it, ms", "times", "One MGET, ms"]
    return f"p99 of plain GETs of 20 clients, the {NEIGHBOURS}:\n\n" + grid(head, rows)


def memory(result):
    rows = [[name, *(f"{row[state] / 1024:.1f}" for state in STATES)] for name, row in result["proxies"].items()]
    return "Resident memory, MiB:\n\n" + grid(["", *memory_headings(result)], rows)


def instructions(results):
    names = list(dict.fromkeys(name for result in results.values() for name in result["proxies"]))

    def cell(row):
        return f"{row['instructions']:,.0f}" + (f" ({row['ratio']:.2f})" if "ratio" in row else "") if row else ""

    rows = [[title, *(cell(result["proxies"].get(name)) for name in names)] for title, result in results.items()]
    return (f"User instructions a request, counted under callgrind (in brackets: relative to {BASE}):\n\n" +
            grid(["", *names], rows))


def workers(results):
    rows = [[title, name, f"{row['median']['cpu_us']:.2f}", ratio_text(row.get("ratio", {}).get("cpu_us"), "–"),
             shares_text(row["shares"])]
            for title, result in results.items() for name, row in result["proxies"].items()]
    return "weir's workers:\n\n" + grid(["", "", "CPU µs a request", "Ratio", "Share of the CPU"], rows)


def hooks(results):
    names = list(dict.fromkeys(name for result in results.values() for name in result["proxies"]))

    def cell(row):
        if not row:
            return ""
        ratio = ratio_text(row.get("ratio", {}).get("cpu_us"), "–")
        return f"{row['median']['cpu_us']:.2f}" + (f", {ratio}" if ratio else "")

    rows = [[title, *(cell(result["proxies"].get(name)) for name in names)] for title, result in results.items()]
    return ("Scripts: CPU µs a request, and relative to weir without a script, median (lowest–highest) of the "
            "rounds:\n\n" + grid(["", *names], rows))


def conditions(report):
    o = report["options"]
    pinned = "; the proxy on a CPU of its own" if o["pin"] else ""
    workers = "one worker" if o["workers"] == 1 else f"{o['workers']} workers"
    how = f"{o['rounds']} rounds in turn at scale {o['scale']:g}, weir with {workers}{pinned}"
    return f"{sentence(report['machine'])}. {programs(report['machine'])}. {how}."


def document(report, chart_link=None):
    """`report`: what --json writes."""
    workloads = report.get("workloads", {})
    parts = [textwrap.fill(conditions(report), 120)]
    if "haproxy" in report["machine"]["versions"]:
        parts.append(textwrap.fill(HAPROXY_NOTE, 120))
    if workloads:
        parts.append("\n".join(f"- {overall_text(workloads, name)}" for name in peers(workloads)))
        if chart_link:
            parts.append(f"![CPU a request relative to {BASE}]({chart_link})")
        parts += [ratios(workloads), left_out(workloads.items()), figures(workloads)]
        if report.get("no_syscalls"):
            parts.append(f"No system calls were counted: {report['no_syscalls']}.")
    if report.get("neighbours"):
        parts += [neighbours(report["neighbours"]), left_out([(NEIGHBOURS, report["neighbours"])])]
    for name, section in (("memory", memory), ("instructions", instructions), ("worker_threads", workers),
                          ("hooks", hooks)):
        if report.get(name):
            parts.append(section(report[name]))
    return "\n\n".join(part for part in parts if part) + "\n"


def put_between(text, new):
    """The page with what stands between the markers replaced."""
    begin, end = text.find(BEGIN), text.find(END)
    if begin < 0 or end < begin:
        raise ValueError(f"it lacks the lines {BEGIN} and {END}")
    return f"{text[:begin]}{BEGIN}\n\n{new}\n{text[end:]}"


def write(path, report, chart_path=None):
    """A page with the markers keeps what stands around them; any other file is written anew."""
    link = chart_path and os.path.relpath(chart_path, os.path.dirname(os.path.abspath(path)))
    new = document(report, link)
    if os.path.exists(path):
        with open(path, encoding="utf-8") as f:
            old = f.read()
        if BEGIN in old:
            new = put_between(old, new)
    with open(path, "w", encoding="utf-8") as f:
        f.write(new)
