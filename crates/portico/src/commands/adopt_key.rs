//! `portico adopt-key`: another key becomes the store's, because the one before is lost or is to be used no more.

use clap::Args;
use desk::Clock;
use desk::crypto::Random;
use desk::sealing::check;

use super::{Failure, say};
use crate::nodes::STALE;
use crate::server::{lock, open_existing_store};
use crate::settings::Location;

#[derive(Debug, Args)]
pub(super) struct AdoptKey {
    #[command(flatten)]
    location: Location,
}

pub(super) fn run(adopt: AdoptKey) -> Result<(), Failure> {
    super::log();
    let store = open_existing_store(&adopt.location)?;
    let missing = || Failure::usage("give the key as PORTICO_SECRET_KEY; `openssl rand -hex 32` makes one".to_string());
    let key = adopt.location.known_key()?.ok_or_else(missing)?;
    // Of a store in a file the lock says whether a server runs, of one of PostgreSQL its node number.
    let _lock = lock(&adopt.location, &store)?;
    check::adopt(&store, &key, &Random::default(), Clock::default().now().plus(-STALE))?;
    say(&format!("the store's key is {} from now on; what was sealed with another needs new secrets", key.name()));
    Ok(())
}
