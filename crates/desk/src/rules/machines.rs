//! Whether a message was written by a machine, so that nothing answers it by itself.

use serde_json::Value;

use crate::messages::Message;

/// Whether a message says of itself, or by its sender, that no person wrote it (RFC 3834 and older habits).
pub(crate) fn wrote(message: &Message) -> bool {
    let headers = message.metadata.get("headers").and_then(Value::as_object);
    let header = |name: &str| {
        let found = headers?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        found.1.as_str().map(str::to_ascii_lowercase)
    };
    let submitted = header("auto-submitted").is_some_and(|value| value.trim() != "no");
    let precedence =
        header("precedence").is_some_and(|value| ["bulk", "junk", "list", "auto_reply"].contains(&value.trim()));
    let marked =
        ["x-autoreply", "x-autorespond", "list-id", "list-unsubscribe"].iter().any(|name| header(name).is_some());
    submitted
        || precedence
        || marked
        || message.recipients().iter().any(|from| from.role == "from" && is_machine(&from.handle))
}

fn is_machine(handle: &str) -> bool {
    let name = handle.split('@').next().unwrap_or_default().to_ascii_lowercase();
    ["mailer-daemon", "postmaster", "no-reply", "noreply", "do-not-reply", "donotreply", "bounce"]
        .contains(&name.as_str())
}
