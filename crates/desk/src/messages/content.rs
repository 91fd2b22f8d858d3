//! What a message says, in the three forms that are kept. Made at the edge, before a unit begins: it is pure and may
//! take longer than a unit should.

use std::collections::HashSet;

/// What `style` may say: how letters look and where they stand in their line. Nothing that fetches, covers or floats over
/// what is around the message.
const STYLES: [&str; 42] = [
    "background-color",
    "border",
    "border-bottom",
    "border-collapse",
    "border-color",
    "border-left",
    "border-radius",
    "border-right",
    "border-spacing",
    "border-style",
    "border-top",
    "border-width",
    "color",
    "direction",
    "display",
    "font",
    "font-family",
    "font-size",
    "font-style",
    "font-variant",
    "font-weight",
    "height",
    "letter-spacing",
    "line-height",
    "list-style-type",
    "margin",
    "margin-bottom",
    "margin-left",
    "margin-right",
    "margin-top",
    "max-width",
    "padding",
    "padding-bottom",
    "padding-left",
    "padding-right",
    "padding-top",
    "text-align",
    "text-decoration",
    "text-indent",
    "vertical-align",
    "white-space",
    "width",
];

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

/// How a quotation begins. What comes from outside never has it: cleaning takes the attribute off.
const QUOTE: &str = "<blockquote type=\"cite\">";

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
            .filter_style_properties(HashSet::from(STYLES))
            .add_url_schemes(["cid"])
            .clean(source)
            .to_string();
        let text = plain(&body);
        Content { blurb: blurb(&text), body, text }
    }

    /// What a client sends without saying in which form: HTML if it holds a tag or an entity, plain text otherwise.
    pub fn outgoing(source: &str) -> Content {
        if looks_like_html(source) { Content::html(source) } else { Content::plain(source) }
    }

    /// A text that is to be sent later, as a client gives it: HTML is cleaned, plain text stays as it is.
    pub fn cleaned(source: &str) -> String {
        if looks_like_html(source) { Content::html(source).body } else { source.to_string() }
    }

    /// What is kept to be written with later, as HTML. A plain text stays as it is, unless its lines would run together.
    pub fn reusable(source: &str) -> Content {
        match source.trim_end().contains('\n') {
            true => Content::outgoing(source),
            false => Content::html(source),
        }
    }

    /// The same with a plain text of the sender's own beside the HTML.
    pub fn with_text(self, text: Option<&str>) -> Content {
        match text {
            Some(text) => Content { text: text.to_string(), blurb: blurb(text), body: self.body },
            None => self,
        }
    }

    /// The same with a quotation below it. The preview stays that of what is new.
    pub fn quoting(&self, quote: &Content) -> Content {
        let mut text = format!("{}\n\n", self.text);
        for line in quote.text.lines() {
            text.push_str("> ");
            text.push_str(line);
            text.push('\n');
        }
        let body = format!("{}{QUOTE}{}</blockquote>", self.body, quote.body);
        Content { body, text, blurb: self.blurb.clone() }
    }

    /// The same with a signature below it, but above what it quotes. The preview stays as it is.
    pub fn signed(&self, signature: &Content) -> Content {
        let (above, below) = self.body.split_at(self.body.find(QUOTE).unwrap_or(self.body.len()));
        let body = format!("{above}<br><div>{}</div>{below}", signature.body);
        let quoted = self.text.split_inclusive('\n').rev().take_while(|line| line.starts_with('>'));
        let quoted: usize = if below.is_empty() { 0 } else { quoted.map(str::len).sum() };
        let (above, below) = self.text.split_at(self.text.len() - quoted);
        let text = match below {
            "" => format!("{}\n\n{}", above.trim_end(), signature.text),
            below => format!("{}\n\n{}\n\n{below}", above.trim_end(), signature.text),
        };
        Content { body, text, blurb: self.blurb.clone() }
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

/// Whether a text holds a tag (`<p>`, `</b>`, `<!-- -->`) or an entity (`&amp;`, `&#39;`).
fn looks_like_html(source: &str) -> bool {
    let last = source.rfind('>').unwrap_or(0);
    let tag =
        |at: usize| at < last && source[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic() || "/!".contains(c));
    let entity = |at: usize| {
        let name = &source.as_bytes()[at + 1..source.len().min(at + 12)];
        let end = name.iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'#');
        end.is_some_and(|end| end > 0 && name[end] == b';')
    };
    source.match_indices('<').any(|(at, _)| tag(at)) || source.match_indices('&').any(|(at, _)| entity(at))
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
    fn a_style_neither_fetches_nor_covers_what_is_around() {
        let style = "color: red; background: url(https://evil.example/x); position: fixed; z-index: 9; \
            background-image: url(data:,x); font-weight: bold; behavior: url(x.htc); opacity: 0; top: 0";
        let body = Content::html(&format!("<p style=\"{style}\">Hi</p>")).body;
        assert_eq!(body, "<p style=\"color:red;font-weight:bold\">Hi</p>");
        assert_eq!(Content::html("<p style=\"position:fixed\">Hi</p>").body, "<p style=\"\">Hi</p>");
    }

    #[test]
    fn what_is_sent_is_taken_for_what_it_is() {
        assert_eq!(Content::outgoing("<p>Hi</p>").body, "<p>Hi</p>");
        assert_eq!(Content::outgoing("Fish &amp; chips").text, "Fish & chips");
        let plain = Content::outgoing("AT&T: 1 < 2;\nsecond line");
        assert_eq!(plain.body, "<p>AT&amp;T: 1 &lt; 2;<br>second line</p>");
        assert_eq!(plain.text, "AT&T: 1 < 2;\nsecond line");
        assert_eq!(Content::outgoing("<p>Hi</p>").with_text(Some("Hello")).blurb, "Hello");
    }

    #[test]
    fn a_quotation_stands_below() {
        let content = Content::outgoing("<p>Yes</p>").quoting(&Content::outgoing("Shall we?"));
        assert_eq!(content.body, "<p>Yes</p><blockquote type=\"cite\"><p>Shall we?</p></blockquote>");
        assert_eq!((content.text.as_str(), content.blurb.as_str()), ("Yes\n\n> Shall we?\n", "Yes"));
    }

    #[test]
    fn a_signature_stands_below_what_is_new_and_above_what_is_quoted() {
        let signature = Content::html("<b>Ada</b>");
        let plain = Content::outgoing("<p>Yes</p>").signed(&signature);
        assert_eq!(plain.body, "<p>Yes</p><br><div><b>Ada</b></div>");
        assert_eq!((plain.text.as_str(), plain.blurb.as_str()), ("Yes\n\nAda", "Yes"));
        let quoting = Content::outgoing("<p>Yes</p>").quoting(&Content::outgoing("Shall we?\nNow?")).signed(&signature);
        let quote = "<blockquote type=\"cite\"><p>Shall we?<br>Now?</p></blockquote>";
        assert_eq!(quoting.body, format!("<p>Yes</p><br><div><b>Ada</b></div>{quote}"));
        assert_eq!(quoting.text, "Yes\n\nAda\n\n> Shall we?\n> Now?\n");
        let own = "<blockquote type=\"cite\">Their words</blockquote>";
        let signed = Content::html(own).signed(&signature);
        assert!(signed.body.ends_with("<b>Ada</b></div>"), "what they wrote is no quotation of ours: {}", signed.body);
    }

    #[test]
    fn html_is_cleaned_and_read() {
        let content =
            Content::html("<p onclick='x()'>Caf&eacute; &amp; more</p><div>two<br>three</div><script>x</script>");
        assert!(!content.body.contains("onclick") && !content.body.contains("script"), "{}", content.body);
        assert_eq!(content.text, "Café & more\ntwo\nthree");
        assert_eq!(content.blurb, "Café & more two three");
    }
}
