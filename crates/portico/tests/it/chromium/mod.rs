//! A real browser: Chromium presses the buttons of our pages, and tells what only a real one knows. Does a page complain, can
//! it be read on a telephone and in the dark, and used with the keyboard alone, what runs that should not?
//!
//! `scripts/chromium` installs it. Without it these tests say so loudly and pass; `scripts/test` insists on it with CI=true.
//! `PORTICO_TEST_PICTURES` names a folder for pictures of all pages.

use std::time::Duration;

use desk::sessions;
use serde_json::{Value, json};
use url::Url;

use crate::browser::person;
use crate::server::Server;

mod chat;
mod consent;
mod deliveries;
mod driver;
mod elsewhere;
mod hostile;
mod pages;

use driver::Driver;

/// What the standard calls an element's id.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// The Tab key, in the standard's words.
const TAB: &str = "\u{E004}";
/// On a telephone by day, and at a desk by night: whether a width and whether the day agree with a page are two questions.
const LIGHTS: [(u32, &str); 2] = [(390, "light"), (1280, "dark")];

/// One browser with one window.
pub struct Chromium(Driver);

impl Chromium {
    /// A fresh one; none, and loudly, where there is no Chromium.
    pub async fn open() -> Option<Chromium> {
        let driver = Driver::start().await;
        if driver.is_none() {
            eprintln!("SKIPPED: there is no chromedriver here; scripts/chromium installs it");
        }
        driver.map(Chromium)
    }

    /// Signs a new teammate in.
    pub async fn sign_in(&self, server: &Server, name: &'static str, is_admin: bool) {
        let id = server.arrange(move |work| person(work, name, is_admin)).await;
        let link = server.arrange(move |work| sessions::invite(work, id)).await;
        self.visit(&server.url(&format!("/login?code={}", link.ticket.reveal()))).await;
        self.press("Sign in").await;
        self.says("You are signed in").await;
    }

    pub async fn visit(&self, url: &str) {
        self.0.tell("url", json!({"url": url})).await.unwrap_or_else(|error| panic!("{url}: {error}"));
    }

    /// Where it is.
    pub async fn address(&self) -> String {
        self.0.read("url").await.as_str().expect("an address").to_string()
    }

    /// Presses the one button, link or summary with these words, as a pointer does: one that is covered can't be pressed.
    pub async fn press(&self, words: &str) {
        let named = |tag: &str| format!("//{tag}[normalize-space(.)='{words}']");
        let element = self.the(&["button", "a", "summary"].map(named).join(" | ")).await;
        let pressed = self.0.tell(&format!("element/{element}/click"), json!({})).await;
        pressed.unwrap_or_else(|error| panic!("pressing {words}: {error}"));
    }

    /// Types into the field of that label, or chooses there.
    pub async fn fill(&self, label: &str, text: &str) {
        let fields = ["input", "select", "textarea"];
        let inside = fields.map(|tag| format!("//label[starts-with(normalize-space(.), '{label}')]//{tag}"));
        let element = self.the(&format!("{} | //*[@aria-label='{label}']", inside.join(" | "))).await;
        let typed = self.0.tell(&format!("element/{element}/value"), json!({"text": text})).await;
        typed.unwrap_or_else(|error| panic!("filling {label}: {error}"));
    }

