//! `portico listen`: prints each event as it happens, and forwards it as the signed webhook that a rule would send.

mod feed;

use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use desk::{Caller, Desk, tokens};
use http::{HeaderName, HeaderValue, Method};
use serde_json::{Value, json};
use tokio::io::Interest;
use tokio::net::unix::pipe::Sender;
use webhooks::client::{Client, Options, Outgoing};
use webhooks::engine::EVENT;
use webhooks::guard::Guard;
use webhooks::sign::{RuleKey, Signer};

use super::{Failure, company, remark, say};
use crate::founding;
use crate::server::open_existing_desk;
use crate::settings::Location;
use feed::{Feed, Frame, Lost};

/// How long a receiver may take, as with webhooks.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How long to wait before a lost connection is opened again.
const AGAIN: Duration = Duration::from_secs(1);

#[derive(Debug, Args)]
pub(super) struct Listen {
    /// Where to forward events to, with the headers of a rule webhook. Local addresses are fine.
    #[arg(long, value_name = "URL")]
    forward: Option<String>,
    /// Only these types of events.
    #[arg(long, value_name = "TYPE,…", value_delimiter = ',')]
    types: Vec<String>,
    /// Only events of conversations in these inboxes.
    #[arg(long, value_name = "INBOX,…", value_delimiter = ',')]
    inboxes: Vec<String>,
    /// Begin after this event (evt_…) instead of now.
    #[arg(long, value_name = "EVENT")]
    after: Option<String>,
    /// End after that many events, with exit code 1 if one was not forwarded or not accepted.
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// Print each event as one line of JSON.
    #[arg(long)]
    json: bool,
    /// The server to listen to.
    #[arg(long, value_name = "URL", env = "PORTICO_URL", default_value = "http://127.0.0.1:4180")]
    url: String,
    /// A token with the scope events:*:read. Without one, a token is made in the store and ended afterwards.
    #[arg(long, value_name = "TOKEN", env = "PORTICO_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// The company's API secret. Without one, it is read from the store; where there is none, nothing is verified.
    #[arg(long, value_name = "SECRET", env = "PORTICO_SECRET", hide_env_values = true, requires = "token")]
    secret: Option<String>,
    /// The company by id or slug, where the store has several.
    #[arg(long, value_name = "COMPANY")]
    company: Option<String>,
    #[command(flatten)]
    location: Location,
}

pub(super) fn run(listen: Listen) -> Result<(), Failure> {
    super::log();
    let pass = Pass::get(&listen)?;
    let listening = super::runtime()?.block_on(async {
        let ending = super::serve::Ending::listen()?;
        tokio::select! {
            ended = follow(&listen, &pass) => ended,
            () = ending.told() => Ok(()),
            () = reader_gone() => Ok(()),
        }
    });
    pass.give_back();
    listening
}

/// Resolves when nobody reads what is printed any more: `head -1` has its line, and the next event may be long in coming.
/// It never does where that cannot be told, as of a file.
async fn reader_gone() {
    // A second handle: it is only looked at, so that writing to the first goes on waiting as ever.
    let out = std::io::stdout().as_fd().try_clone_to_owned().and_then(Sender::from_owned_fd_unchecked);
    match out {
        Ok(out) if out.ready(Interest::ERROR).await.is_ok() => {}
        _ => std::future::pending().await,
    }
}

/// What opens the stream, and what its events are signed with, if that is known.
struct Pass {
    token: String,
    key: Option<RuleKey>,
    /// A token of our own, to be ended with us.
    own: Option<(Desk, Caller, desk::ids::TokenId)>,
}

impl Pass {
    fn get(listen: &Listen) -> Result<Pass, Failure> {
        if let (Some(token), Some(secret)) = (&listen.token, &listen.secret) {
            return Ok(Pass { token: token.clone(), key: Some(RuleKey::new(secret)), own: None });
        }
        if !listen.location.has_store()? {
            if let (Some(token), None) = (&listen.token, &listen.forward) {
                return Ok(Pass { token: token.clone(), key: None, own: None });
            }
            let data = listen.location.data.display();
            return Err(Failure::new(format!(
                "there is no store in {data}; say where it is with --data, or give --token and --secret of another server"
            )));
        }
        let desk = open_existing_desk(&listen.location, &listen.url)?;
        let caller = Caller::system(company::choose(&desk, listen.company.as_deref())?);
        let secret = desk.read_blocking(&caller, |work| Ok(work.directory()?.company.api_secret.clone()))?;
        let key = Some(RuleKey::new(&secret));
        if let Some(token) = &listen.token {
            return Ok(Pass { token: token.clone(), key, own: None });
        }
        let made = desk.write_blocking(&caller, |work| {
            founding::token(work, "portico listen", vec!["events:*:read".to_string()], desk::Access::everything())
        });
        let (id, token) = made?;
        Ok(Pass { token, key, own: Some((desk, caller, id)) })
    }

    fn give_back(self) {
        if let Some((desk, caller, id)) = self.own
            && let Err(error) = desk.write_blocking(&caller, move |work| tokens::revoke(work, id))
        {
            remark(&format!("the token {id} of this command could not be ended: {error}"));
        }
    }
}

