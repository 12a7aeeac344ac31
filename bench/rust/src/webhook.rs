//! A webhook's parameters, its signature, and what is kept of it.
use std::borrow::Cow;

use chrono::{SecondsFormat, Utc};
use hmac::{Hmac, Mac};
use serde_json::{json, Map, Value};
use sha1::Sha1;

use crate::store::Event;

pub type Params<'a> = Vec<(Cow<'a, str>, Cow<'a, str>)>;

/// As posted, in their order.
pub fn params(body: &[u8]) -> Params<'_> {
    form_urlencoded::parse(body).collect()
}

pub struct Verifier {
    keyed: Hmac<Sha1>,
}

impl Verifier {
    pub fn new(token: &str, url: &str) -> Self {
        let mut keyed = Hmac::new_from_slice(token.as_bytes()).expect("any key will do");
        keyed.update(url.as_bytes());
        Verifier { keyed }
    }

    /// Twilio's rule: the URL, then every name and value, sorted by name.
    pub fn genuine(&self, params: &Params, signature: &[u8]) -> bool {
        let signature = match base64::decode(signature) {
            Ok(bytes) => bytes,
            Err(_) => return false,
        };
        let mut sorted: Vec<_> = params.iter().collect();
        sorted.sort_by(|a, b| a.0.cmp(&b.0));
        let mut hmac = self.keyed.clone();
        for (name, value) in sorted {
            hmac.update(name.as_bytes());
            hmac.update(value.as_bytes());
        }
        hmac.verify_slice(&signature).is_ok()
    }
}

fn value<'a>(params: &'a Params, name: &str) -> &'a str {
    params.iter().find(|param| param.0 == name).map_or("", |param| &param.1)
}

fn twiml(body: &str) -> String {
    let mut text = String::with_capacity(256);
    text += "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Message>";
    text += "Thanks for your message! We received: \"";
    for c in body.chars() {
        match c {
            '<' => text += "&lt;",
            '>' => text += "&gt;",
            '&' => text += "&amp;",
            _ => text.push(c),
        }
    }
    text += "\"</Message></Response>";
    text
}

pub fn event(params: &Params) -> Event {
    let sid = value(params, "MessageSid");
    let body = value(params, "Body");
    let now = Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true);
    let document = json!({
        "messageSid": sid,
        "from": value(params, "From"),
        "to": value(params, "To"),
        "body": body,
        "direction": "inbound",
        "numMedia": value(params, "NumMedia").parse().unwrap_or(0),
        "media": [],
        "receivedAt": now,
        "status": "received",
        "errorCode": null,
        "errorMessage": null,
        "updatedAt": now,
    });
    let all: Map<String, Value> =
        params.iter().map(|(name, value)| (name.to_string(), json!(value))).collect();
    Event {
        sid: sid.to_owned(),
        params: Value::Object(all).to_string(),
        document: document.to_string(),
        reply: twiml(body),
        received_at: now,
    }
}
