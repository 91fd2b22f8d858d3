//! Multipart bodies, taken apart as they arrive.
//!
//! The reader does no input or output: bytes are pushed, events are taken. It holds no more than what may still turn
//! out to be a delimiter, so a file of any size passes through a few kilobytes. It is ours because the crate at hand
//! gathers whatever the network has ready, and takes any line that begins like the boundary for the boundary.

use bytes::{Buf, Bytes, BytesMut};

use super::part::Part;

/// A part's headers must fit into this many bytes.
const MAX_HEADERS: usize = 16 * 1024;
/// A boundary may be followed by this much white space before its line ends.
const MAX_PADDING: usize = 64;

/// What comes out of a multipart body, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A part begins.
    Begin(Part),
    /// The next bytes of the part that began last.
    Data(Bytes),
    /// The part is complete.
    End,
}

/// Why a body is not multipart, for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed multipart body: {0}")]
pub struct Malformed(pub(super) &'static str);

/// Takes a body apart; see the module.
#[derive(Debug)]
pub struct Reader {
    delimiter: Vec<u8>,
    buffer: BytesMut,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Preamble,
    Headers,
    Data,
    Done,
}

/// A delimiter at the place that was looked at.
struct Delimiter {
    length: usize,
    is_last: bool,
}

/// What stands behind the text of a boundary.
enum Tail {
    Delimiter(Delimiter),
    Lookalike,
    Unclear,
}

impl Reader {
    /// A reader for a body with this boundary.
    pub fn new(boundary: &str) -> Self {
        // The first delimiter has no line before it. With this line break it looks like all the others.
        let buffer = BytesMut::from(&b"\r\n"[..]);
        Self { delimiter: format!("\r\n--{boundary}").into_bytes(), buffer, state: State::Preamble }
    }

    /// Adds the next bytes of the body. Take all events before adding more.
    pub fn push(&mut self, bytes: &[u8]) {
        // Behind the closing delimiter there may be a line break, an epilogue or nothing; none of it counts.
        if self.state != State::Done {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// The next event; nothing if it takes more bytes.
    pub fn event(&mut self) -> Result<Option<Event>, Malformed> {
        loop {
            match self.state {
                State::Preamble => {
                    let (before, delimiter) = self.scan();
                    self.buffer.advance(before);
                    let Some(delimiter) = delimiter else { return Ok(None) };
                    self.pass(&delimiter);
                }
                State::Headers => return self.read_headers(),
                State::Data => return Ok(self.read_data()),
                State::Done => return Ok(None),
            }
        }
    }

    /// Says that the body is over, which it may only be behind the closing delimiter.
    pub fn finish(&self) -> Result<(), Malformed> {
        match self.state {
            State::Done => Ok(()),
            State::Preamble => Err(Malformed("the boundary does not occur")),
            State::Headers | State::Data => Err(Malformed("it ends in the middle of a part")),
        }
    }

    fn read_headers(&mut self) -> Result<Option<Event>, Malformed> {
        let end = find(&self.buffer, b"\r\n\r\n");
        if end.unwrap_or(self.buffer.len()) > MAX_HEADERS {
            return Err(Malformed("the headers of a part are too long"));
        }
        let Some(end) = end else { return Ok(None) };
        let part = Part::from_headers(&self.buffer[..end])?;
        self.buffer.advance(end + 4);
        self.state = State::Data;
        Ok(Some(Event::Begin(part)))
    }

    fn read_data(&mut self) -> Option<Event> {
        let (before, delimiter) = self.scan();
        if before > 0 {
            return Some(Event::Data(self.buffer.split_to(before).freeze()));
        }
        self.pass(&delimiter?);
        Some(Event::End)
    }

    fn pass(&mut self, delimiter: &Delimiter) {
        self.buffer.advance(delimiter.length);
        self.state = if delimiter.is_last { State::Done } else { State::Headers };
    }

    /// How many bytes certainly stand before the next delimiter, and the delimiter itself if it stands right there.
    fn scan(&self) -> (usize, Option<Delimiter>) {
        let mut from = 0;
        while let Some(offset) = find(&self.buffer[from..], &self.delimiter) {
            let at = from + offset;
            match self.tail(at + self.delimiter.len()) {
                Tail::Delimiter(delimiter) => return (at, Some(delimiter)),
                Tail::Unclear => return (at, None),
                Tail::Lookalike => from = at + 1,
            }
        }
        // A delimiter may have begun in the last few bytes.
        let settled = self.buffer.len().saturating_sub(self.delimiter.len() - 1);
        (settled.max(from), None)
    }

    fn tail(&self, after: usize) -> Tail {
        let rest = &self.buffer[after..];
        if rest.starts_with(b"--") {
            return Tail::Delimiter(Delimiter { length: self.delimiter.len() + 2, is_last: true });
        }
        let padding = rest.iter().take_while(|&&c| c == b' ' || c == b'\t').count();
        match &rest[padding..] {
            [b'\r', b'\n', ..] => {
                Tail::Delimiter(Delimiter { length: self.delimiter.len() + padding + 2, is_last: false })
            }
            [] | [b'\r'] if padding <= MAX_PADDING => Tail::Unclear,
            [b'-'] if padding == 0 => Tail::Unclear,
            _ => Tail::Lookalike,
        }
    }
}

/// Where `needle` begins. Every needle here begins with a carriage return, so it is enough to stop at those.
fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(offset) = haystack[from..].iter().position(|&c| c == b'\r') {
        if haystack[from + offset..].starts_with(needle) {
            return Some(from + offset);
        }
        from += offset + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// All parts of a body that arrives in pieces of the given size.
    fn read(boundary: &str, body: &[u8], piece: usize) -> Result<Vec<(String, Vec<u8>)>, Malformed> {
        let mut reader = Reader::new(boundary);
        let mut parts: Vec<(String, Vec<u8>)> = Vec::new();
        for bytes in body.chunks(piece.max(1)) {
            reader.push(bytes);
            while let Some(event) = reader.event()? {
                match event {
                    Event::Begin(part) => parts.push((part.name, Vec::new())),
                    Event::Data(bytes) => parts.last_mut().unwrap().1.extend_from_slice(&bytes),
                    Event::End => {}
                }
            }
        }
        reader.finish()?;
        Ok(parts)
    }

    fn part(name: &str, data: &[u8]) -> Vec<u8> {
        let head = format!("Content-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        [head.as_bytes(), data].concat()
    }

    fn body(boundary: &str, parts: &[(String, Vec<u8>)], ending: &str) -> Vec<u8> {
        let mut body = Vec::new();
        for (name, data) in parts {
            body.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
            body.extend(part(name, data));
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{boundary}--{ending}").as_bytes());
        body
    }

    fn two() -> Vec<(String, Vec<u8>)> {
        vec![("a".into(), b"1".to_vec()), ("b".into(), b"".to_vec())]
    }

    #[test]
    fn a_boundary_of_dashes_and_no_line_after_the_last_one() {
        let boundary = "--------------------NODENEEDLEHTTPCLIENT";
        for ending in ["", "\r\n", "\r\nepilogue --x"] {
            assert_eq!(read(boundary, &body(boundary, &two(), ending), 4096), Ok(two()));
        }
    }

    #[test]
    fn a_preamble_and_padding_are_passed_over() {
        let text = [b"ignore me\r\n--X \t\r\n".to_vec(), part("a", b"1"), b"\r\n--X--".to_vec()].concat();
        assert_eq!(read("X", &text, 3), Ok(vec![("a".into(), b"1".to_vec())]));
    }

    #[test]
    fn a_line_that_only_begins_like_the_boundary_is_data() {
        let data = b"one\r\n--Xylophone\r\n--X-\r\n--X-".to_vec();
        let parts = vec![("a".to_owned(), data)];
        for piece in 1..20 {
            assert_eq!(read("X", &body("X", &parts, ""), piece), Ok(parts.clone()));
        }
    }

    #[test]
    fn a_body_that_ends_early_is_refused() {
        let whole = body("X", &two(), "");
        for length in 0..whole.len() {
            assert!(read("X", &whole[..length], 7).is_err(), "{length}");
        }
    }

    #[test]
    fn endless_headers_are_refused() {
        let text = [b"--X\r\nA: ".to_vec(), vec![b'x'; MAX_HEADERS + 1]].concat();
        assert!(read("X", &text, 1000).is_err());
    }

    #[test]
    fn the_buffer_stays_small_however_much_passes() {
        let mut reader = Reader::new("X");
        reader.push(b"--X\r\nContent-Disposition: form-data; name=a\r\n\r\n");
        for _ in 0..1000 {
            reader.push(&[b'\r'; 1000]);
            while reader.event().unwrap().is_some() {}
            assert!(reader.buffer.len() < 10);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300), piece in 1usize..50) {
            let _ = read("X", &bytes, piece);
        }

        #[test]
        fn almost_multipart_is_read_the_same_in_all_pieces(
            tokens in prop::collection::vec(prop::sample::select(vec![
                "--X", "\r\n", "\r", "\n", "--", "-", " ", "Content-Disposition: form-data; name=a", "\r\n\r\n", "x", ";", "\"",
            ]), 0..40),
            piece in 1usize..9,
        ) {
            let text = tokens.concat();
            prop_assert_eq!(read("X", text.as_bytes(), piece), read("X", text.as_bytes(), usize::MAX));
        }

        #[test]
        fn what_was_put_in_comes_out(
            parts in prop::collection::vec(("[a-z\\[\\]0-9]{1,8}", prop::collection::vec(any::<u8>(), 0..200)), 1..5),
            boundary in "-{0,4}[A-Za-z0-9]{20}",
            piece in 1usize..64,
        ) {
            prop_assert_eq!(read(&boundary, &body(&boundary, &parts, ""), piece), Ok(parts));
        }
    }
}
