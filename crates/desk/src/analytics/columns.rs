//! The columns that an export may have, by their names in the contract.

use serde::{Deserialize, Serialize};

use super::About;
use crate::error::{Error, Result};
use crate::work::Work;

/// A column: its name, and of what it is for those that stand for many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// One of [`ACTIVITIES`] or [`MESSAGES`].
    pub name: String,
    /// The custom field, the ticket status, the criterion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

impl Column {
    /// How it is headed: its name, and the id of what it is of.
    pub(super) fn heading(&self) -> String {
        match &self.id {
            Some(id) => format!("{}:{id}", self.name),
            None => self.name.clone(),
        }
    }
}

/// Columns that say of what they are.
const OF_SOMETHING: &[&str] = &[
    "Time spent in Ticket Status",
    "Transitions to Ticket Status",
    "Smart QA score",
    "Custom Field",
    "Updated Custom Field",
];

/// The most columns of one export.
const MOST: usize = 200;

/// Refuses columns that there are not, that lack what they are of, and that nobody asked for.
pub(super) fn check(work: &mut Work<'_>, about: About, columns: &[Column]) -> Result<()> {
    if columns.is_empty() || columns.len() > MOST {
        return Err(Error::invalid("columns", format!("expected 1 to {MOST} columns, found {}", columns.len())));
    }
    let known = match about {
        About::Messages => MESSAGES,
        About::Events => ACTIVITIES,
    };
    let directory = work.directory()?;
    for column in columns {
        let name = column.name.as_str();
        if !known.contains(&name) {
            return Err(Error::invalid("columns", format!("unknown column {name:?}")));
        }
        let unknown = |what: &str, id: &str| Error::invalid("columns", format!("{name}: unknown {what} {id:?}"));
        match (OF_SOMETHING.contains(&name), column.id.as_deref()) {
            (false, None) => {}
            // What messages are of is named by none of the contract's shapes.
            (true, None) if about == About::Messages => {}
            (false, Some(_)) => return Err(Error::invalid("columns", format!("{name}: expected no id"))),
            (true, None) => return Err(Error::invalid("columns", format!("{name}: expected an object with an id"))),
            (true, Some(id)) if name.ends_with("Ticket Status") => {
                let known = directory.statuses().any(|status| status.id.to_string() == id);
                known.then_some(()).ok_or_else(|| unknown("ticket status", id))?;
            }
            (true, Some(id)) if name.ends_with("Custom Field") => {
                let known = directory.custom_fields("conversation").any(|field| field.id.to_string() == id);
                known.then_some(()).ok_or_else(|| unknown("custom field of conversations", id))?;
            }
            (true, Some(_)) => {}
        }
    }
    Ok(())
}

/// What an export of events may have.
pub const ACTIVITIES: &[&str] = &[
    "Activity ID",
    "Type",
    "Source",
    "Message ID",
    "Segment ID",
    "Conversation ID",
    "Ticket IDs",
    "Segment",
    "Segment start",
    "Segment end",
    "Direction",
    "Status",
    "Status at activity time",
    "Inbox",
    "Inbox API ID",
    "Inbox at activity time",
    "Inbox API IDs at activity time",
    "Previous inbox IDs",
    "Message date",
    "Autoreply",
    "Reaction time",
    "Total reply time",
    "Handle time",
    "Response time",
    "Stage resolution time",
    "Replies to resolution",
    "Ticket resolution time",
    "Ticket replies to resolution",
    "Attributed to",
    "Assignee",
    "Author",
    "Contact name",
    "Contact handle",
    "Account names",
    "From",
    "To",
    "Cc",
    "Bcc",
    "Extract",
    "Tags",
    "Tag API IDs",
    "Tags at activity time",
    "Tag API IDs at activity time",
    "Tag application duration",
    "Activity API ID",
    "Message API ID",
    "Comment API ID",
    "Conversation API ID",
    "Message original ID",
    "New Conversation",
    "First response",
    "Business hours",
    "Subject",
    "Account name",
    "Survey rating",
    "Survey comment",
    "Segment closed",
    "Segment contains messages",
    "Last segment activity",
    "Added tag",
    "Added tag API ID",
    "Removed tag",
    "Removed tag API ID",
    "Segment cumulative teammates",
    "Ticket status name",
    "Ticket status category",
    "Time spent in Ticket Status",
    "Transitions to Ticket Status",
    "Smart QA score",
    "Custom Field",
    "Updated Custom Field",
];

/// What an export of messages may have.
pub const MESSAGES: &[&str] = &[
    "Message ID",
    "Segment ID",
    "Conversation ID",
    "Ticket IDs",
    "Segment",
    "Direction",
    "Status",
    "Inbox",
    "Inbox API ID",
    "Inbox at activity time",
    "Inbox API IDs at activity time",
    "Message date",
    "Autoreply",
    "Reaction time",
    "Total reply time",
    "Handle time",
    "Response time",
    "Attributed to",
    "Assignee",
    "Author",
    "Contact name",
    "Contact handle",
    "Account names",
    "From",
    "To",
    "Cc",
    "Bcc",
    "Extract",
    "Tags",
    "Tag API IDs",
    "Message API ID",
    "Conversation API ID",
    "New Conversation",
    "First response",
    "Business hours",
    "Subject",
    "Segment start",
    "Segment end",
    "Segment closed",
    "Last segment activity",
    "Segment cumulative teammates",
    "Ticket status name",
    "Ticket status category",
    "Custom Field",
];
