"""What the benchmarks share: programs on cores of their own, a server's life, memory,
and ratios held against targets."""

import argparse
import json
import os
import pathlib
import platform
import resource
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
TOKEN = "0123456789abcdef0123456789abcdef"
MB = 1 << 20


class Failure(Exception):
    """Something could not be measured; its text says why."""


def options_parser(prog, about):
    """With the options that every run has."""
    parser = argparse.ArgumentParser(prog=prog, description=about,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--dir", help="where the stores go (the system's place for "
                                      "temporary files)")
    parser.add_argument("--build", default="build/bench", help=argparse.SUPPRESS)
    return parser


def cores():
    """One for the server, one for its load."""
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < 2:
        print("bench: one core only: server and load share it", file=sys.stderr)
    return usable[0], usable[-1]


def on_cores(where, command, **options):
    """Starts a command that may run on these cores only."""
    mine = os.sched_getaffinity(0)
    os.sched_setaffinity(0, where)
    try:
        return subprocess.Popen([str(part) for part in command], text=True,
                                env={**os.environ, "TWILIO_AUTH_TOKEN": TOKEN,
                                     "NODE_ENV": "production"}, **options)
    finally:
        os.sched_setaffinity(0, mine)


def family(pid):
    """A process and its children: Offhook's handler processes."""
    lists = pathlib.Path(f"/proc/{pid}/task").glob("*/children")
    return [pid, *(int(child) for text in lists for child in text.read_text().split())]


def memory(pid):
    """(proportional, resident) bytes of a process and its children."""
    pss = rss = 0
    for each in family(pid):
        try:
            text = pathlib.Path(f"/proc/{each}/smaps_rollup").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has just ended
        fields = {line.split(":")[0]: line.split()[1] for line in text.splitlines()[1:]}
        pss += int(fields["Pss"]) * 1024
        rss += int(fields["Rss"]) * 1024
    return pss, rss


def cpu_us(pid):
    """Processor time of a process and its children so far, user's and system's."""
    ticks = 0
    for each in family(pid):
        text = pathlib.Path(f"/proc/{each}/stat").read_text()
        fields = text.rpartition(") ")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks * 1e6 / os.sysconf("SC_CLK_TCK")


class Server:
    """A running server: ready when constructed, gone after the with statement."""

    def __init__(self, command, where):
        began = time.monotonic()
        self.process = on_cores(where, command, stderr=subprocess.PIPE,
                                stdout=subprocess.DEVNULL)
        self.said = []
        self.address = self.wait_for("listening on http://")
        self.ready_ms = (time.monotonic() - began) * 1000
        self.admin = self.wait_for("admin on http://") if "--admin" in command else None
        threading.Thread(target=self.read_rest, daemon=True).start()

    def wait_for(self, words):
        """The address after these words."""
        for line in self.process.stderr:
            if words in line:
                return line.partition(words)[2].split('"')[0].strip()
            self.said.append(line)
        raise Failure("the server ended at its start:\n" + "".join(self.said))

    def read_rest(self):
        for line in self.process.stderr:
            self.said = self.said[-20:] + [line]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def talk(text):
    if sys.stderr.isatty():
        print("bench: " + text, file=sys.stderr)


def all_descriptors():
    """As many open files as this user may have; programs started from now on, too."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))


def load_average():
    busy = os.getloadavg()[0]
    if busy > 0.5:
        print(f"bench: the machine is busy (load average {busy:.1f}): "
              "even the ratios are worth little", file=sys.stderr)
    return busy


def verdict(measured, sense, target):
    if measured is None:
        return "not measured"
    met = measured >= target if sense == ">=" else measured <= target
    return "met" if met else "not met"


def print_checks(rows):
    """Rows of (what, measured, '>=' or '<=', target)."""
    print(f"\n{'':48} {'measured':>10} {'target':>10}")
    for what, measured, sense, target in rows:
        figure = "-" if measured is None else f"{measured:,.2f}"
        print(f"{what:48} {figure:>10} {sense + ' ' + str(target):>10}  "
              f"{verdict(measured, sense, target)}")


def commit():
    result = subprocess.run(["git", "-C", HERE, "rev-parse", "--short", "HEAD"],
                            capture_output=True, text=True, check=False)
    return result.stdout.strip() or None


def save(name, options, rows, figures):
    """For later comparison: results/NAME.json."""
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    (results / f"{name}.json").write_text(json.dumps({
        "commit": commit(), "system": platform.platform(),
        "options": vars(options), **figures,
        "checks": [{"what": what, "measured": measured, "target": f"{sense} {target}",
                    "verdict": verdict(measured, sense, target)}
                   for what, measured, sense, target in rows]}, indent=1) + "\n")
