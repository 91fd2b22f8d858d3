//! A multipart body reads the same whether it arrives at once or in pieces.
#![no_main]

use api::edge::body::multipart::{Event, Reader};
use libfuzzer_sys::fuzz_target;

/// The events of a body, with data that belongs together joined; nothing if the body is refused.
fn read(body: &[u8], piece: usize) -> Option<Vec<Event>> {
    let mut reader = Reader::new("X");
    let mut events: Vec<Event> = Vec::new();
    for bytes in body.chunks(piece) {
        reader.push(bytes);
        while let Some(event) = reader.event().ok()? {
            match (events.last_mut(), event) {
                (Some(Event::Data(before)), Event::Data(more)) => *before = [&before[..], &more[..]].concat().into(),
                (_, event) => events.push(event),
            }
        }
    }
    reader.finish().ok().map(|()| events)
}

fuzz_target!(|input: (u8, &[u8])| {
    let (piece, body) = input;
    assert_eq!(read(body, usize::from(piece).max(1)), read(body, usize::MAX));
});
