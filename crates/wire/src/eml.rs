//! Messages as e-mail, for clients that ask for `message/rfc822`.

use desk::attachments::Attachment;
use desk::messages::{Recipient, View};
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;

/// A message as the source of an e-mail. `files` gives the content of an attachment, if it is there.
///
/// Everything in it comes from the message, so the same message is always the same text but for the boundaries.
pub fn eml(host: &str, view: &View, mut files: impl FnMut(&Attachment) -> Option<Vec<u8>>) -> Vec<u8> {
    let row = &view.row;
    let role = |role: &str| {
        let people = view.recipients.iter().filter(|person| person.role == role);
        people.map(address).collect::<Vec<Address<'_>>>()
    };
    let mut mail = MessageBuilder::new()
        .message_id(format!("{}@{host}", row.uid))
        .date(row.created_at.0.div_euclid(1_000))
        .subject(row.subject.as_str())
        .text_body(row.text.as_str())
        .html_body(row.body.as_str());
    for (name, add) in [
        ("from", MessageBuilder::from as fn(_, _) -> _),
        ("to", MessageBuilder::to),
        ("cc", MessageBuilder::cc),
        ("bcc", MessageBuilder::bcc),
        ("reply-to", MessageBuilder::reply_to),
    ] {
        let people = role(name);
        if !people.is_empty() {
            mail = add(mail, Address::new_list(people));
        }
    }
    for file in &view.attachments {
        let Some(content) = files(file) else { continue };
        mail = match &file.cid {
            Some(cid) => mail.inline(file.content_type.as_str(), cid.as_str(), content),
            None => mail.attachment(file.content_type.as_str(), file.filename.as_str(), content),
        };
    }
    let mut source = Vec::new();
    mail.serialize(&mut source);
    source
}

fn address(person: &Recipient) -> Address<'_> {
    Address::new_address(person.name.as_deref(), person.handle.as_str())
}
