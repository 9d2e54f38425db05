"""CPU a request relative to nutcracker, as bars in one SVG; nothing but this file is needed to draw or to see it."""
import math
from dataclasses import dataclass
from xml.sax.saxutils import escape

from machine import sentence
from markdown import peers
from proxies import BASE, HAPROXY_NOTE
from table import overall_text

WIDTH, LEFT, RIGHT = 960, 250, 100  # names of workloads left of the bars, numbers right of the longest
BAR, GAP, ROW_GAP, GROUP_HEAD = 13, 3, 9, 30
MOST = 2.5  # a longer bar is cut off, and its number says so

# (light, dark): hues that differ for the colour-blind too; a proxy beyond these is grey.
COLOURS = {"weir": ("#0072b2", "#56b4e9"), "haproxy": ("#e69f00", "#f0b840"), "predixy": ("#009e73", "#35c79e")}
OTHER = ("#767676", "#a0a0a0")

STYLE = """
text {{ font: 13px system-ui, -apple-system, "Segoe UI", "Helvetica Neue", "DejaVu Sans", sans-serif; fill: #1f2328; }}
.page {{ fill: #ffffff; }} .title {{ font-size: 20px; font-weight: 600; }} .group {{ font-weight: 600; }}
.quiet {{ fill: #59636e; font-size: 12px; }}
.number {{ font-size: 12px; font-variant-numeric: tabular-nums; }}
.number {{ paint-order: stroke; stroke: #ffffff; stroke-width: 4px; }}
.grid {{ stroke: #d1d9e0; stroke-width: 1; }} .base {{ stroke: #1f2328; stroke-width: 1.5; }}
.spread {{ stroke: #1f2328; stroke-width: 1; opacity: 0.75; }}
{light}
@media (prefers-color-scheme: dark) {{
text {{ fill: #e6edf3; }} .page {{ fill: #0d1117; }} .quiet {{ fill: #9198a1; }}
.grid {{ stroke: #30363d; }} .number {{ stroke: #0d1117; }} .base, .spread {{ stroke: #e6edf3; }}
{dark}
}}
"""


@dataclass(frozen=True)
class Bar:
    proxy: str
    ratio: dict  # median, low, high


def rows_of(workloads):
    """[(group, workload, bars)], only what can be compared."""
    rows = []
    for title, result in workloads.items():
        bars = [Bar(name, row["ratio"]["cpu_us"]) for name, row in result["proxies"].items()
                if "cpu_us" in row.get("ratio", {})]
        if bars:
            rows.append((result["group"], title, bars))
    return rows


def wrapped(text, width=135):
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return lines + [line]


class Scale:
    """From ratios to places between the names and the numbers."""

    def __init__(self, rows):
        longest = max(bar.ratio["high"] for _, _, bars in rows for bar in bars)
        self.step = 0.25 if min(longest, MOST) <= 1.5 else 0.5
        self.top = max(1.25, min(MOST, math.ceil(longest / self.step) * self.step))

    def at(self, ratio):
        return LEFT + min(ratio, self.top) / self.top * (WIDTH - LEFT - RIGHT)

    def ticks(self):
        return [i * self.step for i in range(int(self.top / self.step + 1e-9) + 1)]


class Svg:
    def __init__(self):
        self.parts = []

    def add(self, name, text=None, **attributes):
        words = "".join(f' {k.rstrip("_").replace("_", "-")}="{value(v)}"' for k, v in attributes.items())
        self.parts.append(f"<{name}{words}/>" if text is None else f"<{name}{words}>{escape(text)}</{name}>")


def value(v):
    return f"{v:.1f}".removesuffix(".0") if isinstance(v, float) else escape(str(v), {'"': "&quot;"})


def draw_bar(svg, numbers, scale, y, bar, class_):
    """Numbers go into a drawing of their own: they lie above the line at 1."""
    ratio = bar.ratio
    end, low, high = (scale.at(ratio[k]) for k in ("median", "low", "high"))
    middle = y + BAR / 2
    svg.add("rect", x=LEFT, y=y, width=end - LEFT, height=BAR, rx=2, class_=class_)
    svg.add("path", d=f"M{low:.1f} {middle:.1f}H{high:.1f}M{low:.1f} {middle - 3:.1f}v6M{high:.1f} {middle - 3:.1f}v6",
            class_="spread")
    cut = " (cut off)" if ratio["median"] > scale.top else ""
    numbers.add("text", f"{ratio['median']:.2f}{cut}", x=max(end, high) + 6, y=middle + 4, class_="number")


