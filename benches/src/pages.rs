//! Reading: pages of conversations, of events, and search, at two sizes of the same company.

use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};

use crate::inbound::TEXT;
use crate::load::{self, Make, now, request};
use crate::say;
use crate::stage::Stage;

/// Measures and reports.
pub async fn measure(each: Duration, store: Option<String>, sizes: &[u64]) {
    let mut before: Option<[f64; 4]> = None;
    for size in sizes.iter().copied() {
        let shared = store.clone();
        let stage = tokio::task::spawn_blocking(move || {
            let stage = Stage::found("pages", shared, &["tag_added"], &[]);
            let begin = now();
            fill(&stage, size);
            say(&format!("filled {size} messages in {:.0} s", (now() - begin).as_secs_f64()));
            stage
        });
        let stage = stage.await.expect("the stage is set");
        let server = stage.serve();
        let mut rates = [0.0; 4];
        let search = |word: &str| format!("/conversations/search/{word}?limit=10");
        let paths =
            ["/conversations?limit=50".to_string(), "/events".to_string(), search("zanzibar"), search("tobago")];
        for (at, path) in paths.into_iter().enumerate() {
            let token = stage.token.clone();
            let asked = path.clone();
            let make: Make = Arc::new(move |_, _| request(Method::GET, &asked, &token, ""));
            let cpu = server.cpu();
            let load = load::run(server.address, 8, each, StatusCode::OK, make).await;
            rates[at] = load.per_second();
            let against =
                before.map_or(String::new(), |before| format!("; {:.2} of the smaller size", rates[at] / before[at]));
            say(&format!(
                "{path} at {size}: {:.0}/s, p50 {:.2} ms, p99 {:.2} ms, {:.0} us CPU each{against}",
                load.per_second(),
                load.quantile(0.5),
                load.quantile(0.99),
                (server.cpu() - cpu) * 1e6 / load.answers as f64
            ));
        }
        before = Some(rates);
        say(&format!("memory at {size}: {:.0} MB", server.memory()));
        server.kill();
    }
}

/// Messages in threads of eight, straight through the desk. Twenty speak of Zanzibar, one in a thousand of Tobago.
fn fill(stage: &Stage, size: u64) {
    let desk = portico::server::open_desk(&stage.location, "http://127.0.0.1").expect("the store opens");
    let caller = desk::Caller::system(stage.company);
    let channel = stage.channel;
    let mut done = 0;
    while done < size {
        let (first, last) = (done, (done + 1_000).min(size));
        desk.write_blocking(&caller, move |work| {
            for number in first..last {
                let handle = format!("customer-{}", number / 8);
                let rare = if number % (size / 20).max(1) == 0 { " Zanzibar" } else { "" };
                let rather = if number % 1_000 == 1 { " Tobago" } else { "" };
                let text = format!("{}{rare}{rather} {number}", &TEXT[(number % 400) as usize..]);
                let incoming = desk::messages::Incoming {
                    channel,
                    sender: desk::messages::Sender { handle, name: None, contact: None },
                    subject: "A missing lamp".to_string(),
                    content: desk::messages::Content::plain(&text),
                    thread: None,
                    external_id: None,
                    headers: None,
                    uploads: Vec::new(),
                    written_at: None,
                };
                desk::messages::receive(work, &incoming)?;
            }
            Ok(())
        })
        .expect("a batch is written");
        done = last;
    }
}