    /// The only element that is found so, once it is there.
    async fn the(&self, path: &str) -> String {
        let mut found = Vec::new();
        for _ in 0..500 {
            let all = self.0.tell("elements", json!({"using": "xpath", "value": path})).await;
            found = all.ok().and_then(|all| all.as_array().cloned()).unwrap_or_default();
            if let [only] = &found[..] {
                return only[ELEMENT].as_str().expect("an id").to_string();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{} elements are {path} on {}: {}", found.len(), self.address().await, self.text().await);
    }

    /// What a script in the page answers.
    pub async fn script(&self, script: &str) -> Value {
        let done = self.0.tell("execute/sync", json!({"script": script, "args": []})).await;
        done.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// What the page says to whoever looks at it.
    pub async fn text(&self) -> String {
        let script = json!({"script": "return document.body?.innerText ?? ''", "args": []});
        // While it goes from one page to the next, it may say nothing.
        let said = self.0.tell("execute/sync", script).await.unwrap_or_default();
        said.as_str().unwrap_or_default().to_string()
    }

    /// Waits until the page says this.
    pub async fn says(&self, words: &str) {
        let mut text = String::new();
        for _ in 0..500 {
            text = self.text().await;
            if text.contains(words) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{} never says {words:?}, but: {text}", self.address().await);
    }

    /// Waits until it is at an address that begins so; answers the whole of it.
    pub async fn comes_to(&self, beginning: &str) -> Url {
        let mut address = String::new();
        for _ in 0..500 {
            address = self.address().await;
            if address.starts_with(beginning) {
                return Url::parse(&address).expect("an address");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("it never comes to {beginning}, but to {address}: {}", self.text().await);
    }

    /// What the browser's console says since it was last asked: errors of scripts, what could not be loaded, what a
    /// policy forbade.
    pub async fn complaints(&self) -> Vec<String> {
        let entries = self.0.tell("se/log", json!({"type": "browser"})).await.expect("the log");
        let entries = entries.as_array().expect("a list").iter();
        entries.map(|entry| entry["message"].as_str().unwrap_or_default().to_string()).collect()
    }

    /// No script of a page runs any more.
    pub async fn without_scripts(&self) {
        self.0.tell_chromium("Emulation.setScriptExecutionDisabled", json!({"value": true})).await;
        self.visit("data:text/html,<p>still</p><script>document.body.append('scripts run')</script>").await;
        assert_eq!(self.text().await, "still");
    }

    /// Checks the page as everybody needs it: nothing to complain of, everything named, readable and in reach of the keyboard,
    /// on a telephone and at a desk, by day and by night.
    pub async fn is_sound(&self, name: &str) {
        self.all_is_in_reach(name).await;
        for (width, scheme) in LIGHTS {
            let size = json!({"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 600});
            self.0.tell_chromium("Emulation.setDeviceMetricsOverride", size).await;
            let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
            self.0.tell_chromium("Emulation.setEmulatedMedia", media).await;
            let faults = self.script(include_str!("audit.js")).await;
            assert_eq!(faults, json!([]), "{name}, {width} pixels wide, {scheme}");
            self.picture(&format!("{name}-{width}-{scheme}")).await;
        }
        assert_eq!(self.complaints().await, [""; 0], "the console on {name}");
    }

    /// Walks through the page with the Tab key.
    async fn all_is_in_reach(&self, name: &str) {
        let stops = self.script(include_str!("before_tabs.js")).await.as_u64().expect("a number");
        let keys: Vec<Value> =
            (0..stops).flat_map(|_| ["keyDown", "keyUp"].map(|kind| json!({"type": kind, "value": TAB}))).collect();
        let typed = json!({"actions": [{"type": "key", "id": "keys", "actions": keys}]});
        self.0.tell("actions", typed).await.expect("the keys are pressed");
        let missed = self.script("return window.outOfReach()").await;
        assert_eq!(missed, json!([]), "out of reach of the keyboard on {name}");
    }

    #[expect(clippy::disallowed_methods, reason = "whoever wants pictures of a test run says so in its environment")]
    async fn picture(&self, name: &str) {
        let Ok(folder) = std::env::var("PORTICO_TEST_PICTURES") else { return };
        let whole = json!({"format": "png", "captureBeyondViewport": true});
        let picture = self.0.tell_chromium("Page.captureScreenshot", whole).await;
        let data = picture["data"].as_str().expect("a picture");
        let page = format!("<title>{name}</title><img alt=\"\" src=\"data:image/png;base64,{data}\">\n");
        std::fs::create_dir_all(&folder).expect("a folder for pictures");
        std::fs::write(format!("{folder}/{name}.html"), page).expect("a picture is kept");
    }
}
