//! The statements about inboxes.

use db::{Conn, args};

use super::Inbox;
use crate::ids::{CompanyId, InboxId, TeammateId};

pub(crate) fn all(conn: &mut Conn, company: CompanyId) -> db::Result<Vec<Inbox>> {
    conn.all(
        "SELECT id, team, owner, name, is_public, custom_fields FROM inboxes WHERE company = $1 ORDER BY id",
        args![company],
    )
}

pub(crate) fn access(conn: &mut Conn, company: CompanyId) -> db::Result<Vec<(InboxId, TeammateId)>> {
    conn.all("SELECT inbox, teammate FROM inbox_access WHERE company = $1 ORDER BY inbox, teammate", args![company])
}
