// Holds Offhook's signature check against Twilio's own Node.js package: thousands of
// generated requests, signed by the one and judged by the other, both ways. Prints TAP.
//
//   VERDICT=build/dev/tests/verdict [SEED=1] [ROUNDS=4000] node differential.mjs
//
// The two differ on purpose in three ways, and each time the test checks that it is one
// of them: the package also accepts URLs as `new URL()` and `querystring` would rewrite
// them; it sorts names by UTF-16 units, we by bytes; and it rewrites the whole URL at
// once where we vary host, port and apostrophe one by one.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { once } from "node:events";
import { parse, stringify } from "node:querystring";

const require = createRequire(import.meta.url);
const sdk = require("twilio/lib/webhooks/webhooks.js");

const seed = Number(process.env.SEED ?? 1);
const rounds = Number(process.env.ROUNDS ?? 4000);

// --- random things, the same for the same seed (mulberry32) ---

let state = seed >>> 0;
function random() {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = state;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const below = (n) => Math.floor(random() * n);
const pick = (list) => list[below(list.length)];
const chance = (p) => random() < p;
const repeat = (n, make) => Array.from({ length: n }, make);

const ALPHABET = [
  ..."abcXYZ0189 +%&=?#/'\"<>;:,.@[]{}|\\~^`!$()*_-",
  "\0", "\t", "\r\n", "\x7f", "\u00a0", "é", "e\u0301", "ß", "漢", "\u202e", "\ufeff",
  "\uff5e", "\ufffd", "😀", "👩‍👩‍👧", "%41", "%", "&amp;",
];
const NAMES = [
  "From", "To", "Body", "MessageSid", "AccountSid", "CallSid", "Callsid", "CALLSID",
  "Digits", "Reason", "ReasonConferenceEnded", "MediaUrl1", "MediaUrl10", "MediaUrl2",
  "a[]", "constructor", "__proto__", "1", "10", "2", "",
];
const text = (most) => repeat(below(most + 1), () => pick(ALPHABET)).join("");

function randomParams() {
  const params = Object.create(null);
  for (let i = below(12); i > 0; i--) {
    const name = chance(0.7) ? pick(NAMES) : text(6);
    params[name] = chance(0.2) ? repeat(1 + below(4), () => text(3)) : text(20);
  }
  return params;
}

const HOSTS = [
  "hooks.example.com", "h.io", "localhost", "127.0.0.1", "[::1]", "[2001:db8::1]",
  "Hooks.Example.COM", "xn--caf-dma.example",
];
const PORTS = ["", "", "", ":443", ":80", ":8080", ":1234"];
const SEGMENTS = ["sms", "twilio", "a%20b", "it's", "%27", "index.php", "A", "~x", "p+q"];
const QUERIES = [
  "foo=1", "name=O'Hara", "name=O%27Hara", "x=a+b", "x=a%20b", "x=%C3%A9", "y", "z=",
  "u=sip%3A12%40h", "m=%2b", "m=%2B", "q='%27'", "foo=2", "json={%22a%22:1}",
];

function randomUrl() {
  const path = repeat(below(4), () => "/" + pick(SEGMENTS)).join("") || "/";
  const query = repeat(below(4), () => pick(QUERIES)).join("&");
  const scheme = chance(0.7) ? "https" : "http";
  return `${scheme}://${pick(HOSTS)}${pick(PORTS)}${path}${query ? "?" + query : ""}`;
}

const randomToken = () => repeat(32, () => pick([..."0123456789abcdef"])).join("");

// --- the form as it is posted ---

function encode(value) {
  const style = below(3);
  const escaped = encodeURIComponent(value);
  if (style === 0) return escaped.replaceAll("%20", "+");
  if (style === 1) return escaped.replace(/[!'()*~]/g, (c) => "%" + c.charCodeAt(0).toString(16));
  return escaped;
}

function shuffle(list) {
  for (let i = list.length - 1; i > 0; i--) {
    const j = below(i + 1);
    [list[i], list[j]] = [list[j], list[i]];
  }
  return list;
}

function form(params) {
  const pairs = Object.keys(params).flatMap((name) =>
    [params[name]].flat().map((value) => `${encode(name)}=${encode(value)}`));
  return shuffle(pairs).join("&");
}

// --- which URLs count: our rule, and the package's, each as a list of strings ---

function parts(url) {
  const [, scheme, host, port, rest] = /^(https?:\/\/)(\[[^\]]*\]|[^/?#:]*)(:[^/?#]*)?(.*)$/s.exec(url);
  return { scheme, host, port: port ?? "", rest };
}
const withoutPort = (url) => {
  const { scheme, host, rest } = parts(url);
  return scheme + host + rest;
};
const withPort = (url) => {
  const { scheme, host, port, rest } = parts(url);
  return scheme + host + (port || (scheme === "https://" ? ":443" : ":80")) + rest;
};

function ourUrls(url) {
  const { scheme, host, port, rest } = parts(url);
  const at = rest.indexOf("?");
  const path = at < 0 ? rest : rest.slice(0, at);
  const query = at < 0 ? "" : rest.slice(at);
  const queries = [query, query.replaceAll("'", "%27"), query.replaceAll("%27", "'")];
  const urls = [host, host.toLowerCase()].flatMap((h) =>
    queries.flatMap((q) => {
      const one = scheme + h + port + path + q;
      return [one, withoutPort(one), withPort(one)];
    }));
  return new Set(urls);
}

function sdkUrls(url) {
  const legacy = (one) => {
    const at = one.indexOf("?");
    if (at < 0 || at === one.length - 1) return one;
    return one.slice(0, at) + "?" + stringify(parse(one.slice(at + 1)));
  };
  const normal = new URL(url).toString();
  return new Set([withoutPort(url), withPort(url),
    ...[withoutPort(normal), withPort(normal)].flatMap((one) => [one, legacy(one)])]);
}

// --- questions, asked in one go ---

const questions = [];
const tally = new Map();

// What we must answer, what the package says, and what it should say.
function ask(group, question, want, sdkSays, sdkWant = want) {
  questions.push({ group, question, want: String(want), sdkSays, sdkAsWanted: sdkSays === sdkWant });
}

// A name order that UTF-8 and UTF-16 see differently changes the signed text.
function ordersDiffer(params) {
  const bytes = (list) => [...list].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const differs = (list) => bytes(list).join("\0") !== [...list].sort().join("\0");
  return differs(Object.keys(params)) ||
    Object.values(params).some((value) => Array.isArray(value) && differs(value));
}

function askForm(token, url, params) {
  const signature = sdk.getExpectedTwilioSignature(token, url, params);
  const posted = form(params);
  const verify = { op: "verify", token, url, method: "POST", form: posted, signature };
  if (ordersDiffer(params)) {
    ask("sorted by bytes, not UTF-16 units: the package's signature is refused",
      verify, false, sdk.validateRequest(token, signature, url, params), true);
    return;
  }
  ask("both sign alike", { op: "sign", token, url, form: posted }, signature, signature);
  ask("what the package signs is genuine", verify, true,
    sdk.validateRequest(token, signature, url, params));
  askMutated(token, url, params, signature);
}

// Another letter or digit in place of one.
function mutate(string) {
  const places = [...string.matchAll(/[A-Za-z0-9]/g)].map((match) => match.index);
  if (places.length === 0) return null;
  const at = pick(places);
  return string.slice(0, at) + (string[at] === "q" ? "w" : "q") + string.slice(at + 1);
}

function mutatedParams(params) {
  const changed = Object.assign(Object.create(null), params);
  const names = Object.keys(params).filter((name) => typeof params[name] === "string");
  if (names.length === 0) return null;
  const name = pick(names);
  if (chance(0.5)) {
    changed[name] = mutate(params[name]) ?? params[name] + "x";
    return changed;
  }
  const renamed = mutate(name) ?? name + "x";
  if (renamed in params) return null;
  delete changed[name];
  changed[renamed] = params[name];
  return changed;
}

function askMutated(token, url, params, signature) {
  const refuse = (where, seenUrl, seenParams, seenSignature, seenToken) =>
    ask(`one byte changed in the ${where}: both refuse`,
      { op: "verify", token: seenToken, url: seenUrl, method: "POST",
        form: form(seenParams), signature: seenSignature },
      false, sdk.validateRequest(seenToken, seenSignature, seenUrl, seenParams));
  const { scheme, host, port, rest } = parts(url);
  const target = mutate(rest);
  const other = mutatedParams(params);
  refuse("signature", url, params, mutate(signature), token);
  refuse("token", url, params, signature, mutate(token));
  if (target !== null) refuse("URL", scheme + host + port + target, params, signature, token);
  if (other !== null) refuse("form", url, other, signature, token);
}

// The URL that was signed and the one that is seen differ: what each accepts is what its
// rule says, and where the two verdicts differ, the rules do.
const VARIANTS = [
  (url) => withoutPort(url), (url) => withPort(url),
  (url) => { const { scheme, host, rest } = parts(url); return scheme + host + ":9999" + rest; },
  (url) => { const { scheme, host, port, rest } = parts(url); return scheme + host.toUpperCase() + port + rest; },
  (url) => url.replaceAll("'", "%27"), (url) => url.replaceAll("%27", "'"),
  (url) => url.replaceAll("+", "%20"), (url) => url.replaceAll("%20", "+"),
  (url) => url.replaceAll("%2b", "%2B"), (url) => url + "/", (url) => url.replace("https", "http"),
  (url) => url.replace(/\?.*/s, ""), (url) => new URL(url).toString(), (url) => url.replaceAll("%40", "@"),
];

function askVariant(token, url, params) {
  if (ordersDiffer(params)) return;
  let seen = url;
  for (let i = 1 + below(3); i > 0; i--) seen = pick(VARIANTS)(seen);
  const signature = sdk.getExpectedTwilioSignature(token, url, params);
  const sdkSays = sdk.validateRequest(token, signature, seen, params);
  const want = ourUrls(seen).has(url);
  const sdkAccepts = sdkUrls(seen).has(url);
  const group = sdkAccepts === want
    ? `another URL seen: both ${want ? "accept" : "refuse"}`
    : want ? "another URL seen: the package would rewrite more than one thing"
      : "another URL seen: accepted by the package only, after rewriting it";
  ask(group, { op: "verify", token, url: seen, method: "POST", form: form(params), signature },
    want, sdkSays, sdkAccepts);
}

function askBody(token, url) {
  const body = JSON.stringify({ text: text(20), n: below(100) });
  const hash = sdk.getExpectedBodyHash(body);
  const join = url.includes("?") ? "&" : "?";
  const verify = (group, full, sentBody, want) => {
    const signature = sdk.getExpectedTwilioSignature(token, full, {});
    ask(group, { op: "verify", token, url: full, method: "POST", body: sentBody, signature }, want,
      sdk.validateRequestWithBody(token, signature, full, sentBody));
  };
  const hashed = `${url}${join}bodySHA256=${hash}`;
  verify("a JSON body under its hash", hashed, body, true);
  verify("a JSON body under its hash, twice", `${hashed}&bodySHA256=${hash}`, body, true);
  verify("a JSON body under another hash", hashed, mutate(body), false);
  verify("a JSON body under its hash in upper case",
    `${url}${join}bodySHA256=${hash.toUpperCase()}`, body, !/[a-f]/.test(hash));
  verify("a JSON body without a hash", url, body, false);
}

function askGet(token, url) {
  const join = url.includes("?") ? "&" : "?";
  const full = chance(0.3) ? `${url}${join}bodySHA256=${"0".repeat(64)}` : url;
  const signature = sdk.getExpectedTwilioSignature(token, full, {});
  ask("GET is covered by its URL", { op: "verify", token, url: full, method: "GET", signature },
    true, sdk.validateRequest(token, signature, full, {}));
}

// With the header the key's secret counts and the Auth Token does not, as in the package.
function askShared(token, url, params) {
  if (ordersDiffer(params)) return;
  const algorithm = pick(["HMAC_SHA1", "HMAC_SHA256"]);
  const secret = text(20).replaceAll(/[,\s\0]/g, "") + "s";
  const settings = `key=webhooks_sharedkey_1,algorithm=${algorithm}`;
  const signed = (key) => sdk.getExpectedTwilioSignature(key, url, params, sdk.getSignatureAlgorithm(settings));
  const verify = (group, signature, header, want) =>
    ask(group, { op: "verify", token, url, method: "POST", form: form(params), signature,
      shared: `webhooks_sharedkey_1:${algorithm}:${secret}`, settings: header },
      want, sdk.validateRequest(secret, signature, url, params, sdk.getSignatureAlgorithm(settings)),
      want);
  verify("a SharedKey signs", signed(secret), settings, true);
  verify("the Auth Token does not sign for a SharedKey", signed(token), settings, false);
  verify("one byte changed in a SharedKey's signature", mutate(signed(secret)), settings, false);
}

for (let i = 0; i < rounds; i++) {
  const token = randomToken();
  const url = randomUrl();
  const params = randomParams();
  askForm(token, url, params);
  askVariant(token, url, params);
  askBody(token, url);
  askGet(token, url);
  askShared(token, url, params);
}

// --- the answers ---

const verdict = spawn(process.env.VERDICT ?? "build/dev/tests/verdict",
  { stdio: ["pipe", "pipe", "inherit"] });
const chunks = [];
verdict.stdout.on("data", (chunk) => chunks.push(chunk));
verdict.stdin.end(questions.map(({ question }) => JSON.stringify(question) + "\n").join(""));
const [code] = await once(verdict, "close");
const answers = Buffer.concat(chunks).toString().split("\n").slice(0, -1);

for (const [i, { group, question, want, sdkSays, sdkAsWanted }] of questions.entries()) {
  const entry = tally.get(group) ?? { count: 0, wrong: [] };
  tally.set(group, entry);
  entry.count++;
  if (answers[i] !== want || !sdkAsWanted)
    entry.wrong.push({ question, want, ours: answers[i], sdk: sdkSays });
}

const complete = code === 0 && answers.length === questions.length;
console.log(`TAP version 13\n1..${tally.size + 1}\n# seed ${seed}, ${questions.length} questions`);
console.log(`${complete ? "ok" : "not ok"} 1 - every question is answered`);
let number = 1;
let failed = !complete;
for (const [group, { count, wrong }] of tally) {
  failed ||= wrong.length > 0;
  console.log(`${wrong.length ? "not ok" : "ok"} ${++number} - ${group} (${count})`);
  for (const one of wrong.slice(0, 3)) console.log("# " + JSON.stringify(one));
}
process.exitCode = failed ? 1 : 0;
