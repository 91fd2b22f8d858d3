//! Which key is a store's: a text that means nothing is kept sealed with it, and another key does not open that.

use db::outbox::nodes;

use super::{SealingKey, Secret, store};
use crate::apps::secrets;
use crate::crypto::Random;
use crate::error::{Error, Result};
use crate::time::Timestamp;

/// What is sealed, and the place that it is sealed for.
const TEXT: &str = "portico";
const PLACE: &str = "the key of the store";

/// The name of the key that is a store's, if one is ([`SealingKey::name`]).
pub fn known(from: &db::Store) -> Result<Option<String>> {
    let sealed = from.read_blocking(store::check)?;
    Ok(sealed.and_then(|sealed| SealingKey::name_in(&sealed)))
}

/// Makes sure that a key is the store's. A store without one takes it, unless there are secrets already of which it opens
/// none. A conflict names the key that is wanted instead.
pub fn settle(of: &db::Store, key: &SealingKey, random: &Random) -> Result<()> {
    if let Some(sealed) = of.read_blocking(store::check)? {
        return judge(key, &sealed);
    }
    let (own, sealed) = (key.clone(), key.seal(random, PLACE, &Secret::new(TEXT)));
    match of.write_blocking(move |conn| take(conn, &own, &sealed))? {
        true => Ok(()),
        // Another process was first, perhaps with another key.
        false => settle(of, key, random),
    }
}

/// Makes sure that a key is the store's still: for a process that other ones know by its node number to be serving. Whoever
/// adopts a key at the same moment writes to the same row, so that one of the two looks again.
pub fn hold(of: &db::Store, key: &SealingKey) -> Result<()> {
    let key = key.clone();
    of.write_blocking(move |conn| {
        let sealed = store::check(conn)?.ok_or_else(|| Error::Conflict("the store has no key".to_string()))?;
        judge(&key, &sealed)?;
        store::touch_check(conn)?;
        Ok(())
    })
}

/// Makes a key the store's, whichever was before. What is sealed with another stays closed to it. While a process serves,
/// which has been heard of since the instant, that is a conflict: it would go on sealing with a key that is the store's no
/// more.
pub fn adopt(to: &db::Store, key: &SealingKey, random: &Random, since: Timestamp) -> Result<()> {
    let sealed = key.seal(random, PLACE, &Secret::new(TEXT));
    to.write_blocking(move |conn| {
        store::replace_check(conn, &sealed)?;
        match nodes::is_any_alive(conn, since.0)? {
            true => Err(Error::Conflict("a server uses this store, or has just died; stop it first".to_string())),
            false => Ok(()),
        }
    })
}

/// Makes a key that of a store without one. False if another one was first.
fn take(conn: &mut db::Conn, key: &SealingKey, sealed: &[u8]) -> Result<bool> {
    if let Some(known) = store::check(conn)? {
        return judge(key, &known).map(|()| true);
    }
    let used = secrets::keys_in(conn)?;
    match used.first().filter(|_| !used.contains(&key.name())) {
        Some(name) => Err(refused(key, name)),
        None => Ok(store::insert_check(conn, sealed)? > 0),
    }
}

fn judge(key: &SealingKey, sealed: &[u8]) -> Result<()> {
    match key.open(PLACE, sealed).is_ok_and(|text| text.is(TEXT)) {
        true => Ok(()),
        false => Err(refused(key, &SealingKey::name_in(sealed).unwrap_or_default())),
    }
}

fn refused(key: &SealingKey, wanted: &str) -> Error {
    Error::Conflict(format!("it is the key {wanted}, and not {}", key.name()))
}
