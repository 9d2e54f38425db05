"""The tables on the terminal; every workload is shown as soon as it is done."""
import sys

from idle_memory import HEADINGS, STATES
from proxies import BASE
from summary import overall

HOW_TO_READ = f"""\
CPU us    the proxy's own processor time a request, all threads, user and system: the figure to compare
vs {BASE}   that, divided by {BASE}'s in the same round: median (lowest to highest); below 1 is cheaper
calls     system calls a request
Load and servers share the machine with the proxies: throughput and latency compare side by side only."""

HEAD = (f"{'':<26}{'proxy':<12}{'krps':>8}{'p50 ms':>9}{'p99 ms':>9}{'CPU us':>9}  {'vs ' + BASE:<20}{'calls':>7}"
        f"{'peak MiB':>10}")


def ratio_text(ratio, dash="-"):
    return f"{ratio['median']:.2f} ({ratio['low']:.2f}{dash}{ratio['high']:.2f})" if ratio else ""


def number(value, form):
    return "" if value is None else format(value, form)


def left_out_lines(result):
    for name, why in result["left_out"].items():
        print(f"{'':<26}{name:<12}left out: {why}")


def show_heading(text):
    print(f"\n{text}\n{HEAD}")


def show_workload(name, result):
    for proxy, row in result["proxies"].items():
        m = row["median"]
        peak = row.get("peak_kib")
        print(f"{name:<26}{proxy:<12}{m['rps'] / 1000:>8.1f}{m['p50_ms']:>9.3f}{m['p99_ms']:>9.3f}{m['cpu_us']:>9.2f}  "
              f"{ratio_text(row.get('ratio', {}).get('cpu_us')):<20}{number(row.get('syscalls'), '.2f'):>7}"
              f"{number(peak and peak / 1024, '.1f'):>10}")
        name = ""
    left_out_lines(result)
    sys.stdout.flush()


def show_neighbours(title, result):
    print(f"\n{title}: p99 of plain GETs of 20 clients")
    print(f"{'':<26}{'proxy':<12}{'alone ms':>9}{'beside ms':>10}{'times':>7}  {'(low-high)':<16}{'one MGET ms':>12}")
    for proxy, row in result["proxies"].items():
        spread = f"({row['ratio']['low']:.1f}-{row['ratio']['high']:.1f})"
        print(f"{'':<26}{proxy:<12}{row['quiet_p99_ms']['median']:>9.2f}{row['beside_p99_ms']['median']:>10.2f}"
              f"{row['ratio']['median']:>7.1f}  {spread:<16}{row['mget_ms']['median']:>12.0f}")
    left_out_lines(result)
    sys.stdout.flush()


def memory_headings(result):
    return [heading.format(n=f"{result['connections']:,}") for heading in HEADINGS]


def show_memory(result):
    print("\nResident memory, MiB")
    print(f"{'':<26}{'proxy':<12}" + "".join(f"{h:>24}" for h in memory_headings(result)))
    for proxy, row in result["proxies"].items():
        print(f"{'':<26}{proxy:<12}" + "".join(f"{row[state] / 1024:>24.1f}" for state in STATES))
    left_out_lines(result)


def show_instructions(title, result):
    for proxy, row in result["proxies"].items():
        print(f"{title:<30}{proxy:<12}{row['instructions']:>14.0f}{number(row.get('ratio'), '.2f'):>10}")
        title = ""
    left_out_lines(result)
    sys.stdout.flush()


def show_hooks_heading(rounds):
    print(f"\nScripts: CPU us a request, and divided by that without a script in the same of {rounds} rounds\n"
          f"{'':<30}{'':<32}{'CPU us':>9}  ratio")


def show_hooks(title, result):
    for name, row in result["proxies"].items():
        print(f"{title:<30}{name:<32}{row['median']['cpu_us']:>9.2f}  "
              f"{ratio_text(row.get('ratio', {}).get('cpu_us'))}")
        title = ""
    left_out_lines(result)
    sys.stdout.flush()


def shares_text(shares):
    return ", ".join(f"{name} {share * 100:.0f} %" for name, share in shares.items() if share >= 0.005)


def show_workers(results):
    print(f"\nweir's workers\n{'':<32}{'':<12}{'krps':>8}{'p99 ms':>9}{'CPU us':>9}  {'ratio':<20}share of the CPU")
    for title, result in results.items():
        for name, row in result["proxies"].items():
            m = row["median"]
            print(f"{title:<32}{name:<12}{m['rps'] / 1000:>8.1f}{m['p99_ms']:>9.3f}{m['cpu_us']:>9.2f}  "
                  f"{ratio_text(row.get('ratio', {}).get('cpu_us')):<20}{shares_text(row['shares'])}")
            title = ""


def overall_text(workloads, proxy):
    found = overall(workloads, proxy)
    if not found:
        return ""
    mean, least, most, count = found
    of_what = "one workload"
    if count > 1:
        of_what = f"geometric mean of {count} workloads; best {least:.2f}, worst {most:.2f}"
    return f"{proxy}: CPU a request {mean:.2f} of {BASE}'s ({of_what})"
