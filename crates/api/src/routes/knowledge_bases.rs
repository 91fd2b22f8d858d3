//! Knowledge bases and their categories.

use http::Method;

use super::Operation;
use super::about::{list, nothing, one, page};
use super::shapes::{KnowledgeBase, KnowledgeBaseCategory, KnowledgeBaseCategorySlim, KnowledgeBaseSlim};
use crate::edge::params::PageRules;
use crate::{knowledge_base_categories as categories, knowledge_bases as bases};

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

pub(super) static CATEGORIES: &[Operation] = operations! {
    GET "/knowledge_bases/{knowledge_base_id}/categories" "list-categories-in-a-knowledge-base" "knowledge_bases:read" => categories::of_base,
        "List the categories of a knowledge base", page::<KnowledgeBaseCategorySlim>(&PageRules::USUAL);
    POST "/knowledge_bases/{knowledge_base_id}/categories" "create-knowledge-base-category-in-default-locale" "knowledge_bases:write" => categories::create,
        "Make a category in the default locale", one::<KnowledgeBaseCategory>().status(201).takes::<categories::Create>();
    POST "/knowledge_bases/{knowledge_base_id}/locales/{locale}/categories" "create-knowledge-base-category-in-specified-locale" "knowledge_bases:write" => categories::create,
        "Make a category in a locale", one::<KnowledgeBaseCategory>().status(201).takes::<categories::Create>();
    GET "/knowledge_base_categories/{category_id}" "get-a-knowledge-base-category" "knowledge_bases:read" => categories::get,
        "Show a category and its locales", one::<KnowledgeBaseCategorySlim>();
    DELETE "/knowledge_base_categories/{category_id}" "delete-a-knowledge-base-category" "knowledge_bases:delete" => categories::delete,
        "Delete a category with its articles; categories below it move up", nothing();
    GET "/knowledge_base_categories/{category_id}/content" "get-knowledge-base-category-content-in-default-locale" "knowledge_bases:read" => categories::content,
        "Show a category in the default locale", one::<KnowledgeBaseCategory>();
    PATCH "/knowledge_base_categories/{category_id}/content" "update-knowledge-base-category-in-default-locale" "knowledge_bases:write" => categories::update,
        "Change a category in the default locale", one::<KnowledgeBaseCategory>().takes::<categories::Update>();
    GET "/knowledge_base_categories/{category_id}/locales/{locale}/content" "get-knowledge-base-category-with-content-in-specified-locale" "knowledge_bases:read" => categories::content,
        "Show a category in a locale", one::<KnowledgeBaseCategory>();
    PATCH "/knowledge_base_categories/{category_id}/locales/{locale}/content" "update-knowledge-base-category-in-specified-locale" "knowledge_bases:write" => categories::update,
        "Change a category in a locale", one::<KnowledgeBaseCategory>().takes::<categories::Update>();
};
