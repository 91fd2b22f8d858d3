//! Any body of any content type is read or refused, and so is the typed request inside it.
#![no_main]

use std::collections::BTreeMap;
use std::sync::Arc;

use api::edge::body::spool::Memory;
use api::edge::body::{MAX_BODY, Reading, read};
use api::edge::fingerprint::fingerprint;
use axum::body::Body;
use http::{HeaderMap, header};
use libfuzzer_sys::fuzz_target;
use serde::Deserialize;

#[derive(Deserialize)]
#[expect(dead_code, reason = "the request is only read")]
struct Request {
    to: Vec<BTreeMap<String, String>>,
    body: String,
    options: Option<BTreeMap<String, bool>>,
    delivered_at: Option<f64>,
    version: Option<i32>,
}

const TYPES: [&str; 4] =
    ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=X", "multipart/from-data"];

fuzz_target!(|input: (u8, Vec<u8>)| {
    let (kind, body) = input;
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, TYPES[usize::from(kind) % TYPES.len()].parse().expect("a header value"));
    let reading = Reading { limit: MAX_BODY, spool: Arc::new(Memory) };
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    if let Ok(form) = runtime.block_on(read(&headers, Body::from(body), &reading)) {
        let _ = form.parse::<Request>();
        fingerprint("POST", "/", &form);
    }
});
