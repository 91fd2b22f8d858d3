//! Telling whether two requests under one `Idempotency-Key` are the same request.

use super::body::Form;
use super::crypto::{Sha256, hex};

/// A hash of everything that makes a request what it is: the method, the path with its query, and the body by meaning.
///
/// The body counts as it was read, not as it was written: a retry gets a new multipart boundary, and some libraries
/// write the keys of an object in another order each time.
pub fn fingerprint(method: &str, path_and_query: &str, form: &Form) -> String {
    let mut hash = Sha256::new();
    // Each piece goes behind its length, so that no two lists of pieces run together to the same bytes.
    let mut add = |bytes: &[u8]| {
        hash.update(&(bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    add(method.as_bytes());
    add(path_and_query.as_bytes());
    add(form.json.to_string().as_bytes());
    for file in &form.files {
        add(file.field.as_bytes());
        add(file.filename.as_bytes());
        add(file.content_type.as_bytes());
        add(&file.sha256);
    }
    hex(&hash.finish())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::body::Body;
    use http::{HeaderMap, header};

    use super::super::body::spool::Memory;
    use super::super::body::{MAX_BODY, Reading, read};
    use super::*;

    async fn form(content_type: &str, body: String) -> Form {
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, content_type.parse().unwrap())]);
        let mut body = Body::from(body).into_data_stream();
        read(&headers, &mut body, &Reading { limit: MAX_BODY, spool: Arc::new(Memory) }).await.unwrap()
    }

    async fn upload(boundary: &str, data: &str) -> String {
        let head = "Content-Disposition: form-data; name=\"attachments[]\"; filename=a";
        let body = format!("--{boundary}\r\n{head}\r\n\r\n{data}\r\n--{boundary}--");
        fingerprint("POST", "/x", &form(&format!("multipart/form-data; boundary={boundary}"), body).await)
    }

    #[tokio::test]
    async fn a_retry_is_recognised_however_it_is_written() {
        let of = async |body: &str| fingerprint("POST", "/x", &form("application/json", body.into()).await);
        assert_eq!(of("{\"a\":1,\"b\":2}").await, of(" {\"b\":2, \"a\":1}").await);
        assert_eq!(upload("X", "data").await, upload("-----Y", "data").await);
    }

    #[tokio::test]
    async fn another_request_is_another_fingerprint() {
        let body = form("application/json", "{}".into()).await;
        let first = fingerprint("POST", "/x", &body);
        assert_ne!(first, fingerprint("PUT", "/x", &body));
        assert_ne!(first, fingerprint("POST", "/x?a=1", &body));
        assert_ne!(first, fingerprint("POST", "/x", &form("application/json", "{\"a\":1}".into()).await));
        assert_ne!(upload("X", "data").await, upload("X", "other").await);
    }
}
