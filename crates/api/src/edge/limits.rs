//! How often somebody may ask, and how every answer tells them.
//!
//! Clients read the rate headers on every answer without asking whether they are there, so they are always given; whether
//! anybody is ever refused is a setting, and by default nobody is. The clock is an argument, in milliseconds.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use http::{HeaderMap, HeaderName, HeaderValue};

use super::error::Problem;

/// One lock for all companies would be one queue for all requests.
const SHARDS: usize = 16;
const MINUTE: i64 = 60_000;

/// So many requests in so much time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub count: u32,
    /// In how many milliseconds.
    pub per_ms: i64,
}

impl Rate {
    /// `count` requests in `per_ms` milliseconds.
    pub const fn new(count: u32, per_ms: i64) -> Rate {
        Rate { count, per_ms }
    }
}

/// Every number of the limiter; each one is a setting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Whether anybody is refused, or the headers only tell.
    pub enforced: bool,
    /// What a company may ask in a minute.
    pub per_minute: u32,
    /// What an OAuth client may ask of a company in a minute, in a bucket of its own.
    pub oauth_per_minute: u32,
    /// The extra that may be used in a burst, as a share of the limit.
    pub burst_percent: u32,
    /// How long an emptied burst allowance takes to fill again.
    pub burst_refill_ms: i64,
    /// The share of a company's limit that may be searches.
    pub search_percent: u32,
    /// Changes to one resource.
    pub resource: Rate,
    /// Reports and exports of a company.
    pub analytics: Rate,
    /// Seen notices for one message.
    pub seen: Rate,
    /// New links of a company.
    pub links: Rate,
    /// How many counters are kept before the oldest are forgotten.
    pub most_counters: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            enforced: false,
            per_minute: 200,
            oauth_per_minute: 120,
            burst_percent: 50,
            burst_refill_ms: 10 * MINUTE,
            search_percent: 40,
            resource: Rate::new(5, 1_000),
            analytics: Rate::new(1, 3_000),
            seen: Rate::new(10, 60 * MINUTE),
            links: Rate::new(60, MINUTE),
            most_counters: 100_000,
        }
    }
}

/// Who asks. Each has a bucket of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Caller {
    /// The company's own tokens and channels, all together.
    Company(i64),
    /// An OAuth client with the company's leave: company, client.
    OAuth(i64, i64),
}

impl Caller {
    fn company(self) -> i64 {
        match self {
            Caller::Company(company) | Caller::OAuth(company, _) => company,
        }
    }
}

/// A narrower limit that a route has beside the caller's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard<'a> {
    /// A change to this resource, named by its id.
    Resource(&'a str),
    /// A search.
    Search,
    /// A report or an export.
    Analytics,
    /// A seen notice for this message.
    Seen(&'a str),
    /// A new link.
    Links,
    /// A limit of the route's own: its name, what it counts for, and how often.
    Route(&'static str, &'a str, Rate),
}

impl Guard<'_> {
    /// The number in `x-front-tier` and in the message.
    fn tier(self) -> u8 {
        match self {
            Guard::Analytics => 1,
            _ => 2,
        }
    }
}

/// What the limiter says to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    limit: u32,
    remaining: u32,
    reset_s: i64,
    burst_limit: u32,
    burst_remaining: u32,
    refusal: Option<Refusal>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Refusal {
    wait_ms: i64,
    tier: Option<u8>,
}

impl Verdict {
    /// The refusal, if the request may not go on.
    pub fn problem(&self) -> Option<Problem> {
        let Refusal { wait_ms, tier } = self.refusal?;
        let whose = tier.map_or(String::new(), |tier| format!(" for tier-{tier} route"));
        Some(Problem::too_many_requests(format!("Rate limit exceeded{whose}. Please retry in {wait_ms} milliseconds.")))
    }

