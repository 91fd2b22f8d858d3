//! Which addresses are out on the public internet: a closed list of exceptions, by the IANA special-purpose registries.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address belongs to somebody out there, rather than to this machine, its network or nobody.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => public_v4(v4),
        IpAddr::V6(v6) => public_v6(v6),
    }
}

fn public_v4(address: Ipv4Addr) -> bool {
    let special = match address.octets() {
        [0, ..] => true,             // "this network"
        [10, ..] => true,            // private
        [100, 64..=127, ..] => true, // carrier-grade NAT
        [127, ..] => true,           // loopback
        [169, 254, ..] => true,      // link-local, where clouds keep their metadata
        [172, 16..=31, ..] => true,  // private
        [192, 0, 0, _] => true,      // protocol assignments
        [192, 0, 2, _] => true,      // documentation
        [192, 31, 196, _] => true,   // AS112
        [192, 52, 193, _] => true,   // AMT
        [192, 88, 99, _] => true,    // 6to4 relays
        [192, 168, ..] => true,      // private
        [192, 175, 48, _] => true,   // AS112
        [198, 18..=19, ..] => true,  // benchmarking
        [198, 51, 100, _] => true,   // documentation
        [203, 0, 113, _] => true,    // documentation
        [224..=255, ..] => true,     // multicast, reserved, broadcast
        [168, 63, 129, 16] => true,  // a cloud's host services, on an address that looks public
        _ => false,
    };
    !special
}

fn public_v6(address: Ipv6Addr) -> bool {
    let s = address.segments();
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match s {
        // IPv4-mapped, and the translated prefix of a NAT64: what counts is the IPv4 address at the other end.
        [0, 0, 0, 0, 0, 0xffff, high, low] => embedded(high, low),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low),
        // 6to4 is retired: what still routes it sends to the IPv4 address inside, past the check.
        [0x2002, ..] => false,
        // The global unicast block holds exceptions of its own.
        [0x2001, 0..=0x1ff, ..] => false, // protocol assignments, Teredo, ORCHID, benchmarking
        [0x2001, 0xdb8, ..] => false,     // documentation
        [0x2620, 0x4f, 0x8000, ..] => false, // AS112
        [0x3fff, 0..=0xfff, ..] => false, // documentation
        [0x2000..=0x3fff, ..] => true,
        // Everything else is special: loopback, unspecified, IPv4-compatible, 64:ff9b:1::/48, discard-only, unique-local,
        // link-local, site-local, multicast, unassigned.
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_addresses_are_not_public() {
        for text in [
            "0.0.0.0",
            "0.1.2.3",
            "10.255.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "168.63.129.16",
            "::",
            "::1",
            "::7f00:1",
            "::10.0.0.1",
            "::8.8.8.8",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::10.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2001:20::1",
            "2002:a00:1::1",
            "2002:c0a8:101::",
            "2002:808:808::1",
            "3fff::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "5f00::1",
            "fd00:ec2::254",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn ordinary_addresses_are_public() {
        for text in [
            "1.1.1.1",
            "8.8.8.8",
            "93.184.215.14",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.1.1.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.254",
            "2606:4700::1111",
            "2a00:1450::1",
            "2001:4860::8888",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
        ] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }
}
