//! Everything that is served on the one listener: the API, the pages, the live stream, and what those who look after the machine ask.

use std::pin::Pin;
use std::sync::Arc;

use api::App;
use api::answer::Refusal;
use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::routing::get;
use desk::Caller;
use desk::deliveries::Recovered;
use desk::ids::{ChannelId, EndpointId};
use desk::sealing::Secret;
use tokio::sync::oneshot;
use web::{Done, Pages, Program};

use crate::health::{self, Health};
use crate::stream;
use crate::workers::Workers;

/// The whole service.
pub fn service(app: Arc<App>, health: Arc<Health>) -> Router {
    let live = health.live.clone();
    let workers = health.workers.clone();
    let (ready, numbers, counted) = (health.clone(), health.clone(), health);
    Router::new()
        .route(stream::PATH, get(move |request: Request| stream::answer(live.clone(), request)))
        .route("/healthz", get(async || "alive\n"))
        .route("/readyz", get(move || health::ready(ready.clone())))
        .route("/metrics", get(move || health::metrics(numbers.clone())))
        .merge(web::router(pages(app.clone(), workers)))
        .fallback_service(api::router(app))
        .layer(from_fn(move |request: Request, next: Next| {
            let health = counted.clone();
            async move {
                let began = began();
                let response = next.run(request).await;
                health.counts.note(response.status(), began.elapsed());
                response
            }
        }))
}

/// What the pages work with.
fn pages(app: Arc<App>, workers: Workers) -> Pages {
    Pages { desk: app.desk.clone(), guesses: app.guesses.clone(), program: Arc::new(Beside { app, workers }) }
}

/// The API's parts, as far as pages need them.
struct Beside {
    app: Arc<App>,
    workers: Workers,
}

impl Program for Beside {
    fn validate(&self, admin: Caller, uid: String) -> Done {
        let app = self.app.clone();
        Box::pin(async move { api::validate_webhook(&app, &admin, &uid).await.map_err(words) })
    }

    fn connect(&self, admin: Caller, channel: ChannelId, code: Secret, to: String) -> Done {
        let app = self.app.clone();
        let (answer, answered) = oneshot::channel();
        // A code is good for one exchange: what was begun is ended, though nobody may be left to see the page.
        self.workers.spawn("a channel's connection", async move {
            let _ = answer.send(api::connect_channel(&app, &admin, channel, (code, to)).await.map_err(words));
        });
        Box::pin(async move { answered.await.unwrap_or_else(|_| Err("the server stops".to_string())) })
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
