//! Examines a receiver: sends it what it may get one day, good and bad, and judges what it does. For developers, against
//! their own server.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};

use crate::challenge::{self, Challenge};
use crate::client::{Answer, Client, Failure, Outgoing};
use crate::sign::{ApplicationKey, RuleKey, SIGNATURE, Signer, TIMESTAMP};

/// What the receiver is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Rule webhooks: SHA-1, no challenge.
    Rule,
    /// Application webhooks: SHA-256, a challenge, an envelope.
    App,
    /// Links webhooks: the same with another envelope.
    Links,
}

/// How a check went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// As it should be.
    Passed,
    /// It works, but will hurt one day.
    Warned(String),
    /// A receiver that does so loses events, or takes forged ones.
    Failed(String),
    /// Not asked, because there is nothing to ask, and why.
    Skipped(&'static str),
    /// It could not be looked at, so that nothing is known, and why.
    NotRun(&'static str),
}

/// One check and how it went.
#[derive(Debug, Clone)]
pub struct Check {
    /// What was looked at: `a forged signature is refused`.
    pub name: &'static str,
    /// How it went.
    pub outcome: Outcome,
}

/// The receiver and how it is told.
pub struct Examination<'e> {
    /// Sends.
    pub client: &'e Client,
    /// The receiver.
    pub url: Arc<str>,
    /// What it is for.
    pub kind: Kind,
    /// The secret that it verifies with; without one signatures are not examined.
    pub secret: Option<&'e str>,
    /// The time now, in milliseconds.
    pub now: i64,
    /// Two words that nobody can guess, for challenges.
    pub tokens: [String; 2],
}

/// Receivers have so long (contract/webhooks.md section 1.3).
const PATIENCE: Duration = Duration::from_secs(5);
/// Slower than that, and a busy day will be too slow.
const BRISK: Duration = Duration::from_secs(2);
/// Requests older than that should be refused (milliseconds).
const OLD: i64 = 10 * 60 * 1_000;
/// How many come at once.
const AT_ONCE: usize = 10;

type Heard = Result<Answer, Failure>;

