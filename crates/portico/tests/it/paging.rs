//! Pages: each row comes once, whatever is written meanwhile, and a page token is good for its own list alone.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::office::Office;
use crate::server::Server;

async fn receive(server: &Server, office: &Office, thread: &str) {
    let body = json!({"sender": {"handle": thread}, "body": "Hello", "metadata": {"thread_ref": thread}});
    server.post(&format!("/channels/{}/incoming_messages", office.custom), body).await.expect(202);
}

fn ids(rows: &[Value]) -> Vec<String> {
    rows.iter().filter_map(|row| row["id"].as_str()).map(str::to_string).collect()
}

/// The path and query of the next page.
fn next(page: &Value) -> Option<String> {
    let url = page["_pagination"]["next"].as_str()?;
    let path = url.find("://").and_then(|at| url[at + 3..].find('/').map(|slash| at + 3 + slash));
    Some(url[path.expect("an absolute URL")..].to_string())
}

/// A tag's name that no other step of a walk uses, and no longer than names may be.
fn name(path: &str, pages: usize) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hash = DefaultHasher::new();
    path.hash(&mut hash);
    format!("{:x} {pages}", hash.finish())
}

/// Walks through a list, with a write between each two pages; gives all ids and how many pages there were.
async fn walk(server: &Server, office: &Office, path: &str) -> (Vec<String>, usize) {
    let (mut seen, mut pages, mut at) = (Vec::new(), 0, Some(path.to_string()));
    while let Some(path) = at {
        let page = server.get(&path).await.expect(200);
        seen.extend(ids(page["_results"].as_array().expect("rows")));
        pages += 1;
        assert!(pages < 100, "{path} never ends");
        receive(server, office, &format!("while-{pages}-{}", seen.len())).await;
        receive(server, office, "again").await;
        server.post("/company/tags", json!({"name": name(&path, pages)})).await.expect(201);
        at = next(&page);
    }
    (seen, pages)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_row_comes_once_while_others_are_written() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    for number in 0..23 {
        receive(&server, &office, &format!("thread-{number}")).await;
        receive(&server, &office, "again").await;
        server.post("/company/tags", json!({"name": format!("tag {number}")})).await.expect(201);
    }
    let messages = server.get("/conversations?limit=100").await.rows();
    let again = messages.iter().find(|row| row["recipient"]["handle"] == "again").expect("the long conversation");
    let again = again["id"].as_str().expect("an id").to_string();
    for path in [
        "/events?limit=4".to_string(),
        "/events?limit=4&q[types]=inbound".to_string(),
        "/tags?limit=4&sort_order=desc".to_string(),
        "/contacts?limit=4".to_string(),
        format!("/conversations/{again}/messages?limit=4"),
        format!("/conversations/{again}/events?limit=4"),
    ] {
        let mut here = HashSet::new();
        let whole = path.replace("limit=4", "limit=100");
        let mut at = Some(whole);
        while let Some(path) = at {
            let page = server.get(&path).await.expect(200);
            here.extend(ids(page["_results"].as_array().expect("rows")));
            at = next(&page);
        }
        let (seen, pages) = walk(&server, &office, &path).await;
        let once: HashSet<String> = seen.iter().cloned().collect();
        assert_eq!(once.len(), seen.len(), "{path}: a row came twice");
        assert!(here.is_subset(&once), "{path}: {} rows are missing", here.difference(&once).count());
        assert!(pages >= 5, "{path}: {pages} pages");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_that_moves_to_the_top_hides_no_other() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    for number in 0..20 {
        receive(&server, &office, &format!("thread-{number}")).await;
    }
    let before: HashSet<String> = ids(&server.get("/conversations?limit=100").await.rows()).into_iter().collect();
    let (seen, _) = walk(&server, &office, "/conversations?limit=3&q[statuses]=unassigned").await;
    let once: HashSet<String> = seen.iter().cloned().collect();
    assert_eq!(once.len(), seen.len(), "a row came twice");
    assert!(before.is_subset(&once), "{} rows are missing", before.difference(&once).count());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_page_keeps_filter_order_and_size() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    for number in 0..6 {
        receive(&server, &office, &format!("thread-{number}")).await;
    }
    let path = "/conversations?limit=2&q[statuses][]=unassigned&q%5Bstatuses%5D%5B%5D=assigned&sort_order=asc";
    let first = server.get(path).await.expect(200);
    let second = server.get(&next(&first).expect("a second page")).await.expect(200);
    assert_eq!(second["_results"].as_array().map(Vec::len), Some(2), "the size goes on");
    let url = second["_pagination"]["next"].as_str().expect("a third page");
    for word in ["limit=2", "statuses", "unassigned", "sort_order=asc", "page_token="] {
        assert!(url.contains(word), "{word} is missing in {url}");
    }
    let oldest = ids(&server.get("/conversations?sort_order=asc").await.rows());
    let shown = [first, second].map(|page| ids(page["_results"].as_array().expect("rows"))).concat();
    assert_eq!(shown, oldest[..4], "the order goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_address_of_the_next_page_is_taken_for_its_token() {
    let server = Server::with(|settings| settings.serving.public_url = Some("https://desk.example/front".into())).await;
    for number in 0..3 {
        server.post("/company/tags", json!({"name": format!("tag {number}")})).await.expect(201);
    }
    let first = server.get("/tags?limit=1").await.expect(200);
    let url = first["_pagination"]["next"].as_str().expect("a second page");
    let token = |url: &str| url.replace('%', "%25").replace('&', "%26").replace('#', "%23");
    let rest = server.get(&format!("/tags?page_token={}&limit=50", token(url))).await.rows();
    let all = server.get("/tags").await.rows();
    assert_eq!(ids(&rest), ids(&all)[1..]);
    server.get(&format!("/tags?page_token={}", token("https://desk.example/tags?limit=1&x=2"))).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_token_of_another_list_is_refused() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    for number in 0..3 {
        receive(&server, &office, &format!("thread-{number}")).await;
        server.post("/company/tags", json!({"name": format!("tag {number}")})).await.expect(201);
    }
    let lists = ["/conversations", "/events", "/tags", "/company/tags", "/contacts"];
    for from in lists {
        let page = server.get(&format!("{from}?limit=1")).await.expect(200);
        let url = next(&page).expect("a second page");
        let token = url.split("page_token=").nth(1).and_then(|rest| rest.split('&').next()).expect("a token");
        for to in lists {
            let status = server.get(&format!("{to}?limit=1&page_token={token}")).await.status;
            assert_eq!(status, if from == to { 200 } else { 400 }, "a token of {from} for {to}");
        }
        let other = if token.ends_with('0') { "1" } else { "0" };
        let forged = format!("{from}?page_token={}{other}", &token[..token.len() - 1]);
        server.get(&forged).await.expect(400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_is_at_most_a_hundred_and_fifteen_for_events() {
    let server = Server::start().await;
    let office = Office::furnish(&server, None).await;
    for number in 0..17 {
        receive(&server, &office, &format!("thread-{number}")).await;
    }
    for number in 0..101 {
        server.post("/company/tags", json!({"name": format!("tag {number}")})).await.expect(201);
    }
    for (path, rows) in [("/tags", 50), ("/tags?limit=101", 100), ("/events", 15), ("/events?limit=100", 15)] {
        assert_eq!(server.get(path).await.rows().len(), rows, "{path}");
    }
    for path in ["/tags?limit=0", "/tags?limit=-1", "/events?limit=x", "/conversations?limit=1.5"] {
        server.get(path).await.expect(400);
    }
}
