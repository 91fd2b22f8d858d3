//! What requests that write to somebody have in common.

use desk::attachments::Upload;
use desk::channels::Which;
use desk::ids::{SignatureId, TagId};
use desk::messages::{Addressees, Content, Letter, Options, Signing};
use desk::teammates::Who;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::answer::Refusal;
use crate::edge::given::given;

/// A message, reply or draft as it is written.
// One list of fields, as a form's texts and an error's path only get through to fields that stand side by side. All but
// the body may be absent; who needs one says so.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "WriteMessage")]
pub(crate) struct Written {
    /// To whom.
    #[serde(default)]
    pub(crate) to: Option<Vec<String>>,
    /// Who gets a copy.
    #[serde(default)]
    pub(crate) cc: Option<Vec<String>>,
    /// Who gets a copy unseen.
    #[serde(default)]
    pub(crate) bcc: Option<Vec<String>>,
    /// The name it is sent under.
    #[serde(default)]
    pub(crate) sender_name: Option<String>,
    /// What it is about.
    #[serde(default)]
    pub(crate) subject: Option<String>,
    /// The teammate who writes it, by id or alias.
    #[serde(default)]
    pub(crate) author_id: Option<String>,
    /// What it says: HTML if there is a tag or an entity in it, plain text otherwise.
    pub(crate) body: String,
    /// The same as plain text, for channels that send that.
    #[serde(default)]
    pub(crate) text: Option<String>,
    /// What it answers, to be quoted below; HTML or plain text like the body.
    #[serde(default)]
    pub(crate) quote_body: Option<String>,
    /// The signature below it, which e-mails have; null for none.
    #[serde(default, deserialize_with = "given")]
    pub(crate) signature_id: Option<Option<SignatureId>>,
    /// Whether the author's default signature is below it, or else the workspace's, where `signature_id` says nothing.
    #[serde(default)]
    pub(crate) should_add_default_signature: Option<bool>,
    /// The channel it leaves by, by id or alias.
    #[serde(default)]
    pub(crate) channel_id: Option<String>,
    #[serde(default)]
    pub(crate) options: Option<Wishes>,
    #[serde(default)]
    pub(crate) mode: Option<Visible>,
    /// Of a draft: the version that is rewritten.
    #[serde(default)]
    pub(crate) version: Option<String>,
}

/// Who sees a draft.
#[derive(Deserialize, JsonSchema, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(crate) enum Visible {
    Private,
    Shared,
}

impl Written {
    /// What it says, with its files.
    pub(crate) fn letter(&self, uploads: Vec<Upload>) -> Letter {
        let signature = match (self.signature_id, self.should_add_default_signature) {
            (Some(Some(id)), _) => Signing::With(id),
            (Some(None), _) => Signing::Nothing,
            (None, Some(true)) => Signing::Default,
            (None, _) => Signing::Unsaid,
        };
        Letter {
            to: Addressees {
                to: self.to.clone().unwrap_or_default(),
                cc: self.cc.clone().unwrap_or_default(),
                bcc: self.bcc.clone().unwrap_or_default(),
            },
            sender_name: self.sender_name.clone(),
            subject: self.subject.clone(),
            content: Content::outgoing(&self.body).with_text(self.text.as_deref()),
            quote: self.quote_body.as_deref().map(Content::outgoing),
            signature,
            uploads,
        }
    }

    /// On whose behalf it is written.
    pub(crate) fn author(&self) -> Result<Option<Who>, Refusal> {
        who(self.author_id.as_deref())
    }

    /// The channel that is named; an empty text is none.
    pub(crate) fn channel(&self) -> Result<Option<Which>, Refusal> {
        Ok(self.channel_id.as_deref().filter(|id| !id.is_empty()).map(str::parse).transpose()?)
    }

    /// What happens to the conversation; it is archived unless the client says otherwise.
    pub(crate) fn options(&self) -> Options {
        let wishes = self.options.as_ref();
        Options {
            tags: wishes.and_then(|wishes| wishes.tag_ids.clone()).unwrap_or_default(),
            tag_names: wishes.and_then(|wishes| wishes.tags.clone()).unwrap_or_default(),
            archive: wishes.and_then(|wishes| wishes.archive).unwrap_or(true),
            is_auto_reply: false,
            is_forward: false,
        }
    }
}

/// A teammate by id or alias; an empty text is none.
pub(crate) fn who(given: Option<&str>) -> Result<Option<Who>, Refusal> {
    Ok(given.filter(|text| !text.is_empty()).map(str::parse).transpose()?)
}

/// What happens to the conversation.
#[derive(Deserialize, JsonSchema)]
#[schemars(inline)]
pub(crate) struct Wishes {
    /// Tags that it gets.
    #[serde(default)]
    tag_ids: Option<Vec<TagId>>,
    /// Names of tags that it gets, as old clients say it.
    #[serde(default)]
    tags: Option<Vec<String>>,
    /// Whether it is archived; yes, if left out.
    #[serde(default)]
    archive: Option<bool>,
}
