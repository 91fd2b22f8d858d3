//! What SQLite's planner is told about the indexes, because it cannot know: every key starts with the company, and the
//! company selects next to nothing.
//!
//! Without figures SQLite takes the first column of an index for the most selective one, and then a walk over all of a
//! company's rows in the order of the key looks cheaper than the index that was made for the statement. Figures measured
//! in a living store would be better in one place and make plans change from day to day; these make them stable.

use crate::conn::Conn;
use crate::error::Result;

/// As many rows as a table is thought to have.
const ROWS: u64 = 1_000_000;
/// Columns with few different values: each leaves an eighth of the rows.
const COARSE: [&str; 11] =
    ["channel", "inbox", "kind", "owner_kind", "role", "shelf", "source", "space", "subscriber", "topic", "type"];
/// Rows with the same value in any other column.
const ALIKE: u64 = 10;

crate::record! {
    struct Index { of: String, name: String, is_key: bool, is_unique: bool }
}

crate::record! {
    struct Column { name: Option<String> }
}

/// Writes down what to think of each index that starts with the company. On SQLite only.
pub(crate) fn tell(conn: &mut Conn) -> Result<()> {
    // The planner's own table comes into being with the first analysis, for which any small table will do.
    conn.batch("ANALYZE migrations; DELETE FROM sqlite_stat1; DELETE FROM sqlite_stat4")?;
    let indexes: Vec<Index> = conn.all(
        "SELECT t.name, i.name, i.origin = 'pk', i.\"unique\" FROM sqlite_master t, pragma_index_list(t.name) i \
         WHERE t.type = 'table' ORDER BY t.name, i.name",
        &[],
    )?;
    for index in indexes {
        let columns: Vec<Column> =
            conn.all("SELECT name FROM pragma_index_info($1) ORDER BY seqno", crate::args![index.name])?;
        let columns: Vec<&str> = columns.iter().map(|column| column.name.as_deref().unwrap_or_default()).collect();
        if columns.first() == Some(&"company") {
            let sql = "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ($1, $2, $3)";
            // The planner knows a primary key by its table's name.
            let name = if index.is_key { &index.of } else { &index.name };
            conn.exec(sql, crate::args![index.of, name, figures(&columns, index.is_unique)])?;
        }
    }
    conn.batch("ANALYZE sqlite_master")
}

/// How many rows there are, and how many are alike in the first column, the first two, and so on.
fn figures(columns: &[&str], is_unique: bool) -> String {
    let mut alike = ROWS;
    let mut figures = vec![ROWS.to_string(), ROWS.to_string()];
    for (place, column) in columns.iter().enumerate().skip(1) {
        alike = match COARSE.contains(column) {
            true => (alike / 8).max(ALIKE),
            false => alike.min(ALIKE).saturating_sub(1).max(2),
        };
        if is_unique && place + 1 == columns.len() {
            alike = 1;
        }
        figures.push(alike.to_string());
    }
    figures.join(" ")
}

#[cfg(test)]
mod tests {
    use super::figures;

    #[test]
    fn the_company_selects_nothing_and_a_whole_key_one_row() {
        assert_eq!(figures(&["company", "id"], true), "1000000 1000000 1");
        assert_eq!(figures(&["company"], true), "1000000 1000000");
        assert_eq!(figures(&["company", "conversation", "id"], false), "1000000 1000000 9 8");
        assert_eq!(figures(&["company", "shelf", "bumped_at", "id"], false), "1000000 1000000 125000 9 8");
    }
}
