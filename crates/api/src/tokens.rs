//! Who shows which token: one of ours, looked up in the store and remembered for a moment, or one that a channel's server
//! has signed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use desk::apps;
use desk::channels::application;
use desk::ids::{ChannelId, CompanyId, TokenId};
use desk::{Actor, ActorKind, Caller, Desk, Error, Timestamp, oauth};
use quick_cache::sync::Cache;
use tokio::time::Instant;

use crate::answer::Refusal;
use crate::edge::bearer::{Jwt, Unauthenticated};
use crate::edge::crypto::Sha256;
use crate::edge::error::Problem;
use crate::edge::limits;

/// A token revoked by another process is refused after this time at the latest.
const MEMORY: Duration = Duration::from_secs(1);
/// How far the clock of a channel's server may be behind (milliseconds).
const SKEW: i64 = 10_000;
/// What the token of a channel's server holds. Which channel, message or conversation it opens is another question
/// ([`crate::reach`]).
const OF_CHANNELS: &[&str] = &[
    "attachments:read",
    "channels:read",
    "channels:write",
    "comments:read",
    "comments:write",
    "conversations:read",
    "conversations:write",
    "events:*:read",
    "inboxes:read",
    "message_templates:write",
    "messages:read",
    "messages:write",
    "teammates:read",
];

/// A token that is valid, and what it opens.
#[derive(Debug)]
pub struct Known {
    /// Its number; of an app's token the number of the consent, so that an `Idempotency-Key` outlasts the token.
    pub id: TokenId,
    /// On whose behalf it speaks.
    pub caller: Caller,
    /// The key of this company's page tokens.
    pub page_key: Arc<[u8]>,
    bearer: Bearer,
}

/// Who shows a token.
#[derive(Debug)]
enum Bearer {
    /// Whoever was given one of ours.
    Client(desk::tokens::Token),
    /// An app that may act for the company.
    App(oauth::Opened),
    /// The server of an app's channel.
    Channel(ChannelId),
}

impl Known {
    /// Whether the token holds a scope.
    pub fn holds(&self, scope: &str) -> bool {
        match &self.bearer {
            Bearer::Client(token) => token.holds(scope),
            Bearer::App(opened) => opened.holds(scope),
            Bearer::Channel(_) => OF_CHANNELS.contains(&scope),
        }
    }

    /// The channel whose server it is that asks, if it is one.
    pub fn channel(&self) -> Option<ChannelId> {
        match self.bearer {
            Bearer::Client(_) | Bearer::App(_) => None,
            Bearer::Channel(id) => Some(id),
        }
    }

    /// Whose requests it counts among: each app has a bucket of its own, beside the company's.
    pub fn bucket(&self) -> limits::Caller {
        match &self.bearer {
            Bearer::Client(_) | Bearer::Channel(_) => limits::Caller::Company(self.caller.company.0),
            Bearer::App(opened) => limits::Caller::OAuth(self.caller.company.0, opened.consent.0),
        }
    }

    /// Notes when one of our tokens was used, unless that is known to the minute. Whoever is let in is let in all the same.
    async fn note_use(&self, desk: &Desk) {
        let Bearer::Client(token) = &self.bearer else { return };
        if !token.is_to_be_noted(desk.clock().now()) {
            return;
        }
        let (id, system) = (self.id, Caller::system(self.caller.company));
        if let Err(error) = desk.write(&system, move |work| desk::tokens::note_use(work, id)).await {
            tracing::warn!(%error, token = %id, "the use of a token could not be noted");
        }
    }

    fn is_over(&self, now: Timestamp) -> bool {
        match &self.bearer {
            Bearer::Client(_) | Bearer::Channel(_) => false,
            Bearer::App(opened) => opened.expires_at <= now,
        }
    }
}

/// The tokens seen lately, by the digest of their text and by how often they had been forgotten when they were looked up:
/// what was read before a revocation is not remembered after it.
pub struct Tokens {
    seen: Cache<(u64, [u8; 32]), (Arc<Known>, Instant)>,
    forgotten: AtomicU64,
}

impl Default for Tokens {
    fn default() -> Self {
        Tokens { seen: Cache::new(10_000), forgotten: AtomicU64::new(0) }
    }
}

