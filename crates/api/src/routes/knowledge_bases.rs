//! Knowledge bases, their categories and their articles.

use http::Method;

use super::Operation;
use super::about::{file, list, nothing, one, page};
use super::shapes::{
    KnowledgeBase, KnowledgeBaseArticle, KnowledgeBaseArticleSlim, KnowledgeBaseCategory, KnowledgeBaseCategorySlim,
    KnowledgeBaseSlim, MANY,
};
use crate::edge::params::PageRules;
use crate::{knowledge_base_articles as articles, knowledge_base_categories as categories, knowledge_bases as bases};

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

pub(super) static ARTICLES: &[Operation] = operations! {
    GET "/knowledge_bases/{knowledge_base_id}/articles" "list-articles-in-a-knowledge-base" "knowledge_bases:read" => articles::of_base,
        "List the articles of a knowledge base", page::<KnowledgeBaseArticleSlim>(&PageRules::USUAL);
    POST "/knowledge_bases/{knowledge_base_id}/articles" "create-article-in-a-knowledge-base-in-default-locale" "knowledge_bases:write" => articles::create,
        "Write an article in the default locale", one::<KnowledgeBaseArticle>().status(201).takes::<articles::CreateArticle>().files(MANY);
    POST "/knowledge_bases/{knowledge_base_id}/locales/{locale}/articles" "create-article-in-a-knowledge-base-in-specified-locale" "knowledge_bases:write" => articles::create,
        "Write an article in a locale", one::<KnowledgeBaseArticle>().status(201).takes::<articles::CreateArticle>().files(MANY);
    GET "/knowledge_base_categories/{category_id}/articles" "list-articles-in-a-category" "knowledge_bases:read" => articles::of_category,
        "List the articles in a category", page::<KnowledgeBaseArticleSlim>(&PageRules::USUAL);
    GET "/knowledge_base_articles/{article_id}" "get-a-knowledge-base-article" "knowledge_bases:read" => articles::get,
        "Show an article and its locales", one::<KnowledgeBaseArticleSlim>();
    DELETE "/knowledge_base_articles/{article_id}" "delete-an-article" "knowledge_bases:delete" => articles::delete,
        "Delete an article in all locales", one::<KnowledgeBaseArticleSlim>();
    GET "/knowledge_base_articles/{article_id}/content" "get-knowledge-base-article-with-content-in-default-locale" "knowledge_bases:read" => articles::content,
        "Show an article in the default locale", one::<KnowledgeBaseArticle>();
    PATCH "/knowledge_base_articles/{article_id}/content" "update-article-content-in-default-locale" "knowledge_bases:write" => articles::update,
        "Change an article in the default locale", one::<KnowledgeBaseArticle>().takes::<articles::UpdateArticle>().files(MANY);
    GET "/knowledge_base_articles/{article_id}/locales/{locale}/content" "get-knowledge-base-article-with-content-in-specified-locale" "knowledge_bases:read" => articles::content,
        "Show an article in a locale", one::<KnowledgeBaseArticle>();
    PATCH "/knowledge_base_articles/{article_id}/locales/{locale}/content" "update-article-content-in-specified-locale" "knowledge_bases:write" => articles::update,
        "Change an article in a locale", one::<KnowledgeBaseArticle>().takes::<articles::UpdateArticle>().files(MANY);
    GET "/knowledge_base_articles/{article_id}/download/{attachment_id}" "download-attachment-from-an-article" "knowledge_bases:read" => articles::download,
        "Fetch a file of an article", file();
};
