//! The scopes there are: nouns and what may be done with them (contract/fundamentals.md, section 2).

use crate::error::{Error, Result};

/// Those of Front's public API, also of operations that are not served here: whoever asks for them was written for Front.
const PUBLIC: &[(&str, &[&str])] = &[
    ("accounts", &["read", "write", "delete"]),
    ("analytics", &["read"]),
    ("attachments", &["read"]),
    ("channels", &["read", "write"]),
    ("comments", &["read", "write"]),
    ("contacts", &["read", "write", "delete"]),
    ("conversations", &["read", "write", "delete"]),
    ("custom_fields", &["read"]),
    ("drafts", &["read", "write", "delete"]),
    ("events:*", &["read"]),
    ("inboxes", &["read", "write"]),
    ("knowledge_bases", &["read", "write", "delete"]),
    ("links", &["read", "write"]),
    ("message_templates", &["read", "write", "delete"]),
    ("messages", &["read", "write", "send"]),
    ("rules", &["read"]),
    ("shifts", &["read", "write"]),
    ("signatures", &["read", "write", "delete"]),
    ("statuses", &["read"]),
    ("tags", &["read", "write", "delete"]),
    ("teammate_groups", &["read", "write", "delete"]),
    ("teammates", &["read", "write"]),
    ("teams", &["read", "write"]),
    ("time_off", &["read", "write", "delete"]),
    ("views", &["read", "write"]),
];
/// Those that people give to tokens, and never to an OAuth client.
const OWN: &[(&str, &[&str])] = &[("feature", &["app_trigger"]), ("portico", &["read", "write"])];

/// Refuses scopes that no operation could ask for; `*` stands for all.
pub fn check(scopes: &[String]) -> Result<()> {
    match scopes.iter().find(|scope| *scope != "*" && !is_in(PUBLIC, scope) && !is_in(OWN, scope)) {
        Some(unknown) => Err(Error::invalid("scopes", format!("there is no scope {unknown:?}"))),
        None => Ok(()),
    }
}

/// Whether only people give it away: triggers and the admin API.
pub(crate) fn is_own(scope: &str) -> bool {
    OWN.iter().any(|(noun, _)| scope.split_once(':').is_some_and(|(of, _)| of == *noun))
}

fn is_in(scopes: &[(&str, &[&str])], scope: &str) -> bool {
    let Some((noun, verb)) = scope.rsplit_once(':') else { return false };
    scopes.iter().any(|(known, verbs)| *known == noun && verbs.contains(&verb))
}
