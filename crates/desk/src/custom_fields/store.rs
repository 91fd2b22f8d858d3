//! The statements about custom field definitions.

use db::{Conn, args};

use super::CustomField;
use crate::ids::CompanyId;

pub(crate) fn all(conn: &mut Conn, company: CompanyId) -> db::Result<Vec<CustomField>> {
    conn.all(
        "SELECT id, owner_kind, name, description, type, choices FROM custom_fields WHERE company = $1 ORDER BY id",
        args![company],
    )
}
