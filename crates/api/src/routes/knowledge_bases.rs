//! Knowledge bases, their categories and their articles.

use http::Method;

use super::Operation;
use super::about::{list, one};
use super::shapes::{KnowledgeBase, KnowledgeBaseSlim};
use crate::knowledge_bases as bases;

pub(super) static BASES: &[Operation] = operations! {
    GET "/knowledge_bases" "list-knowledge-bases" "knowledge_bases:read" => bases::list,
        "List the knowledge bases", list::<KnowledgeBaseSlim>();
    POST "/knowledge_bases" "create-a-knowledge-base" "knowledge_bases:write" => bases::create,
        "Make a knowledge base", one::<KnowledgeBase>().status(201).takes::<bases::CreateKnowledgeBase>();
    GET "/knowledge_bases/{knowledge_base_id}" "get-a-knowledge-base" "knowledge_bases:read" => bases::get,
        "Show a knowledge base and its locales", one::<KnowledgeBaseSlim>();
    GET "/knowledge_bases/{knowledge_base_id}/content" "get-a-knowledge-base-with-content-in-default-locale" "knowledge_bases:read" => bases::content,
        "Show a knowledge base in its default locale", one::<KnowledgeBase>();
    PATCH "/knowledge_bases/{knowledge_base_id}/content" "update-knowledge-base-in-default-locale" "knowledge_bases:write" => bases::update,
        "Rename a knowledge base in its default locale", one::<KnowledgeBase>().takes::<bases::UpdateKnowledgeBase>();
    GET "/knowledge_bases/{knowledge_base_id}/locales/{locale}/content" "get-a-knowledge-base-with-content-in-specified-locale" "knowledge_bases:read" => bases::content,
        "Show a knowledge base in a locale", one::<KnowledgeBase>();
    PATCH "/knowledge_bases/{knowledge_base_id}/locales/{locale}/content" "update-knowledge-base-in-specified-locale" "knowledge_bases:write" => bases::update,
        "Name a knowledge base in a locale", one::<KnowledgeBase>().takes::<bases::UpdateKnowledgeBase>();
};
