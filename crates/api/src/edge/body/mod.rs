//! One way to read a request's body, whatever it is written in.

mod coerce;
mod json;
pub mod multipart;
pub mod part;
pub mod rest;
pub mod spool;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::io;
use std::sync::Arc;

use axum::body::BodyDataStream;
use bytes::Bytes;
use futures_util::StreamExt;
use http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use self::coerce::{Dialect, Loose};
use self::multipart::{Event, Reader};
use self::part::Part;
use self::spool::{Counted, Spool, Spooled};
use super::error::Problem;
use super::fields::{self, Fields, shorten};
use super::nul;

/// The largest request that the contract promises to take.
pub const MAX_BODY: u64 = 25 * 1024 * 1024;
/// More files than this in one request are refused.
const MAX_FILES: usize = 200;
/// A form has no more empty numbers and truths than this; each costs another look at the form.
const MOST_EMPTY: usize = 32;
/// A file goes to disk in pieces of this size, each on a thread that may block.
const PIECE: usize = 256 * 1024;

/// How bodies are read.
#[derive(Clone)]
pub struct Reading {
    /// The largest body in bytes, files included.
    pub limit: u64,
    /// Where the files go.
    pub spool: Arc<dyn Spool>,
}

/// A body, not yet given a type.
#[derive(Debug)]
pub struct Form {
    /// What was said: the JSON itself, or the tree of a form with texts as leaves. `Null` if there was no body.
    pub json: Value,
    /// The files, in the order of their arrival.
    pub files: Vec<UploadedFile>,
    dialect: Dialect,
}

/// A file that came with a request. Dropped, it is deleted.
#[derive(Debug)]
pub struct UploadedFile {
    /// The field it came in, without list brackets: `attachments` or `avatar`.
    pub field: String,
    /// Its name, decoded, without folders, never empty.
    pub filename: String,
    /// The type that the client states; not to be trusted.
    pub content_type: String,
    /// By what an HTML body refers to it, as `cid:` and this.
    pub content_id: Option<String>,
    /// Its length in bytes.
    pub size: u64,
    /// The SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// The bytes themselves.
    pub content: Spooled,
}

impl Form {
    /// A body of plain JSON.
    pub fn json(value: Value) -> Form {
        Form { json: value, files: Vec::new(), dialect: Dialect::Json }
    }

    fn fields(tree: Fields, files: Vec<UploadedFile>) -> Form {
        Form { json: tree.into_value(), files, dialect: Dialect::Form }
    }

    /// Gives the body its type; a form's texts become what the type asks for. No body reads as an empty object.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let nothing = Value::Object(serde_json::Map::new());
        let mut body = Cow::Borrowed(if self.json.is_null() { &nothing } else { &self.json });
        let mut looks = 0;
        loop {
            let mut track = serde_path_to_error::Track::new();
            let loose = Loose { value: Value::clone(&body), dialect: self.dialect };
            let error = match T::deserialize(serde_path_to_error::Deserializer::new(loose, &mut track)) {
                Ok(read) => return Ok(read),
                Err(error) => error.to_string(),
            };
            let path = track.path();
            let empty = if error == coerce::EMPTY && looks < MOST_EMPTY { at(body.to_mut(), &path) } else { None };
            let Some(empty) = empty else { return Err(misread(&path.to_string(), &error)) };
            *empty = Value::Null;
            looks += 1;
        }
    }

    /// Whether it knows fewer types than JSON.
    pub fn is_of_texts(&self) -> bool {
        self.dialect == Dialect::Form
    }

    /// A value out of this body, given a type that only became known later; `None` if it does not say such a thing.
    pub fn give_type<T: DeserializeOwned>(&self, value: &Value) -> Option<T> {
        T::deserialize(Loose { value: value.clone(), dialect: self.dialect }).ok()
    }
}

/// The value at a path; none where the path leads through JSON that is the text of a field.
fn at<'a>(body: &'a mut Value, path: &Path) -> Option<&'a mut Value> {
    path.iter().try_fold(body, |value, segment| match segment {
        Segment::Map { key } => value.get_mut(key),
        Segment::Seq { index } => value.get_mut(index),
        Segment::Enum { .. } | Segment::Unknown => None,
    })
}

