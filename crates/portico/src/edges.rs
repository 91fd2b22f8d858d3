//! Everything that is served on the one listener: the API, the pages, the live stream, and what those who look after the machine ask.

use std::sync::Arc;

use api::App;
use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::routing::get;

use crate::health::{self, Health};
use crate::stream;

/// The whole service.
pub fn service(app: Arc<App>, health: Arc<Health>) -> Router {
    let live = health.live.clone();
    let (ready, numbers, counted) = (health.clone(), health.clone(), health);
    Router::new()
        .route(stream::PATH, get(move |request: Request| stream::answer(live.clone(), request)))
        .route("/healthz", get(async || "alive\n"))
        .route("/readyz", get(move || health::ready(ready.clone())))
        .route("/metrics", get(move || health::metrics(numbers.clone())))
        .merge(web::router(app.desk.clone()))
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

#[expect(clippy::disallowed_methods, reason = "a real duration is measured")]
fn began() -> std::time::Instant {
    std::time::Instant::now()
}
