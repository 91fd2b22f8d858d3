//! Messages accepted over HTTP: durable, indexed, one rule evaluated, one webhook queued.

use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::json;

use crate::ceiling::Settings;
use crate::load::{self, Make, request};
use crate::sink::Sink;
use crate::stage::Stage;
use crate::{ceiling, pgbench, say};

/// 1.2 kB of what customers write.
pub const TEXT: &str = "Hello, I ordered two lamps last week and only one of them arrived this morning. The parcel was \
open at one side and the packing slip lists both, so I suppose that the other one fell out on its way. Could you please \
look into it and tell me whether you can send the missing lamp again, or whether I should ask the carrier first? My \
order number is 4711-0815 and the lamp is the brass one with the green shade. I would like to have it before the end of \
the month, because it is a present for my sister who moves into her new flat then. If that is not possible I would \
rather have my money back for this one and keep the other, which is lovely. There is one more thing: the invoice names \
our old address, though I changed it in my account before I ordered. Is that a mistake on my side, and does it matter \
for the guarantee? I attach no photographs, because the parcel is already in the recycling, but the driver has noted \
the damage in his device and gave me the reference 99-2214-K. You can reach me by mail or by telephone in the evening. \
Thank you very much for your help, and for the kind note that you put into the first parcel. Kind regards, Ann Example";

/// Measures and reports.
pub async fn measure(each: Duration, store: Option<String>) {
    let ceilings = match store.clone() {
        None => vec![
            (ceiling::messages(Settings::AsItComes, TEXT, each).await, "plain SQLite as it comes, 128 callers"),
            (ceiling::messages(Settings::OfTheStore, TEXT, each).await, "plain SQLite set as the store sets it"),
        ],
        Some(url) => {
            let bare = tokio::task::spawn_blocking(move || pgbench::messages(&url, TEXT, 64, each)).await;
            vec![(bare.expect("pgbench ran"), "pgbench, 64 clients")]
        }
    };
    ceilings.iter().for_each(|(bare, what)| say(&format!("ceiling: {bare:.0} bare durable messages/s ({what})")));
    let sink = Sink::start(Duration::ZERO, false).await;
    let (url, shared) = (sink.url(), store.clone());
    let stage = tokio::task::spawn_blocking(move || Stage::found("inbound", shared, &["inbound"], &[url])).await;
    let stage = Arc::new(stage.expect("the stage is set"));
    let server = stage.serve();
    say(&format!("start: ready after {:.0} ms", server.ready_after.as_secs_f64() * 1_000.0));
    tokio::time::sleep(Duration::from_secs(2)).await;
    say(&format!("memory idle: {:.1} MB", server.memory()));
    for clients in [1, 8, 64] {
        let seen = stage.clone();
        tokio::task::spawn_blocking(move || seen.look()).await.expect("the tables are looked at");
        let (token, path) = (stage.token.clone(), format!("/channels/{}/incoming_messages", stage.channel));
        let make: Make = Arc::new(move |client, number| {
            let thread = format!("customer-{client}-{}", number % 8);
            let body = json!({"sender": {"handle": thread, "name": "Ann Example"}, "subject": "A missing lamp",
                "body": TEXT, "metadata": {"thread_ref": thread}});
            request(Method::POST, &path, &token, body.to_string())
        });
        let before = server.both_cpus();
        let load = load::run(server.address, clients, each, StatusCode::ACCEPTED, make).await;
        let spent = server.spent_since(&before, load.answers);
        say(&format!(
            "inbound, {clients} clients: {:.0}/s, ratio {} of the ceiling; p50 {:.2} ms, p99 {:.2} ms; {spent}",
            load.per_second(),
            ceilings
                .iter()
                .map(|(bare, _)| format!("{:.2}", load.per_second() / bare))
                .collect::<Vec<_>>()
                .join(" and "),
            load.quantile(0.5),
            load.quantile(0.99)
        ));
    }
    say(&format!("memory after: {:.1} MB; {} webhooks arrived meanwhile", server.memory(), sink.count()));
    server.kill();
}
