//! What a message says, in the three forms that are kept. Made at the edge, before a unit begins: it is pure and may
//! take longer than a unit should.

/// A body as HTML, as plain text, and as a short preview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// HTML.
    pub body: String,
    /// Plain text.
    pub text: String,
    /// The first words, on one line.
    pub blurb: String,
}

/// Longest preview, in characters.
const BLURB: usize = 160;

impl Content {
    /// From Markdown. HTML inside it is shown as text, never taken as markup.
    pub fn markdown(source: &str) -> Content {
        let events = pulldown_cmark::Parser::new_ext(source, pulldown_cmark::Options::ENABLE_STRIKETHROUGH);
        let safe = events.map(|event| match event {
            pulldown_cmark::Event::Html(html) | pulldown_cmark::Event::InlineHtml(html) => {
                pulldown_cmark::Event::Text(html)
            }
            pulldown_cmark::Event::SoftBreak => pulldown_cmark::Event::HardBreak,
            other => other,
        });
        let mut body = String::with_capacity(source.len() + source.len() / 4);
        pulldown_cmark::html::push_html(&mut body, safe);
        body.truncate(body.trim_end().len());
        Content { body, text: source.to_string(), blurb: blurb(source) }
    }

    /// From HTML that came from outside. It is cleaned: no scripts, no forms, no event handlers.
    pub fn html(source: &str) -> Content {
        let body = ammonia::Builder::default()
            .add_tags(["font", "center"])
            .add_generic_attributes(["style", "align", "dir"])
            .add_url_schemes(["cid"])
            .clean(source)
            .to_string();
        let text = plain(&body);
        Content { blurb: blurb(&text), body, text }
    }

    /// From plain text.
    pub fn plain(source: &str) -> Content {
        let mut body = String::with_capacity(source.len() + 16);
        body.push_str("<p>");
        for (at, line) in source.lines().enumerate() {
            if at > 0 {
                body.push_str("<br>");
            }
            escape(line, &mut body);
        }
        body.push_str("</p>");
        Content { body, text: source.to_string(), blurb: blurb(source) }
    }
}

/// Appends text with what HTML would take as markup escaped.
pub fn escape(text: &str, to: &mut String) {
    for character in text.chars() {
        match character {
            '&' => to.push_str("&amp;"),
            '<' => to.push_str("&lt;"),
            '>' => to.push_str("&gt;"),
            '"' => to.push_str("&quot;"),
            other => to.push(other),
        }
    }
}

fn blurb(text: &str) -> String {
    let mut out = String::with_capacity(BLURB + 4);
    let mut count = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if count > 0 && count + 1 + length > BLURB {
            break;
        }
        if count > 0 {
            out.push(' ');
            count += 1;
        }
        out.extend(word.chars().take(BLURB));
        count += length.min(BLURB);
    }
    out
}

/// The words of cleaned HTML: tags dropped, blocks on lines of their own, the usual entities read.
fn plain(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = if rest.starts_with('<') { rest.find('>') } else { rest.find(';').filter(|end| *end < 10) };
        let Some(end) = end else {
            text.push_str(&rest[..1]);
            rest = &rest[1..];
            continue;
        };
        let (mark, after) = rest.split_at(end + 1);
        rest = after;
        if mark.starts_with('&') {
            text.push_str(entity(mark));
            continue;
        }
        let name: String =
            mark.trim_start_matches(['<', '/']).chars().take_while(char::is_ascii_alphanumeric).collect();
        if matches!(name.as_str(), "br" | "p" | "div" | "li" | "tr" | "h1" | "h2" | "h3" | "blockquote" | "pre")
            && !text.ends_with('\n')
            && !text.is_empty()
        {
            text.push('\n');
        }
    }
    text.push_str(rest);
    text.trim().to_string()
}

fn entity(mark: &str) -> &str {
    match mark {
        "&amp;" => "&",
        "&lt;" => "<",
        "&gt;" => ">",
        "&quot;" => "\"",
        "&#39;" => "'",
        "&nbsp;" => " ",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_never_lets_markup_through() {
        let content = Content::markdown("Hi **you** <script>alert(1)</script>\nsecond [x](javascript:alert(1))");
        assert!(content.body.contains("<strong>you</strong>"), "{}", content.body);
        assert!(!content.body.contains("<script"), "{}", content.body);
    }

    #[test]
    fn html_is_cleaned_and_read() {
        let content = Content::html("<p onclick='x()'>Caf&eacute; &amp; more</p><div>two<br>three</div><script>x</script>");
        assert!(!content.body.contains("onclick") && !content.body.contains("script"), "{}", content.body);
        assert_eq!(content.text, "Café & more\ntwo\nthree");
        assert_eq!(content.blurb, "Café & more two three");
    }
}
