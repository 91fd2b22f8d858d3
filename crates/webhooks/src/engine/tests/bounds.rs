use super::*;
use crate::sink::{Reply, Sink, raw};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_but_healthy_receiver_gets_many_requests_at_a_time() {
    let office = Office::memory(Post::default());
    let sink = Sink::start(|_| Reply::status(200).after(200)).await;
    let jobs = (0..3000).map(|lane| (1, lane, to(&sink.url, "x"))).collect();
    office.leave(jobs).await;
    let _engine = office.engine();
    office.settle().await;
    assert_eq!(sink.count(), 3000);
    assert!((400..=1000).contains(&sink.peak()), "{} at a time", sink.peak());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_receiver_gets_no_more_than_its_share_of_the_slots() {
    let office = Office::memory(Post::default());
    let greedy = Sink::start(|_| Reply::status(200).after(300)).await;
    let modest = Sink::always(200).await;
    let engine = office.engine_with(NODE, Limits { in_flight: 20, ..limits() });
    for lane in 0..40 {
        office.put(&engine, 1, lane, to(&greedy.url, "x")).await;
    }
    until("the greedy one is at work", || greedy.busy() >= 10).await;
    assert_eq!(engine.endpoint(COMPANY, TOPIC, 1).unwrap().in_flight, 10);
    office.put(&engine, 2, 1, to(&modest.url, "x")).await;
    until("the modest one is served", || modest.count() == 1).await;
    assert!(greedy.count() < 21, "{}", greedy.count());
    office.settle().await;
    assert!(greedy.peak() <= 11, "{} at a time", greedy.peak());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_receivers_than_slots_are_all_served() {
    let office = Office::memory(Post::default());
    let sink = Sink::start(|_| Reply::status(200).after(5)).await;
    let engine = office.engine_with(NODE, Limits { in_flight: 3, ..limits() });
    for endpoint in 0..60 {
        office.put(&engine, endpoint, 1, to(&sink.url, "x")).await;
    }
    office.settle().await;
    assert_eq!((sink.count(), sink.peak()), (60, 3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_stays_bounded_and_a_hanging_receiver_leaves_room() {
    let office = Arc::new(Office::memory(Post { timeout: Duration::from_secs(30), ..Post::default() }));
    let (hanging, _server) = raw(Vec::new()).await;
    let well = Sink::always(200).await;
    office.leave((0..1000).map(|lane| (1, lane, to(&hanging, "x"))).collect()).await;
    office.leave((0..1000).map(|lane| (2, lane, to(&well.url, "x"))).collect()).await;
    let engine = office.engine_with(NODE, Limits { jobs: 200, claim_lanes: 20, ..limits() });
    let mut peak = 0;
    for _ in 0..2000 {
        peak = peak.max(engine.load().jobs);
        if well.count() == 1000 {
            break;
        }
        // Lanes without room come back by the clock.
        office.advance(1);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(well.count(), 1000);
    assert!(peak <= 220, "{peak} jobs in memory");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_in_memory_are_bounded_and_one_that_is_too_large_still_passes() {
    let office = Office::memory(Post::default());
    let sink = Sink::start(|_| Reply::status(200).after(20)).await;
    let engine = office.engine_with(NODE, Limits { bytes: 1_000, per_endpoint: 2, ..limits() });
    for lane in 0..10 {
        office.put(&engine, 1, lane, to(&sink.url, "x".repeat(5_000))).await;
    }
    for _ in 0..500 {
        if sink.count() == 10 {
            break;
        }
        office.advance(200);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    office.settle().await;
    assert_eq!((sink.count(), sink.peak()), (10, 1));
}
