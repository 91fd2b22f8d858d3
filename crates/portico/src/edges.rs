//! Everything that is served on the one listener: the API, the pages, the live stream, and what those who look after the machine ask.

use std::pin::Pin;
use std::sync::Arc;

use api::App;
use api::answer::Refusal;
use axum::Router;
use axum::extract::{OriginalUri, Request};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, Method, Uri, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use desk::Caller;
use desk::channels::consent::Subject;
use desk::channels::shared::{New, NewChannel, Offered};
use desk::deliveries::Recovered;
use desk::ids::{ChannelId, EndpointId, SharedCredentialsId};
use desk::sealing::Secret;
use serde_json::Value;
use web::{Done, Pages, Program};

use crate::health::{self, Health};
use crate::stream;

/// The whole service. A base URL with a slash at its end puts two before the path: they are as good as one.
pub fn service(app: Arc<App>, health: Arc<Health>) -> Router {
    let live = health.live.clone();
    let (ready, numbers, counted) = (health.clone(), health.clone(), health);
    let routes = Router::new()
        .route(stream::PATH, get(move |request: Request| stream::answer(live.clone(), request)))
        .route("/healthz", get(async || "alive\n"))
        .route("/readyz", get(move || health::ready(ready.clone())))
        .route("/metrics", get(move || health::metrics(numbers.clone())))
        .merge(web::router(pages(app.clone())))
        .fallback_service(api::router(app).layer(from_fn(entrance)));
    // Around the routes, and not on each of them: a path is found by what is left of it.
    Router::new().fallback_service(routes).layer(from_fn(move |mut request: Request, next: Next| {
        let health = counted.clone();
        async move {
            let began = began();
            if let Some(uri) = folded(request.uri()) {
                *request.uri_mut() = uri.clone();
                // Pages lead back to themselves by it.
                request.extensions_mut().insert(OriginalUri(uri));
            }
            let response = next.run(request).await;
            health.counts.note(response.status(), began.elapsed());
            response
        }
    }))
}

/// The same address with one slash before its path, where there are more.
fn folded(uri: &Uri) -> Option<Uri> {
    let target = uri.path_and_query()?.as_str();
    let rest = target.strip_prefix("//")?.trim_start_matches('/');
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(format!("/{rest}")).ok()?);
    Uri::from_parts(parts).ok()
}

/// Shows a browser that asks for the bare server the way to the pages. Clients of the API are told that there is nothing.
async fn entrance(request: Request, next: Next) -> Response {
    let is_bare = request.uri().path() == "/" && [Method::GET, Method::HEAD].contains(request.method());
    match is_bare && takes_pages(request.headers()) {
        true => Redirect::to(web::ENTRANCE).into_response(),
        false => next.run(request).await,
    }
}

/// Whether HTML is asked for by its name, as browsers do; `*/*` is what every client says.
fn takes_pages(headers: &HeaderMap) -> bool {
    let kinds = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut kinds = kinds.flat_map(|value| value.split(',')).map(|kind| kind.split(';').next().unwrap_or_default());
    kinds.any(|kind| kind.trim().eq_ignore_ascii_case("text/html"))
}

/// What the pages work with.
fn pages(app: Arc<App>) -> Pages {
    Pages { desk: app.desk.clone(), guesses: app.guesses.clone(), program: Arc::new(Beside { app }) }
}

/// The API's parts, as far as pages need them.
struct Beside {
    app: Arc<App>,
}

impl Program for Beside {
    fn validate(&self, admin: Caller, uid: String) -> Done {
        let app = self.app.clone();
        Box::pin(async move { api::validate_webhook(&app, &admin, &uid).await.map_err(words) })
    }

    fn connect(&self, admin: Caller, subject: Subject, brought: (Secret, String)) -> Done<Option<SharedCredentialsId>> {
        let app = self.app.clone();
        Box::pin(async move { api::connect(&app, admin, subject, brought).await.map_err(words) })
    }

    fn share(
        &self,
        admin: Caller,
        (uid, instead_of): (String, Option<SharedCredentialsId>),
        given: Vec<(&'static str, String)>,
    ) -> Done<SharedCredentialsId> {
        let app = self.app.clone();
        let given = given.into_iter().map(|(name, text)| (name.to_string(), Value::from(text))).collect();
        let new = New { app: uid, given, instead_of, granted: None };
        Box::pin(async move { api::share(&app, admin, new).await.map_err(words) })
    }

    fn addresses(&self, admin: Caller, id: SharedCredentialsId) -> Done<Vec<(Offered, Option<ChannelId>)>> {
        let app = self.app.clone();
        Box::pin(async move {
            let all = api::addresses(&app, &admin, id).await.map_err(words)?;
            Ok(all.into_iter().map(|one| (one.offered, one.channel)).collect())
        })
    }

    fn add_address(&self, admin: Caller, new: NewChannel) -> Done {
        let app = self.app.clone();
        Box::pin(async move { api::add_address(&app, admin, new).await.map_err(words) })
    }

    fn validate_links(&self, admin: Caller, uid: String) -> Done {
        let app = self.app.clone();
        Box::pin(async move { api::validate_links(&app, &admin, &uid).await.map_err(words) })
    }

    fn recover(&self, admin: Caller, id: EndpointId) -> Pin<Box<dyn Future<Output = desk::Result<Recovered>> + Send>> {
        let app = self.app.clone();
        Box::pin(async move { api::recover_endpoint(&app, &admin, id).await })
    }

    fn forget_tokens(&self) {
        self.app.tokens.forget();
    }
}

/// What a person is told of a refusal.
fn words(refusal: Refusal) -> String {
    match refusal {
        Refusal::Problem(problem) => problem.message,
        Refusal::Moved(_) => "it is gone".to_string(),
    }
}

#[expect(clippy::disallowed_methods, reason = "a real duration is measured")]
fn began() -> std::time::Instant {
    std::time::Instant::now()
}
