//! What workspaces promise, on every store.

use super::*;
use crate::testing::companies;

#[test]
fn members_are_added_once_and_removed() {
    for company in companies() {
        let (team, ada) = (company.team, company.ada);
        company.write(move |work| add_members(work, team, &[ada]));
        company.write(move |work| add_members(work, team, &[ada]));
        let members =
            move |work: &mut Work<'_>| Ok(work.directory()?.members(team).map(|member| member.teammate).collect());
        assert_eq!(company.write::<Vec<TeammateId>>(members), vec![ada], "{}", company.engine);
        company.write(move |work| remove_members(work, team, &[ada]));
        assert_eq!(company.write::<Vec<TeammateId>>(members), vec![], "{}", company.engine);
    }
}

#[test]
fn a_bot_is_no_member() {
    for company in companies() {
        let (team, bot) = (company.team, company.bot);
        let refused = company.attempt(move |work| add_members(work, team, &[bot]));
        assert!(matches!(refused, Err(Error::Invalid { ref field, .. }) if field == "teammate_ids"), "{refused:?}");
    }
}