    /// Writes the five headers of every answer and, on a refusal, those that say how long to wait.
    pub fn write(&self, headers: &mut HeaderMap) {
        let mut set = |name: &'static str, value: i64| {
            headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
        };
        set("x-ratelimit-limit", self.limit.into());
        set("x-ratelimit-remaining", self.remaining.into());
        set("x-ratelimit-reset", self.reset_s);
        set("x-ratelimit-burst-limit", self.burst_limit.into());
        set("x-ratelimit-burst-remaining", self.burst_remaining.into());
        if let Some(Refusal { wait_ms, tier }) = self.refusal {
            // Whole seconds, rounded up: half a second early is another refusal.
            set("retry-after", whole_seconds(wait_ms));
            if let Some(tier) = tier {
                set("x-front-tier", tier.into());
            }
        }
    }
}

/// Counts and decides. Holds nothing that another process needs: each counts what passes through it.
#[derive(Debug)]
pub struct Limiter {
    limits: Limits,
    shards: [Mutex<Shard>; SHARDS],
}

#[derive(Debug, Default)]
struct Shard {
    counters: HashMap<Key, Counter>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Caller(Caller),
    Guard(Caller, &'static str, String),
}

/// A window that begins with its first request, and for callers the burst allowance beside it.
#[derive(Debug, Clone, Copy)]
struct Counter {
    begins: i64,
    ends: i64,
    used: u32,
    burst_used: f64,
    burst_at: i64,
    /// From then on nobody notices if the counter is forgotten.
    idle_from: i64,
}

impl Limiter {
    /// A limiter that has counted nothing yet.
    pub fn new(limits: Limits) -> Limiter {
        Limiter { limits, shards: std::array::from_fn(|_| Mutex::default()) }
    }

    /// Counts one request, unless it is refused: what is refused does not count, so that waiting helps.
    pub fn ask(&self, caller: Caller, guards: &[Guard<'_>], now_ms: i64) -> Verdict {
        let shard = &self.shards[caller.company().unsigned_abs() as usize % SHARDS];
        // A panic elsewhere leaves at worst a wrong count behind.
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        shard.make_room(self.limits.most_counters / SHARDS, now_ms);
        // Without enforcement nobody ever learns of a guard, so none is counted.
        let guards = if self.limits.enforced { guards } else { &[] };
        let windows: Vec<(Key, Rate)> = guards.iter().map(|guard| self.window(caller, guard)).collect();
        let guarded = guards.iter().zip(&windows).filter_map(|(guard, (key, rate))| {
            let counter = shard.counter(key, *rate, now_ms);
            (counter.used >= rate.count).then(|| Refusal { wait_ms: counter.ends - now_ms, tier: Some(guard.tier()) })
        });
        let guarded = guarded.max_by_key(|refusal| refusal.wait_ms);

        let limit = self.limit(caller);
        let burst_limit = self.burst(limit);
        let key = Key::Caller(caller);
        let mut counter = shard.counter(&key, Rate::new(limit, MINUTE), now_ms);
        counter.refill_burst(f64::from(burst_limit), self.limits.burst_refill_ms, now_ms);
        let refusal = guarded.or_else(|| {
            let refused = self.limits.enforced && counter.used >= limit && counter.burst_left(burst_limit) < 1.0;
            refused.then(|| Refusal { wait_ms: self.wait(&counter, burst_limit, now_ms), tier: None })
        });
        if refusal.is_none() {
            counter.count(limit, burst_limit);
            for (key, rate) in windows {
                let mut window = shard.counter(&key, rate, now_ms);
                window.used += 1;
                shard.counters.insert(key, window);
            }
        }
        counter.idle_from = counter.ends.max(now_ms.saturating_add(self.limits.burst_refill_ms));
        shard.counters.insert(key, counter);
        Verdict {
            limit,
            remaining: limit.saturating_sub(counter.used),
            reset_s: whole_seconds(counter.ends),
            burst_limit,
            burst_remaining: counter.burst_left(burst_limit) as u32,
            refusal,
        }
    }

    /// How many counters are held, for the metrics.
    pub fn counters(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner).counters.len()).sum()
    }

    fn limit(&self, caller: Caller) -> u32 {
        match caller {
            Caller::Company(_) => self.limits.per_minute,
            Caller::OAuth(..) => self.limits.oauth_per_minute,
        }
    }

    fn burst(&self, limit: u32) -> u32 {
        share(limit, self.limits.burst_percent)
    }