impl Tokens {
    /// The token of an `Authorization` header.
    #[expect(clippy::disallowed_methods, reason = "a frozen clock must not keep a revoked token alive")]
    pub async fn recognise(&self, desk: &Desk, header: Option<&str>) -> Result<Arc<Known>, Refusal> {
        let shown = header.map(str::trim).unwrap_or_default();
        let mut hash = Sha256::new();
        hash.update(shown.as_bytes());
        let key = (self.forgotten.load(Ordering::SeqCst), hash.finish());
        if let Some((known, until)) = self.seen.get(&key)
            && Instant::now() < until
            && !known.is_over(desk.clock().now())
        {
            return Ok(known);
        }
        let jwt = Jwt::from_header(header).map_err(Problem::from)?;
        if !jwt.is_ours() {
            // It lives for seconds, and some servers sign a new one for each request: nothing to remember.
            return of_channel(desk, jwt).await.map(Arc::new);
        }
        let claims = jwt.api_unverified().map_err(Problem::from)?;
        let text = shown.split_once(' ').map_or("", |(_, text)| text.trim()).to_string();
        let (company, id) = (CompanyId(claims.company), TokenId(claims.token));
        let known = match jwt.is_of_app() {
            true => load_access(desk, company, id, text).await?,
            false => load(desk, company, id, text).await?,
        };
        let known = Arc::new(known);
        self.seen.insert(key, (known.clone(), Instant::now() + MEMORY));
        // After that, so that of those who come together one alone waits for it.
        known.note_use(desk).await;
        Ok(known)
    }

    /// Forgets everything, so that a revocation in this process holds at once.
    pub fn forget(&self) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.seen.clear();
    }
}

async fn load(desk: &Desk, company: CompanyId, id: TokenId, text: String) -> Result<Known, Refusal> {
    let system = Caller::system(company);
    let found = desk.read(&system, move |work| {
        let token = desk::tokens::find(work, id, &text)?;
        Ok((token, work.directory()?.company.token_key.clone()))
    });
    let (token, key) = found.await.map_err(unknown)?;
    let actor = Actor { kind: ActorKind::Api, teammate: Some(token.bot) };
    let caller = Caller { company, actor, access: Arc::new(token.access()?) };
    Ok(Known { id, caller, page_key: key.into(), bearer: Bearer::Client(token) })
}

async fn load_access(desk: &Desk, company: CompanyId, id: TokenId, text: String) -> Result<Known, Refusal> {
    let system = Caller::system(company);
    let found = desk.read(&system, move |work| {
        let opened = oauth::open(work, id, &text)?;
        Ok((opened, work.directory()?.company.token_key.clone()))
    });
    let (opened, key) = found.await.map_err(unknown)?;
    let actor = Actor { kind: ActorKind::OauthClient, teammate: Some(opened.bot) };
    let caller = Caller { company, actor, access: Arc::new(opened.access.clone()) };
    Ok(Known { id: TokenId(opened.consent.0), caller, page_key: key.into(), bearer: Bearer::App(opened) })
}

/// The channel whose server signed a token with its app's secret (contract/channels.md section 6). An app that does not
/// work in the channel's company any more opens nothing there.
async fn of_channel(desk: &Desk, jwt: Jwt) -> Result<Known, Refusal> {
    let claims = jwt.channel_unverified().map_err(Problem::from)?;
    let channel: ChannelId = claims.channel.parse().map_err(|_| Problem::from(Unauthenticated::Unknown))?;
    let uid = claims.application.clone();
    let registry = Caller::system(apps::REGISTRY);
    let looked_up = desk.read(&registry, move |work| application::claimed(work, &uid, channel));
    let (company, secrets) = looked_up.await.map_err(unknown)?;
    let now = desk.clock().now().0;
    let verified = secrets.iter().map(|secret| jwt.channel(secret.reveal().as_bytes(), now, SKEW));
    if !verified.into_iter().any(|verdict| verdict.is_ok()) {
        return Err(Problem::from(Unauthenticated::Unknown).into());
    }
    let system = Caller::system(company);
    let confirmed = desk.read(&system, move |work| {
        application::check_claim(work, &claims.application, channel)?;
        Ok(work.directory()?.company.token_key.clone())
    });
    let key = confirmed.await.map_err(unknown)?;
    let caller = Caller { actor: Actor { kind: ActorKind::Channel, teammate: None }, ..system };
    // Numbers are unique across all nouns, so the channel's own tells its idempotency keys from those of tokens.
    Ok(Known { id: TokenId(channel.0), caller, page_key: key.into(), bearer: Bearer::Channel(channel) })
}

fn unknown(error: Error) -> Refusal {
    match error {
        Error::NotFound(_) => Problem::from(Unauthenticated::Unknown).into(),
        other => other.into(),
    }
}
