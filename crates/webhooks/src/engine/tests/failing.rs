use super::*;
use crate::sink::{Reply, Sink, raw};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hanging_receiver_does_not_slow_another() {
    let office = Office::memory(Post { timeout: Duration::from_secs(4), ..Post::default() });
    let (hanging, _server) = raw(Vec::new()).await;
    let well = Sink::always(200).await;
    let engine = office.engine();
    for lane in 0..300 {
        office.put(&engine, 1, lane, to(&hanging, "x")).await;
    }
    for lane in 0..300 {
        office.put(&engine, 2, lane, to(&well.url, "x")).await;
    }
    let began = stopwatch();
    until("the healthy receiver has everything", || well.count() == 300).await;
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert_eq!(engine.endpoint(COMPANY, TOPIC, 1).unwrap().in_flight, 64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_circuit_opens_without_using_up_attempts_and_one_probe_closes_it() {
    for (name, store) in db::testing::stores(SCHEMA) {
        let office = Office::new(store, Post::default());
        let sink = Sink::always(500).await;
        let engine = office.engine_with(NODE, Limits { per_endpoint: 4, ..limits() });
        let mut ids = Vec::new();
        for lane in 0..100 {
            ids.push(office.put(&engine, 1, lane, to(&sink.url, "x")).await);
        }
        until("everything is put back", || engine.load().lanes == 0).await;
        let attempts = sink.count();
        assert!((5..=9).contains(&attempts), "{name}: {attempts} attempts");
        let Circuit::Open { until: opens, .. } = engine.endpoint(COMPANY, TOPIC, 1).unwrap().circuit else {
            panic!("closed")
        };
        let mut tried = 0;
        for id in &ids {
            tried += office.job(*id).await.1;
        }
        assert_eq!(tried as usize, attempts, "{name}: only attempts that were made count");

        // Nothing is sent before its time, and then one probe.
        office.advance(opens - office.now() - 1);
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(sink.count(), attempts, "{name}");
        office.advance(30_000);
        until("the probe", || sink.count() > attempts).await;
        until("the others are put back", || engine.load().lanes == 0).await;
        assert_eq!(sink.count(), attempts + 1, "{name}");

        sink.answer(|_| Reply::status(200));
        for _ in 0..1000 {
            if office.pending().await == 0 {
                break;
            }
            office.advance(5_000);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(office.pending().await, 0, "{name}");
        assert!(matches!(engine.endpoint(COMPANY, TOPIC, 1).unwrap().circuit, Circuit::Closed { .. }));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_a_circuit_by_hand_lets_due_lanes_through() {
    let office = Office::memory(Post::default());
    let sink = Sink::always(500).await;
    let engine =
        office.engine_with(NODE, Limits { patience: Patience { failures: 1, ..Patience::default() }, ..limits() });
    office.put(&engine, 1, 1, to(&sink.url, "x")).await;
    until("it failed", || engine.load().lanes == 0 && sink.count() == 1).await;
    sink.answer(|_| Reply::status(200));
    engine.close_circuit(COMPANY, TOPIC, 1);
    office.put(&engine, 1, 2, to(&sink.url, "y")).await;
    until("the next lane passes", || sink.count() == 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_old_does_not_wait_for_a_failing_receiver() {
    let office = Office::memory(Post::default());
    let sink = Sink::always(500).await;
    let patience = Patience { failures: 1, first: 100_000_000, longest: 100_000_000 };
    let engine = office.engine_with(NODE, Limits { patience, ..limits() });
    for lane in 0..2 {
        office.put(&engine, 1, lane, to(&sink.url, "x")).await;
        until("it is recorded", || engine.load().lanes == 0).await;
    }
    office.advance(crate::schedule::GIVE_UP_AFTER - 1_000);
    assert_eq!(office.pending().await, 2);
    // The retry of the first lane comes while the circuit is open; it waits, until both are a day old.
    for _ in 0..200 {
        office.advance(60_000_000);
        tokio::time::sleep(Duration::from_millis(20)).await;
        if office.pending().await == 0 {
            break;
        }
    }
    assert_eq!(office.pending().await, 0);
    assert!(sink.count() <= 4, "{}", sink.count());
    let (state, _, log) = office.job(2).await;
    assert_eq!(state, 2);
    assert!(log.as_array().unwrap().last().unwrap()["error"].is_string(), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_retries_one_failure_is_the_end_and_the_lane_goes_on() {
    let office = Office::memory(Post { retries: Retries::Off, ..Post::default() });
    let sink = Sink::start(|got| Reply::status(if got.text() == "bad" { 500 } else { 200 })).await;
    let engine = office.engine();
    let bad = office.put(&engine, 1, 1, to(&sink.url, "bad")).await;
    let good = office.put(&engine, 1, 1, to(&sink.url, "good")).await;
    office.settle().await;
    assert_eq!((office.job(bad).await.0, office.job(good).await.0), (2, 1));
    assert_eq!(*office.post.fates.lock().unwrap(), [(bad, Fate::Dead), (good, Fate::Done)]);
    assert_eq!(office.job(bad).await.2[0]["error"], "answered 500 Internal Server Error");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redirects_timeouts_drips_and_floods_are_told_in_the_log() {
    let office = Office::memory(Post { retries: Retries::Off, timeout: Duration::from_millis(150), ..Post::default() });
    let inside = Sink::always(200).await;
    let target = inside.url.to_string();
    let redirecting = Sink::start(move |_| Reply::status(302).header("location", &target)).await;
    let flooding = Sink::start(|_| Reply::text("é".repeat(5_000_000))).await;
    let (hanging, _hanging) = raw(Vec::new()).await;
    let mut drips = vec![(0, "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")];
    drips.extend(std::iter::repeat_n((20, "x"), 1000));
    let (dripping, _dripping) = raw(drips).await;
    let engine = office.engine();
    let mut logs = Vec::new();
    for (n, url) in
        [&redirecting.url, &flooding.url, &hanging, &dripping, &"http://10.0.0.1:99999/".into()].iter().enumerate()
    {
        let id = office.put(&engine, n as i64, 1, to(url, "x")).await;
        office.settle().await;
        let (state, _, log) = office.job(id).await;
        logs.push((state, log[0].clone()));
    }
    assert_eq!(inside.count(), 0);
    assert_eq!((logs[0].0, &logs[0].1["status"]), (2, &json!(302)));
    assert_eq!(logs[0].1["error"], format!("redirected to {}, which is not followed", inside.url));
    assert_eq!(logs[1].0, 1);
    let kept = logs[1].1["response"].as_str().unwrap();
    assert!(kept.len() <= 2048 && kept.len() > 2000 && kept.chars().all(|c| c == 'é'));
    assert_eq!((logs[2].0, &logs[2].1["error"]), (2, &json!("no complete answer within 150 ms")));
    assert!(logs[2].1["ms"].as_i64().unwrap() >= 149);
    assert_eq!((logs[3].0, &logs[3].1["error"]), (2, &json!("no complete answer within 150 ms")));
    assert_eq!(logs[4].0, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_follows_an_answer_happens_with_its_record_and_its_error_stays_alone() {
    for (name, store) in db::testing::stores(SCHEMA) {
        let after = |id, fate| -> Option<After> {
            assert_eq!(fate, Fate::Done);
            Some(Box::new(move |conn: &mut Conn| {
                let sql = "INSERT INTO nodes (number, name, beat_at) VALUES ($1, 'after', 0)";
                conn.exec(sql, args![id])?;
                if id % 2 == 0 {
                    conn.exec(sql, args![id])?;
                }
                assert!(id != 5, "asked to panic");
                Ok(())
            }))
        };
        let office = Office::new(store, Post { after, ..Post::default() });
        let sink = Sink::always(200).await;
        let engine = office.engine();
        for lane in 0..6 {
            office.put(&engine, 1, lane, to(&sink.url, "x")).await;
        }
        office.settle().await;
        let sql = "SELECT number FROM nodes ORDER BY number";
        let noted: Vec<(i64,)> = office.store.read(move |conn| conn.all(sql, &[])).await.unwrap();
        assert_eq!(noted, [(1,), (3,)], "{name}");
        assert_eq!(sink.count(), 6);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_store_refuses_to_record_is_repeated_and_nothing_overtakes_it() {
    for (name, store) in db::testing::stores(SCHEMA) {
        let office = Office::new(store, Post::default());
        let sink = Sink::always(200).await;
        let engine = office.engine();
        let write = async |sql: &'static str| office.store.write(move |conn| conn.exec(sql, &[])).await.unwrap();
        let job = |body: &str| json!({"url": sink.url, "body": body, "known": true});
        office.put(&engine, 1, 9, job("elsewhere")).await;
        office.settle().await;
        write("CREATE UNIQUE INDEX one_is_done ON outbox (company) WHERE state = 1").await;
        let first = office.put(&engine, 1, 1, job("first")).await;
        until("it is sent and let go", || sink.count() == 2 && engine.load() == Load::default()).await;
        office.put(&engine, 1, 1, job("second")).await;
        assert_eq!(office.job(first).await.0, 3, "{name}");
        write("DROP INDEX one_is_done").await;
        office.advance(engine.0.limits.lease + 1);
        office.settle().await;
        let bodies: Vec<String> = sink.received().iter().map(|received| received.text()).collect();
        assert_eq!(bodies, ["elsewhere", "first", "first", "second"], "{name}");
        until("memory is empty", || engine.load() == Load::default()).await;
        assert!(office.lanes().await.is_empty(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_nothing_to_send_ends_without_a_request() {
    let office = Office::memory(Post::default());
    let sink = Sink::always(200).await;
    let engine = office.engine();
    let skipped = office.put(&engine, 1, 1, json!({"skip": "the receiver was removed"})).await;
    let sent = office.put(&engine, 1, 1, to(&sink.url, "x")).await;
    office.settle().await;
    let (state, tries, log) = office.job(skipped).await;
    assert_eq!((state, tries, &log[0]["error"]), (2, 0, &json!("the receiver was removed")));
    assert_eq!((office.job(sent).await.0, sink.count()), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_courier_that_panics_delays_its_batch_only() {
    let office = Office::memory(Post::default());
    let sink = Sink::always(200).await;
    let engine = office.engine();
    office.put(&engine, 1, 1, json!({"panic": true})).await;
    until("it is put back", || engine.load().lanes == 0).await;
    office.put(&engine, 1, 2, to(&sink.url, "x")).await;
    until("the next is delivered", || sink.count() == 1).await;
    assert_eq!(office.lanes().await[0], (office.now() + 5_000, 0));
}

fn stopwatch() -> tokio::time::Instant {
    crate::stopwatch::now()
}
