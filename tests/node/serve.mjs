// The real server against requests signed by Twilio's official SDK. Prints TAP.
//   OFFHOOK=path/to/offhook node serve.mjs
import { spawn, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import http from "node:http";
import crypto from "node:crypto";
import webhooks from "twilio/lib/webhooks/webhooks.js";

const offhook = process.env.OFFHOOK;
const token = crypto.randomBytes(16).toString("hex");
const base = "https://example.com";
const dir = mkdtempSync(join(tmpdir(), "offhook-sdk-"));
const data = join(dir, "data");
const env = { ...process.env, TWILIO_AUTH_TOKEN: token };

const server = spawn(
  offhook,
  ["serve", "--listen", "127.0.0.1:0", "--data", data, "--public-url", base],
  { env, cwd: dir, stdio: ["ignore", "ignore", "pipe"] },
);

const address = await new Promise((resolve, reject) => {
  let log = "";
  server.stderr.on("data", (bytes) => {
    log += bytes;
    const found = log.match(/listening on http:\/\/([^"\n]*)["\n]/);
    if (found) resolve(found[1]);
  });
  server.on("exit", () => reject(new Error(log)));
});
const [host, port] = address.split(":");

function post(path, body, headers) {
  return new Promise((resolve, reject) => {
    const request = http.request(
      { host, port, path, method: "POST", headers },
      (response) => {
        let text = "";
        response.on("data", (bytes) => (text += bytes));
        response.on("end", () =>
          resolve({
            status: response.statusCode,
            type: response.headers["content-type"],
            text,
          }),
        );
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}

function form(params) {
  return new URLSearchParams(params).toString();
}

const type = "application/x-www-form-urlencoded";
const sid = "SM" + crypto.randomBytes(16).toString("hex");
const params = {
  MessageSid: sid,
  AccountSid: "AC" + "0".repeat(32),
  From: "+15551230001",
  To: "+15559990000",
  Body: "Grüße & <b>'+%20'</b>",
  NumMedia: "0",
};
const signature = webhooks.getExpectedTwilioSignature(
  token,
  base + "/twilio/sms",
  params,
);
const json = JSON.stringify({ hello: "wörld" });
const hash = crypto.createHash("sha256").update(json).digest("hex");
const jsonPath = `/twilio/sms?bodySHA256=${hash}`;
const jsonSignature = webhooks.getExpectedTwilioSignature(
  token,
  base + jsonPath,
  {},
);

const cases = [
  ["a signed form is answered with TwiML", 200, () =>
    post("/twilio/sms", form(params), {
      "content-type": type, "x-twilio-signature": signature })],
  ["a tampered form is refused", 403, () =>
    post("/twilio/sms", form({ ...params, Body: "tampered" }), {
      "content-type": type, "x-twilio-signature": signature })],
  ["an unsigned form is refused", 400, () =>
    post("/twilio/sms", form(params), { "content-type": type })],
  ["signed JSON is accepted", 204, () =>
    post(jsonPath, json, {
      "content-type": "application/json", "x-twilio-signature": jsonSignature })],
  ["tampered JSON is refused", 403, () =>
    post(jsonPath, json + " ", {
      "content-type": "application/json", "x-twilio-signature": jsonSignature })],
];

let number = 0;
let failed = 0;
function tell(good, name, detail) {
  number++;
  if (!good) failed++;
  console.log(`${good ? "ok" : "not ok"} ${number} - ${name}`);
  if (!good) console.log(`# ${detail}`);
}

for (const [name, want, run] of cases) {
  const got = await run();
  tell(got.status === want, name, JSON.stringify(got));
  if (want === 200)
    tell(
      got.type === "text/xml; charset=utf-8" && got.text.startsWith("<?xml"),
      "its type is text/xml and byte 0 is <",
      JSON.stringify(got),
    );
}

const line = execFileSync(
  offhook,
  ["query", "--data", data, "sms_messages", JSON.stringify({ messageSid: sid }),
    "--json"],
  { env, cwd: dir, encoding: "utf8" },
);
const doc = JSON.parse(line);
tell(doc.body === params.Body && doc.from === params.From,
  "query prints the document while the server runs", line);

server.removeAllListeners("exit");
const ended = new Promise((resolve) => server.on("exit", resolve));
server.kill("SIGTERM");
tell((await ended) === 0, "SIGTERM ends it with 0", "");
rmSync(dir, { recursive: true });
console.log(`1..${number}`);
process.exit(failed === 0 ? 0 : 1);
