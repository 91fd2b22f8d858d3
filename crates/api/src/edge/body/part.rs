//! The headers of one part of a multipart body, in the spellings that clients use.

use super::multipart::Malformed;

/// Longer boundaries than this occur nowhere; the standard allows 70 characters.
const MAX_BOUNDARY: usize = 200;
/// File names are cut to this many bytes, which is what file systems take.
const MAX_FILENAME: usize = 255;

/// No mail program makes longer ones.
const MAX_CONTENT_ID: usize = 255;

/// What the headers of a part say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Part {
    /// The field's name, brackets and all.
    pub name: String,
    /// The file's name, decoded and without any folder; absent for a plain field, empty if the client left it empty.
    pub filename: Option<String>,
    /// The type that the client states for the part.
    pub content_type: Option<String>,
    /// By what an HTML body refers to the file, as `cid:` and this.
    pub content_id: Option<String>,
}

impl Part {
    /// Reads the header lines of a part, without the empty line that ends them.
    pub(super) fn from_headers(block: &[u8]) -> Result<Part, Malformed> {
        let text = to_text(block).replace("\r\n ", " ").replace("\r\n\t", " ");
        let mut part = Part::default();
        let mut has_name = false;
        for line in text.split("\r\n").filter(|line| !line.is_empty()) {
            let (header, value) = line.split_once(':').ok_or(Malformed("a header line of a part has no colon"))?;
            if header.trim().eq_ignore_ascii_case("content-type") {
                let kind: String = value.trim().chars().filter(|c| !c.is_control()).collect();
                part.content_type = Some(kind).filter(|kind| !kind.is_empty());
            }
            if header.trim().eq_ignore_ascii_case("content-id") {
                let id = value.trim().trim_start_matches('<').trim_end_matches('>');
                let is_plain = !id.is_empty() && id.len() <= MAX_CONTENT_ID && id.bytes().all(|b| b.is_ascii_graphic());
                part.content_id = is_plain.then(|| id.to_owned());
            }
            if header.trim().eq_ignore_ascii_case("content-disposition") {
                let parameters = parameters(value);
                let find = |name: &str| parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
                has_name = find("name").map(|name| part.name = name.to_owned()).is_some();
                let extended = find("filename*").and_then(decode_extended);
                part.filename = extended.as_deref().or(find("filename")).map(clean_filename);
            }
        }
        if has_name { Ok(part) } else { Err(Malformed("a part has no name")) }
    }

    /// Whether the part is a file: it has a file name, or a type that no plain field has.
    pub fn is_file(&self) -> bool {
        let media_type = self.content_type.as_deref().map(media_type);
        let is_plain = media_type.is_none_or(|kind| kind.starts_with("text/") || kind == "application/json");
        self.filename.is_some() || !is_plain
    }
}

/// The bare, lower-case media type of a `Content-Type` value.
pub(super) fn media_type(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The boundary that a `Content-Type` value names.
pub fn boundary(content_type: &str) -> Option<String> {
    let found = parameters(content_type).into_iter().find(|(key, _)| key == "boundary")?;
    Some(found.1).filter(|boundary| (1..=MAX_BOUNDARY).contains(&boundary.len()))
}

/// The parameters behind the first `;`, with lower-case names and unquoted values.
fn parameters(value: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = value.split_once(';').map_or("", |(_, rest)| rest);
    loop {
        rest = rest.trim_start_matches([';', ' ', '\t']);
        let Some((key, value)) = rest.split_once('=') else { return found };
        let (value, after) = match value.trim_start().strip_prefix('"') {
            Some(quoted) => unquote(quoted),
            None => {
                let (token, after) = value.split_once(';').unwrap_or((value, ""));
                (token.trim().to_owned(), after)
            }
        };
        found.push((key.trim().to_ascii_lowercase(), value));
        rest = after;
    }
}

/// The text up to the closing quote, and what follows. A backslash counts only before a quote or another backslash,
/// because old browsers send whole Windows paths.
fn unquote(quoted: &str) -> (String, &str) {
    let mut text = String::new();
    let mut characters = quoted.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (text, &quoted[at + 1..]),
            '\\' => match characters.next_if(|(_, next)| matches!(next, '"' | '\\')) {
                Some((_, escaped)) => text.push(escaped),
                None => text.push('\\'),
            },
            other => text.push(other),
        }
    }
    (text, "")
}

/// `UTF-8''na%C3%AFve.txt`, the form that standards prefer for names beyond ASCII.
fn decode_extended(value: &str) -> Option<String> {
    let mut pieces = value.splitn(3, '\'');
    let (charset, _language, text) = (pieces.next()?, pieces.next()?, pieces.next()?);
    let bytes: Vec<u8> = percent_encoding::percent_decode_str(text).collect();
    match charset.to_ascii_lowercase().as_str() {
        "utf-8" => String::from_utf8(bytes).ok(),
        _ => Some(to_text(&bytes)),
    }
}