    /// The counter of a guard and its rate. A resource belongs to the company, whoever changes it; all the rest is the
    /// caller's own.
    fn window(&self, caller: Caller, guard: &Guard<'_>) -> (Key, Rate) {
        let company = Caller::Company(caller.company());
        let key = |owner, name, what: &str| Key::Guard(owner, name, what.to_owned());
        match *guard {
            Guard::Resource(id) => (key(company, "resource", id), self.limits.resource),
            Guard::Search => {
                // A share so small that it rounds to nothing would forbid searching altogether.
                let count = share(self.limit(caller), self.limits.search_percent).max(1);
                (key(caller, "search", ""), Rate::new(count, MINUTE))
            }
            Guard::Analytics => (key(company, "analytics", ""), self.limits.analytics),
            Guard::Seen(id) => (key(company, "seen", id), self.limits.seen),
            Guard::Links => (key(company, "links", ""), self.limits.links),
            Guard::Route(name, what, rate) => (key(company, name, what), rate),
        }
    }

    /// Until the minute is over or the next request of the burst allowance is back, whichever comes first.
    fn wait(&self, counter: &Counter, burst_limit: u32, now_ms: i64) -> i64 {
        let minute = counter.ends - now_ms;
        if burst_limit == 0 {
            return minute;
        }
        let missing = 1.0 - counter.burst_left(burst_limit);
        let refill = (missing * self.limits.burst_refill_ms as f64 / f64::from(burst_limit)).ceil() as i64;
        refill.clamp(1, minute.max(1))
    }
}

impl Shard {
    /// The counter as it stands now: a window that is over begins again. A clock that was set back also begins it
    /// again, rather than holding the caller for as long as the clock jumped.
    fn counter(&self, key: &Key, rate: Rate, now_ms: i64) -> Counter {
        let ends = now_ms.saturating_add(rate.per_ms);
        let fresh = Counter { begins: now_ms, ends, used: 0, burst_used: 0.0, burst_at: now_ms, idle_from: ends };
        match self.counters.get(key) {
            Some(counter) if counter.begins <= now_ms && now_ms < counter.ends => *counter,
            Some(counter) => Counter { burst_used: counter.burst_used, burst_at: counter.burst_at, ..fresh },
            None => fresh,
        }
    }

    fn make_room(&mut self, most: usize, now_ms: i64) {
        if self.counters.len() < most.max(1) {
            return;
        }
        self.counters.retain(|_, counter| counter.idle_from > now_ms);
        let keep = most * 3 / 4;
        if self.counters.len() > keep {
            // More are in use than there is room for: those go first that would be over first.
            let mut ends: Vec<i64> = self.counters.values().map(|counter| counter.idle_from).collect();
            let surplus = ends.len() - keep - 1;
            let (_, &mut last, _) = ends.select_nth_unstable(surplus);
            self.counters.retain(|_, counter| counter.idle_from > last);
        }
    }
}

impl Counter {
    fn refill_burst(&mut self, limit: f64, refill_ms: i64, now_ms: i64) {
        let elapsed = now_ms.saturating_sub(self.burst_at).max(0) as f64;
        let back = if refill_ms > 0 { limit * elapsed / refill_ms as f64 } else { limit };
        self.burst_used = (self.burst_used - back).max(0.0);
        self.burst_at = now_ms;
    }

    fn burst_left(&self, limit: u32) -> f64 {
        (f64::from(limit) - self.burst_used).max(0.0)
    }

    fn count(&mut self, limit: u32, burst_limit: u32) {
        if self.used < limit {
            self.used += 1;
        } else if self.burst_left(burst_limit) >= 1.0 {
            self.burst_used += 1.0;
        }
    }
}

fn share(limit: u32, percent: u32) -> u32 {
    (u64::from(limit) * u64::from(percent) / 100).try_into().unwrap_or(u32::MAX)
}

