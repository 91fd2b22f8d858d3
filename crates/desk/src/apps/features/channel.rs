//! A kind of channel that a partner carries (contract/channels.md section 2).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Held;
use super::address::Target;
use crate::attachments::Upload;
use crate::error::{Error, Result};
use crate::names;

/// How messages of such channels are written, and where they go.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(deny_unknown_fields)]
pub struct ChannelType {
    /// What it is called where channels are added.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// The app's server that a path belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// Where a new channel is announced: a whole address, or a path that begins with a slash.
    pub url: String,
    /// What its correspondents are known by.
    #[serde(default)]
    pub contact_type: ContactType,
    /// Whether teammates may begin a conversation.
    #[serde(default = "yes")]
    pub can_compose: bool,
    /// Whether they may reply.
    #[serde(default = "yes")]
    pub can_reply: bool,
    /// Whether messages carry files.
    #[serde(default = "yes")]
    pub has_attachments: bool,
    /// Media types of the files, such as `image/png` or `image/*`; empty means any.
    #[serde(default)]
    pub attachment_types: Vec<String>,
    /// How messages are written.
    #[serde(default)]
    pub composer: Composer,
    /// Whether the partner keeps message templates.
    #[serde(default)]
    pub has_templates: bool,
    /// How many channels an authorisation serves.
    #[serde(default)]
    pub credentials: Credentials,
    /// Whether the partner knows a message again by its id, so that one without an answer may be sent again by itself.
    #[serde(default)]
    pub is_idempotent: bool,
}

/// What correspondents are known by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(rename_all = "snake_case")]
pub enum ContactType {
    /// Whatever the partner says.
    #[default]
    Custom,
    /// E-mail addresses.
    Email,
    /// Phone numbers.
    Phone,
}

impl ContactType {
    /// The name outside.
    pub fn as_str(self) -> &'static str {
        match self {
            ContactType::Custom => "custom",
            ContactType::Email => "email",
            ContactType::Phone => "phone",
        }
    }
}

/// How messages are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(rename_all = "snake_case")]
pub enum Composer {
    /// Plain text.
    #[default]
    Basic,
    /// With formats.
    Advanced,
}

/// How many channels an authorisation serves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(rename_all = "snake_case")]
pub enum Credentials {
    /// Each its own.
    #[default]
    Private,
    /// Many addresses by one.
    Shared,
}

fn yes() -> bool {
    true
}

impl ChannelType {
    pub(super) fn check(&self, beside: &[Held]) -> Result<()> {
        names::checked("name", &self.name, 128)?;
        self.target().resolve(beside).map(drop)
    }

    /// Refuses files that messages of such channels do not carry.
    pub(crate) fn check_files(&self, files: &[Upload]) -> Result<()> {
        let name = &self.name;
        if !self.has_attachments && !files.is_empty() {
            return Err(Error::invalid("attachments", format!("messages on {name} carry no files")));
        }
        match files.iter().find(|file| !self.takes(&file.content_type)) {
            None => Ok(()),
            Some(Upload { filename, content_type, .. }) => {
                let known = self.attachment_types.join(", ");
                let why = format!("messages on {name} carry {known}, but {filename:?} is of type {content_type}");
                Err(Error::invalid("attachments", why))
            }
        }
    }

    /// Whether files of a media type may go along. `image/*` stands for every kind of image, and parameters say nothing.
    fn takes(&self, content_type: &str) -> bool {
        let given = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let matches = |known: &String| match known.trim().to_ascii_lowercase() {
            known if known == "*/*" => true,
            known => match known.strip_suffix('*') {
                Some(family) if family.ends_with('/') => given.starts_with(family),
                _ => given == known,
            },
        };
        self.attachment_types.is_empty() || self.attachment_types.iter().any(matches)
    }

    /// Where a new channel is announced.
    pub fn target(&self) -> Target {
        Target { server: self.server.clone(), url: self.url.clone() }
    }
}