/// The name alone: no folder, no control characters, no percent-encoding, not too long.
fn clean_filename(raw: &str) -> String {
    let decoded = percent_encoding::percent_decode_str(raw).decode_utf8().map_or(raw.into(), |text| text.into_owned());
    let name = decoded.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut name: String = name.chars().filter(|c| !c.is_control()).collect();
    let end = (0..=MAX_FILENAME.min(name.len())).rev().find(|&end| name.is_char_boundary(end)).unwrap_or(0);
    name.truncate(end);
    match name.trim() {
        "." | ".." => String::new(),
        trimmed => trimmed.to_owned(),
    }
}

/// UTF-8 if it is, Latin-1 if not: header bytes of old clients are nothing else.
fn to_text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn filename(disposition: &str) -> Option<String> {
        let block = format!("content-disposition: form-data; name=f; {disposition}");
        Part::from_headers(block.as_bytes()).unwrap().filename
    }

    #[test]
    fn names_come_quoted_and_bare() {
        for line in [
            "form-data; name=\"to[0][handle]\"",
            "form-data;name=to[0][handle]",
            "FORM-DATA; x=1; NAME = to[0][handle] ;",
        ] {
            let part = Part::from_headers(format!("Content-Disposition:{line}").as_bytes()).unwrap();
            assert_eq!(part, Part { name: "to[0][handle]".into(), ..Part::default() }, "{line}");
        }
    }

    #[test]
    fn file_names_are_decoded_in_every_form() {
        for (disposition, name) in [
            ("filename=\"a%20b.txt\"", "a b.txt"),
            ("filename=\"n\u{e4}\u{ef}ve;1.txt\"", "n\u{e4}\u{ef}ve;1.txt"),
            ("filename=\"x.txt\"; filename*=UTF-8''na%C3%AFve.txt", "na\u{ef}ve.txt"),
            ("filename*=iso-8859-1'en'%A3.txt", "\u{a3}.txt"),
            ("filename=\"say \\\"hi\\\".txt\"", "say \"hi\".txt"),
            ("filename=\"100%.txt\"", "100%.txt"),
            ("filename=\"%ff.txt\"", "%ff.txt"),
        ] {
            assert_eq!(filename(disposition).as_deref(), Some(name), "{disposition}");
        }
    }

    #[test]
    fn a_file_name_carries_no_folder() {
        for disposition in
            ["filename=\"C:\\temp\\a.txt\"", "filename=\"../../a.txt\"", "filename=\"..%2Fa.txt\"", "filename=/a.txt"]
        {
            assert_eq!(filename(disposition).as_deref(), Some("a.txt"), "{disposition}");
        }
        assert_eq!(filename("filename=\"..\"").as_deref(), Some(""));
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_latin_1() {
        let part = Part::from_headers(b"Content-Disposition: form-data; name=f; filename=\"\xe4.txt\"").unwrap();
        assert_eq!(part.filename.as_deref(), Some("\u{e4}.txt"));
    }

    #[test]
    fn folded_lines_and_other_headers_do_no_harm() {
        let block = b"Content-Transfer-Encoding: binary\r\nContent-Disposition: form-data;\r\n name=\"f\"\r\nContent-Type: image/png";
        let part = Part::from_headers(block).unwrap();
        assert_eq!((part.name.as_str(), part.content_type.as_deref()), ("f", Some("image/png")));
    }

    #[test]
    fn a_part_without_name_or_colon_is_refused() {
        assert!(Part::from_headers(b"Content-Type: text/plain").is_err());
        assert!(Part::from_headers(b"what is this").is_err());
    }

    #[test]
    fn a_part_with_a_type_of_its_own_is_a_file_even_without_a_name() {
        let part = |kind: &str| Part { content_type: Some(kind.into()), ..Part::default() };
        assert!(part("image/png").is_file());
        assert!(!part("text/plain; charset=utf-8").is_file());
        assert!(!part("application/json").is_file());
        assert!(!Part::default().is_file());
    }

    #[test]
    fn boundaries_come_quoted_bare_and_with_dashes() {
        assert_eq!(boundary("multipart/form-data; boundary=----x").as_deref(), Some("----x"));
        assert_eq!(boundary("multipart/from-data; charset=utf-8; Boundary=\"a b\"").as_deref(), Some("a b"));
        assert_eq!(boundary("multipart/form-data"), None);
        assert_eq!(boundary("multipart/form-data; boundary="), None);
    }

    #[test]
    fn a_type_holds_no_control_characters() {
        let block = b"Content-Disposition: form-data; name=f\r\nContent-Type: image/\0png";
        assert_eq!(Part::from_headers(block).unwrap().content_type.as_deref(), Some("image/png"));
    }

    proptest! {
        #[test]
        fn any_headers_are_read_or_refused(block in prop::collection::vec(any::<u8>(), 0..120)) {
            let _ = Part::from_headers(&[b"content-disposition: ;name=a;", block.as_slice()].concat());
            let _ = boundary(&to_text(&block));
        }

        #[test]
        fn a_clean_name_is_short_and_stays_in_its_folder(raw in ".{0,400}") {
            let name = clean_filename(&raw);
            prop_assert!(name.len() <= MAX_FILENAME && !name.contains(['/', '\\', '\0']) && name != "..");
        }
    }
}
