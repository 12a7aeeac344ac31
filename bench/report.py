"""What a run's figures say: tables, and ratios held against their targets. Reads what
results/latest.json holds, so that all that is made of a run says the same."""

import statistics

from common import MB

STATE_TITLES = {"fresh": "fresh store", "wrapped": "its log has wrapped",
                "filled": "filled store"}
SHAPE_TITLES = {"64": "64 connections", "8": "8 connections", "1": "1 connection",
                "churn": "a connection a webhook"}


class Run:
    """rounds: {"fresh/64": {"offhook": [a result a round]}}; titles and peers by name."""

    def __init__(self, saved):
        self.rounds = saved["rounds"]
        self.titles = saved["titles"]
        self.peers = saved["peers"]
        self.figures = saved["figures"]  # of no round: idle connections, signature …
        self.checks = saved.get("checks", [])
        self.saved = saved

    def results(self, cell, name):
        return self.rounds.get(cell, {}).get(name, [])

    def median(self, cell, name, figure):
        values = [result[figure] for result in self.results(cell, name)]
        return statistics.median(values) if values else None

    def ratio(self, cell, name, other, figure="rps", other_cell=None):
        """The median of the rounds' ratios."""
        pairs = zip(self.results(cell, name), self.results(other_cell or cell, other))
        ratios = [one[figure] / two[figure] for one, two in pairs if two[figure] > 0]
        return statistics.median(ratios) if ratios else None

    def strongest(self, cell):
        """The peer with the highest rate, or None."""
        rates = {name: self.median(cell, name, "rps") for name in self.peers
                 if self.results(cell, name)}
        return max(rates, key=rates.get) if rates else None

    def log(self, cell, name):
        """Had the log begun anew when the measurement did, or while it went on?"""
        if all(result["wraps_before"] > 0 for result in self.results(cell, name)):
            return "wrapped"
        if any(result["wraps_after"] > 0 for result in self.results(cell, name)):
            return "wraps"
        return "grows"

    def cells(self):
        """(cell, its title)"""
        for cell in self.rounds:
            state, shape = cell.split("/")
            yield cell, f"{SHAPE_TITLES[shape]}, {STATE_TITLES[state]}"


def spread(values, digits=0):
    return (f"{statistics.median(values):,.{digits}f} "
            f"[{min(values):,.{digits}f}-{max(values):,.{digits}f}]")


def print_tables(run):
    row = "{:16} {:>26} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}"
    for cell, title in run.cells():
        print("\n" + title)
        print(row.format("", "webhooks/s", "/Offhook", "p50 ms", "p99 ms", "CPU us",
                         "/Offhook", "load MB", "log"))
        for name in run.rounds[cell]:
            rates = [result["rps"] for result in run.results(cell, name)]
            print(row.format(
                run.titles[name], spread(rates),
                figure(run.ratio(cell, name, "offhook")),
                figure(run.median(cell, name, "p50_us"), 1000),
                figure(run.median(cell, name, "p99_us"), 1000),
                figure(run.median(cell, name, "cpu_us"), 1, 1),
                figure(run.ratio(cell, name, "offhook", "cpu_us")),
                figure(run.median(cell, name, "load_pss"), MB, 1), run.log(cell, name)))


def figure(value, scale=1, digits=2):
    return "-" if value is None else f"{value / scale:,.{digits}f}"


def peer_checks(run):
    """Of each load: against the strongest peer."""
    for shape, target in (("64", 3), ("8", 1.3), ("churn", 1.4)):
        cell = f"fresh/{shape}"
        peer = run.strongest(cell)
        what = run.titles[peer] if peer else "the strongest peer"
        yield (f"{SHAPE_TITLES[shape]}: rate, Offhook / {what}",
               run.ratio(cell, "offhook", peer), ">=", target)


def checks(run):
    """(what, measured, '>=' or '<=', target); the targets are the design's."""
    def own(cell, figure_name, scale):
        value = run.median(cell, "offhook", figure_name)
        return None if value is None else value / scale

    main = "fresh/64"
    return [
        ("64 connections: rate, Offhook / bare loop",
         run.ratio(main, "offhook", "bare"), ">=", 1.0),
        ("… its log wrapped", run.ratio("wrapped/64", "offhook", "bare"), ">=", 1.0),
        ("p99, Offhook / bare loop",
         run.ratio(main, "offhook", "bare", "p99_us"), "<=", 0.8),
        ("CPU, Offhook / bare loop",
         run.ratio(main, "offhook", "bare", "cpu_us"), "<=", 1.0),
        ("1 connection: rate, Offhook / bare loop",
         run.ratio("fresh/1", "offhook", "bare"), ">=", 1.2),
        *peer_checks(run),
        ("64 connections: rate, Offhook / Express",
         run.ratio(main, "offhook", "express"), ">=", 20),
        ("rate, user's C app / built-in app",
         run.ratio(main, "offhook-app", "offhook"), ">=", 0.85),
        ("rate, filled / fresh store",
         run.ratio("filled/64", "offhook", "offhook", other_cell=main), ">=", 0.9),
        ("rate, filled / fresh store, user's C app",
         run.ratio("filled/64", "offhook-app", "offhook-app", other_cell=main), ">=", 0.9),
        ("signature check / HMAC(), rate", run.figures["signature"], ">=", 0.85),
        ("idle, MB", own(main, "idle_pss", MB), "<=", 12),
        ("at load, MB", own(main, "load_pss", MB), "<=", 80),
        ("filled, at load, MB", own("filled/64", "load_pss", MB), "<=", 80),
        ("ready after, ms", own(main, "ready_ms", 1), "<=", 50),
        ("filled, ready after, ms", own("filled/64", "ready_ms", 1), "<=", 50),
        ("program, MB", run.figures["program_mb"], "<=", 3),
        ("10,000 idle connections, MB", run.figures["idle_connections_mb"], "<=", 30),
    ]


def checks_markdown(run):
    yield "| check | measured | target | |"
    yield "|---|---|---|---|"
    for check in run.checks:
        if check["measured"] is not None:
            yield (f"| {check['what']} | {figure(check['measured'])} | "
                   f"{check['target'].replace('>=', '≥').replace('<=', '≤')} | "
                   f"{check['verdict']} |")


def rates_markdown(run, state):
    """One state's loads side by side."""
    cells = {cell: title for cell, title in run.cells() if cell.startswith(state + "/")}
    yield "| | " + " | ".join(cells.values()) + " |"
    yield "|---" * (1 + len(cells)) + "|"
    for name, title in run.titles.items():
        fields = []
        for cell in cells:
            ratio = run.ratio(cell, name, "offhook")
            fields.append("" if ratio is None else
                          f"{figure(ratio)}; {figure(run.median(cell, name, 'cpu_us'), 1, 0)} µs; "
                          f"{figure(run.median(cell, name, 'p50_us'), 1000)}, "
                          f"{figure(run.median(cell, name, 'p99_us'), 1000)} ms")
        if any(fields):
            yield f"| {title} | " + " | ".join(fields) + " |"


