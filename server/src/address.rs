//! The client's address (requirement 135): the peer's, unless the peer is a proxy that we trust.

use std::net::{IpAddr, Ipv6Addr};

use http::HeaderMap;
use ipnet::IpNet;

/// The address that a request comes from. `X-Forwarded-For` counts only where trusted proxies wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// Walks `X-Forwarded-For` from the right while the address at hand is a trusted proxy.
    pub fn of(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> Self {
        let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(&address));
        let mut address = peer.to_canonical();
        let lines: Vec<_> = headers.get_all("x-forwarded-for").iter().collect();
        for line in lines.into_iter().rev() {
            let Ok(line) = line.to_str() else { return Self(address) };
            for hop in line.rsplit(',') {
                if !is_trusted(address) {
                    return Self(address);
                }
                // A hop that cannot be read ends the chain: what is left of it was written by nobody we know.
                let Some(hop) = parse_hop(hop.trim()) else { return Self(address) };
                address = hop;
            }
        }
        Self(address)
    }

    /// What limits count: the IPv4 address, or the /64 of an IPv6 one, of which a single customer has all.
    pub fn bucket(self) -> String {
        match self.0 {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                let mut segments = address.segments();
                segments[4..].fill(0);
                format!("{}/64", Ipv6Addr::from(segments))
            }
        }
    }
}

/// What limits and bounds count a caller by (requirement 135), also one whose address is not known.
pub fn bucket(ip: Option<IpAddr>) -> String {
    ip.map_or_else(|| "unknown".to_owned(), |ip| ClientAddress(ip).bucket())
}

/// An address, with or without a port.
fn parse_hop(text: &str) -> Option<IpAddr> {
    text.parse::<IpAddr>()
        .ok()
        .or_else(|| text.parse::<std::net::SocketAddr>().ok().map(|address| address.ip()))
        .map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(peer: &str, forwarded: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().expect("a header value"));
        }
        let trusted = ["10.0.0.0/8".parse().expect("a network"), "fd00::/8".parse().expect("a network")];
        ClientAddress::of(peer.parse().expect("an address"), &headers, &trusted).0.to_string()
    }

    #[test]
    fn req_135_only_trusted_proxies_are_believed() {
        for (peer, forwarded, expected) in [
            ("192.0.2.1", &[][..], "192.0.2.1"),
            ("192.0.2.1", &["198.51.100.9"][..], "192.0.2.1"),
            ("10.0.0.1", &[][..], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.9"][..], "198.51.100.9"),
            ("10.0.0.1", &["203.0.113.5, 198.51.100.9"][..], "198.51.100.9"),
            ("10.0.0.1", &["203.0.113.5, 198.51.100.9, 10.0.0.2"][..], "198.51.100.9"),
            ("10.0.0.1", &["203.0.113.5", "198.51.100.9"][..], "198.51.100.9"),
            ("10.0.0.1", &["198.51.100.9:4711"][..], "198.51.100.9"),
            ("10.0.0.1", &["198.51.100.9, junk"][..], "10.0.0.1"),
            ("::ffff:10.0.0.1", &["198.51.100.9"][..], "198.51.100.9"),
            ("fd00::1", &["2001:db8::7"][..], "2001:db8::7"),
        ] {
            assert_eq!(address(peer, forwarded), expected, "{peer} {forwarded:?}");
        }
    }

    #[test]
    fn an_ipv6_customer_is_one_bucket() {
        let bucket = |text: &str| ClientAddress(text.parse().expect("an address")).bucket();
        assert_eq!(bucket("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(bucket("192.0.2.1"), "192.0.2.1");
    }
}
