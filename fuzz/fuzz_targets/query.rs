//! Any query is read or refused, and the address of the next page carries the same query on.
#![no_main]

use api::edge::pages::next_url;
use api::edge::params::{PageRules, Params};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|query: &str| {
    let Ok(params) = Params::parse(Some(query)) else { return };
    let _ = params.page(&PageRules::USUAL.sorted_by(&["created_at"]));
    let _ = params.q().millis("before");
    params.q().list("statuses");
    let url = next_url("https://desk.example", "/conversations", &params, 50, "ab12");
    let again = Params::parse(url.split_once('?').map(|(_, query)| query)).expect("our own addresses are right");
    assert_eq!(again.q(), params.q());
    assert_eq!(again.get("page_token"), Some("ab12"));
});
