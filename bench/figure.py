#!/usr/bin/env python3
"""From the last run of compare.py: the figure of README.md (docs/figures/webhooks.svg) and
the tables of docs/speed.md, between its marks. Measures nothing.
usage: bench/figure.py [FILE.json]"""

import json
import pathlib
import sys
import xml.sax.saxutils as saxutils

import report
from common import HERE

ROOT = HERE.parent
FIGURE = ROOT / "docs/figures/webhooks.svg"
TABLES = ROOT / "docs/speed.md"
MARKS = ("<!-- made by bench/figure.py: begin -->\n", "<!-- made by bench/figure.py: end -->\n")

# Colours of text and bars, on light and on dark paper.
STYLE = """
text { font: 12px system-ui, sans-serif; fill: #24292f }
.head { font-weight: 600 }
.bar { fill: #8c959f }
.own { fill: #0969da }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.bar { fill: #6e7681 }
.own { fill: #58a6ff }
}
"""
WIDTH, ROW, NAMES, BARS = 720, 18, 120, 380
OWN = ("offhook", "offhook-app")


def text(x, y, words, kind=""):
    return f'<text x="{x}" y="{y}"{kind}>{saxutils.escape(words)}</text>'


def group(run, cell, title, y):
    """The lines of one load's bars; the longest is the quickest of the group."""
    ratios = {name: run.ratio(cell, name, "offhook") for name in run.rounds[cell]}
    ratios = {name: ratio for name, ratio in ratios.items() if ratio is not None}
    longest = max(ratios.values())
    yield text(0, y + 13, title, ' class="head"')
    for at, (name, ratio) in enumerate(ratios.items(), 1):
        top = y + at * ROW
        length = max(1, round(BARS * ratio / longest))
        kind = "own" if name in OWN else "bar"
        cpu = run.median(cell, name, "cpu_us")
        yield text(0, top + 13, run.titles[name])
        yield (f'<rect class="{kind}" x="{NAMES}" y="{top + 3}" width="{length}" '
               f'height="{ROW - 5}"/>')
        yield text(NAMES + length + 6, top + 13, f"{ratio:.2f} · {cpu:,.0f} µs CPU")


def figure(run):
    parts, y = [], 24
    for cell, title in run.cells():
        if cell.startswith("fresh/"):
            parts += group(run, cell, title, y)
            y += (len(run.rounds[cell]) + 1) * ROW + 10
    caption = "Webhooks a second, Offhook = 1; CPU time a webhook. Each is stored and synced."
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" '
        f'width="{WIDTH}" height="{y}" role="img">',
        f"<title>{saxutils.escape(caption)}</title>", f"<style>{STYLE}</style>",
        text(0, 13, caption), *parts, "</svg>"]) + "\n"


def tables(run):
    options = run.saved["options"]
    yield (f"Rate to Offhook's; CPU a webhook; p50, p99. {options['rounds']} rounds of "
           f"{options['seconds']} s, medians, load average before {options['load_before']:.1f}.")
    yield ""
    for state in dict.fromkeys(cell.split("/")[0] for cell in run.rounds):
        yield from report.rates_markdown(run, state)
        yield ""
    yield from report.checks_markdown(run)


def between_marks(document, lines):
    before, mark, rest = document.partition(MARKS[0])
    _, end, after = rest.partition(MARKS[1])
    if not mark or not end:
        sys.exit(f"figure: {TABLES} has lost its marks: {MARKS[0]}")
    return before + mark + "\n".join(lines) + "\n" + end + after


def main():
    source = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "results/latest.json"
    run = report.Run(json.loads(source.read_text()))
    FIGURE.parent.mkdir(parents=True, exist_ok=True)
    FIGURE.write_text(figure(run))
    TABLES.write_text(between_marks(TABLES.read_text(), tables(run)))


if __name__ == "__main__":
    main()
