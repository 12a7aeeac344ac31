"""Does a server do the work that is compared? Asked of each before it is measured."""

import base64
import hashlib
import hmac
import http.client
import pathlib
import shutil
import sqlite3
import urllib.parse
import uuid
import xml.etree.ElementTree as xml

from common import TOKEN, Failure, Server
from servers import URL

MESSAGES = 20


def message():
    return {"MessageSid": "SM" + uuid.uuid4().hex, "AccountSid": "AC" + "0" * 32,
            "From": "+15551234567", "To": "+14155550100", "NumMedia": "0",
            "Body": 'Is 5 < 6 & "six" > 5? ' + uuid.uuid4().hex}


def signature(params):
    covered = URL + "".join(name + params[name] for name in sorted(params))
    digest = hmac.new(TOKEN.encode(), covered.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def post(server, params, signed):
    """(status, body)"""
    connection = http.client.HTTPConnection(server.address, timeout=30)
    connection.request("POST", "/twilio/sms", urllib.parse.urlencode(params), {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "X-Twilio-Signature": signed})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, body


def twiml(body):
    """What it says to Twilio, however it is written."""
    return [(element.tag, (element.text or "").strip())
            for element in xml.fromstring(body).iter()]


def reply_to(params):
    return [("Response", ""), ("Message", "Thanks for your message! We received: "
                               f'"{params["Body"]}"')]


def rows(kind, data):
    database = next(iter(sorted(pathlib.Path(data).glob("*.db"))))
    connection = sqlite3.connect(database)
    try:
        return [connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                for table in kind.tables]
    finally:
        connection.close()


class Proof:
    def __init__(self, name, kind, data, where):
        self.name, self.kind, self.data, self.where = name, kind, data, where

    def must(self, holds, what):
        if not holds:
            raise Failure(f"{self.name} may not be compared: {what}")

    def stored(self, count, when):
        found = rows(self.kind, self.data)
        self.must(found == [count, count],
                  f"{found} events and documents {when}, not {count} of each")

    def first_of(self, server, params):
        status, body = post(server, params, signature(params))
        self.must(status == 200 and twiml(body) == reply_to(params),
                  f"a webhook is answered {status} {body!r}")
        return body

    def repeat_of(self, server, params, first):
        if self.kind.repeats:
            again = post(server, params, signature(params))
            self.must(again == (200, first), f"a repeat is answered {again}")

    def before_the_kill(self, server):
        """The last message and its reply."""
        forged = message()
        status, _ = post(server, forged, signature(message()))
        self.must(status == 403, f"a forgery is answered {status}")
        for _ in range(MESSAGES):
            params = message()
            first = self.first_of(server, params)
            self.repeat_of(server, params, first)
        self.stored(MESSAGES, f"after {MESSAGES} webhooks and their repeats")
        params = message()
        first = self.first_of(server, params)
        server.process.kill()
        return params, first

    def run(self):
        shutil.rmtree(self.data, ignore_errors=True)
        with Server(self.kind.command(self.data), self.where) as server:
            params, first = self.before_the_kill(server)
        self.stored(MESSAGES + 1, "after a kill -9")
        with Server(self.kind.command(self.data), self.where) as server:
            self.repeat_of(server, params, first)
            self.stored(MESSAGES + 1, "after the repeat of the last one")
        shutil.rmtree(self.data)
