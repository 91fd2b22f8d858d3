//! What people write to a shop for lamps and furniture, and what they are answered. A table of texts: `{order}`,
//! `{product}`, `{name}`, `{city}` and `{day}` are filled in.

/// Where a story begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Desk {
    Help,
    Returns,
    Chat,
    Wholesale,
    Press,
}

/// One exchange with a customer.
#[derive(Debug)]
pub(super) struct Story {
    pub(super) desk: Desk,
    pub(super) subject: &'static str,
    /// What the customer says, and what the shop answers, in turn. The customer begins.
    pub(super) turns: &'static [&'static str],
    /// What a colleague remarks inside.
    pub(super) note: Option<&'static str>,
    pub(super) tag: Option<&'static str>,
}

use Desk::{Chat, Help, Press, Returns, Wholesale};

/// All of them.
pub(super) const STORIES: &[Story] = &[
    Story {
        desk: Help,
        subject: "Where is order {order}?",
        turns: &[
            "Hello,\n\nI ordered a {product} two weeks ago (order {order}) and the tracking page has not changed since {day}. Could you find out where it is?\n\nThank you\n{name}",
            "Hello {name},\n\nI have just spoken to the carrier: the parcel was left behind at their hub near {city} and goes out again tomorrow. You will get a new tracking mail tonight.\n\nSorry for the wait!",
            "It arrived this morning, everything in one piece. Thanks for looking into it so quickly!",
        ],
        note: Some("Carrier reference is in the order. If it is not scanned by tomorrow noon we send a new one."),
        tag: Some("Delivery"),
    },
    Story {
        desk: Help,
        subject: "Delivery address for {order}",
        turns: &[
            "Hi, we are moving next week. Can order {order} go to our new place in {city} instead?",
            "Hi {name}, of course: I changed the address to the one in {city}. The {product} ships on {day}.",
            "Perfect, thanks.",
        ],
        note: None,
        tag: Some("Delivery"),
    },
    Story {
        desk: Help,
        subject: "Invoice for {order} without our VAT number",
        turns: &[
            "Good morning,\n\nthe invoice of order {order} does not show our VAT number, so our accountant cannot use it. Could you issue a corrected one?\n\nBest regards,\n{name}",
            "Good morning {name},\n\nplease send me the number as it should appear and you will have the corrected invoice the same day.",
            "Here it is: BE0458.402.105. Thank you!",
            "Corrected invoice is on its way to your inbox. Have a good day!",
        ],
        note: Some(
            "@sofia the template drops the VAT line when the field is filled in after checkout. Third time this month.",
        ),
        tag: Some("Invoice"),
    },
    Story {
        desk: Help,
        subject: "Is the {product} dimmable?",
        turns: &[
            "Hello, before I order: does the {product} work with an ordinary wall dimmer?",
            "Hello {name}, yes, with any dimmer for LED (trailing edge). The bulb that comes with it is dimmable too.",
        ],
        note: None,
        tag: Some("Product question"),
    },
    Story {
        desk: Help,
        subject: "Spare glass shade",
        turns: &[
            "Hi there, our cat won against the {product}. Can I buy only the glass shade?",
            "Hi {name}, that happens more often than you would think! The shade alone is 24 €, shall I add it to your account?",
            "Yes please, to the same address. Say hello from the cat.",
            "Done, it leaves tomorrow. Best wishes to the cat.",
        ],
        note: None,
        tag: Some("Product question"),
    },
    Story {
        desk: Help,
        subject: "I was charged twice",
        turns: &[
            "My bank shows two payments for order {order}. Please refund one of them as soon as you can.",
            "Hello {name}, one of the two is only a reservation that your bank lifts within three days. If it is still there on {day}, write to me and I will call them.",
            "It is gone now. Thank you for explaining.",
        ],
        note: Some("Checked with the payment provider: one authorisation, one capture."),
        tag: Some("Billing"),
    },
    Story {
        desk: Help,
        subject: "Cannot log in any more",
        turns: &[
            "I reset my password three times and still cannot get into my account to see order {order}.",
            "Hello {name}, your account was registered with a small typo in the address. I corrected it, please try the reset once more.",
            "Works now!",
        ],
        note: None,
        tag: Some("Account"),
    },
    Story {
        desk: Help,
        subject: "Missing screws",
        turns: &[
            "Hello, the bag with the screws was not in the box of the {product} ({order}). Everything else is there.",
            "Hello {name}, sorry about that! A new bag is in today's post, it should be in {city} by {day}.",
        ],
        note: Some("Same batch as last week. Told the warehouse."),
        tag: Some("Quality"),
    },
    Story {
        desk: Help,
        subject: "Refund still not here",
        turns: &[
            "I sent the {product} back on {day} and still have no refund for {order}. How long does this take?",
            "Hello {name}, it was booked this morning; it takes your bank two working days to show it.",
        ],
        note: None,
        tag: Some("Billing"),
    },
    Story {
        desk: Help,
        subject: "Gift wrapping?",
        turns: &[
            "Hi! Order {order} is a present for my sister. Could you wrap it and leave the invoice out?",
            "Hi {name}, wrapped, with a card, and no invoice in the box. What should the card say?",
            "\"Let there be light. Love, {name}\" – thank you!",
        ],
        note: None,
        tag: None,
    },
    Story {
        desk: Help,
        subject: "Thank you",
        turns: &["Just wanted to say that the {product} looks wonderful in our kitchen. Thank you!"],
        note: None,
        tag: Some("Praise"),
    },
    Story {
        desk: Returns,
        subject: "Return of {order}",
        turns: &[
            "Hello, the {product} is bigger than I thought. I would like to return it (order {order}). It is unused.",
            "Hello {name}, no problem. The label is attached to this message; drop the parcel at any post office in {city} within 14 days.",
            "Sent off today.",
            "Thank you, it has arrived and the refund is booked.",
        ],
        note: None,
        tag: Some("Return"),
    },
    Story {
        desk: Returns,
        subject: "{product} arrived broken",
        turns: &[
            "The {product} of order {order} came with a crack through the base, the box was wet on one side. I can send pictures.",
            "Hello {name}, I am very sorry. No pictures needed: a new one leaves tomorrow, and the carrier collects the broken one on {day}.",
            "That is what I call service. Thank you.",
        ],
        note: Some("Claim the damage with the carrier, wet box again on the {city} route."),
        tag: Some("Damage"),
    },
    Story {
        desk: Returns,
        subject: "Wrong colour",
        turns: &[
            "I ordered the {product} in sage green and got it in black. Order {order}.",
            "Hello {name}, our mistake. The green one is reserved for you; would you like to keep the black one for half the price?",
            "Tempting, but I will send it back.",
            "Understood. The courier comes on {day} between 9 and 12.",
        ],
        note: None,
        tag: Some("Return"),
    },
    Story {
        desk: Returns,
        subject: "Warranty: {product} flickers",
        turns: &[
            "Hello, after eight months the {product} has begun to flicker. A new bulb did not help. Is that covered?",
            "Hello {name}, it is: two years. Please tell me the number on the label below the base.",
            "It says L7-2231.",
            "Thank you. That driver had a weak batch; a new one is on its way to {city}, with instructions. Ten minutes and a screwdriver.",
        ],
        note: Some("L7-22xx again. @milan do we write to everybody who has one?"),
        tag: Some("Warranty"),
    },
    Story {
        desk: Returns,
        subject: "Exchange for a larger size",
        turns: &[
            "Can I exchange the {product} from order {order} for the large one and pay the difference?",
            "Yes, {name}. The difference is 60 €; I sent you a link for it. We swap them at your door on {day}.",
        ],
        note: None,
        tag: Some("Return"),
    },
    Story {
        desk: Chat,
        subject: "",
        turns: &[
            "hi, do you have the {product} in stock?",
            "Hi {name}! Yes, nine of them. Ordered before 15:00 it leaves today.",
            "great, ordering now",
        ],
        note: None,
        tag: Some("Product question"),
    },
    Story {
        desk: Chat,
        subject: "",
        turns: &[
            "my voucher WELCOME10 says \"not valid\"",
            "Hi! It needs 50 € or more in the basket. May I ask what is in yours?",
            "ah, 45. ok!",
        ],
        note: None,
        tag: Some("Billing"),
    },
    Story {
        desk: Chat,
        subject: "",
        turns: &[
            "can I pick up in your showroom?",
            "Sure, Tuesday to Saturday, 10 to 18. Choose \"showroom\" at checkout, no shipping costs.",
        ],
        note: None,
        tag: None,
    },
    Story {
        desk: Chat,
        subject: "",
        turns: &[
            "the checkout hangs after I enter my card",
            "Sorry about that! Which browser do you use?",
            "firefox on a tablet",
            "Thanks. I can reproduce it and have told our developers. On a computer it works, and your basket is kept.",
        ],
        note: Some("Reproduced: third-party script is blocked and the form waits for it for ever."),
        tag: Some("Quality"),
    },
    Story {
        desk: Wholesale,
        subject: "Price list for a hotel in {city}",
        turns: &[
            "Dear Sir or Madam,\n\nwe are furnishing 48 rooms in {city} and are interested in the {product}. Could you send your project price list and delivery times?\n\nKind regards,\n{name}",
            "Dear {name},\n\nthank you for thinking of us. For 48 pieces we offer 22 % and deliver in six weeks; the list is attached. Shall we send a sample?",
            "A sample would be wonderful. Please send it to the hotel's reception.",
            "The sample left today. I will call you on {day} to hear what you think.",
        ],
        note: Some("Asked purchasing: 48 is fine if we order before the end of the month."),
        tag: Some("Lead"),
    },
    Story {
        desk: Wholesale,
        subject: "Reseller account",
        turns: &[
            "Hello, we run two design shops in {city} and would like to carry your lamps. How does one become a reseller?",
            "Hello {name}, happily! Please send us your company registration and a picture of the shops. Minimum first order is 1 500 €.",
            "Both attached. We are looking forward to it.",
        ],
        note: None,
        tag: Some("Lead"),
    },
    Story {
        desk: Wholesale,
        subject: "Order {order}: partial delivery",
        turns: &[
            "Of the 20 {product} in order {order} only 14 have arrived. When can we expect the rest? The opening is on {day}.",
            "Hello {name}, six are on a second pallet that reaches you tomorrow before noon. I keep an eye on it until it is there.",
            "Arrived. You saved our opening!",
        ],
        note: Some("VIP customer, please answer first when they write."),
        tag: Some("Delivery"),
    },
    Story {
        desk: Wholesale,
        subject: "Extending our terms of payment",
        turns: &[
            "Would 60 days instead of 30 be possible for the autumn order ({order})?",
            "Dear {name}, we can offer 45 days without a surcharge. I attached the amended confirmation.",
        ],
        note: Some("@sofia agreed by phone, up to 45 days."),
        tag: Some("Invoice"),
    },
    Story {
        desk: Press,
        subject: "Pictures of the {product} for a magazine",
        turns: &[
            "Hello, I write about interiors and would like to show the {product} in our next issue. Do you have pictures in print resolution?",
            "Hello {name}, how nice! You find everything at lumenoak.example/press, free to use with the photographer's name.",
            "Wonderful, thank you. I will send you a copy.",
        ],
        note: None,
        tag: None,
    },
    Story {
        desk: Press,
        subject: "Interview about repairable design",
        turns: &[
            "Could we speak with your designer about why every part of the {product} can be replaced? Half an hour would do.",
            "Hello {name}, Milan would love to. He is free on {day} after 14:00, would that suit you?",
        ],
        note: Some("Milan knows and is looking forward to it."),
        tag: None,
    },
];

