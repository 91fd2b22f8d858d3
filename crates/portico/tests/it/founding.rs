//! What a first start leaves behind.

use portico::founding;
use serde_json::json;

use crate::server::Server;

#[tokio::test(flavor = "multi_thread")]
async fn a_new_company_can_receive_a_message_at_once() {
    let server = Server::start().await;
    server.arrange(founding::furnish).await;
    let people = server.get("/teammates").await.rows();
    assert_eq!((people.len(), &people[0]["is_admin"]), (1, &json!(true)));
    let channels = server.get("/channels").await.rows();
    let message = json!({"sender": {"handle": "ada"}, "body": "hello"});
    let path = format!("/channels/{}/incoming_messages", channels[0]["id"].as_str().unwrap_or_default());
    server.post(&path, message).await.expect(202);
    assert_eq!(server.get("/conversations").await.rows().len(), 1);
}
