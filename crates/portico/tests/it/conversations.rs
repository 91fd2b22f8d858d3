//! Conversations over HTTP.

use crate::server::Server;

#[tokio::test(flavor = "multi_thread")]
async fn a_new_company_has_no_conversations() {
    let server = Server::start().await;
    assert_eq!(server.get("/conversations").await.rows(), Vec::<serde_json::Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_conversation_is_not_found() {
    let server = Server::start().await;
    let error = server.get("/conversations/cnv_1a2b").await.expect(404);
    assert_eq!(error["_error"]["title"], "Not found");
}
