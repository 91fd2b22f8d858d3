//! The processes that share a store, each under a number of its own.

use crate::args;
use crate::conn::Conn;
use crate::error::{Error, Result};

/// The largest number: it has to fit the eight bits it gets in an id.
const LARGEST: i64 = 255;

/// Takes the lowest free number for the process `name`. Numbers whose process has not been heard of for `stale_after`
/// are free.
pub fn claim_number(conn: &mut Conn, name: &str, now: i64, stale_after: i64) -> Result<i64> {
    conn.exec("DELETE FROM nodes WHERE beat_at < $1", args![now - stale_after])?;
    let taken: Vec<(i64,)> = conn.all("SELECT number FROM nodes ORDER BY number", &[])?;
    for number in (1..=LARGEST).filter(|number| !taken.contains(&(*number,))) {
        // Another process may take it at the same moment; then one of the two moves on, or runs again.
        let sql = "INSERT INTO nodes (number, name, beat_at) VALUES ($1, $2, $3) ON CONFLICT (number) DO NOTHING";
        if conn.exec(sql, args![number, name, now])? == 1 {
            return Ok(number);
        }
    }
    Err(Error::other(format!("all {LARGEST} node numbers are taken")))
}

/// Tells that the process is alive. False if its number was given away meanwhile: it must stop making ids at once.
pub fn beat(conn: &mut Conn, number: i64, name: &str, now: i64) -> Result<bool> {
    let sql = "UPDATE nodes SET beat_at = $3 WHERE number = $1 AND name = $2";
    Ok(conn.exec(sql, args![number, name, now])? == 1)
}

/// Whether a process has said since an instant that it is alive, and has not given its number back.
pub fn is_any_alive(conn: &mut Conn, since: i64) -> Result<bool> {
    let sql = "SELECT number FROM nodes WHERE number <> $1 AND beat_at >= $2 LIMIT 1";
    Ok(conn.opt::<(i64,)>(sql, args![NOBODYS, since])?.is_some())
}

/// The processes that have said since an instant that they are alive: number and name, by number.
pub fn alive(conn: &mut Conn, since: i64) -> Result<Vec<(i64, String)>> {
    let sql = "SELECT number, name FROM nodes WHERE number <> $1 AND beat_at >= $2 ORDER BY number";
    conn.all(sql, args![NOBODYS, since])
}

/// The number that no process has: what is written under it only shows that something can be.
const NOBODYS: i64 = 0;
/// So much is written: a few bytes may find room where nothing else does.
const ROOM: usize = 64 * 1024;

/// Writes something of some size, to see whether that is possible. [`end_try`] takes it away again.
pub(crate) fn try_room(conn: &mut Conn) -> Result<()> {
    let sql = "INSERT INTO nodes (number, name, beat_at) VALUES ($1, $2, 0) \
               ON CONFLICT (number) DO UPDATE SET name = excluded.name";
    conn.exec(sql, args![NOBODYS, noise()]).map(drop)
}

/// Text of that size that no database makes smaller.
fn noise() -> String {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let letter = |_| {
        // Marsaglia's xorshift.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b'0' + (state >> 32) as u8 % 64)
    };
    (0..ROOM).map(letter).collect()
}

/// Takes away what [`try_room`] wrote.
pub(crate) fn end_try(conn: &mut Conn) -> Result<()> {
    conn.exec("DELETE FROM nodes WHERE number = $1", args![NOBODYS]).map(drop)
}

/// Gives the number back.
pub fn free(conn: &mut Conn, number: i64, name: &str) -> Result<()> {
    conn.exec("DELETE FROM nodes WHERE number = $1 AND name = $2", args![number, name]).map(drop)
}
