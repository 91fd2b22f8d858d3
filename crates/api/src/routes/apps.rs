//! Apps: no public operation of Front's makes or installs them, but one tells rules of what happens in them.

use http::Method;

use super::Operation;
use super::about::{list, nothing, one};
use super::shapes::Channel;
use crate::admin::apps;
use crate::applications;

/// The one public operation about apps.
pub(super) static APPLICATIONS: &[Operation] = operations! {
    POST "/applications/{application_uid}/events" "trigger-app-event" "feature:app_trigger" => applications::trigger,
        "Let rules run on the conversations that hold an application's object", nothing().takes::<applications::AppEvent>();
};

pub(super) static APPS: &[Operation] = operations! {
    GET "/portico/v1/apps" "portico-list-apps" "portico:read" => apps::list,
        "List the apps that the company registered", list::<apps::Shown>();
    POST "/portico/v1/apps" "portico-create-app" "portico:write" => apps::create,
        "Register an app; its signing secret is in this one answer", one::<apps::MadeApp>().status(201).takes::<apps::CreateApp>();
    GET "/portico/v1/apps/{app_uid}" "portico-get-app" "portico:read" => apps::get,
        "Show an app of the company's", one::<apps::Shown>();
    PATCH "/portico/v1/apps/{app_uid}" "portico-update-app" "portico:write" => apps::update,
        "Change what an app says of itself", one::<apps::Shown>().takes::<apps::UpdateApp>();
    DELETE "/portico/v1/apps/{app_uid}" "portico-delete-app" "portico:write" => apps::delete,
        "Delete an app, wherever it is installed", nothing();
    POST "/portico/v1/apps/{app_uid}/secrets/rotate" "portico-rotate-app-secret" "portico:write" => apps::rotate,
        "Make a new secret; the old one goes on for a while", one::<apps::NewSecret>().takes::<apps::RotateSecret>();
    POST "/portico/v1/apps/{app_uid}/secrets/end_overlap" "portico-end-app-secret-overlap" "portico:write" => apps::end_overlap,
        "End the old secret now", nothing().takes::<apps::EndOverlap>();
    GET "/portico/v1/apps/{app_uid}/features" "portico-list-app-features" "portico:read" => apps::features::list,
        "List the features of an app", list::<apps::features::Shown>();
    POST "/portico/v1/apps/{app_uid}/features" "portico-add-app-feature" "portico:write" => apps::features::add,
        "Add a feature; a secret that comes with it is in this one answer", one::<apps::features::MadeFeature>().status(201).takes::<apps::features::Settings>();
    PUT "/portico/v1/apps/{app_uid}/features/{feature_id}" "portico-change-app-feature" "portico:write" => apps::features::change,
        "Replace the settings of a feature", one::<apps::features::Shown>().takes::<apps::features::Settings>();
    DELETE "/portico/v1/apps/{app_uid}/features/{feature_id}" "portico-remove-app-feature" "portico:write" => apps::features::remove,
        "Remove a feature that no other one needs", nothing();
    PUT "/portico/v1/apps/{app_uid}/features/{feature_id}/secret" "portico-keep-app-feature-secret" "portico:write" => apps::features::keep_secret,
        "Keep the secret that a partner gave for a feature", nothing().takes::<apps::features::PartnersSecret>();
    POST "/portico/v1/apps/{app_uid}/validate" "portico-validate-app" "portico:write" => apps::features::validate_again,
        "Ask the receiver of an app's webhook once more whether it is one", nothing();
    POST "/portico/v1/apps/{app_uid}/publish" "portico-publish-app" "portico:write" => apps::directory::publish,
        "Let every company of this server install an app", nothing();
    POST "/portico/v1/apps/{app_uid}/withdraw" "portico-withdraw-app" "portico:write" => apps::directory::withdraw,
        "Take an app out of the directory", nothing();
};

pub(super) static SHARED: &[Operation] = operations! {
    GET "/portico/v1/apps/{app_uid}/shared_credentials" "portico-list-shared-credentials" "portico:read" => apps::shared_credentials::list,
        "List the credentials that channels of an app share", list::<apps::shared_credentials::Shown>();
    POST "/portico/v1/apps/{app_uid}/shared_credentials" "portico-share-credentials" "portico:write" => apps::shared_credentials::create,
        "Give credentials that many channels of an app share, and learn their addresses", one::<apps::shared_credentials::ConnectedCredentials>().status(201).takes::<apps::shared_credentials::ShareCredentials>();
    PUT "/portico/v1/shared_credentials/{shared_credentials_id}" "portico-replace-shared-credentials" "portico:write" => apps::shared_credentials::replace,
        "Put other credentials in the place of shared ones, for all their channels", one::<apps::shared_credentials::ConnectedCredentials>().takes::<apps::shared_credentials::ShareCredentials>();
    DELETE "/portico/v1/shared_credentials/{shared_credentials_id}" "portico-delete-shared-credentials" "portico:write" => apps::shared_credentials::delete,
        "Forget shared credentials that no channel lives by", nothing();
    GET "/portico/v1/shared_credentials/{shared_credentials_id}/addresses" "portico-list-shared-addresses" "portico:read" => apps::shared_credentials::addresses,
        "Ask an app's server for the addresses that shared credentials are good for", list::<apps::shared_credentials::ShownAddress>();
    POST "/portico/v1/shared_credentials/{shared_credentials_id}/channels" "portico-connect-address" "portico:write" => apps::shared_credentials::connect_address,
        "Make a channel at one of these addresses", one::<Channel>().status(201).takes::<apps::shared_credentials::ConnectAddress>();
};

pub(super) static DIRECTORY: &[Operation] = operations! {
    GET "/portico/v1/app_directory" "portico-list-app-directory" "portico:read" => apps::directory::list,
        "List the apps that the company may install or has installed", list::<apps::directory::Shown>();
    POST "/portico/v1/apps/{app_uid}/install" "portico-install-app" "portico:write" => apps::directory::install,
        "Install an app", nothing();
    POST "/portico/v1/apps/{app_uid}/enable" "portico-enable-app" "portico:write" => apps::directory::enable,
        "Let an installed app work", nothing();
    POST "/portico/v1/apps/{app_uid}/disable" "portico-disable-app" "portico:write" => apps::directory::disable,
        "Stop an installed app", nothing();
    POST "/portico/v1/apps/{app_uid}/links/enable" "portico-enable-app-links" "portico:write" => apps::links::enable,
        "Ask the receiver of an app's links whether it is one, and let the links work", one::<apps::links::Standing>();
    POST "/portico/v1/apps/{app_uid}/links/disable" "portico-disable-app-links" "portico:write" => apps::links::disable,
        "Stop an app's links; those that are attached stay", nothing();
    POST "/portico/v1/apps/{app_uid}/uninstall" "portico-uninstall-app" "portico:write" => apps::directory::uninstall,
        "Take an app away", nothing();
    GET "/portico/v1/app_consents" "portico-list-app-consents" "portico:read" => apps::directory::list_consents,
        "List the apps that may act for the company by OAuth", list::<apps::directory::ShownConsent>();
    POST "/portico/v1/apps/{app_uid}/revoke" "portico-revoke-app" "portico:write" => apps::directory::revoke,
        "End an app's tokens and switch it off", nothing();
};
