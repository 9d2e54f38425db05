"""What is made of the rounds: medians, and the ratios of what was measured side by side."""
import math
import statistics

FIGURES = ("rps", "p50_ms", "p99_ms", "cpu_us")


def paired_ratios(rounds, name, base, figure):
    """One for each round: both were measured within seconds of each other, so that the machine's moods cancel out."""
    return [r[name][figure] / r[base][figure] for r in rounds if r[base][figure]]


def spread(values):
    """{"median", "low", "high"}, or None of nothing."""
    if not values:
        return None
    return {"median": statistics.median(values), "low": min(values), "high": max(values)}


def summarize(rounds, base, figures=FIGURES):
    """{proxy: {"median": {figure: value}, "ratio": {figure: spread}}}; the base has no ratio, and without it nobody."""
    result = {}
    for name in rounds[0] if rounds else ():
        median = {f: statistics.median(r[name][f] for r in rounds) for f in figures}
        result[name] = {"median": median}
        if base in rounds[0] and name != base:
            ratios = {f: spread(paired_ratios(rounds, name, base, f)) for f in figures}
            result[name]["ratio"] = {f: ratio for f, ratio in ratios.items() if ratio}
    return result


def geometric_mean(ratios):
    """The fair mean of ratios: twice as much and half as much are one in the mean."""
    return math.exp(statistics.fmean(math.log(r) for r in ratios))


def overall(results, name):
    """CPU a request over all workloads: (mean, least, most, how many), or None."""
    ratios = [w["proxies"][name]["ratio"]["cpu_us"]["median"] for w in results.values()
              if "cpu_us" in w["proxies"].get(name, {}).get("ratio", {})]
    return (geometric_mean(ratios), min(ratios), max(ratios), len(ratios)) if ratios else None
