//! The statements about channels.

use db::{Conn, args};

use super::Channel;
use crate::ids::CompanyId;

pub(crate) fn all(conn: &mut Conn, company: CompanyId) -> db::Result<Vec<Channel>> {
    conn.all(
        "SELECT id, inbox, type, name, address, send_as, settings, webhook_url, contact_type, is_valid \
         FROM channels WHERE company = $1 ORDER BY id",
        args![company],
    )
}
