//! The secrets of an app: made, rotated with an overlap, and opened for those who sign and verify.

use serde_json::json;

use super::store::{self, StoredSecret};
use super::{App, changed, get, record};
use crate::error::{Error, Result};
use crate::ids::{AppId, FeatureId, SecretId};
use crate::sealing::{SealingKey, Secret};
use crate::time::{DAY, Timestamp};
use crate::work::Work;

/// What a secret is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Signs webhooks, channel calls and object requests, and verifies the tokens of channel servers: the app secret.
    Signing,
    /// The client secret of the app's OAuth client.
    OAuth,
    /// Handed to the app's plugins, so that they know who shows them.
    Plugin,
    /// A feature's own: a server's OAuth client secret, the token of a link type.
    Feature(FeatureId),
}

impl Purpose {
    /// Word and number in the store.
    pub(super) fn parts(self) -> (&'static str, i64) {
        match self {
            Purpose::Signing => ("signing", 0),
            Purpose::OAuth => ("oauth", 0),
            Purpose::Plugin => ("plugin", 0),
            Purpose::Feature(id) => ("feature", id.0),
        }
    }

    /// Reads the word of those purposes that are an app's, not a feature's.
    pub fn parse(word: &str) -> Option<Purpose> {
        [Purpose::Signing, Purpose::OAuth, Purpose::Plugin].into_iter().find(|purpose| purpose.parts().0 == word)
    }

    /// The word outside.
    pub fn as_str(self) -> &'static str {
        self.parts().0
    }
}

/// What may be shown of a secret.
#[derive(Debug, Clone)]
pub struct Listed {
    /// What it is for.
    pub purpose: Purpose,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends, after a rotation.
    pub ends_at: Option<Timestamp>,
}

/// The names of the keys with which secrets in a store are sealed, as [`SealingKey::name`] has them.
pub fn keys_in_use(from: &db::Store) -> Result<Vec<String>> {
    from.read_blocking(keys_in)
}

/// The same, in a unit that decides by it.
pub(crate) fn keys_in(conn: &mut db::Conn) -> Result<Vec<String>> {
    let seals = store::seals(conn)?;
    Ok(seals.iter().filter_map(|seal| SealingKey::name_in(seal)).collect())
}

/// How long an old secret goes on verifying unless the rotation says otherwise (milliseconds).
pub const OVERLAP: i64 = DAY;
/// The longest overlap.
pub const LONGEST_OVERLAP: i64 = 90 * DAY;

/// The secrets of an app that verify, without the secrets themselves.
pub fn list(work: &mut Work<'_>, app: &App) -> Result<Vec<Listed>> {
    let mut listed = Vec::new();
    for purpose in [Purpose::Signing, Purpose::OAuth, Purpose::Plugin] {
        let rows = store::secrets(work.conn, app.owner, app.id, purpose, work.now)?;
        listed.extend(rows.into_iter().map(|row| Listed { purpose, created_at: row.created_at, ends_at: row.ends_at }));
    }
    Ok(listed)
}

/// Makes a new secret and answers it, this once. The old ones go on verifying for `overlap` milliseconds.
pub fn rotate(work: &mut Work<'_>, uid: &str, purpose: Purpose, overlap: i64) -> Result<Secret> {
    let app = get(work, uid)?;
    if !(0..=LONGEST_OVERLAP).contains(&overlap) {
        let days = LONGEST_OVERLAP / DAY;
        return Err(Error::invalid("overlap", format!("expected 0 to {days} days")));
    }
    if store::secrets(work.conn, app.owner, app.id, purpose, work.now)?.is_empty() {
        return Err(Error::invalid("purpose", format!("the app has no {} secret", purpose.as_str())));
    }
    store::end_secrets(work.conn, app.owner, app.id, purpose, work.now.plus(overlap))?;
    let secret = add(work, &app, purpose)?;
    store::forget_secrets(work.conn, app.owner, app.id, work.now)?;
    changed(work, &app)?;
    record(work, json!({"app": app.uid, "secret": [null, "rotated"], "purpose": purpose.as_str()}))?;
    Ok(secret)
}

/// Ends an overlap before its time: only the newest secret verifies and signs from now on.
pub fn end_overlap(work: &mut Work<'_>, uid: &str, purpose: Purpose) -> Result<()> {
    let app = get(work, uid)?;
    if store::retire_secrets(work.conn, app.owner, app.id, purpose, work.now)? == 0 {
        return Err(Error::Conflict(format!("no {} secret of the app is about to end", purpose.as_str())));
    }
    changed(work, &app)?;
    record(work, json!({"app": app.uid, "secret": ["old", null], "purpose": purpose.as_str()}))
}

/// Keeps a secret that somebody else made (a partner's token); it takes the place of the one before at once.
pub(super) fn keep(work: &mut Work<'_>, app: &App, purpose: Purpose, secret: &Secret) -> Result<()> {
    store::end_secrets(work.conn, app.owner, app.id, purpose, work.now)?;
    put(work, app, purpose, secret)
}

/// Makes a secret.
pub(super) fn add(work: &mut Work<'_>, app: &App, purpose: Purpose) -> Result<Secret> {
    let secret = Secret::new(work.random().hex(32));
    put(work, app, purpose, &secret)?;
    Ok(secret)
}

/// Makes a secret unless there is one.
pub(super) fn ensure(work: &mut Work<'_>, app: &App, purpose: Purpose) -> Result<Option<Secret>> {
    match store::secrets(work.conn, app.owner, app.id, purpose, work.now)?.is_empty() {
        true => add(work, app, purpose).map(Some),
        false => Ok(None),
    }
}

fn put(work: &mut Work<'_>, app: &App, purpose: Purpose, secret: &Secret) -> Result<()> {
    let id = SecretId(work.new_id());
    let (word, feature) = purpose.parts();
    let place = place(app, word, feature, id);
    let row = StoredSecret {
        id,
        app: app.id,
        purpose: word.to_string(),
        feature,
        sealed: work.sealing_key().seal(work.random(), &place, secret),
        created_at: work.now,
        ends_at: None,
    };
    store::insert_secret(work.conn, app.owner, &row)?;
    Ok(())
}

/// The secrets of an app that verify what arrives, the oldest first. What leaves is signed with the first: a receiver
/// that knows only one may then change it at leisure.
pub fn open(work: &mut Work<'_>, app: &App, purpose: Purpose) -> Result<Vec<Secret>> {
    let rows = store::secrets(work.conn, app.owner, app.id, purpose, work.now)?;
    rows.iter()
        .map(|row| {
            let place = place(app, &row.purpose, row.feature, row.id);
            work.sealing_key().open(&place, &row.sealed)
        })
        .collect()
}

/// Where a secret lies: sealed with it, so that it opens nowhere else.
fn place(app: &App, word: &str, feature: i64, id: SecretId) -> String {
    let (AppId(number), SecretId(row)) = (app.id, id);
    format!("app {}/{number}/{word}/{feature}/{row}", app.owner.0)
}
