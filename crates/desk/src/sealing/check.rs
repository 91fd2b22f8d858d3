//! Which key is a store's: a text that means nothing is kept sealed with it, and another key does not open that.

use super::{SealingKey, Secret, store};
use crate::apps::secrets;
use crate::crypto::Random;
use crate::error::{Error, Result};

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
    let refused = |name: &str| Err(Error::Conflict(format!("it is the key {name}, and not {}", key.name())));
    if let Some(sealed) = of.read_blocking(store::check)? {
        let opens = key.open(PLACE, &sealed).is_ok_and(|text| text.is(TEXT));
        let name = SealingKey::name_in(&sealed).unwrap_or_default();
        return if opens { Ok(()) } else { refused(&name) };
    }
    let used = secrets::keys_in_use(of)?;
    if let Some(name) = used.first().filter(|_| !used.contains(&key.name())) {
        return refused(name);
    }
    let sealed = key.seal(random, PLACE, &Secret::new(TEXT));
    if of.write_blocking(move |conn| store::insert_check(conn, &sealed))? == 0 {
        // Another process was first, perhaps with another key.
        return settle(of, key, random);
    }
    Ok(())
}

/// Makes a key the store's, whichever was before. What is sealed with another stays closed to it.
pub fn adopt(to: &db::Store, key: &SealingKey, random: &Random) -> Result<()> {
    let sealed = key.seal(random, PLACE, &Secret::new(TEXT));
    to.write_blocking(move |conn| store::replace_check(conn, &sealed))?;
    Ok(())
}