def draw_head(svg, workloads, names, classes):
    svg.add("text", f"CPU time a request, relative to {BASE}", x=20, y=36, class_="title")
    y = 60
    for line in (f"Shorter is better: at 0.5 a proxy spends half of {BASE}'s processor time on the same request.",
                 "Bars: the median of rounds run side by side. Whiskers: the lowest and the highest of them."):
        svg.add("text", line, x=20, y=y, class_="quiet")
        y += 17
    y += 12
    for name in names:
        svg.add("rect", x=20, y=y - 11, width=BAR, height=BAR, rx=2, class_=classes[name])
        note = "; mode tcp, shards nothing" if name == "haproxy" else ""
        svg.add("text", overall_text(workloads, name) + note, x=40, y=y)
        y += 20
    return y


def draw_axis(svg, scale, top, bottom):
    for tick in scale.ticks():
        x = scale.at(tick)
        svg.add("line", x1=x, x2=x, y1=top, y2=bottom, class_="grid")
        svg.add("text", f"{tick:g}", x=x, y=bottom + 18, text_anchor="middle", class_="quiet")
    x = scale.at(1)
    svg.add("text", f"{BASE} = 1", x=x, y=top - 6, text_anchor="middle", class_="quiet")


def styles(names):
    """({proxy: class}, the style sheet)"""
    classes = {name: f"proxy{i}" for i, name in enumerate(names)}
    light, dark = ("\n".join(f".{classes[name]} {{ fill: {COLOURS.get(name, OTHER)[mode]}; }}" for name in names)
                   for mode in (0, 1))
    return classes, STYLE.format(light=light, dark=dark)


def chart(report):
    """The SVG's text, or None where nothing was measured beside nutcracker."""
    workloads = report.get("workloads", {})
    rows, names = rows_of(workloads), peers(workloads)
    if not rows:
        return None
    scale, svg, numbers = Scale(rows), Svg(), Svg()
    classes, style = styles(names)
    top = draw_head(svg, workloads, names, classes) + 18
    grid_at = len(svg.parts)  # lines lie under bars, and how far down they go is known at the end
    y, group = top, None
    for its_group, title, bars in rows:
        if its_group != group:
            group = its_group
            svg.add("text", group, x=20, y=y + 20, class_="group")
            y += GROUP_HEAD
        height = len(bars) * (BAR + GAP) - GAP
        svg.add("text", title, x=LEFT - 12, y=y + height / 2 + 4.5, text_anchor="end")
        for i, bar in enumerate(bars):
            draw_bar(svg, numbers, scale, y + i * (BAR + GAP), bar, classes[bar.proxy])
        y += height + ROW_GAP
    lines = Svg()
    draw_axis(lines, scale, top, y)
    svg.parts[grid_at:grid_at] = lines.parts
    svg.add("line", x1=scale.at(1), x2=scale.at(1), y1=top, y2=y, class_="base")
    svg.parts += numbers.parts
    y += 44
    foot = wrapped(sentence(report["machine"])) + (wrapped(HAPROXY_NOTE) if "haproxy" in names else [])
    for line in foot:
        svg.add("text", line, x=20, y=y, class_="quiet")
        y += 17
    return page(y, style, svg, workloads, names)


def page(height, style, svg, workloads, names):
    described = ". ".join(overall_text(workloads, name) for name in names)
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{WIDTH}" height="{value(float(height))}" '
        f'viewBox="0 0 {WIDTH} {value(float(height))}">', f"<title>CPU time a request, relative to {BASE}</title>",
        f"<desc>{escape(described)}</desc>", f"<style>{style}</style>",
        f'<rect class="page" width="{WIDTH}" height="{value(float(height))}"/>', *svg.parts, "</svg>", ""])
