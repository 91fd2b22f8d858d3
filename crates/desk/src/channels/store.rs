//! The statements about channels.

use db::{Conn, args};

use super::Channel;
use crate::ids::{ChannelId, CompanyId};

pub(crate) fn all(conn: &mut Conn, company: CompanyId) -> db::Result<Vec<Channel>> {
    conn.all(
        "SELECT id, inbox, type, name, address, send_as, settings, webhook_url, contact_type, is_valid \
         FROM channels WHERE company = $1 ORDER BY id",
        args![company],
    )
}

pub(super) fn set_valid(conn: &mut Conn, company: CompanyId, id: ChannelId, is_valid: bool) -> db::Result<u64> {
    conn.exec("UPDATE channels SET is_valid = $3 WHERE company = $1 AND id = $2", args![company, id, is_valid])
}