async fn follow(listen: &Listen, pass: &Pass) -> Result<(), Failure> {
    let client =
        Arc::new(Client::new(Options { guard: Guard { allow_private: true, allow_http: true }, ..Options::default() }));
    let forward: Option<Arc<str>> = listen.forward.as_deref().map(Arc::from);
    if let Some(url) = &forward {
        client.target(url).map_err(|refusal| Failure::usage(format!("--forward: {refusal}")))?;
    }
    let mut seen = listen.after.clone();
    let mut left = listen.count;
    let mut failed = 0;
    let mut is_first = true;
    while left != Some(0) {
        let mut feed = match Feed::open(&listen.url, &pass.token, &query(listen), seen.as_deref()).await {
            Ok(feed) => feed,
            Err(Lost::Refused(why)) => return Err(Failure::new(why)),
            Err(Lost::Broken(why)) if is_first => return Err(Failure::new(format!("{}: {why}", listen.url))),
            Err(Lost::Broken(_)) => {
                tokio::time::sleep(AGAIN).await;
                continue;
            }
        };
        if is_first {
            let to = forward.as_ref().map(|url| format!(", forwarding to {url}")).unwrap_or_default();
            remark(&format!("listening to {}{to}", listen.url));
        }
        is_first = false;
        while left != Some(0) {
            let frame = match feed.next().await {
                Ok(frame) => frame,
                Err(_) => break,
            };
            let told = tell(&client, forward.as_ref(), pass, &frame).await;
            print(listen, &frame, &told);
            failed += u64::from(told.is_failure());
            seen = Some(frame.id);
            left = left.map(|left| left - 1);
        }
        if left != Some(0) {
            remark(&format!("the connection was lost; going on after {}", seen.as_deref().unwrap_or("now")));
            tokio::time::sleep(AGAIN).await;
        }
    }
    match failed {
        0 => Ok(()),
        1 => Err(Failure::new("one event was not forwarded, or not accepted")),
        many => Err(Failure::new(format!("{many} events were not forwarded, or not accepted"))),
    }
}

fn query(listen: &Listen) -> String {
    let mut parts = Vec::new();
    if !listen.types.is_empty() {
        parts.push(format!("types={}", listen.types.join(",")));
    }
    if !listen.inboxes.is_empty() {
        parts.push(format!("inboxes={}", listen.inboxes.join(",")));
    }
    parts.join("&")
}

/// What became of an event.
struct Told {
    /// Unknown without the secret.
    is_verified: Option<bool>,
    delivery: Option<Result<(u16, Duration), String>>,
}

impl Told {
    /// Whether it was not what was asked for: a false signature, a receiver that is not there or says no.
    fn is_failure(&self) -> bool {
        let is_refused = |delivery: &Result<(u16, Duration), String>| !matches!(delivery, Ok((200..=299, _)));
        self.is_verified == Some(false) || self.delivery.as_ref().is_some_and(is_refused)
    }
}

async fn tell(client: &Client, forward: Option<&Arc<str>>, pass: &Pass, frame: &Frame) -> Told {
    let is_verified = pass.key.as_ref().map(|key| key.verify(frame.data.as_bytes(), &frame.signature));
    let key = pass.key.as_ref().filter(|_| is_verified == Some(true));
    let (Some(url), Some(key)) = (forward, key) else { return Told { is_verified, delivery: None } };
    // As a delivery has them; an event is forwarded once, so that the delivery's number may be the event's.
    let delivery = format!("dlv_{}", frame.id.trim_start_matches("evt_"));
    let named = [(EVENT, &frame.id), (HeaderName::from_static("x-portico-delivery"), &delivery)];
    let named = named.into_iter().filter_map(|(name, id)| Some((name, HeaderValue::try_from(id).ok()?)));
    let attempt = (HeaderName::from_static("x-portico-attempt"), HeaderValue::from_static("1"));
    let outgoing = Outgoing {
        url: url.clone(),
        method: Method::POST,
        headers: named.chain([attempt]).collect(),
        body: Some(frame.data.clone().into()),
        signer: Signer::Rule(key.clone()),
        timeout: TIMEOUT,
        repeatable: true,
    };
    let sent = client.send(0, &outgoing).await;
    let delivery = sent.map(|answer| (answer.status.as_u16(), answer.took)).map_err(|failure| failure.to_string());
    Told { is_verified, delivery: Some(delivery) }
}

fn print(listen: &Listen, frame: &Frame, told: &Told) {
    let event: Value = serde_json::from_str(&frame.data).unwrap_or_default();
    if listen.json {
        let delivery = told.delivery.as_ref().map(|delivery| match delivery {
            Ok((status, took)) => json!({"status": status, "ms": took.as_millis() as u64}),
            Err(why) => json!({"error": why}),
        });
        let line = json!({"id": frame.id, "type": frame.kind, "verified": told.is_verified, "delivery": delivery,
                          "event": event});
        return say(&line.to_string());
    }
    let conversation = event["conversation"]["id"].as_str().unwrap_or("-");
    let subject = event["conversation"]["subject"].as_str().unwrap_or_default();
    let result = match &told.delivery {
        _ if told.is_verified == Some(false) => "the signature is wrong, so it was not forwarded".to_string(),
        None => String::new(),
        Some(Ok((status, took))) => format!("→ {status} in {} ms", took.as_millis()),
        Some(Err(why)) => format!("→ failed: {why}"),
    };
    say(format!("{}  {:<20} {conversation}  {subject:?}  {result}", frame.id, frame.kind).trim_end());
}
