//! Other clients of a server than its owner: with fewer scopes, fewer namespaces, or of another company.

use desk::Access;
use desk::access::Shared;
use desk::companies::New;
use desk::ids::{CompanyId, TeamId};
use portico::founding;
use reqwest::Method;
use serde_json::Value;

use crate::server::{Reply, Server};

/// A client with a token of its own.
pub struct Guest<'a> {
    /// The company it belongs to.
    pub company: CompanyId,
    server: &'a Server,
    token: String,
}

impl<'a> Guest<'a> {
    /// One who sees everything but holds just these scopes.
    pub async fn with_scopes(server: &'a Server, scopes: &[&str]) -> Guest<'a> {
        let scopes = scopes.iter().map(|scope| (*scope).to_string()).collect();
        Guest::with(server, scopes, Access::everything()).await
    }

    /// One who may do everything, within one workspace.
    pub async fn of_team(server: &'a Server, team: TeamId) -> Guest<'a> {
        let access = Access { global: false, shared: Shared::Teams(vec![team]), private: false };
        Guest::with(server, vec!["*".to_string()], access).await
    }

    /// One who may do everything, with what is the company's own and in no workspace.
    pub async fn of_the_company(server: &'a Server) -> Guest<'a> {
        let access = Access { global: true, shared: Shared::None, private: false };
        Guest::with(server, vec!["*".to_string()], access).await
    }

    async fn with(server: &'a Server, scopes: Vec<String>, access: Access) -> Guest<'a> {
        let make = move |work: &mut desk::Work<'_>| founding::token(work, "Guest", scopes.clone(), access.clone());
        let (_, token) = server.arrange(make).await;
        Guest { company: server.company, server, token }
    }

    /// What goes behind `Bearer`.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The owner.
    pub fn owner(server: &'a Server) -> Guest<'a> {
        Guest { company: server.company, server, token: server.token.clone() }
    }

    /// The owner of another company on the same server.
    pub async fn foreign(server: &'a Server) -> Guest<'a> {
        let desk = server.desk().clone();
        let new = New { name: "Other".to_string(), slug: "other".to_string(), has_ticketing: false };
        let founded = tokio::task::spawn_blocking(move || founding::found(&desk, new, founding::furnish))
            .await
            .expect("the founding ends")
            .expect("a second company is founded");
        Guest { company: founded.company, server, token: founded.token }
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path, None).await
    }

    /// `POST` with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.call(Method::POST, path, Some(body)).await
    }

    /// `PUT` with a JSON body.
    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.call(Method::PUT, path, Some(body)).await
    }

    /// `PATCH` with a JSON body.
    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        self.call(Method::PATCH, path, Some(body)).await
    }

    /// `DELETE`, with a JSON body where there is one.
    pub async fn delete(&self, path: &str, body: Option<Value>) -> Reply {
        self.call(Method::DELETE, path, body).await
    }

    /// Any request.
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Reply {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.json(&body);
        }
        self.server.send(request).await
    }

    /// A request of one's own making with this token; [`Server::send`] sends it.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.server.request(method, path).bearer_auth(&self.token)
    }
}
