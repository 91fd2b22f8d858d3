//! What somebody wants to know of a store before trusting it.

use std::net::IpAddr;

use super::Store;
use crate::conn::Engine;
use crate::error::{Error, Result};
use crate::migrate::{Migration, checksum};

impl Store {
    /// Reads through the database and fails at the first damage that its engine finds.
    pub fn check(&self) -> Result<()> {
        if self.engine() == Engine::Postgres {
            // The server looks after its own files; that it answers is all a client can ask.
            return self.read_blocking(|conn| conn.one::<(i64,)>("SELECT CAST(1 AS BIGINT)", &[])).map(drop);
        }
        let found: Vec<(String,)> = self.read_blocking(|conn| conn.all("PRAGMA quick_check(3)", &[]))?;
        let faults: Vec<String> = found.into_iter().map(|(line,)| line).filter(|line| line != "ok").collect();
        if faults.is_empty() { Ok(()) } else { Err(Error::other(faults.join("; "))) }
    }

    /// The names of the migrations that have not been applied yet, and an error if one was changed after it ran.
    pub fn missing(&self, set: &[Migration]) -> Result<Vec<&'static str>> {
        let set = set.to_vec();
        let engine = self.engine();
        let done: Vec<(i64, String)> =
            self.read_blocking(|conn| conn.all("SELECT number, checksum FROM migrations ORDER BY number", &[]))?;
        let mut missing = Vec::new();
        for migration in &set {
            match done.iter().find(|(number, _)| *number == migration.number) {
                None => missing.push(migration.name),
                Some((_, known)) if *known == checksum(migration, engine) => {}
                Some(_) => {
                    return Err(Error::other(format!("migration {} was changed after it had run", migration.name)));
                }
            }
        }
        Ok(missing)
    }

    /// Whether what is said to the server could be read on its way, as the server sees it: it is on another machine, and
    /// there is no TLS. For threads that may wait.
    pub fn is_overheard(&self) -> Result<bool> {
        if self.engine() == Engine::Sqlite {
            return Ok(false);
        }
        let sql = "SELECT ssl, host(inet_server_addr()) FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
        let (ssl, address): (bool, Option<String>) = self.read_blocking(move |conn| conn.one(sql, &[]))?;
        Ok(!ssl && leaves_the_machine(address.as_deref()))
    }
}

/// Whether a server's address is not on this machine; one on a local socket has none.
fn leaves_the_machine(address: Option<&str>) -> bool {
    address.is_some_and(|address| !address.parse().is_ok_and(|address: IpAddr| address.to_canonical().is_loopback()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn only_what_leaves_the_machine_in_plain_text_is_overheard() {
        assert!(leaves_the_machine(Some("10.0.0.5")) && leaves_the_machine(Some("2001:db8::1")));
        assert!(
            !leaves_the_machine(Some("127.0.0.1")) && !leaves_the_machine(Some("::1")) && !leaves_the_machine(None)
        );
        for (engine, store) in testing::stores(&[]) {
            assert!(!store.is_overheard().expect("it tells"), "{engine} is on this machine");
        }
    }
}
