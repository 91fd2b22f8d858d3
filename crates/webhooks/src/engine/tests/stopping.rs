use super::*;
use crate::sink::{Reply, Sink, raw};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopping_ends_what_is_under_way_and_gives_the_rest_back() {
    for (name, store) in db::testing::stores(SCHEMA) {
        let office = Office::new(store, Post::default());
        let sink = Sink::start(|_| Reply::status(200).after(300)).await;
        let engine = office.engine_with(NODE, Limits { per_endpoint: 5, ..limits() });
        for lane in 0..50 {
            for _ in 0..2 {
                office.put(&engine, 1, lane, to(&sink.url, "x")).await;
            }
        }
        until("some are under way", || sink.busy() == 5).await;
        let sent = sink.count();
        engine.stop(Duration::from_secs(10)).await;
        assert_eq!(sink.busy(), 0, "{name}");
        assert_eq!(office.pending().await, 100 - sink.count() as i64, "{name}: everything sent is recorded");
        assert!(sink.count() <= sent + 5, "{name}: nothing new was begun");
        assert!(
            office.lanes().await.iter().all(|lane| *lane == (office.now(), 0)),
            "{name}: {:?}",
            office.lanes().await
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_end_in_time_is_cut_off_and_due_at_once() {
    for (name, store) in db::testing::stores(SCHEMA) {
        let office = Office::new(store, Post::default());
        let (hanging, _server) = raw(Vec::new()).await;
        let engine = office.engine();
        let id = office.put(&engine, 1, 1, to(&hanging, "x")).await;
        until("it is under way", || engine.load().in_flight == 1).await;
        let began = crate::stopwatch::now();
        engine.stop(Duration::from_millis(100)).await;
        assert!(began.elapsed() < Duration::from_secs(3));
        assert_eq!(office.lanes().await[0].0, office.now(), "{name}");
        assert_eq!(office.job(id).await.1, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_engine_continues_what_one_left_behind() {
    for (name, store) in db::testing::stores(SCHEMA) {
        let office = Office::new(store, Post::default());
        let sink = Sink::start(|_| Reply::status(200).after(60_000)).await;
        let first = office.engine();
        for n in 0..4 {
            office.put(&first, 1, 1, to(&sink.url, format!("{n}"))).await;
        }
        until("it hangs", || sink.busy() == 1).await;
        drop(first);
        sink.answer(|_| Reply::status(200));
        let second = office.engine_with(NODE + 1, limits());
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(sink.count(), 1, "{name}: the lease of the first still holds");
        office.advance(limits().lease);
        office.settle().await;
        let sent: Vec<(String, String)> =
            sink.received().iter().map(|r| (r.text(), r.header("x-portico-attempt").to_string())).collect();
        let expected = ["0", "0", "1", "2", "3"].map(|text| (text.to_string(), "1".to_string()));
        assert_eq!(sent, expected, "{name}: what was cut off is repeated, the rest follows in order");
        drop(second);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_wait_in_memory_keeps_its_lease() {
    let office = Office::memory(Post { timeout: Duration::from_secs(30), ..Post::default() });
    let sink = Sink::start(|_| Reply::status(200).after(1_500)).await;
    let engine = office.engine_with(NODE, Limits { lease: 1_000, ..limits() });
    let rival = office.engine_with(NODE + 1, Limits { lease: 1_000, ..limits() });
    office.put(&engine, 1, 1, to(&sink.url, "x")).await;
    for _ in 0..70 {
        office.advance(50);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    office.settle().await;
    assert_eq!(sink.count(), 1, "the rival never got the lane");
    drop(rival);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_engines_share_a_backlog_without_sending_twice() {
    for (name, store) in db::testing::stores(SCHEMA) {
        let office = Office::new(store, Post::default());
        let sink = Sink::start(|_| Reply::status(200).after(2)).await;
        office.leave((0..1500).map(|n| (1, n % 500, to(&sink.url, format!("{n}")))).collect()).await;
        let small = Limits { claim_lanes: 20, ..limits() };
        let engines = [office.engine_with(NODE, small.clone()), office.engine_with(NODE + 1, small)];
        office.settle().await;
        let mut texts: Vec<i64> = sink.received().iter().map(|r| r.text().parse().unwrap()).collect();
        texts.sort_unstable();
        assert_eq!(texts, (0..1500).collect::<Vec<_>>(), "{name}");
        drop(engines);
    }
}
