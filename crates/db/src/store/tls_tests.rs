//! Addresses, and a server that signs with an authority of its own (`scripts/postgres` makes both).

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;

use super::*;
use crate::store::{Options, Store, StoreUrl};
use crate::testing;

fn wanted(query: &str) -> Wanted {
    split(&format!("postgres://host/name?{query}")).expect("an address").1
}

#[test]
fn what_concerns_tls_is_taken_out_of_an_address() {
    let (left, wanted) =
        split("postgres://host/name?application_name=a%20b&sslmode=verify-ca&sslrootcert=%2Fca%20s.pem")
            .expect("an address");
    assert_eq!(left, "postgres://host/name?application_name=a%20b");
    assert_eq!((wanted.mode, wanted.authorities.as_deref()), (Mode::VerifyCa, Some("/ca s.pem")));
    assert_eq!(split("postgres://host/name?sslmode=disable").expect("an address").0, "postgres://host/name");
    assert_eq!(split("postgres://host/name").expect("an address").1, Wanted::default());
}

#[test]
fn a_password_may_hold_what_elsewhere_begins_the_settings() {
    let (left, wanted) =
        split("postgres://who:pa?sslmode=x&ss@host/name?sslmode=require&connect_timeout=3").expect("one");
    assert_eq!(left, "postgres://who:pa?sslmode=x&ss@host/name?connect_timeout=3");
    assert_eq!(wanted.mode, Mode::Require);
    let refused: Result<StoreUrl> = "postgres://who:secret?pass=%FF@host/name?sslkey=%FF".parse();
    let refused = refused.expect_err("no UTF-8").to_string();
    assert!(refused.contains("sslkey") && !refused.contains("secret"), "{refused}");
}

#[test]
fn a_socket_of_this_machine_knows_no_tls() {
    let is_encrypted = |address: &str| {
        let server = crate::store::postgres::server(&format!("postgres://{address}&sslmode=verify-full"));
        server.expect("an address").is_encrypted()
    };
    assert!(!is_encrypted("/name?host=%2Fvar%2Frun"));
    for elsewhere in ["/name?hostaddr=10.0.0.5", "host/name?hostaddr=10.0.0.5", "host,%2Fvar%2Frun/name?port=5432"] {
        assert!(is_encrypted(elsewhere), "{elsewhere}");
    }
}

#[test]
fn the_authorities_of_the_machine_are_asked_about_the_name_too() {
    for query in ["sslrootcert=system&sslmode=require", "sslmode=require&sslrootcert=system", "sslrootcert=system"] {
        assert_eq!(wanted(query), Wanted { mode: Mode::VerifyFull, ..Wanted::default() }, "{query}");
    }
}

#[test]
fn an_address_that_cannot_be_kept_says_why() {
    let refused = |query: &str| {
        let address: Result<StoreUrl> = format!("postgres://host/name?{query}").parse();
        address.expect_err(query).to_string()
    };
    assert!(refused("sslmode=sure").contains("verify-full"));
    assert!(refused("sslmode=verify-ca&sslrootcert=/nowhere.pem").contains("/nowhere.pem"));
    assert!(refused("sslcert=/nowhere.pem").contains("sslkey"));
    assert!(refused("sslrootcert=%FF").contains("UTF-8"));
}

/// The server for tests, if it speaks TLS: its address without a query, and the folder of its certificates.
fn server() -> Option<(String, PathBuf)> {
    let store = testing::postgres(&[])?;
    let (ssl, folder): (String, String) = store
        .read_blocking(|conn| conn.one("SELECT current_setting('ssl'), current_setting('data_directory')", &[]))
        .expect("the server's settings");
    let folder = PathBuf::from(folder);
    if ssl != "on" || std::fs::File::open(folder.join("authority.crt")).is_err() {
        eprintln!(
            "=== TLS to PostgreSQL LEFT OUT of this test: the server has none, or its certificates cannot be read ==="
        );
        return None;
    }
    let url = testing::server()?;
    Some((url.split('?').next().unwrap_or_default().to_owned(), folder))
}

fn open(url: &str) -> Result<Store> {
    Store::open(&StoreUrl::Postgres(url.to_owned()), Options { pg_connections: 1, ..Options::default() })
}

/// Whether a connection is encrypted, or why there is none.
fn encrypted(url: &str) -> Result<bool> {
    let store = open(url)?;
    let sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    store.read_blocking(move |conn| conn.one::<(bool,)>(sql, &[])).map(|(encrypted,)| encrypted)
}

#[test]
fn a_server_is_spoken_to_and_believed_as_the_address_says() {
    let Some((url, folder)) = server() else { return };
    let file = |name: &str| folder.join(name).display().to_string();
    let (authority, own) = (file("authority.crt"), file("server.crt"));
    // The same server under a name that its certificate does not have.
    let elsewhere = url.replacen("127.0.0.1", "elsewhere.example", 1) + "?hostaddr=127.0.0.1&";
    let here = url + "?";
    for (address, query, expected) in [
        (&here, "sslmode=disable".to_owned(), false),
        (&here, String::new(), true),
        (&here, "sslmode=require".to_owned(), true),
        (&here, format!("sslmode=verify-full&sslrootcert={authority}"), true),
        (&here, format!("sslmode=verify-full&sslrootcert={own}"), true),
        // What is only preferred is done without where it cannot be had: no certificate is the server's own here.
        (&here, format!("sslmode=prefer&sslrootcert={}", file("stranger.crt")), false),
        (&elsewhere, "sslmode=require".to_owned(), true),
        (&elsewhere, format!("sslmode=require&sslrootcert={authority}"), true),
        (&elsewhere, format!("sslmode=verify-ca&sslrootcert={own}"), true),
    ] {
        let found = encrypted(&format!("{address}{query}"));
        assert_eq!(found.unwrap_or_else(|why| panic!("{query}: {why}")), expected, "{query}");
    }
    for (address, query, why) in [
        (&here, "sslmode=verify-full".to_owned(), "UnknownIssuer"),
        (&elsewhere, format!("sslmode=verify-full&sslrootcert={authority}"), "not valid for name"),
        (&elsewhere, format!("sslmode=verify-full&sslrootcert={own}"), "not valid for name"),
    ] {
        let refused = encrypted(&format!("{address}{query}")).expect_err(&query);
        assert!(refused.to_string().contains(why), "{query}: {refused}");
        assert!(!refused.is_retryable(), "{query}: nothing is to be waited for");
    }
}

#[test]
fn a_server_without_tls_is_refused_where_it_is_required() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut asked = [0; 8];
        stream.read_exact(&mut asked).expect("it asks for TLS");
        stream.write_all(b"N").expect("it hears that there is none");
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).map(|_| rest)
    });
    let refused = encrypted(&format!("postgres://who:secret@127.0.0.1:{port}/name?sslmode=require"));
    assert!(refused.expect_err("it is required").to_string().contains("TLS"));
    assert_eq!(server.join().expect("no panic").unwrap_or_default(), b"", "not a byte more was said in plain text");
}
