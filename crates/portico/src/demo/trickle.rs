//! Keeps the sample company alive: now and then a customer writes, and a little later somebody takes it and answers.

use std::time::Duration;

use desk::ids::ConversationId;
use desk::{Caller, Desk};

use super::company::Sample;
use super::dice::Dice;
use super::fill::Act;
use super::plan::{Blanks, What, customer};
use super::stories::{STORIES, Story};
use crate::workers::Workers;

/// The first customer writes soon, so that whoever watches sees something.
const FIRST: Duration = Duration::from_secs(8);
/// Seconds between two customers: at least, at most.
const BETWEEN: (i64, i64) = (25, 70);
/// Seconds until somebody takes it, and from there to the answer.
const REACTION: (i64, i64) = (4, 12);

/// Plays until the server stops.
pub(super) fn start(workers: &Workers, desk: Desk, caller: Caller, sample: Sample) {
    let stopping = workers.stopping();
    workers.spawn("trickle", async move {
        let mut stopping = std::pin::pin!(stopping);
        let mut dice = Dice(desk.random().number());
        let mut pause = FIRST;
        loop {
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = &mut stopping => return,
            }
            tokio::select! {
                () = tell(&desk, &caller, &sample, &mut dice) => {}
                () = &mut stopping => return,
            }
            pause = seconds(&mut dice, BETWEEN);
        }
    });
}

fn seconds(dice: &mut Dice, (least, most): (i64, i64)) -> Duration {
    Duration::from_secs(dice.between(least, most).unsigned_abs())
}

/// One customer and what follows.
async fn tell(desk: &Desk, caller: &Caller, sample: &Sample, dice: &mut Dice) {
    let story: &Story = dice.pick(STORIES);
    let customer = customer(dice, story.desk);
    let thread = format!("live-{:x}", dice.roll());
    let (subject, opening, answer, who) = {
        let blanks = Blanks::roll(dice, &customer);
        let answer = story.turns.get(1).filter(|_| dice.chance(60)).map(|text| blanks.fill(text));
        (blanks.fill(story.subject), blanks.fill(story.turns[0]), answer, dice.below(64))
    };
    let act = |conversation: Option<ConversationId>, what: What| {
        let act =
            Act { at: None, desk: story.desk, customer: customer.clone(), thread: thread.clone(), conversation, what };
        let sample = sample.clone();
        desk.write(caller, move |work| act.run(work, &sample))
    };
    let received = act(None, What::Receive { subject, body: opening }).await;
    let Ok(conversation) = received.inspect_err(|error| tracing::warn!(%error, "the sample customer was not heard"))
    else {
        return;
    };
    let Some(answer) = answer else { return };
    for what in [What::Assign(who), What::Reply(answer)] {
        tokio::time::sleep(seconds(dice, REACTION)).await;
        if let Err(error) = act(Some(conversation), what).await {
            // Somebody who tries the API may have deleted it meanwhile.
            tracing::info!(%error, "the sample teammate could not act");
            return;
        }
    }
}
