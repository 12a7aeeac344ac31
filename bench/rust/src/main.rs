//! The same work on hyper and rusqlite: check the signature, answer a repeat with its first
//! reply, store event and document in one synced transaction, reply with TwiML. One thread of
//! tokio's, and a writer that commits all webhooks that wait in one transaction.
//! usage: TWILIO_AUTH_TOKEN=... offhook-bench-rust --data DIR --url SIGNED-URL
mod store;
mod webhook;

use std::{convert::Infallible, env, net::SocketAddr, path::Path, sync::Arc};

use hyper::service::{make_service_fn, service_fn};
use hyper::{header, Body, Method, Request, Response, Server, StatusCode};
use store::Store;
use webhook::Verifier;

struct Shared {
    verifier: Verifier,
    store: Store,
}

fn reply(status: StatusCode, kind: &'static str, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let kind = header::HeaderValue::from_static(kind);
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

async fn serve(request: Request<Body>, to: Arc<Shared>) -> Result<Response<Body>, hyper::Error> {
    if request.method() != Method::POST || request.uri().path() != "/twilio/sms" {
        return Ok(reply(StatusCode::NOT_FOUND, "text/plain", "not found\n"));
    }
    let (head, body) = request.into_parts();
    let body = hyper::body::to_bytes(body).await?;
    let params = webhook::params(&body);
    let signature = head.headers.get("X-Twilio-Signature");
    if !signature.map_or(false, |text| to.verifier.genuine(&params, text.as_bytes())) {
        return Ok(reply(StatusCode::FORBIDDEN, "text/plain", "refused\n"));
    }
    Ok(match to.store.keep(webhook::event(&params)).await {
        Some(twiml) => reply(StatusCode::OK, "text/xml", twiml),
        None => reply(StatusCode::SERVICE_UNAVAILABLE, "text/plain", "not stored\n"),
    })
}

/// The value after a word of the command line.
fn option(name: &str) -> String {
    let mut words = env::args().skip_while(|word| word != name).skip(1);
    words.next().unwrap_or_else(|| panic!("{name} is missing"))
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let token = env::var("TWILIO_AUTH_TOKEN").expect("TWILIO_AUTH_TOKEN");
    let shared = Arc::new(Shared {
        verifier: Verifier::new(&token, &option("--url")),
        store: Store::open(Path::new(&option("--data"))),
    });
    let service = make_service_fn(move |_| {
        let shared = shared.clone();
        let service = service_fn(move |request| serve(request, shared.clone()));
        async move { Ok::<_, Infallible>(service) }
    });
    let server = Server::bind(&SocketAddr::from(([127, 0, 0, 1], 0)))
        .http1_only(true)
        .tcp_nodelay(true)
        .serve(service);
    eprintln!("listening on http://{}", server.local_addr());
    server.await.expect("server");
}
