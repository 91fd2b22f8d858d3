//! Signatures.

use http::Method;

use super::Operation;
use super::about::{About, nothing, one, page};
use super::shapes::Signature;
use crate::edge::params::PageRules;
use crate::signatures;

const PAGE: About = page::<Signature>(&PageRules::USUAL);
const NEW: About = one::<Signature>().status(201).takes::<signatures::CreateSignature>();

pub(super) static SIGNATURES: &[Operation] = operations! {
    GET "/signatures/{signature_id}" "get-signatures" "signatures:read" => signatures::get,
        "Show a signature", one::<Signature>();
    PATCH "/signatures/{signature_id}" "update-signature" "signatures:write" => signatures::update,
        "Change a signature", one::<Signature>().takes::<signatures::UpdateSignature>();
    DELETE "/signatures/{signature_id}" "delete-signature" "signatures:delete" => signatures::delete,
        "Delete a signature", nothing();
    GET "/teams/{team_id}/signatures" "list-team-signatures" "signatures:read" => signatures::of_team,
        "List the signatures of a workspace", PAGE;
    POST "/teams/{team_id}/signatures" "create-team-signature" "signatures:write" => signatures::create_of_team,
        "Make a signature of a workspace", NEW;
    GET "/teammates/{teammate_id}/signatures" "list-teammate-signatures" "signatures:read" => signatures::of_teammate,
        "List the signatures of a teammate", PAGE;
    POST "/teammates/{teammate_id}/signatures" "create-teammate-signature" "signatures:write" => signatures::create_of_teammate,
        "Make a signature of a teammate", NEW;
};
