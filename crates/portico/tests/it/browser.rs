//! A browser as far as our pages need one: it keeps a session, reads forms and presses their buttons.

use desk::ids::{CompanyId, TeammateId};
use desk::{Caller, Work, sessions, teammates};
use reqwest::{Method, RequestBuilder};
use url::Url;

use crate::server::{Server, client};

/// What a page answered.
pub struct Page {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Page {
    /// A header as text, empty if it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    /// The value of a hidden field of the page's form.
    #[track_caller]
    pub fn hidden(&self, name: &str) -> String {
        let begin = format!("name=\"{name}\" value=\"");
        let at = self.text.find(&begin).unwrap_or_else(|| panic!("no field {name} in {}", self.text));
        let value = self.text[at + begin.len()..].split('"').next().unwrap_or_default();
        value.replace("&amp;", "&")
    }

    /// Where it redirects to, and a field of that address.
    #[track_caller]
    pub fn led_to(&self, name: &str) -> Option<String> {
        assert_eq!(self.status, 302, "{}", self.text);
        let url = Url::parse(self.header("location")).expect("an address");
        url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    }
}

/// One browser.
pub struct Browser<'a> {
    server: &'a Server,
    client: reqwest::Client,
    /// What it sends as its cookie.
    pub cookie: String,
}

impl<'a> Browser<'a> {
    pub fn new(server: &'a Server) -> Browser<'a> {
        Browser { server, client: client(), cookie: String::new() }
    }

    /// The browser of a new teammate who has signed in.
    pub async fn of(server: &'a Server, name: &'static str, is_admin: bool) -> Browser<'a> {
        let id = server.arrange(move |work| person(work, name, is_admin)).await;
        let link = server.arrange(move |work| sessions::invite(work, id)).await;
        let mut browser = Browser::new(server);
        assert_eq!(browser.sign_in(link.ticket.reveal(), "").await.status, 303);
        browser
    }

    /// Follows a link's form, and keeps the session.
    /// The browser of a new administrator of another company.
    pub async fn of_company(server: &'a Server, company: CompanyId) -> Browser<'a> {
        let invite = |work: &mut Work<'_>| {
            let id = person(work, "eve", true)?;
            sessions::invite(work, id)
        };
        let link = server.desk().write(&Caller::system(company), invite).await.expect("a link");
        let mut browser = Browser::new(server);
        assert_eq!(browser.sign_in(link.ticket.reveal(), "").await.status, 303);
        browser
    }

    pub async fn sign_in(&mut self, code: &str, next: &str) -> Page {
        let page = self.post("/login", &[("code", code), ("next", next)]).await;
        if let Some(cookie) = page.header("set-cookie").split(';').next().filter(|cookie| !cookie.is_empty()) {
            self.cookie = cookie.to_string();
        }
        page
    }

    pub async fn get(&self, path: &str) -> Page {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.send(written(self.request(Method::POST, path), fields)).await
    }

    /// A request with its cookie.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.server.url(path)).header("cookie", &self.cookie)
    }

    pub async fn send(&self, request: RequestBuilder) -> Page {
        let response = request.send().await.expect("the server answers");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Page { status, headers, text: response.text().await.expect("text") }
    }
}

/// A request with a form in it.
pub fn written(request: RequestBuilder, fields: &[(&str, &str)]) -> RequestBuilder {
    request.header("content-type", "application/x-www-form-urlencoded").body(encoded(fields))
}

/// Fields as an address or a form has them.
pub fn encoded(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// A teammate.
pub fn person(work: &mut Work<'_>, name: &str, is_admin: bool) -> desk::Result<TeammateId> {
    let new = teammates::New {
        r#type: "user",
        email: format!("{name}@acme.example"),
        username: name.to_string(),
        first_name: name.to_string(),
        last_name: String::new(),
        is_admin,
        bot_source: None,
    };
    teammates::create(work, &new)
}
