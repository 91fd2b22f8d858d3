//! Message templates and their folders.

use http::Method;

use super::Operation;
use super::about::{About, nothing, one, page};
use super::shapes::{MANY, MessageTemplate, MessageTemplateFolder};
use crate::edge::params::PageRules;
use crate::{message_template_folders as folders, message_templates as templates};

const TEMPLATE_PAGE: About = page::<MessageTemplate>(&PageRules::BY_PLACE);
const FOLDER_PAGE: About = page::<MessageTemplateFolder>(&PageRules::BY_CHANGE);
const NEW_TEMPLATE: About =
    one::<MessageTemplate>().status(201).takes::<templates::CreateMessageTemplate>().files(MANY);
const NEW_FOLDER: About = one::<MessageTemplateFolder>().status(201).takes::<folders::CreateMessageTemplateFolder>();

pub(super) static TEMPLATES: &[Operation] = operations! {
    GET "/message_templates" "list-message-templates" "message_templates:read" => templates::list,
        "List message templates", TEMPLATE_PAGE;
    POST "/message_templates" "create-message-template" "message_templates:write" => templates::create,
        "Make a message template of the oldest workspace", NEW_TEMPLATE;
    GET "/message_templates/{message_template_id}" "get-message-template" "message_templates:read" => templates::get,
        "Show a message template", one::<MessageTemplate>();
    PATCH "/message_templates/{message_template_id}" "update-message-template" "message_templates:write" => templates::update,
        "Change a message template; files take the place of those it has", one::<MessageTemplate>().takes::<templates::UpdateMessageTemplate>().files(MANY);
    DELETE "/message_templates/{message_template_id}" "delete-message-template" "message_templates:delete" => templates::delete,
        "Delete a message template", nothing();
    GET "/teams/{team_id}/message_templates" "list-team-message-templates" "message_templates:read" => templates::of_team,
        "List the message templates of a workspace", TEMPLATE_PAGE;
    POST "/teams/{team_id}/message_templates" "create-team-message-template" "message_templates:write" => templates::create_of_team,
        "Make a message template of a workspace", NEW_TEMPLATE;
    GET "/teammates/{teammate_id}/message_templates" "list-teammate-message-templates" "message_templates:read" => templates::of_teammate,
        "List the message templates of a teammate", TEMPLATE_PAGE;
    POST "/teammates/{teammate_id}/message_templates" "create-teammate-message-template" "message_templates:write" => templates::create_of_teammate,
        "Make a message template of a teammate", NEW_TEMPLATE;
    GET "/message_template_folders/{message_template_folder_id}/message_templates" "get-child-templates" "message_templates:read" => templates::of_folder,
        "List the message templates in a folder", TEMPLATE_PAGE;
    POST "/message_template_folders/{message_template_folder_id}/message_templates" "create-child-template" "message_templates:write" => templates::create_child,
        "Make a message template in a folder", one::<MessageTemplate>().status(201).takes::<templates::CreateChildMessageTemplate>().files(MANY);
};

pub(super) static FOLDERS: &[Operation] = operations! {
    GET "/message_template_folders" "list-folders" "message_templates:read" => folders::list,
        "List folders of message templates", FOLDER_PAGE;
    POST "/message_template_folders" "create-folder" "message_templates:write" => folders::create,
        "Make a folder of the oldest workspace", NEW_FOLDER;
    GET "/message_template_folders/{message_template_folder_id}" "get-folder" "message_templates:read" => folders::get,
        "Show a folder of message templates", one::<MessageTemplateFolder>();
    PATCH "/message_template_folders/{message_template_folder_id}" "update-folder" "message_templates:write" => folders::update,
        "Rename or move a folder of message templates", one::<MessageTemplateFolder>().takes::<folders::UpdateMessageTemplateFolder>();
    DELETE "/message_template_folders/{message_template_folder_id}" "delete-folder" "message_templates:delete" => folders::delete,
        "Delete a folder with all folders and message templates in it", one::<folders::Deleted>().status(202);
    GET "/message_template_folders/{message_template_folder_id}/message_template_folders" "get-child-folders" "message_templates:read" => folders::children,
        "List the folders in a folder", FOLDER_PAGE;
    POST "/message_template_folders/{message_template_folder_id}/message_template_folders" "create-child-folder" "message_templates:write" => folders::create_child,
        "Make a folder in a folder", one::<MessageTemplateFolder>().status(201).takes::<folders::CreateChildMessageTemplateFolder>();
    GET "/teams/{team_id}/message_template_folders" "list-team-folders" "message_templates:read" => folders::of_team,
        "List the folders of a workspace", FOLDER_PAGE;
    POST "/teams/{team_id}/message_template_folders" "create-team-folder" "message_templates:write" => folders::create_of_team,
        "Make a folder of a workspace", NEW_FOLDER;
    GET "/teammates/{teammate_id}/message_template_folders" "list-teammate-folders" "message_templates:read" => folders::of_teammate,
        "List the folders of a teammate", FOLDER_PAGE;
    POST "/teammates/{teammate_id}/message_template_folders" "create-teammate-folder" "message_templates:write" => folders::create_of_teammate,
        "Make a folder of a teammate", NEW_FOLDER;
};
