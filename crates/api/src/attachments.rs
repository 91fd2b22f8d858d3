//! Files: those that come with a request, and those that are fetched.

use axum::body::Body;
use axum::response::Response;
use desk::Work;
use desk::attachments::{self, Attachment, Owner, Upload};
use desk::ids::{AttachmentId, CommentId, MessageTemplateId};
use http::{HeaderValue, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use tokio::io::AsyncReadExt;

use crate::answer::internal;
use crate::call::{Call, Result};
use crate::edge::body::spool::Spooled;
use crate::edge::crypto::hex;
use crate::edge::error::Problem;
use crate::messages::show::Which;

/// The longest media type that is kept; a longer one is nobody's.
const LONGEST_TYPE: usize = 200;
/// How much of a file is read at a time.
const PIECE: usize = 64 * 1024;

/// Takes the files of a request in, durably, so that a unit may refer to them.
pub(crate) async fn uploads(call: &mut Call) -> Result<Vec<Upload>> {
    // Articles call their text `content`.
    let text = call.form.json["body"].as_str().or(call.form.json["content"].as_str());
    let body = text.unwrap_or_default().to_string();
    uploads_beside(call, body).await
}

/// The same for files that stand beside a text which is not in the request.
async fn uploads_beside(call: &mut Call, body: String) -> Result<Vec<Upload>> {
    if says_something(&call.form.json["attachments"]) {
        return Err(Problem::bad_request("Invalid body: attachments: files must be sent as multipart/form-data")
            .detail("attachments: files must be sent as multipart/form-data")
            .into());
    }
    let files = call.files();
    if files.is_empty() {
        return Ok(Vec::new());
    }
    // One that the text does not show where it stands is a file like any other.
    let blobs = call.app.blobs.clone();
    let adopted = tokio::task::spawn_blocking(move || {
        let mut uploads = Vec::with_capacity(files.len());
        for file in files {
            let digest = hex(&file.sha256);
            match &file.content {
                Spooled::File(waiting) => blobs.adopt(waiting.path(), &digest)?,
                Spooled::Memory(bytes) => blobs.keep(bytes, &digest)?,
            }
            uploads.push(Upload {
                filename: file.filename,
                content_type: media_type(&file.content_type),
                size: i64::try_from(file.size).unwrap_or(i64::MAX),
                digest,
                cid: file.content_id.filter(|id| shows(&body, id)),
            });
        }
        Ok::<_, std::io::Error>(uploads)
    });
    match adopted.await {
        Ok(Ok(uploads)) => Ok(uploads),
        Ok(Err(error)) => Err(internal(&format!("taking a file in: {error}")).into()),
        Err(error) => Err(internal(&format!("taking a file in: {error}")).into()),
    }
}

/// The files of a request that take the place of others beside a text; `None` if it says nothing of files. No file at all is
/// said by an empty list, or by a field of a form without anything in it.
pub(crate) async fn other_uploads(call: &mut Call, body: String) -> Result<Option<Vec<Upload>>> {
    let empties = matches!(call.form.json.get("attachments"), Some(Value::Array(_) | Value::String(_)));
    let uploads = uploads_beside(call, body).await?;
    Ok((empties || !uploads.is_empty()).then_some(uploads))
}

/// Whether an HTML body shows the file of this id where it refers to it: `src="cid:…"`.
fn shows(body: &str, id: &str) -> bool {
    let ends = |rest: &str| rest.starts_with(['"', '\'', ' ', '>', ')', '&']);
    body.match_indices(&format!("cid:{id}")).any(|(at, found)| ends(&body[at + found.len()..]))
}

/// Whether there is anything in a value. Files come beside a form's fields, so one that came among them would be lost.
fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => items.iter().any(says_something),
        Value::Object(entries) => !entries.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

/// What a client says a file is, as far as it can be said again in a header.
fn media_type(stated: &str) -> String {
    match !stated.is_empty() && stated.len() <= LONGEST_TYPE && HeaderValue::from_str(stated).is_ok() {
        true => stated.to_string(),
        false => "application/octet-stream".to_string(),
    }
}

/// `GET /download/{attachment_link_id}`
pub async fn download(call: Call) -> Result<Response> {
    let id: AttachmentId = call.id(0)?;
    let file = call.app.desk.read(&call.caller, move |work| attachments::get(work, id)).await?;
    stream(&call, &file).await
}

/// `GET /messages/{message_id}/download/{attachment_link_id}`
pub async fn of_message(call: Call) -> Result<Response> {
    let which = Which::of(&call)?;
    let found = move |work: &mut Work<'_>| Ok(which.find(work)?.id);
    let message = call.app.desk.read(&call.caller, found).await?;
    below(call, Owner::Message(message)).await
}

/// `GET /comments/{comment_id}/download/{attachment_link_id}`
pub async fn of_comment(call: Call) -> Result<Response> {
    let comment: CommentId = call.id(0)?;
    below(call, Owner::Comment(comment)).await
}

/// `GET /message_templates/{message_template_id}/download/{attachment_link_id}`
pub async fn of_template(call: Call) -> Result<Response> {
    let template: MessageTemplateId = call.id(0)?;
    below(call, Owner::Template(template)).await
}

/// A file below what it hangs on: the path's second variable part.
pub(crate) async fn below(call: Call, owner: Owner) -> Result<Response> {
    let id: AttachmentId = call.id(1)?;
    let file = call.app.desk.read(&call.caller, move |work| attachments::get_of(work, owner, id)).await?;
    stream(&call, &file).await
}

/// A file's content, piece by piece. It is always offered as a file to be saved: whatever somebody sends us must not
/// become a page of ours.
async fn stream(call: &Call, row: &Attachment) -> Result<Response> {
    let (blobs, digest) = (call.app.blobs.clone(), row.digest.clone());
    let opened = tokio::task::spawn_blocking(move || blobs.read(&digest));
    let file = match opened.await {
        Ok(Ok(file)) => tokio::fs::File::from_std(file),
        Ok(Err(error)) => return Err(internal(&format!("the content of {}: {error}", row.id)).into()),
        Err(error) => return Err(internal(&format!("the content of {}: {error}", row.id)).into()),
    };
    let pieces = futures_util::stream::try_unfold(file, |mut file| async move {
        let mut piece = Vec::with_capacity(PIECE);
        let read = (&mut file).take(PIECE as u64).read_to_end(&mut piece).await?;
        Ok::<_, std::io::Error>((read > 0).then(|| (bytes::Bytes::from(piece), file)))
    });
    let mut response = Response::new(Body::from_stream(pieces));
    let headers = response.headers_mut();
    let content_type = HeaderValue::from_str(&row.content_type);
    let unknown = HeaderValue::from_static("application/octet-stream");
    headers.insert(header::CONTENT_TYPE, content_type.unwrap_or(unknown));
    headers.insert(header::CONTENT_LENGTH, row.size.into());
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=31536000, immutable"));
    if let Ok(value) = HeaderValue::from_str(&disposition(&row.filename)) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

/// What may stand unescaped in an extended parameter (RFC 5987).
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The name twice: plainly for old clients, and whole for all others.
pub(crate) fn disposition(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') || c == ' ' { c } else { '_' })
        .collect();
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{}", utf8_percent_encode(name, NAME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_survives_in_its_header() {
        assert_eq!(disposition("a.txt"), "attachment; filename=\"a.txt\"; filename*=UTF-8''a.txt");
        assert_eq!(
            disposition("na\u{ef}\"\r\n.txt"),
            "attachment; filename=\"na____.txt\"; filename*=UTF-8''na%C3%AF%22%0D%0A.txt"
        );
    }

    #[test]
    fn a_media_type_that_is_no_header_is_nobodys() {
        assert_eq!(media_type("image/png"), "image/png");
        assert_eq!(media_type("a\r\nb"), "application/octet-stream");
        assert_eq!(media_type(""), "application/octet-stream");
    }
}
