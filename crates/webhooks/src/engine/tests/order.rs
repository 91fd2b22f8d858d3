use super::*;
use crate::sink::{Reply, Sink};
use std::collections::BTreeMap;

/// The numbers a sink accepted, by lane; a body is "lane:number".
fn accepted(sink: &Sink, was_accepted: impl Fn(usize) -> bool) -> BTreeMap<i64, Vec<i64>> {
    let mut lanes: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for (n, received) in sink.received().iter().enumerate() {
        let text = received.text();
        let (lane, number) = text.split_once(':').unwrap();
        if was_accepted(n) {
            lanes.entry(lane.parse().unwrap()).or_default().push(number.parse().unwrap());
        }
    }
    lanes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fresh_head_is_delivered_and_recorded() {
    for (name, store) in db::testing::stores(SCHEMA) {
        let office = Office::new(store, Post::default());
        let sink = Sink::start(|_| Reply::text("thanks")).await;
        let engine = office.engine_with(NODE, Limits { poll: Duration::from_secs(3600), ..limits() });
        let id = office.put(&engine, 1, 1, to(&sink.url, "hello")).await;
        office.settle().await;
        let got = &sink.received()[0];
        assert_eq!(got.text(), "hello", "{name}");
        assert_eq!(got.header("x-portico-delivery"), id.to_string());
        assert_eq!(got.header("x-portico-attempt"), "1");
        let (state, tries, log) = office.job(id).await;
        assert_eq!((state, tries), (1, 1));
        assert_eq!(
            (&log[0]["status"], &log[0]["response"], &log[0]["at"]),
            (&json!(200), &json!("thanks"), &json!(1_000_000))
        );
        assert!(office.lanes().await.is_empty());
        until("the lane is let go", || engine.load() == Load::default()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lane_stays_in_order_whatever_fails() {
    for (name, store) in db::testing::stores(SCHEMA) {
        let office = Arc::new(Office::new(store, Post::default()));
        let mut n = 0;
        let sink = Sink::start(move |_| {
            n += 1;
            Reply::status(if n % 3 == 0 { 500 } else { 200 })
        })
        .await;
        let engine = office.engine();
        for number in 0..15 {
            for lane in 0..12 {
                office.put(&engine, 1, lane, to(&sink.url, format!("{lane}:{number}"))).await;
            }
        }
        while office.pending().await > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
            office.advance(2_000);
        }
        let lanes = accepted(&sink, |n| (n + 1) % 3 != 0);
        assert_eq!(lanes.len(), 12, "{name}");
        for (lane, numbers) in lanes {
            assert_eq!(numbers, (0..15).collect::<Vec<_>>(), "{name}, lane {lane}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_sends_the_same_bytes_under_the_same_name() {
    let office = Office::memory(Post::default());
    let mut n = 0;
    let sink = Sink::start(move |_| {
        n += 1;
        Reply::status(if n < 4 { 503 } else { 204 })
    })
    .await;
    let engine = office.engine();
    let id = office.put(&engine, 1, 1, to(&sink.url, "é–🦀")).await;
    for failures in 1..4 {
        until("the next attempt", || sink.count() == failures).await;
        until("it is recorded", || engine.load().lanes == 0).await;
        assert_eq!(office.pending().await, 1);
        office.advance(60_000);
    }
    office.settle().await;
    let attempts: Vec<String> = sink.received().iter().map(|r| r.header("x-portico-attempt").to_string()).collect();
    assert_eq!(attempts, ["1", "2", "3", "4"]);
    assert!(sink.received().iter().all(|r| r.text() == "é–🦀" && r.header("x-portico-delivery") == id.to_string()));
    let (state, tries, log) = office.job(id).await;
    let statuses: Vec<i64> = log.as_array().unwrap().iter().map(|e| e["status"].as_i64().unwrap()).collect();
    assert_eq!((state, tries, statuses), (1, 4, vec![503, 503, 503, 204]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ring_for_all_takes_up_at_once_what_a_moved_clock_has_made_due() {
    let office = Office::memory(Post::default());
    let mut n = 0;
    let sink = Sink::start(move |_| {
        n += 1;
        Reply::status(if n == 1 { 503 } else { 204 })
    })
    .await;
    // Nobody looks by themselves before the test is long over.
    let engine = office.engine_with(NODE, Limits { poll: Duration::from_secs(600), ..limits() });
    office.put(&engine, 1, 1, to(&sink.url, "x")).await;
    until("the first attempt is recorded", || sink.count() == 1 && engine.load().lanes == 0).await;
    engine.ring_all();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(sink.count(), 1, "it is not time yet");
    office.advance(60_000);
    engine.ring_all();
    office.settle().await;
    assert_eq!(sink.count(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failing_head_blocks_its_lane_and_no_other() {
    let office = Office::memory(Post::default());
    let sink = Sink::start(|got| Reply::status(if got.text() == "1:0" { 404 } else { 200 })).await;
    let engine = office.engine();
    for number in 0..3 {
        for lane in 1..4 {
            office.put(&engine, 1, lane, to(&sink.url, format!("{lane}:{number}"))).await;
        }
    }
    until("the other lanes are through", || sink.count() == 7).await;
    until("it is recorded", || engine.load().lanes == 0).await;
    assert_eq!(office.pending().await, 3);
    sink.answer(|_| Reply::status(200));
    office.advance(60_000);
    office.settle().await;
    let texts: Vec<String> = sink.received()[7..].iter().map(|r| r.text()).collect();
    assert_eq!(texts, ["1:0", "1:1", "1:2"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backlog_is_drained_in_order() {
    for (name, store) in db::testing::stores(SCHEMA) {
        let office = Office::new(store, Post::default());
        let sink = Sink::always(200).await;
        // Deeper than a run, so that lanes go on by what recording hands out.
        let deep = (0..150).map(|n| (2, 1000, to(&sink.url, format!("1000:{n}"))));
        let wide = (0..2000).map(|n| (1, n % 400, to(&sink.url, format!("{}:{}", n % 400, n / 400))));
        office.leave(deep.chain(wide).collect()).await;
        // It looks at its start; nobody rings, and it would not look again before the test is long over.
        let engine = office.engine_with(NODE, Limits { poll: Duration::from_secs(600), ..limits() });
        office.settle().await;
        let lanes = accepted(&sink, |_| true);
        assert_eq!(lanes.len(), 401, "{name}");
        for (lane, numbers) in lanes {
            let count = if lane == 1000 { 150 } else { 5 };
            assert_eq!(numbers, (0..count).collect::<Vec<_>>(), "{name}, lane {lane}");
        }
        until("memory is empty", || engine.load() == Load::default()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_put_while_their_lane_is_busy_follow_at_once() {
    for (name, store) in db::testing::stores(SCHEMA) {
        let office = Office::new(store, Post::default());
        let sink = Sink::always(200).await;
        let engine = office.engine_with(NODE, Limits { poll: Duration::from_secs(3600), ..limits() });
        for number in 0..300 {
            office.put(&engine, 1, 1, to(&sink.url, format!("1:{number}"))).await;
        }
        office.settle().await;
        assert_eq!(accepted(&sink, |_| true)[&1], (0..300).collect::<Vec<_>>(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_depth_one_an_answer_is_recorded_before_the_next_job_is_prepared() {
    let office = Office::memory(Post { depth: 1, ..Post::default() });
    let sink = Sink::always(200).await;
    let watched = office.post.clone();
    let prepared = Arc::new(Mutex::new(Vec::new()));
    let seen = prepared.clone();
    sink.answer(move |_| {
        seen.lock().unwrap().push(watched.prepared.lock().unwrap().len());
        Reply::status(200)
    });
    office.leave((0..4).map(|n| (1, 1, to(&sink.url, format!("1:{n}")))).collect()).await;
    let _engine = office.engine();
    office.settle().await;
    assert_eq!(*prepared.lock().unwrap(), [1, 2, 3, 4]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_with_a_fresh_job_is_sent_unasked_and_a_retry_asks() {
    for (name, store) in db::testing::stores(SCHEMA) {
        let office = Office::new(store, Post::default());
        let sink = Sink::always(500).await;
        let engine = office.engine();
        let known = json!({"url": sink.url, "body": "first", "known": true});
        let first = office.put(&engine, 1, 1, known).await;
        until("it was tried and put back", || engine.load().lanes == 0 && sink.count() == 1).await;
        assert!(office.post.prepared.lock().unwrap().is_empty(), "{name}: nobody was asked");

        sink.answer(|_| Reply::status(200));
        office.put(&engine, 1, 1, json!({"url": sink.url, "body": "second", "known": true})).await;
        office.advance(3_600_000);
        office.settle().await;
        let bodies: Vec<String> = sink.received().iter().map(|received| received.text()).collect();
        assert_eq!(bodies, ["first", "first", "second"], "{name}: in order, though the second was known as well");
        let prepared = office.post.prepared.lock().unwrap().clone();
        assert_eq!(prepared.first(), Some(&first), "{name}: a retry reads what it sends");
        assert_eq!(office.job(first).await.1, 2, "{name}: the attempt that failed counts");
    }
}

/// A receiver that answers a body only when it is told to, and others at once.
async fn waits_at(body: &'static str) -> (Sink, std::sync::mpsc::Sender<()>) {
    let sink = Sink::always(200).await;
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    sink.answer(move |got| {
        if got.text() == body {
            wait.lock().unwrap().recv().unwrap();
        }
        Reply::status(200)
    });
    (sink, go)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn known_jobs_follow_in_memory_and_nobody_is_asked() {
    for (name, store) in db::testing::stores(SCHEMA) {
        let office = Office::new(store, Post::default());
        // The receiver takes its time, so that all of the others are put meanwhile.
        let (sink, go) = waits_at("1:0").await;
        let engine = office.engine_with(NODE, Limits { poll: Duration::from_secs(3600), ..limits() });
        for number in 0..5 {
            let job = json!({"url": sink.url, "body": format!("1:{number}"), "known": true});
            office.put(&engine, 1, 1, job).await;
        }
        assert_eq!(engine.load().jobs, 5, "{name}");
        go.send(()).unwrap();
        office.settle().await;
        until("memory is empty", || engine.load() == Load::default()).await;
        assert_eq!(accepted(&sink, |_| true)[&1], (0..5).collect::<Vec<_>>(), "{name}");
        assert!(office.post.prepared.lock().unwrap().is_empty(), "{name}: nobody was asked");
        assert!(office.lanes().await.is_empty(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lane_that_begins_anew_while_an_older_job_is_sent_keeps_its_order() {
    for (name, store) in db::testing::stores(SCHEMA) {
        let office = Office::new(store, Post::default());
        let (sink, go) = waits_at("1:0").await;
        let engine = office.engine_with(NODE, Limits { poll: Duration::from_secs(3600), ..limits() });
        let job = |number: i64| json!({"url": sink.url, "body": format!("1:{number}"), "known": true});
        office.put(&engine, 1, 1, job(0)).await;
        until("it is under way", || engine.load().in_flight == 1).await;
        office.store.write(|conn| outbox::cancel_some(conn, COMPANY, (TOPIC, 1), 10)).await.unwrap();
        for number in 1..4 {
            office.put(&engine, 1, 1, job(number)).await;
        }
        go.send(()).unwrap();
        office.settle().await;
        until("memory is empty", || engine.load() == Load::default()).await;
        assert_eq!(accepted(&sink, |_| true)[&1], [0, 1, 2, 3], "{name}");
        assert!(office.lanes().await.is_empty(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_queue_behind_one_ride_goes_out_in_order_and_once() {
    for (name, store) in db::testing::stores(SCHEMA) {
        let office = Office::new(store, Post::default());
        let (sink, go) = waits_at("1:0").await;
        let engine = office.engine_with(NODE, Limits { poll: Duration::from_secs(3600), ..limits() });
        for number in 0..150 {
            let job = json!({"url": sink.url, "body": format!("1:{number}"), "known": true});
            office.put(&engine, 1, 1, job).await;
        }
        assert_eq!(engine.load().jobs, 65, "{name}: more does not follow one ride");
        go.send(()).unwrap();
        office.settle().await;
        until("memory is empty", || engine.load() == Load::default()).await;
        assert_eq!(accepted(&sink, |_| true)[&1], (0..150).collect::<Vec<_>>(), "{name}");
        assert!(office.lanes().await.is_empty(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn known_and_unknown_jobs_of_two_nodes_stay_in_order_whatever_fails() {
    for (name, store) in db::testing::stores(SCHEMA) {
        let office = Arc::new(Office::new(store, Post::default()));
        let mut n = 0;
        let sink = Sink::start(move |_| {
            n += 1;
            Reply::status(if n % 7 == 0 { 500 } else { 200 })
        })
        .await;
        let engines = [office.engine(), office.engine_with(NODE + 1, limits())];
        for number in 0..40_usize {
            for lane in 0..6_usize {
                // Mostly one node puts into a lane, and knows what it sends.
                let engine = &engines[usize::from((number + lane) % 5 == 0)];
                let is_known = (number + lane) % 4 != 0;
                let job = json!({"url": sink.url, "body": format!("{lane}:{number}"), "known": is_known});
                office.put(engine, 1, lane as i64, job).await;
            }
        }
        while office.pending().await > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
            office.advance(2_000);
        }
        let lanes = accepted(&sink, |n| (n + 1) % 7 != 0);
        assert_eq!(lanes.len(), 6, "{name}");
        for (lane, numbers) in lanes {
            assert_eq!(numbers, (0..40).collect::<Vec<_>>(), "{name}, lane {lane}");
        }
        until("memory is empty", || engines.iter().all(|engine| engine.load() == Load::default())).await;
        assert!(office.lanes().await.is_empty(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_goes_well_is_sent_twice_however_its_lane_is_busy() {
    for (name, store) in db::testing::stores(SCHEMA) {
        let office = Arc::new(Office::new(store, Post::default()));
        let sink = Sink::always(200).await;
        let engine = office.engine_with(NODE, Limits { poll: Duration::from_secs(3600), ..limits() });
        let mut callers = tokio::task::JoinSet::new();
        for caller in 0..16 {
            let (office, engine, url) = (office.clone(), engine.clone(), sink.url.clone());
            callers.spawn(async move {
                for number in 0..60 {
                    // Two at a time, so that the second finds its lane in each of its states.
                    let lane = caller * 4 + number / 2 % 4;
                    let job = json!({"url": url, "body": format!("{lane}:{number}"), "known": true});
                    office.put(&engine, 1, lane, job).await;
                }
            });
        }
        callers.join_all().await;
        office.settle().await;
        until("memory is empty", || engine.load() == Load::default()).await;
        let lanes = accepted(&sink, |_| true);
        assert_eq!(lanes.len(), 64, "{name}");
        for (lane, numbers) in lanes {
            let put: Vec<i64> = (0..60).filter(|number| number / 2 % 4 == lane % 4).collect();
            assert_eq!(numbers, put, "{name}, lane {lane}");
        }
        assert!(office.lanes().await.is_empty(), "{name}");
    }
}