/// The refusal of a body that is not what the operation asks for; its detail begins with the path of the culprit.
fn misread(path: &str, message: &str) -> Problem {
    let missing = message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`'));
    let (path, why) = match missing {
        Some(field) if path == "." => (field.to_owned(), "missing field".to_owned()),
        Some(field) => (format!("{path}.{field}"), "missing field".to_owned()),
        None => (path.to_owned(), without_type_name(message)),
    };
    let line = if path == "." { why } else { format!("{path}: {why}") };
    Problem::bad_request(format!("Invalid body: {line}")).detail(line)
}

/// serde names the Rust type that it wanted, which means nothing outside.
fn without_type_name(message: &str) -> String {
    match message.find("expected struct ") {
        Some(at) => format!("{}expected an object", &message[..at]),
        None => message.to_owned(),
    }
}

/// Reads a whole body: JSON, a form, or multipart with files. Anything that is neither kind of form is taken for JSON,
/// since half of all clients state no type or the wrong one. What it refuses it need not have read to the end.
pub async fn read(headers: &HeaderMap, body: &mut BodyDataStream, reading: &Reading) -> Result<Form, Problem> {
    refuse_compressed(headers)?;
    let mut source = Source::new(headers, body, reading.limit)?;
    let content_type = header_text(headers, header::CONTENT_TYPE);
    let media_type = part::media_type(content_type);
    if media_type.starts_with("multipart/") {
        let boundary = part::boundary(content_type)
            .ok_or_else(|| Problem::bad_request("Invalid body: the multipart content type names no boundary"))?;
        let form = read_multipart(&mut source, &boundary, &reading.spool).await?;
        return nul::refuse(&form.json).map(|()| form);
    }
    let bytes = source.all().await?;
    let form = match media_type.as_str() {
        "application/x-www-form-urlencoded" => read_urlencoded(&bytes)?,
        _ => Form::json(read_json(&bytes)?),
    };
    nul::refuse(&form.json).map(|()| form)
}

fn refuse_compressed(headers: &HeaderMap) -> Result<(), Problem> {
    match header_text(headers, header::CONTENT_ENCODING) {
        "" | "identity" => Ok(()),
        other => {
            let message = format!("the content encoding '{}' is not supported", shorten(other));
            Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message))
        }
    }
}

fn header_text(headers: &HeaderMap, name: header::HeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().trim()
}

fn read_json(bytes: &[u8]) -> Result<Value, Problem> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if text.trim_ascii().is_empty() {
        return Ok(Value::Null);
    }
    json::read(text).map_err(|error| Problem::bad_request(format!("Invalid JSON: {error}")))
}

fn read_urlencoded(bytes: &[u8]) -> Result<Form, Problem> {
    // Some command-line clients state this type for any text they are given.
    if bytes.trim_ascii_start().starts_with(b"{")
        && let Ok(value) = read_json(bytes)
    {
        return Ok(Form::json(value));
    }
    if bytes.trim_ascii().is_empty() {
        return Ok(Form::json(Value::Null));
    }
    let mut tree = Fields::new();
    for (name, value) in fields::pairs(bytes) {
        let name = utf8(fields::decode(name), "a field's name")?;
        let value = utf8(fields::decode(value), &name)?;
        insert(&mut tree, &name, value)?;
    }
    Ok(Form::fields(tree, Vec::new()))
}

fn utf8(bytes: Vec<u8>, what: &str) -> Result<String, Problem> {
    String::from_utf8(bytes)
        .map_err(|_| Problem::bad_request(format!("Invalid body: {} is not valid UTF-8", shorten(what))))
}

fn insert(tree: &mut Fields, name: &str, value: String) -> Result<(), Problem> {
    tree.insert(name, value).map_err(|misfit| Problem::bad_request(format!("Invalid body: {misfit}")))
}

async fn read_multipart(source: &mut Source<'_>, boundary: &str, spool: &Arc<dyn Spool>) -> Result<Form, Problem> {
    let malformed = |error: multipart::Malformed| Problem::bad_request(format!("Invalid body: {error}"));
    let mut reader = Reader::new(boundary);
    let mut tree = Fields::new();
    let mut files = Vec::new();
    let mut open = Open::Nothing;
    while let Some(bytes) = source.next().await? {
        reader.push(&bytes);
        while let Some(event) = reader.event().map_err(malformed)? {
            match event {
                Event::Begin(part) if is_file(&part) => open = Open::File(Box::new(Upload::begin(part, spool))),
                Event::Begin(part) => open = Open::Field(part.name, Vec::new()),
                Event::Data(data) => open.write(&data).await?,
                Event::End => match std::mem::replace(&mut open, Open::Nothing) {
                    Open::Nothing => {}
                    Open::Field(name, value) => insert(&mut tree, &name, utf8(value, &name)?)?,
                    Open::File(upload) => files.extend(upload.finish().await?),
                },
            }
            if files.len() > MAX_FILES {
                return Err(Problem::bad_request(format!("Invalid body: more than {MAX_FILES} files")));
            }
        }
    }
    if source.read == 0 {
        return Ok(Form::json(Value::Null));
    }
    reader.finish().map_err(malformed)?;
    Ok(Form::fields(tree, files))
}

/// Nothing but files comes as attachments, whether or not the client gives them a name.
fn is_file(part: &Part) -> bool {
    part.is_file() || fields::list_name(&part.name) == "attachments"
}

/// The part that is being read.
enum Open {
    Nothing,
    Field(String, Vec<u8>),
    File(Box<Upload>),
}

impl Open {
    async fn write(&mut self, data: &[u8]) -> Result<(), Problem> {
        match self {
            Open::Nothing => Ok(()),
            Open::Field(_, value) => {
                value.extend_from_slice(data);
                Ok(())
            }
            Open::File(upload) => upload.write(data).await,
        }
    }
}

/// A file on its way from the network to its place.
struct Upload {
    part: Part,
    spool: Arc<dyn Spool>,
    sink: Option<Counted>,
    waiting: Vec<u8>,
}

impl Upload {
    fn begin(part: Part, spool: &Arc<dyn Spool>) -> Upload {
        Upload { part, spool: Arc::clone(spool), sink: None, waiting: Vec::new() }
    }

    async fn write(&mut self, data: &[u8]) -> Result<(), Problem> {
        self.waiting.extend_from_slice(data);
        if self.waiting.len() >= PIECE {
            self.sink = Some(self.flush().await?);
        }
        Ok(())
    }

    /// Nothing for the empty file of a form's field that nobody filled in.
    async fn finish(mut self: Box<Self>) -> Result<Option<UploadedFile>, Problem> {
        let name = self.part.filename.take().unwrap_or_default();
        if name.is_empty() && self.sink.is_none() && self.waiting.is_empty() {
            return Ok(None);
        }
        let sink = self.flush().await?;
        let (content, size, sha256) = on_blocking_thread(move || sink.finish()).await?;
        Ok(Some(UploadedFile {
            field: fields::list_name(&self.part.name).to_owned(),
            filename: if name.is_empty() { "attachment".to_owned() } else { name },
            content_type: self.part.content_type.unwrap_or_else(|| "application/octet-stream".to_owned()),
            content_id: self.part.content_id,
            size,
            sha256,
            content,
        }))
    }

    async fn flush(&mut self) -> Result<Counted, Problem> {
        let (sink, spool, waiting) = (self.sink.take(), Arc::clone(&self.spool), std::mem::take(&mut self.waiting));
        // The sink travels with the work: if the request is dropped meanwhile, it is dropped there, file and all.
        on_blocking_thread(move || {
            let mut sink = sink.map_or_else(|| Counted::begin(spool.as_ref()), Ok)?;
            sink.write(&waiting)?;
            Ok(sink)
        })
        .await
    }
}

async fn on_blocking_thread<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Problem> {
    let outcome = tokio::task::spawn_blocking(work).await.map_err(io::Error::other).flatten();
    outcome.map_err(|error| {
        tracing::error!(%error, "a file of a request could not be stored");
        Problem::unavailable("the file could not be stored")
    })
}

/// The bytes of a body, counted.
struct Source<'a> {
    stream: &'a mut BodyDataStream,
    read: u64,
    limit: u64,
}

impl<'a> Source<'a> {
    /// Refuses at once what announces itself as too long.
    fn new(headers: &HeaderMap, stream: &'a mut BodyDataStream, limit: u64) -> Result<Source<'a>, Problem> {
        let announced = header_text(headers, header::CONTENT_LENGTH).parse::<u64>().unwrap_or(0);
        if announced > limit {
            return Err(Problem::too_large(limit));
        }
        Ok(Source { stream, read: 0, limit })
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        let Some(piece) = self.stream.next().await else { return Ok(None) };
        let bytes = piece.map_err(|_| Problem::bad_request("the body broke off"))?;
        self.read += bytes.len() as u64;
        if self.read > self.limit { Err(Problem::too_large(self.limit)) } else { Ok(Some(bytes)) }
    }

    async fn all(&mut self) -> Result<Vec<u8>, Problem> {
        let mut whole = Vec::new();
        while let Some(bytes) = self.next().await? {
            whole.extend_from_slice(&bytes);
        }
        Ok(whole)
    }
}