impl Examination<'_> {
    /// Runs every check, one after the other.
    pub async fn run(&self) -> Vec<Check> {
        let plain = self.event("evt_portico_1", "");
        let first = self.tell(&plain).await;
        let mut checks = vec![
            check("it is reached and takes an event", taken(&first)),
            check("it answers within two seconds", brisk(&first)),
            check("it does not redirect", straight(&first)),
            check("it is reached over TLS", self.tls()),
        ];
        if first.is_err() {
            checks.extend(LATER.into_iter().map(|name| check(name, Outcome::NotRun(UNREACHED))));
            return checks;
        }
        let is_told = taken(&first) == Outcome::Passed;
        checks.extend(self.challenges().await);
        checks.push(check("the same event twice is taken twice", taken(&self.tell(&plain).await)));
        for (name, event) in [
            ("text beyond ASCII is taken", self.event("evt_portico_2", "Café – 電灯 💡 \u{2028}")),
            ("JSON with other white space is verified by its raw bytes", spread(&plain)),
            ("an event of 1 MB is taken", self.event("evt_portico_3", &"lamp ".repeat(200_000))),
            ("an unknown type of event is taken and left alone", self.unknown()),
            ("fields that nobody knows are taken", with_more(&plain)),
        ] {
            checks.push(check(name, taken(&self.tell(&event).await)));
        }
        checks.push(check("ten events at once are taken", self.at_once().await));
        checks.extend(match is_told {
            true => self.forgeries(&plain).await,
            false => {
                FORGERIES.into_iter().map(|name| check(name, self.secret_or(Outcome::NotRun(TAKES_NOTHING)))).collect()
            }
        });
        let broken = Bytes::from_static(b"{\"type\": ");
        checks.push(check(
            "broken JSON is refused, and nothing breaks",
            match refused(&self.tell(&broken).await, false) {
                // Whoever refuses everything refuses that as well.
                Outcome::Passed if !is_told => Outcome::NotRun(TAKES_NOTHING),
                other => other,
            },
        ));
        checks.push(check("nothing but POST is taken", other_method(&self.get().await)));
        checks.push(check("after all that it still takes an event", taken(&self.tell(&plain).await)));
        checks
    }

    /// How checks of signatures went, which nobody can make without the secret.
    fn secret_or(&self, outcome: Outcome) -> Outcome {
        if self.secret.is_some() { outcome } else { Outcome::Skipped(NO_SECRET) }
    }

    fn signer(&self) -> Signer {
        match (self.secret, self.kind) {
            (None, _) => Signer::Unsigned,
            (Some(secret), Kind::Rule) => Signer::Rule(RuleKey::new(secret)),
            (Some(secret), _) => Signer::Application(ApplicationKey::new(secret)),
        }
    }

    async fn send(&self, body: &Bytes, signer: Signer, headers: Vec<(HeaderName, HeaderValue)>, now: i64) -> Heard {
        let outgoing = Outgoing {
            url: self.url.clone(),
            method: Method::POST,
            headers,
            body: Some(body.clone()),
            signer,
            timeout: PATIENCE,
            repeatable: false,
        };
        self.client.send(now, &outgoing).await
    }

    async fn tell(&self, body: &Bytes) -> Heard {
        self.send(body, self.signer(), Vec::new(), self.now).await
    }

    async fn get(&self) -> Heard {
        let outgoing = Outgoing {
            url: self.url.clone(),
            method: Method::GET,
            headers: Vec::new(),
            body: None,
            signer: Signer::Unsigned,
            timeout: PATIENCE,
            repeatable: true,
        };
        self.client.send(self.now, &outgoing).await
    }

    /// An event as this kind of receiver gets it.
    fn event(&self, id: &str, subject: &str) -> Bytes {
        let subject = serde_json::Value::from(subject);
        let event = |kind: &str| {
            format!(
                r#"{{"_links":{{"self":"https://portico.example/events/{id}"}},"id":"{id}","type":"{kind}","emitted_at":1760000000.123,"conversation":{{"id":"cnv_portico","subject":{subject}}},"source":{{"_meta":{{"type":"api"}},"data":null}}}}"#
            )
        };
        let text = match self.kind {
            Kind::Rule => event("inbound"),
            Kind::App => {
                let event = event("inbound");
                format!(r#"{{"type":"inbound_received","authorization":{{"id":"cmp_portico"}},"payload":{event}}}"#)
            }
            Kind::Links => {
                let event = event("link_added");
                format!(
                    r#"{{"authorization":{{"id":"cmp_portico"}},"ts":1760000000.123,"type":"conversation_event_created","payload":{event}}}"#
                )
            }
        };
        text.into()
    }

    fn unknown(&self) -> Bytes {
        let text = String::from_utf8_lossy(&self.event("evt_portico_4", "")).into_owned();
        let known = match self.kind {
            Kind::Rule => r#""type":"inbound""#,
            Kind::App => r#""type":"inbound_received""#,
            Kind::Links => r#""type":"conversation_event_created""#,
        };
        text.replacen(known, r#""type":"sent_by_pigeon""#, 1).into()
    }

    fn tls(&self) -> Outcome {
        match self.url.starts_with("https://") {
            true => Outcome::Passed,
            false => Outcome::Warned("plain http is for your own machine alone".to_string()),
        }
    }

    async fn challenges(&self) -> Vec<Check> {
        let (good, forged) = ("a challenge is repeated", "a challenge with a forged signature is not repeated");
        if self.kind == Kind::Rule {
            let why = "rule webhooks have no challenge";
            return vec![check(good, Outcome::Skipped(why)), check(forged, Outcome::Skipped(why))];
        }
        let ts = if self.kind == Kind::Links { r#","ts":1760000000.123"# } else { "" };
        let body = Bytes::from(format!(r#"{{"type":"sync","authorization":{{"id":"cmp_portico"}}{ts}}}"#));
        let ask = async |token: &String, signer: Signer| {
            let asked = Challenge { url: self.url.clone(), body: body.clone(), signer, token: token.clone() };
            challenge::ask(self.client, self.now, asked).await
        };
        let mut answers = Vec::new();
        for token in &self.tokens {
            answers.push(ask(token, self.signer()).await);
        }
        let repeated = answers.into_iter().find_map(Result::err).map_or(Outcome::Passed, Outcome::Failed);
        let of_forged = match self.secret {
            Some(_) if repeated != Outcome::Passed => Outcome::NotRun("it repeats no challenge at all"),
            None => Outcome::Skipped(NO_SECRET),
            Some(_) => {
                let stranger = Signer::Application(ApplicationKey::new("the secret of somebody else"));
                match ask(&self.tokens[0], stranger).await {
                    Ok(()) => Outcome::Warned("anybody can have it repeat a challenge".to_string()),
                    Err(_) => Outcome::Passed,
                }
            }
        };
        vec![check(good, repeated), check(forged, of_forged)]
    }

    async fn at_once(&self) -> Outcome {
        let events: Vec<Bytes> = (0..AT_ONCE).map(|number| self.event(&format!("evt_portico_1{number}"), "")).collect();
        let heard = futures_util::future::join_all(events.iter().map(|event| self.tell(event))).await;
        heard.iter().map(taken).find(|outcome| *outcome != Outcome::Passed).unwrap_or(Outcome::Passed)
    }

    /// What a stranger may send.
    async fn forgeries(&self, event: &Bytes) -> Vec<Check> {
        let Some(secret) = self.secret else {
            return FORGERIES.into_iter().map(|name| check(name, Outcome::Skipped(NO_SECRET))).collect();
        };
        let is_rule = self.kind == Kind::Rule;
        let (other, signed) = match is_rule {
            true => (Signer::Rule(RuleKey::new("another")), RuleKey::new(secret).sign(event)),
            false => {
                let key = ApplicationKey::new(secret);
                (Signer::Application(ApplicationKey::new("another")), key.sign(self.now, event))
            }
        };
        let header = |name: HeaderName, value: &str| HeaderValue::from_str(value).ok().map(|value| (name, value));
        let stamp = || header(TIMESTAMP, &self.now.to_string()).filter(|_| !is_rule);
        let with = |signature: &str| header(SIGNATURE, signature).into_iter().chain(stamp()).collect::<Vec<_>>();
        let tampered = with_more(event);
        let mut outcomes = vec![
            refused(&self.send(event, Signer::Unsigned, Vec::new(), self.now).await, true),
            refused(&self.send(event, other, Vec::new(), self.now).await, true),
            refused(&self.send(&tampered, Signer::Unsigned, with(&signed), self.now).await, true),
            refused(&self.send(event, Signer::Unsigned, with("nonsense"), self.now).await, true),
        ];
        if is_rule {
            let why = "rule webhooks have no timestamp";
            outcomes.extend([Outcome::Skipped(why), Outcome::Skipped(why)]);
        } else {
            let bare = header(SIGNATURE, &signed).into_iter().collect();
            outcomes.push(refused(&self.send(event, Signer::Unsigned, bare, self.now).await, true));
            let old = self.send(event, self.signer(), Vec::new(), self.now - OLD).await;
            outcomes.push(match refused(&old, true) {
                Outcome::Failed(_) => {
                    Outcome::Warned("whoever records a request can send it again for ever".to_string())
                }
                other => other,
            });
        }
        FORGERIES.into_iter().zip(outcomes).map(|(name, outcome)| check(name, outcome)).collect()
    }
}

const NO_SECRET: &str = "no secret was given";
const UNREACHED: &str = "it was not reached";
const TAKES_NOTHING: &str = "it refuses whatever is sent";

/// What strangers may send.
const FORGERIES: [&str; 6] = [
    "a request without a signature is refused",
    "a signature of another secret is refused",
    "a signature of other bytes is refused",
    "a signature that is no signature is refused",
    "a request without its timestamp is refused",
    "a request of ten minutes ago is refused",
];

/// All checks that need a receiver which was reached, in order.
const LATER: [&str; 18] = [
    "a challenge is repeated",
    "a challenge with a forged signature is not repeated",
    "the same event twice is taken twice",
    "text beyond ASCII is taken",
    "JSON with other white space is verified by its raw bytes",
    "an event of 1 MB is taken",
    "an unknown type of event is taken and left alone",
    "fields that nobody knows are taken",
    "ten events at once are taken",
    FORGERIES[0],
    FORGERIES[1],
    FORGERIES[2],
    FORGERIES[3],
    FORGERIES[4],
    FORGERIES[5],
    "broken JSON is refused, and nothing breaks",
    "nothing but POST is taken",
    "after all that it still takes an event",
];

fn check(name: &'static str, outcome: Outcome) -> Check {
    Check { name, outcome }
}

fn taken(heard: &Heard) -> Outcome {
    match heard {
        Ok(answer) if answer.status.is_success() => Outcome::Passed,
        Ok(answer) => Outcome::Failed(format!("it answered {}: {}", answer.status, answer.excerpt(80))),
        Err(failure) => Outcome::Failed(failure.to_string()),
    }
}

fn brisk(heard: &Heard) -> Outcome {
    match heard {
        Ok(answer) if answer.took > BRISK => {
            Outcome::Warned(format!("it took {} ms; work after the answer, not before", answer.took.as_millis()))
        }
        Ok(_) => Outcome::Passed,
        Err(_) => Outcome::NotRun(UNREACHED),
    }
}

fn straight(heard: &Heard) -> Outcome {
    match heard.as_ref().map(Answer::location) {
        Ok(Some(location)) => Outcome::Failed(format!("it points to {location}; redirects are not followed")),
        Ok(None) => Outcome::Passed,
        Err(_) => Outcome::NotRun(UNREACHED),
    }
}

/// What must be refused, by a status of the 400s: whoever answers 500 did not refuse but break.
fn refused(heard: &Heard, is_forged: bool) -> Outcome {
    match heard {
        Ok(answer) if answer.status.is_client_error() => Outcome::Passed,
        Ok(answer) if answer.status.is_success() && is_forged => {
            Outcome::Failed(format!("it answered {}: anybody can send it events", answer.status))
        }
        Ok(answer) if answer.status.is_success() => Outcome::Warned(format!("it answered {}", answer.status)),
        Ok(answer) => Outcome::Failed(format!("it answered {}, which means that it broke", answer.status)),
        Err(failure) => Outcome::Failed(failure.to_string()),
    }
}

fn other_method(heard: &Heard) -> Outcome {
    match heard {
        Ok(answer) if answer.status.is_success() => Outcome::Warned(format!("GET is answered {}", answer.status)),
        Ok(answer) if answer.status.is_server_error() => Outcome::Failed(format!("GET is answered {}", answer.status)),
        Ok(_) => Outcome::Passed,
        Err(failure) => Outcome::Failed(failure.to_string()),
    }
}

/// The same JSON, written otherwise.
fn spread(event: &Bytes) -> Bytes {
    String::from_utf8_lossy(event).replace("\":", "\" :  ").replace(",\"", " ,\n \"").into()
}

/// The same event with a field that nobody knows.
fn with_more(event: &Bytes) -> Bytes {
    String::from_utf8_lossy(event).replacen('{', r#"{"x_portico_unknown":[null,{"deep":1}],"#, 1).into()
}
