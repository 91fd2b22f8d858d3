//! ECMAScript's `Number::toString` in base ten, and which object keys count as numbers.

use std::io::Write;

/// Appends a number as JavaScript prints it; what is not finite becomes `null`, as in `JSON.stringify`.
pub fn push_f64(out: &mut Vec<u8>, value: f64) {
    if !value.is_finite() {
        out.extend_from_slice(b"null");
        return;
    }
    // Whole numbers below 10^15 need no layout; they are nearly all there is.
    if value.trunc() == value && value.abs() < 1e15 {
        push_i64(out, value as i64);
        return;
    }
    push_layout(out, &format!("{value:e}"));
}

/// A single-precision number keeps its own shortest digits, as `0.1`, not `0.10000000149011612`.
pub fn push_f32(out: &mut Vec<u8>, value: f32) {
    if !value.is_finite() {
        out.extend_from_slice(b"null");
        return;
    }
    push_layout(out, &format!("{value:e}"));
}

/// Appends a whole number as JavaScript would after reading it: beyond 2^53 it has become a double.
pub fn push_i64(out: &mut Vec<u8>, value: i64) {
    const EXACT: i64 = 1 << 53;
    if (-EXACT..=EXACT).contains(&value) {
        // Writing to a vector cannot fail.
        let _ = write!(out, "{value}");
        return;
    }
    push_layout(out, &format!("{:e}", value as f64));
}

/// Lays out the shortest digits (`-d.ddde-x`, Rust's `{:e}`) by the rules of `Number::toString`.
fn push_layout(out: &mut Vec<u8>, shortest: &str) {
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((shortest, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (negative, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa),
    };
    let digits: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).collect();
    if digits == b"0" {
        // JavaScript writes minus zero without its sign.
        out.push(b'0');
        return;
    }
    if negative {
        out.push(b'-');
    }
    let count = digits.len() as i32;
    let point = exponent + 1;
    if (count..=21).contains(&point) {
        out.extend_from_slice(&digits);
        out.resize(out.len() + (point - count) as usize, b'0');
    } else if (1..=21).contains(&point) {
        out.extend_from_slice(&digits[..point as usize]);
        out.push(b'.');
        out.extend_from_slice(&digits[point as usize..]);
    } else if (-5..=0).contains(&point) {
        out.extend_from_slice(b"0.");
        out.resize(out.len() + (-point) as usize, b'0');
        out.extend_from_slice(&digits);
    } else {
        out.push(digits[0]);
        if count > 1 {
            out.push(b'.');
            out.extend_from_slice(&digits[1..]);
        }
        let _ = write!(out, "e{exponent:+}");
    }
}

/// The number a key stands for when JavaScript would sort it before all others: a canonical array index.
pub fn array_index(key: &str) -> Option<u32> {
    let canonical = key == "0" || (key.len() <= 10 && key.starts_with(|c: char| ('1'..='9').contains(&c)));
    if !canonical || !key.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    key.parse().ok().filter(|index| *index != u32::MAX)
}
