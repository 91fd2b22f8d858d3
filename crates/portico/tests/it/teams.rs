//! Teams (workspaces) over HTTP.

use serde_json::{Value, json};

use crate::guest::Guest;
use crate::server::Server;
use crate::world::World;

fn ids(rows: &Value) -> Vec<&str> {
    rows.as_array().into_iter().flatten().filter_map(|row| row["id"].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_team_shows_its_inboxes_and_members() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    assert_eq!(server.get("/teams").await.rows().len(), 2);
    let team = server.get(&format!("/teams/{}", world.support)).await.expect(200);
    assert_eq!(ids(&team["inboxes"]), [world.inbox.to_string()]);
    assert_eq!(ids(&team["members"]), [world.ada.to_string()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn members_come_and_go_by_id_or_address() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let (team, members) = (format!("/teams/{}", world.sales), format!("/teams/{}/teammates", world.sales));
    let both = json!({"teammate_ids": [world.ben, "alt:email:ADA@acme.example"]});
    server.post(&members, both).await.expect(204);
    assert_eq!(ids(&server.get(&team).await.expect(200)["members"]).len(), 2);
    server.delete(&members, Some(json!({"teammate_ids": [world.ada]}))).await.expect(204);
    assert_eq!(ids(&server.get(&team).await.expect(200)["members"]), [world.ben.to_string()]);
    for body in [json!({}), json!({"teammate_ids": ["tea_1a2b"]}), json!({"teammate_ids": "all"})] {
        server.post(&members, body).await.expect(400);
    }
    server.post("/teams/tim_1a2b/teammates", json!({"teammate_ids": []})).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn teams_need_their_scopes_and_namespace() {
    let server = Server::start().await;
    let world = World::make(&server).await;
    let reader = Guest::with_scopes(&server, &["teams:read"]).await;
    reader.get("/teams").await.expect(200);
    reader.post(&format!("/teams/{}/teammates", world.sales), json!({"teammate_ids": []})).await.expect(403);
    let guest = Guest::of_team(&server, world.sales).await;
    assert_eq!(guest.get("/teams").await.rows().len(), 1);
    guest.get(&format!("/teams/{}", world.support)).await.expect(404);
    let body = json!({"teammate_ids": []});
    guest.delete(&format!("/teams/{}/teammates", world.support), Some(body)).await.expect(404);
    Guest::foreign(&server).await.get(&format!("/teams/{}", world.sales)).await.expect(404);
}
