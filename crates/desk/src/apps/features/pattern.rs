//! Patterns of addresses: which links are a partner's (contract/links.md section 3).
//!
//! `https://*.tracker.example/projects/*/issues/**`: a `*` stands for any characters within a segment, so neither `/` nor
//! `?` nor `#`; `**` for any characters at all. In the host both stay within the host, so that no pattern can be made to
//! fit a foreign one. Scheme and host are compared without regard to case. What a pattern says nothing of, a query or a
//! fragment, an address may have.

/// How well a pattern fits an address: the number of characters that it names, so that of several patterns the most
/// specific one wins. Nothing if it does not fit.
pub(crate) fn fit(pattern: &str, address: &str) -> Option<usize> {
    let (scheme, pattern) = pattern.split_once("://")?;
    let (its_scheme, address) = address.split_once("://")?;
    if !scheme.eq_ignore_ascii_case(its_scheme) {
        return None;
    }
    let (host, path) = apart(pattern);
    let (its_host, its_path) = apart(address);
    // A user in front of the host is none of a partner's addresses.
    if its_host.contains('@') {
        return None;
    }
    let its_path = if path.contains('#') { its_path } else { before(its_path, '#') };
    let its_path = if path.contains('?') { its_path } else { before(its_path, '?') };
    let host = host.replace("**", "*").to_ascii_lowercase();
    let fits = is_like(&host, &its_host.to_ascii_lowercase()) && is_like(or_root(path), or_root(its_path));
    fits.then(|| [host.as_str(), path].iter().flat_map(|part| part.bytes()).filter(|byte| *byte != b'*').count())
}

/// Host and the rest of an address without its scheme.
fn apart(text: &str) -> (&str, &str) {
    text.split_at(text.find(['/', '?', '#']).unwrap_or(text.len()))
}

fn before(text: &str, end: char) -> &str {
    text.split(end).next().unwrap_or_default()
}

fn or_root(path: &str) -> &str {
    if path.is_empty() { "/" } else { path }
}

enum Part {
    Just(u8),
    Within,
    Anything,
}

/// Compares byte by byte, keeping every place of the pattern that may be reached: time is bounded by the product of both
/// lengths, whatever the pattern.
fn is_like(pattern: &str, text: &str) -> bool {
    let mut parts = Vec::with_capacity(pattern.len());
    let mut bytes = pattern.bytes().peekable();
    while let Some(byte) = bytes.next() {
        parts.push(match byte {
            b'*' if bytes.next_if_eq(&b'*').is_some() => Part::Anything,
            b'*' => Part::Within,
            other => Part::Just(other),
        });
    }
    let mut reached = vec![false; parts.len() + 1];
    reached[0] = true;
    pass_over(&parts, &mut reached);
    for byte in text.bytes() {
        let mut next = vec![false; parts.len() + 1];
        for (at, part) in parts.iter().enumerate().filter(|(at, _)| reached[*at]) {
            match part {
                Part::Just(wanted) if *wanted == byte => next[at + 1] = true,
                Part::Just(_) => {}
                Part::Within if matches!(byte, b'/' | b'?' | b'#') => {}
                Part::Within | Part::Anything => next[at] = true,
            }
        }
        pass_over(&parts, &mut next);
        reached = next;
    }
    reached[parts.len()]
}

/// A wildcard may stand for nothing.
fn pass_over(parts: &[Part], reached: &mut [bool]) {
    for (at, part) in parts.iter().enumerate() {
        if reached[at] && !matches!(part, Part::Just(_)) {
            reached[at + 1] = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stays_within_its_segment_and_two_go_across() {
        for (pattern, fits, differs) in [
            (
                "https://tracker.example/issues/*",
                "https://tracker.example/issues/AB-1",
                "https://tracker.example/issues/1/log",
            ),
            ("https://tracker.example/**", "https://tracker.example/a/b/c?d=e#f", "https://tracker.example.evil/a"),
            ("https://*.tracker.example/**", "https://acme.tracker.example/x", "https://tracker.example/x"),
            (
                "https://**.tracker.example/*",
                "https://a.b.tracker.example/x",
                "https://evil.example/.tracker.example/x",
            ),
            (
                "https://tracker.example/*/issues/*",
                "https://TRACKER.example/lamp/issues/7",
                "https://tracker.example/issues/7",
            ),
            ("https://tracker.example", "https://tracker.example/", "https://tracker.example/x"),
            ("https://tracker.example/i?id=*", "https://tracker.example/i?id=7#top", "https://tracker.example/i?at=7"),
            (
                "https://tracker.example/#/issue/*",
                "https://tracker.example/#/issue/7",
                "https://tracker.example/#/list",
            ),
            ("http://127.0.0.1:8080/**", "http://127.0.0.1:8080/7", "http://127.0.0.1:80/7"),
            ("https://*.tracker.example/*", "https://x.tracker.example/", "https://evil.example?.tracker.example/"),
            ("https://*.tracker.example/*", "https://x.tracker.example/ä", "https://me@x.tracker.example/7"),
        ] {
            assert!(fit(pattern, fits).is_some(), "{pattern} {fits}");
            assert_eq!(fit(pattern, differs), None, "{pattern} {differs}");
        }
    }

    #[test]
    fn the_more_a_pattern_names_the_better_it_fits() {
        let address = "https://acme.tracker.example/projects/lamp";
        let fits: Vec<Option<usize>> =
            ["https://*.example/**", "https://*.tracker.example/**", "https://acme.tracker.example/projects/*"]
                .into_iter()
                .map(|pattern| fit(pattern, address))
                .collect();
        assert!(fits[0] < fits[1] && fits[1] < fits[2], "{fits:?}");
    }

    #[test]
    fn no_pattern_takes_for_ever() {
        let pattern = format!("https://a.example/{}", "**a".repeat(300));
        let address = format!("https://a.example/{}b", "a".repeat(4_000));
        assert_eq!(fit(&pattern, &address), None);
    }
}