/// What is sold.
pub(super) const PRODUCTS: &[&str] = &[
    "Birch floor lamp",
    "Luna pendant",
    "Arc desk lamp",
    "Oak side table",
    "Pebble table lamp",
    "Fjord shelf",
    "Halo wall light",
    "Nest reading chair",
    "Tide ceiling lamp",
    "Stem lamp",
];

/// Where customers live.
pub(super) const CITIES: &[&str] =
    &["Ghent", "Lyon", "Porto", "Aarhus", "Leeds", "Graz", "Turin", "Utrecht", "Cork", "Kraków", "Bilbao", "Malmö"];

/// Days to promise something for.
pub(super) const DAYS: &[&str] = &["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"];

/// Given names of customers.
pub(super) const GIVEN: &[&str] = &[
    "Amara", "Bruno", "Chloé", "Dimitri", "Elif", "Fatima", "Gustav", "Hana", "Iker", "Jana", "Kofi", "Leila", "Mateo",
    "Nina", "Oskar", "Priya", "Quentin", "Rosa", "Stefan", "Tereza", "Ulla", "Viktor", "Wanda", "Yusuf", "Zoë",
];

/// Family names of customers.
pub(super) const FAMILY: &[&str] = &[
    "Almeida",
    "Berg",
    "Costa",
    "Dubois",
    "Eriksen",
    "Ferrari",
    "García",
    "Horváth",
    "Ivanova",
    "Jensen",
    "Kowalski",
    "Lambert",
    "Moreau",
    "Novák",
    "O’Brien",
    "Petit",
    "Quispe",
    "Rossi",
    "Schmidt",
    "Tanaka",
    "Usman",
    "Virtanen",
    "Weber",
    "Yılmaz",
    "Zhang",
];
