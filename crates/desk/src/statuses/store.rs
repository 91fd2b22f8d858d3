//! The statements about ticket statuses.

use db::{Conn, args};

use super::Status;
use crate::ids::CompanyId;

pub(crate) fn all(conn: &mut Conn, company: CompanyId) -> db::Result<Vec<Status>> {
    conn.all(
        "SELECT id, name, category, description, is_default, created_at, updated_at FROM statuses \
         WHERE company = $1 ORDER BY id",
        args![company],
    )
}