fn whole_seconds(ms: i64) -> i64 {
    ms.div_euclid(1000) + i64::from(ms.rem_euclid(1000) > 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: i64 = 1_760_000_000_500;
    const ACME: Caller = Caller::Company(7);

    fn limiter(change: impl FnOnce(&mut Limits)) -> Limiter {
        let mut limits = Limits { enforced: true, per_minute: 10, ..Limits::default() };
        change(&mut limits);
        Limiter::new(limits)
    }

    fn headers(verdict: &Verdict) -> HeaderMap {
        let mut headers = HeaderMap::new();
        verdict.write(&mut headers);
        headers
    }

    /// How many of a hundred requests at one instant pass.
    fn pass(limiter: &Limiter, caller: Caller, guards: &[Guard<'_>], now: i64) -> usize {
        (0..100).filter(|_| limiter.ask(caller, guards, now).problem().is_none()).count()
    }

    #[test]
    fn every_answer_carries_the_five_headers() {
        let headers = headers(&limiter(|_| {}).ask(ACME, &[], START));
        for (name, value) in [
            ("x-ratelimit-limit", "10"),
            ("x-ratelimit-remaining", "9"),
            ("x-ratelimit-reset", "1760000061"),
            ("x-ratelimit-burst-limit", "5"),
            ("x-ratelimit-burst-remaining", "5"),
        ] {
            assert_eq!(headers[name], value, "{name}");
        }
        assert_eq!(headers.len(), 5);
    }

    #[test]
    fn by_default_nobody_is_refused_but_everything_is_told() {
        let limiter = Limiter::new(Limits::default());
        let verdicts: Vec<_> =
            (0..1000).map(|_| limiter.ask(ACME, &[Guard::Search, Guard::Resource("x")], START)).collect();
        assert!(verdicts.iter().all(|verdict| verdict.problem().is_none()));
        let last = headers(&verdicts[999]);
        assert_eq!(
            (&last["x-ratelimit-remaining"], &last["x-ratelimit-burst-remaining"]),
            (&"0".parse().unwrap(), &"0".parse().unwrap())
        );
        assert_eq!(limiter.counters(), 1);
    }

    #[test]
    fn the_minute_and_then_the_burst_are_used_up() {
        let limiter = limiter(|_| {});
        assert_eq!(pass(&limiter, ACME, &[], START), 15);
        let verdict = limiter.ask(ACME, &[], START);
        let problem = verdict.problem().unwrap();
        assert_eq!((problem.status.as_u16(), problem.title), (429, "Too many requests"));
        assert_eq!(problem.message, "Rate limit exceeded. Please retry in 60000 milliseconds.");
        assert_eq!(headers(&verdict)["retry-after"], "60");
        assert!(!headers(&verdict).contains_key("x-front-tier"));
    }

    #[test]
    fn the_burst_comes_back_over_ten_minutes() {
        let limiter = limiter(|_| {});
        assert_eq!(pass(&limiter, ACME, &[], START), 15);
        assert_eq!(pass(&limiter, ACME, &[], START + MINUTE), 10);
        assert_eq!(pass(&limiter, ACME, &[], START + 3 * MINUTE), 11);
        assert_eq!(pass(&limiter, ACME, &[], START + 13 * MINUTE), 15);
    }

    #[test]
    fn waiting_as_long_as_told_is_enough() {
        let limiter = limiter(|limits| limits.burst_refill_ms = 5_000);
        pass(&limiter, ACME, &[], START);
        let wait = limiter.ask(ACME, &[], START).refusal.unwrap().wait_ms;
        assert_eq!(wait, 1_000);
        assert!(limiter.ask(ACME, &[], START + wait - 1).problem().is_some());
        assert!(limiter.ask(ACME, &[], START + wait).problem().is_none());
    }

    #[test]
    fn companies_and_oauth_clients_have_buckets_of_their_own() {
        let limiter = limiter(|limits| limits.oauth_per_minute = 2);
        assert_eq!(pass(&limiter, ACME, &[], START), 15);
        assert_eq!(pass(&limiter, Caller::Company(8), &[], START), 15);
        assert_eq!(pass(&limiter, Caller::OAuth(7, 1), &[], START), 3);
        assert_eq!(pass(&limiter, Caller::OAuth(7, 2), &[], START), 3);
    }

    #[test]
    fn a_guarded_resource_says_its_tier() {
        let limiter = limiter(|limits| limits.per_minute = 1000);
        assert_eq!(pass(&limiter, ACME, &[Guard::Resource("cnv_1")], START), 5);
        assert_eq!(pass(&limiter, ACME, &[Guard::Resource("cnv_2")], START), 5);
        let verdict = limiter.ask(ACME, &[Guard::Resource("cnv_1")], START + 659);
        let message = verdict.problem().unwrap().message;
        assert_eq!(message, "Rate limit exceeded for tier-2 route. Please retry in 341 milliseconds.");
        let headers = headers(&verdict);
        assert_eq!((&headers["x-front-tier"], &headers["retry-after"]), (&"2".parse().unwrap(), &"1".parse().unwrap()));
        assert_eq!(headers["x-ratelimit-remaining"], "990");
        assert_eq!(pass(&limiter, ACME, &[Guard::Resource("cnv_1")], START + 1000), 5);
    }

    #[test]
    fn each_kind_of_guard_has_its_rate() {
        let limiter = limiter(|limits| limits.per_minute = 100);
        assert_eq!(pass(&limiter, Caller::Company(1), &[Guard::Search], START), 40);
        assert_eq!(pass(&limiter, Caller::Company(2), &[Guard::Analytics], START), 1);
        assert_eq!(pass(&limiter, Caller::Company(2), &[Guard::Analytics], START + 3000), 1);
        assert_eq!(pass(&limiter, Caller::Company(3), &[Guard::Seen("msg_1")], START), 10);
        assert_eq!(pass(&limiter, Caller::Company(3), &[Guard::Seen("msg_1")], START + 59 * MINUTE), 0);
        assert_eq!(pass(&limiter, Caller::Company(4), &[Guard::Links], START), 60);
        assert_eq!(pass(&limiter, Caller::Company(5), &[Guard::Route("calls", "c", Rate::new(3, 500))], START), 3);
    }

    #[test]
    fn a_refusal_by_one_guard_counts_for_no_other() {
        let limiter = limiter(|limits| limits.per_minute = 1000);
        let (narrow, wide) =
            (Guard::Route("narrow", "", Rate::new(1, 1000)), Guard::Route("wide", "", Rate::new(2, 1000)));
        assert_eq!(pass(&limiter, ACME, &[narrow, wide], START), 1);
        assert_eq!(pass(&limiter, ACME, &[wide], START), 1);
    }

    #[test]
    fn a_clock_that_is_set_back_holds_nobody() {
        let limiter = limiter(|_| {});
        pass(&limiter, ACME, &[], START);
        assert!(limiter.ask(ACME, &[], START - 60 * MINUTE).problem().is_none());
    }

    #[test]
    fn idle_counters_are_forgotten_and_busy_ones_bounded() {
        let limiter = limiter(|limits| {
            limits.per_minute = u32::MAX;
            limits.most_counters = 100 * SHARDS;
        });
        for n in 0..5_000 {
            limiter.ask(ACME, &[Guard::Seen(&n.to_string())], START);
        }
        assert!(limiter.counters() <= 101, "{}", limiter.counters());
        for n in 0..500 {
            limiter.ask(ACME, &[Guard::Resource(&n.to_string())], START + 10 * 60 * MINUTE + n * 1000);
        }
        assert!(limiter.counters() <= 101, "{}", limiter.counters());
    }

    proptest! {
        #[test]
        fn no_minute_lets_more_through_than_two_windows_and_a_burst(gaps in prop::collection::vec(0i64..20_000, 1..200)) {
            let limiter = limiter(|_| {});
            let mut now = START;
            let mut passed = Vec::new();
            for gap in gaps {
                now += gap;
                let verdict = limiter.ask(ACME, &[], now);
                prop_assert!(verdict.remaining <= 10 && verdict.burst_remaining <= 5);
                match verdict.refusal {
                    Some(refusal) => prop_assert!((1..=MINUTE).contains(&refusal.wait_ms)),
                    None => passed.push(now),
                }
            }
            for from in &passed {
                let in_minute = passed.iter().filter(|at| (*from..from + MINUTE).contains(at)).count();
                prop_assert!(in_minute <= 2 * 10 + 5 + 1);
            }
        }
    }
}
