"""The servers that are measured: how each is started, where it keeps its rows, and what
it is called."""

import pathlib

from common import HERE

URL = "https://example.com/twilio/sms"


class Kind:
    """One of them. tables: those of its events and of its documents."""

    def __init__(self, title, about, program, *, tables=("events", "sms_messages"),
                 warmup=500, repeats=True, needs=None):
        self.title = title
        self.about = about  # what its commits are like
        self.program = program
        self.tables = tables
        self.warmup = warmup  # ms: JavaScript is compiled while it runs
        self.repeats = repeats  # it recognises them
        self.needs = needs or pathlib.Path(program[-1])
        self.peer = True  # somebody else's way of doing this

    def command(self, data):
        return [*self.program, "--data", data, "--url", URL]

    def here(self):
        return self.needs.exists()


class Offhook(Kind):
    def __init__(self, title, about, program):
        super().__init__(title, about, [program], tables=("events", "doc_sms_messages"))
        self.peer = False

    def command(self, data):
        return [*self.program, "serve", "--listen", "127.0.0.1:0", "--data", data,
                "--public-url", "https://example.com", "--threads", "1",
                "--log-level", "warn"]


def servers(build):
    """All of them by name, those that are not installed as well."""
    programs = build / "bench"
    grouped = "all webhooks that wait in one commit"
    kinds = {
        "offhook": Offhook("Offhook", grouped, build / "offhook"),
        "offhook-app": Offhook("a user's C app", grouped, programs / "app"),
        "bare": Kind("bare loop", grouped, [programs / "bare"],
                     tables=("event", "sms_messages"), repeats=False),
        "rust": Kind("Rust", grouped, [programs / "rust"]),
        "fastify": Kind("Fastify", "a turn's webhooks in one commit",
                        ["node", HERE / "fastify/server.mjs"], warmup=2000,
                        needs=HERE / "fastify/node_modules"),
        "go": Kind("Go", grouped, [programs / "go"]),
        "express": Kind("Express", "a commit for each webhook",
                        ["node", HERE / "express/server.mjs"], warmup=2000,
                        needs=HERE / "express/node_modules"),
    }
    kinds["bare"].peer = False
    return kinds
