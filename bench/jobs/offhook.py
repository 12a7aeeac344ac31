"""Offhook with the app of this directory, and signed webhooks for it."""

import base64
import contextlib
import hashlib
import hmac
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import time
import urllib.request

from common import TOKEN, Failure, Server, on_cores

URL = "https://example.com"
BATCH = 100  # as in app.c
TREE = BATCH * BATCH
PAUSE_S = 0.02
PATIENCE_S = 600


def connect(address):
    host, port = address.split(":")
    line = socket.create_connection((host, int(port)))
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return line


def signed(path, form):
    """A request as Twilio would send it."""
    text = URL + path + "".join(name + form[name] for name in sorted(form))
    digest = hmac.new(TOKEN.encode(), text.encode(), hashlib.sha1).digest()
    body = "&".join(f"{name}={value}" for name, value in form.items())
    return (f"POST {path} HTTP/1.1\r\nHost: example.com\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"X-Twilio-Signature: {base64.b64encode(digest).decode()}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}").encode()


def now_us():
    return time.monotonic_ns() // 1000


def ask(line, path, form):
    """When it was sent and when its reply came, in microseconds. The reply of one
    enqueued job is small and comes in one piece."""
    request = signed(path, form)
    sent = now_us()
    line.sendall(request)
    reply = line.recv(8192)
    came = now_us()
    if not reply.startswith(b"HTTP/1.1 20"):
        raise Failure(f"{path}: {reply[:200]!r}")
    return sent, came


def post(address, path, form):
    with connect(address) as line:
        return ask(line, path, form)


class Offhook:
    def __init__(self, bench):
        self.bench = bench
        self.data = pathlib.Path(bench.dir, "offhook")

    def serve(self, where, *more):
        return Server([self.bench.programs / "jobs_app", "serve", "--listen",
                       "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data", self.data,
                       "--public-url", URL, "--log-level", "warn", *more], where)

    @contextlib.contextmanager
    def fresh(self, where, paused, *more):
        """A server with an empty store; paused: nothing runs of what is enqueued."""
        self.renew()
        with self.serve(where, *more) as server:
            if paused:
                self.run("jobs", "pause", "effect", "--force")
            yield server

    def run(self, *words, into=None):
        """A command: what it prints, or nothing when that goes into a file."""
        with open(into or os.devnull, "wb") as file:
            done = subprocess.run([self.bench.programs / "jobs_app", *words, "--data",
                                   self.data], stderr=subprocess.PIPE, text=True,
                                  stdout=file if into else subprocess.PIPE, check=False)
        if done.returncode != 0:
            raise Failure(f"offhook {' '.join(words)}: {done.stderr}")
        return done.stdout

    def enqueue(self, what, jobs):
        core = {self.bench.server_core}
        with self.fresh(core, True, "--threads", "1") as server:
            load = on_cores({self.bench.load_core}, [
                self.bench.programs / "load", "--connect", server.address, "--url",
                f"{URL}/{what}", "--connections", self.bench.options.connections,
                "--seconds", self.bench.options.seconds], stdout=subprocess.PIPE)
            result = json.loads(load.communicate()[0] or '{"answered": 0}')
            if load.returncode != 0:
                raise Failure(f"errors under load: {result}\n" + "".join(server.said))
            return result["rps"] * jobs

    def done(self, server):
        """How many jobs are."""
        with urllib.request.urlopen(f"http://{server.admin}/metrics") as page:
            text = page.read().decode()
        return int(re.search(r"^offhook_jobs_done_total (\d+)", text, re.M)[1])

    def wait_done(self, server, count):
        until = time.monotonic() + PATIENCE_S
        while self.done(server) < count:
            if time.monotonic() > until:
                raise Failure(f"Offhook ran {self.done(server)} of {count} jobs\n"
                              + "".join(server.said))
            time.sleep(0.1)

    def fan_out(self, server, jobs):
        """Enqueues them, BATCH in a transaction, by jobs that do, which others enqueued.
        Gives how many jobs that took."""
        trees = jobs // TREE
        post(server.address, "/trees", {"trees": str(trees)})
        took = trees + trees * BATCH
        self.wait_done(server, took)
        return took

    def effect_time(self, order):
        document = self.run("query", "effects", "{}", "--sort", json.dumps({"at": order}),
                            "--limit", "1", "--json")
        return json.loads(document)["at"]

    def drain(self, jobs):
        with self.fresh(self.bench.all_cores, True) as server:
            took = self.fan_out(server, jobs)
            os.sync()
            self.run("jobs", "resume", "effect")
            self.wait_done(server, took + jobs)
            count = int(self.run("query", "effects", "{}", "--count"))
            first, last = self.effect_time(1), self.effect_time(-1)
        if count != jobs:
            raise Failure(f"Offhook has {count} effects of {jobs} jobs")
        return jobs * 1e6 / (last - first)

    def latency(self, jobs):
        """Of each: when it was asked for, stored and begun, in microseconds."""
        times = {}
        with self.fresh(self.bench.all_cores, False) as server:
            with connect(server.address) as line:
                for number in range(jobs):
                    sid = f"SM{number:032d}"
                    times[sid] = ask(line, "/one", {"MessageSid": sid})
                    time.sleep(PAUSE_S)
            self.wait_done(server, jobs)
            effects = self.run("query", "effects", "{}", "--json")
        begun = {effect["messageSid"]: effect["at"]
                 for effect in map(json.loads, effects.splitlines())}
        return [(*times[sid], begun[sid]) for sid in times]

    def renew(self):
        shutil.rmtree(self.data, ignore_errors=True)
