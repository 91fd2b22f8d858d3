use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

/// What node makes of each text; `None` where it throws, or where the result holds a lone surrogate.
fn node(texts: &[Vec<u8>]) -> Vec<Option<String>> {
    let script = r#"
        const texts = JSON.parse(require("fs").readFileSync(0, "utf8"));
        const answers = texts.map((hex) => {
            try {
                const bytes = Buffer.from(hex, "hex");
                const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
                const again = JSON.stringify(JSON.parse(text));
                return again.match(/\\ud[89a-f]/) ? null : again;
            } catch { return null }
        });
        process.stdout.write(JSON.stringify(answers));"#;
    let hex: Vec<String> = texts.iter().map(|t| t.iter().map(|b| format!("{b:02x}")).collect()).collect();
    let mut child = Command::new("node")
        .args(["-e", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the comparison needs node");
    child.stdin.take().unwrap().write_all(&serde_json::to_vec(&hex).unwrap()).unwrap();
    serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap()
}

fn agrees(texts: &[Vec<u8>]) {
    for (text, theirs) in texts.iter().zip(node(texts)) {
        let ours = normalise(text).ok().map(|bytes| String::from_utf8(bytes).unwrap());
        assert_eq!(ours, theirs, "for {}", String::from_utf8_lossy(text));
    }
}

#[test]
fn normalising_is_what_node_does() {
    let texts: Vec<Vec<u8>> = [
        r#"{"a":1.0,"b":1e3,"c":1E-7,"d":1e21,"e":123456789012345680000,"f":-0,"g":-0.0,"h":0.1,"i":1e400,"j":-1e400}"#,
        r#"[9007199254740993,9223372036854775807,18446744073709551615,1e20,1e22,0.000001,0.0000001,1.5e-10,5e-324]"#,
        r#"[1.7976931348623157e308,1700000000.123,1453770984.12345678901234567890,4.35,0.30000000000000004,2.2250738585072011e-308]"#,
        r#"{"b":1,"2":1,"10":1,"a":1,"1":1,"01":1,"-1":1,"1.5":1,"4294967294":1,"4294967295":1,"4294967296":1,"0":1,"":1}"#,
        r#"{"a":1,"b":2,"a":{"x":[]}, "1":0, "1":5}"#,
        "{\"s\":\"\\u0000\\u001f\\b\\f\\n\\r\\t\\\"\\\\\\/ é – 🦀 \u{2028}\u{2029} \u{7f} \\ud83e\\udd80 \\u00e9\"}",
        " \t\r\n[ 1 , 2 ,{ } , [ ] ,null,true,false ] ",
        r#""\ud800""#,
        r#""\ud800x""#,
        r#""\udc00\ud800""#,
        r#"{"__proto__":1,"constructor":2}"#,
        "[01]",
        "[1.]",
        "[.5]",
        "[+1]",
        "[-]",
        "[1e]",
        "[1,]",
        "{\"a\":1,}",
        "{a:1}",
        "\"\u{1}\"",
        "\"\\x\"",
        "",
        "nul",
        "1 2",
        "\u{feff}1",
        "[\"\\u12\"]",
        "\"",
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .chain([vec![b'"', 0xff, b'"']])
    .collect();
    agrees(&texts);
}

#[test]
fn any_double_is_laid_out_as_node_does() {
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    let texts: Vec<Vec<u8>> = (0..4000)
        .map(|i| match i % 4 {
            0 => format!("{:e}", f64::from_bits(random())).into_bytes(),
            1 => format!("{}", (random() % 4_000_000_000_000) as f64 / 1000.0).into_bytes(),
            2 => format!("{}", random()).into_bytes(),
            _ => format!("{}.{}e{}", random() % 100, random() % 1_000_000, random() % 50).into_bytes(),
        })
        .filter(|text| !text.ends_with(b"inf") && !text.ends_with(b"NaN"))
        .collect();
    agrees(&texts);
}

#[test]
fn our_types_come_out_as_javascript_writes_them() {
    #[derive(serde::Serialize)]
    struct Body {
        emitted_at: f64,
        whole: f64,
        tiny: f64,
        ratio: f32,
        big: u64,
        text: &'static str,
        nothing: f64,
    }
    let body = Body {
        emitted_at: 1700000000.123,
        whole: 1700000000.0,
        tiny: 0.00000012,
        ratio: 0.1,
        big: u64::MAX,
        text: "Café – </a> \u{2028}\u{1}",
        nothing: f64::NAN,
    };
    let bytes = to_bytes(&body).unwrap();
    let expected = "{\"emitted_at\":1700000000.123,\"whole\":1700000000,\"tiny\":1.2e-7,\"ratio\":0.1,\
        \"big\":18446744073709552000,\"text\":\"Café – </a> \u{2028}\\u0001\",\"nothing\":null}";
    assert_eq!(String::from_utf8(bytes.clone()).unwrap(), expected);
    assert!(is_faithful(&bytes));
}

#[test]
fn what_only_a_second_pass_can_mend_is_mended() {
    let numbered: BTreeMap<i64, i64> = [(10, 1), (2, 1), (-1, 1)].into();
    assert_eq!(to_bytes(&numbered).unwrap(), br#"{"2":1,"10":1,"-1":1}"#);
    let texts: BTreeMap<&str, i64> = [("a", 1), ("10", 2), ("9", 3)].into();
    assert_eq!(to_bytes(&texts).unwrap(), br#"{"9":3,"10":2,"a":1}"#);
    let raw = serde_json::value::RawValue::from_string(r#"{ "a": 1.0, "a": 2 }"#.into()).unwrap();
    assert_eq!(to_bytes(&json!({"x": 1, "raw": 1})).unwrap(), br#"{"raw":1,"x":1}"#);
    assert_eq!(to_bytes(&[raw]).unwrap(), br#"[{"a":2}]"#);
    #[derive(serde::Serialize)]
    struct Twice {
        a: i64,
        #[serde(flatten)]
        more: BTreeMap<&'static str, i64>,
    }
    assert_eq!(to_bytes(&Twice { a: 1, more: [("a", 2), ("b", 3)].into() }).unwrap(), br#"{"a":2,"b":3}"#);
    let wide: BTreeMap<String, i64> = (0..200).map(|n| (format!("key{n}"), n)).collect();
    assert!(is_faithful(&to_bytes(&wide).unwrap()));
}

#[test]
fn the_deepest_thing_that_clients_can_store_is_still_written() {
    let deepest = "[".repeat(126) + r#"{"1":0}"# + &"]".repeat(126);
    let stored: Value = serde_json::from_str(&deepest).unwrap();
    assert!(is_faithful(&to_bytes(&json!({"payload": {"conversation": {"custom_fields": stored}}})).unwrap()));
}

#[test]
fn deep_nesting_is_refused_instead_of_overflowing() {
    assert!(normalise("[".repeat(100_000).as_bytes()).is_err());
    assert!(normalise(("[".repeat(100) + &"]".repeat(100)).as_bytes()).is_ok());
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 48, 8, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map("[0-9]{1,3}|\\PC{0,6}", inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn normalising_twice_changes_nothing(value in any_json()) {
        let once = normalise(&serde_json::to_vec(&value).unwrap()).unwrap();
        prop_assert_eq!(&normalise(&once).unwrap(), &once);
        prop_assert!(is_faithful(&once));
    }

    #[test]
    fn what_we_write_is_always_faithful(value in any_json()) {
        prop_assert!(is_faithful(&to_bytes(&value).unwrap()));
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let _ = normalise(&bytes);
    }

    #[test]
    fn no_json_like_text_makes_the_reader_panic(text in "[\\[\\]{}\",:0-9eE+.\\\\utrfnals \u{e9}-]{0,40}") {
        let _ = normalise(text.as_bytes());
    }
}
