//! People inside the company, and the bots that act for tokens, rules and apps.

use serde_json::{Value, json};

use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::events::{self, Kind};
use crate::ids::TeammateId;
use crate::work::Work;

pub(crate) mod store;
#[cfg(test)]
mod tests;
mod update;

pub use update::{Change, checked_username, update};

db::record! {
    /// A teammate as stored.
    #[derive(Debug, Clone)]
    pub struct Teammate {
        pub id: TeammateId,
        pub r#type: String,
        pub email: String,
        pub username: String,
        pub first_name: String,
        pub last_name: String,
        pub is_admin: bool,
        pub is_available: bool,
        pub is_blocked: bool,
        pub bot_source: Option<String>,
        pub exposes_private: bool,
        pub custom_fields: Value,
    }
}

impl Teammate {
    /// First and last name, as people read it.
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_string()
    }

    /// Whether this is a person, as opposed to a bot or a visitor.
    pub fn is_person(&self) -> bool {
        self.r#type == "user"
    }
}

/// Who a teammate id or alias in a request stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// `tea_…`
    Id(TeammateId),
    /// `alt:email:…` or a bare address.
    Email(String),
}

impl std::str::FromStr for Who {
    type Err = Error;
    fn from_str(text: &str) -> Result<Who> {
        if let Some(email) = text.strip_prefix("alt:email:") {
            return Ok(Who::Email(email.to_lowercase()));
        }
        if text.contains('@') && !text.starts_with("alt:") {
            return Ok(Who::Email(text.to_lowercase()));
        }
        text.parse().map(Who::Id).map_err(|_| Error::NotFound("teammate"))
    }
}

/// The teammate that an id or alias stands for.
pub fn resolve(work: &mut Work<'_>, who: &Who) -> Result<TeammateId> {
    let directory = work.directory()?;
    let found = match who {
        Who::Id(id) => directory.teammate(*id),
        Who::Email(email) => directory.teammates().find(|teammate| teammate.email == *email),
    };
    found.map(|teammate| teammate.id).ok_or(Error::NotFound("teammate"))
}

/// A teammate or bot that the caller may see: with the company's things all of them, else those of its workspaces, and bots.
pub fn get(work: &mut Work<'_>, id: TeammateId) -> Result<Teammate> {
    let directory = work.directory()?;
    let found = directory.teammate(id).filter(|row| sees(work, &directory, row));
    found.cloned().ok_or(Error::NotFound("teammate"))
}

/// The people that the caller may see, the oldest first. Bots are no part of lists, though everybody may look one up.
pub fn list(work: &mut Work<'_>) -> Result<Vec<Teammate>> {
    let directory = work.directory()?;
    let seen = |row: &&Teammate| row.is_person() && sees(work, &directory, row);
    Ok(directory.teammates().filter(seen).cloned().collect())
}

/// Those of several teammates whom the caller may see, in the same order.
pub(crate) fn among(work: &mut Work<'_>, ids: &[TeammateId]) -> Result<Vec<Teammate>> {
    let directory = work.directory()?;
    let rows = ids.iter().filter_map(|id| directory.teammate(*id));
    Ok(rows.filter(|row| sees(work, &directory, row)).cloned().collect())
}

fn sees(work: &Work<'_>, directory: &Directory, row: &Teammate) -> bool {
    let colleague =
        || directory.memberships().any(|member| member.teammate == row.id && work.access.sees_team(member.team));
    work.access.global || !row.is_person() || colleague()
}

/// A new person or bot.
#[derive(Debug, Clone)]
pub struct New {
    /// `user`, `api`, `rule` … (the `type` of the public API).
    pub r#type: &'static str,
    /// Unique in the company.
    pub email: String,
    /// Unique in the company, without the `@`.
    pub username: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Whether they may configure the company.
    pub is_admin: bool,
    /// For bots: the public id of what they act for.
    pub bot_source: Option<String>,
}

/// Adds a teammate.
pub fn create(work: &mut Work<'_>, new: &New) -> Result<TeammateId> {
    let id = TeammateId(work.new_id());
    store::insert(work.conn, work.company, id, new, work.now).map_err(|error| {
        if error.is_duplicate() {
            return Error::Conflict(format!(
                "a teammate with the e-mail {} or the username {} exists",
                new.email, new.username
            ));
        }
        error.into()
    })?;
    work.directory_changed()?;
    Ok(id)
}

/// Refuses somebody who is kept out as the author of something new. What was written before keeps its author.
pub(crate) fn may_write(work: &mut Work<'_>, author: TeammateId) -> Result<()> {
    let directory = work.directory()?;
    match directory.teammate(author).is_some_and(|row| row.is_blocked) {
        true => Err(Error::invalid("author_id", format!("{author} is blocked"))),
        false => Ok(()),
    }
}

/// Refuses ids that are no people of this company.
pub(crate) fn people(work: &mut Work<'_>, ids: &[TeammateId]) -> Result<()> {
    let directory = work.directory()?;
    let unknown = ids.iter().find(|id| !directory.teammate(**id).is_some_and(Teammate::is_person));
    match unknown {
        Some(id) => Err(Error::invalid("teammate_ids", format!("unknown teammate {id}"))),
        None => Ok(()),
    }
}

/// Says whether the API may see what belongs to a teammate alone. Nothing happens if that was so.
pub fn expose_private(work: &mut Work<'_>, id: TeammateId, exposes: bool) -> Result<()> {
    let directory = work.directory()?;
    let teammate = directory.teammate(id).ok_or(Error::NotFound("teammate"))?;
    if teammate.exposes_private == exposes {
        return Ok(());
    }
    store::set_exposes_private(work.conn, work.company, id, exposes)?;
    work.directory_changed()?;
    events::record_setting(work, Kind::Setting, json!({"teammate": id, "exposes_private": [!exposes, exposes]}))?;
    Ok(())
}
