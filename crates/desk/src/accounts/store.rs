//! The statements about accounts and their domains. Which contacts belong to one stands with the contacts.

use db::{Conn, args, list};

use super::Account;
use crate::ids::{AccountId, CompanyId};

/// The columns of an account, in the order of the record.
pub(super) const COLUMNS: &str = "id, name, description, external_id, custom_fields, created_at, updated_at";

pub(super) fn get(conn: &mut Conn, company: CompanyId, id: AccountId) -> db::Result<Option<Account>> {
    conn.opt(&format!("SELECT {COLUMNS} FROM accounts WHERE company = $1 AND id = $2"), args![company, id])
}

pub(super) fn of_domain(conn: &mut Conn, company: CompanyId, domain: &str) -> db::Result<Option<AccountId>> {
    let row: Option<(AccountId,)> =
        conn.opt("SELECT account FROM account_domains WHERE company = $1 AND domain = $2", args![company, domain])?;
    Ok(row.map(|(account,)| account))
}

pub(super) fn of_external_id(conn: &mut Conn, company: CompanyId, id: &str) -> db::Result<Option<AccountId>> {
    let row: Option<(AccountId,)> =
        conn.opt("SELECT id FROM accounts WHERE company = $1 AND external_id = $2", args![company, id])?;
    Ok(row.map(|(account,)| account))
}

/// Adds an account. An external id that another one has is a duplicate.
pub(super) fn insert(conn: &mut Conn, company: CompanyId, account: &Account) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO accounts (company, id, name, description, external_id, custom_fields, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![
            company,
            account.id,
            account.name,
            account.description,
            account.external_id,
            account.custom_fields,
            account.created_at,
            account.updated_at
        ],
    )
}

pub(super) fn update(conn: &mut Conn, company: CompanyId, account: &Account) -> db::Result<u64> {
    conn.exec(
        "UPDATE accounts SET name = $3, description = $4, custom_fields = $5, updated_at = $6 \
         WHERE company = $1 AND id = $2",
        args![company, account.id, account.name, account.description, account.custom_fields, account.updated_at],
    )
}

/// What several accounts are called.
pub(super) fn names(conn: &mut Conn, company: CompanyId, ids: &[AccountId]) -> db::Result<Vec<(AccountId, String)>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let among = conn.among(2);
    let sql = format!("SELECT id, name FROM accounts WHERE company = $1 AND id IN {among} ORDER BY id");
    conn.all(&sql, args![company, list(ids.iter().map(|id| id.0))])
}

/// Writes the row as it is.
pub(super) fn touch(conn: &mut Conn, company: CompanyId, id: AccountId) -> db::Result<u64> {
    conn.exec("UPDATE accounts SET updated_at = updated_at WHERE company = $1 AND id = $2", args![company, id])
}

pub(super) fn delete(conn: &mut Conn, company: CompanyId, id: AccountId) -> db::Result<u64> {
    conn.exec("DELETE FROM accounts WHERE company = $1 AND id = $2", args![company, id])
}

/// Gives a domain to an account. One that an account has already is a duplicate.
pub(super) fn insert_domain(
    conn: &mut Conn,
    company: CompanyId,
    (account, domain, position): (AccountId, &str, i64),
) -> db::Result<u64> {
    conn.exec(
        "INSERT INTO account_domains (company, domain, account, position) VALUES ($1, $2, $3, $4)",
        args![company, domain, account, position],
    )
}

pub(super) fn delete_domains(conn: &mut Conn, company: CompanyId, account: AccountId) -> db::Result<u64> {
    conn.exec("DELETE FROM account_domains WHERE company = $1 AND account = $2", args![company, account])
}

/// The domains of several accounts, in order.
pub(super) fn domains_of(
    conn: &mut Conn,
    company: CompanyId,
    ids: &[AccountId],
) -> db::Result<Vec<(AccountId, String)>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let among = conn.among(2);
    let sql = format!(
        "SELECT account, domain FROM account_domains WHERE company = $1 AND account IN {among} \
         ORDER BY account, position"
    );
    conn.all(&sql, args![company, list(ids.iter().map(|id| id.0))])
}
