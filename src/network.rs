//! Addresses: networks as settings name them, and the address of a client behind proxies.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// The address of the client of a request: of its connection, or as trusted proxies tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// The address where nothing is known of a connection; all such requests look like one client.
    pub const UNKNOWN: Self = Self(IpAddr::V6(Ipv6Addr::UNSPECIFIED));

    /// The client of a connection from `peer` whose requests bring these values of `X-Forwarded-For`, in their order.
    ///
    /// Each proxy adds the address that it was asked from at the right end, so what stands there is as good as the proxy that
    /// wrote it: the client is the last address that is no trusted proxy. Whatever a client wrote itself stands further left and
    /// is never reached. What is no address ends the search, too.
    pub fn behind<'a>(peer: IpAddr, forwarded: impl DoubleEndedIterator<Item = &'a str>, trusted: &[Network]) -> Self {
        let is_proxy = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
        let mut client = peer.to_canonical();
        for text in forwarded.flat_map(|value| value.split(',')).rev() {
            if !is_proxy(client) {
                break;
            }
            match text.trim().parse::<IpAddr>() {
                Ok(address) => client = address.to_canonical(),
                Err(_) => break,
            }
        }
        Self(client)
    }
}

impl fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Addresses that begin with the same bits: `10.0.0.0/8`, `2001:db8::/32`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// Whether an address lies in it; an IPv4 address written as IPv6 is the same address.
    pub fn contains(&self, address: IpAddr) -> bool {
        let differing = match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => (own.to_bits() ^ other.to_bits()).leading_zeros(),
            (IpAddr::V6(own), IpAddr::V6(other)) => (own.to_bits() ^ other.to_bits()).leading_zeros(),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return false,
        };
        differing >= u32::from(self.bits)
    }
}

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        let address = address.to_canonical();
        Self { address, bits: if address.is_ipv4() { 32 } else { 128 } }
    }
}

/// A text that is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotANetwork;

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let (address, bits) = match text.split_once('/') {
            None => (text, None),
            Some((address, bits)) => (address, Some(bits.parse::<u8>().map_err(|_| NotANetwork)?)),
        };
        let whole = Self::from(address.parse::<IpAddr>().map_err(|_| NotANetwork)?);
        match bits {
            None => Ok(whole),
            Some(bits) if bits <= whole.bits => Ok(Self { bits, ..whole }),
            Some(_) => Err(NotANetwork),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ClientAddress, Network, NotANetwork};

    fn network(text: &str) -> Network {
        text.parse().unwrap()
    }

    #[test]
    fn networks_hold_what_begins_alike() {
        for (text, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
            ("192.168.1.7", "192.168.1.7", "192.168.1.8"),
            ("192.168.1.7/31", "192.168.1.6", "192.168.1.8"),
            ("10.0.0.0/8", "::ffff:10.1.2.3", "::a01:203"),
            ("0.0.0.0/0", "203.0.113.9", "2001:db8::1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"),
            ("::1", "::1", "::2"),
        ] {
            assert!(network(text).contains(inside.parse().unwrap()), "{inside} in {text}");
            assert!(!network(text).contains(outside.parse().unwrap()), "{outside} not in {text}");
        }
        for wrong in ["", "10", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "host", "10.0.0.0/8/8"] {
            assert_eq!(wrong.parse::<Network>(), Err(NotANetwork), "{wrong}");
        }
    }

    #[test]
    fn the_client_is_the_last_address_that_is_no_proxy() {
        let proxies = [network("10.0.0.0/8"), network("::1")];
        let client = |peer: &str, forwarded: &[&str]| {
            ClientAddress::behind(peer.parse().unwrap(), forwarded.iter().copied(), &proxies).to_string()
        };
        // Nobody else is believed.
        assert_eq!(client("203.0.113.1", &[]), "203.0.113.1");
        assert_eq!(client("203.0.113.1", &["198.51.100.1"]), "203.0.113.1");
        // One proxy, two, and two headers.
        assert_eq!(client("10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(client("10.0.0.1", &["198.51.100.1, 10.9.9.9"]), "198.51.100.1");
        assert_eq!(client("10.0.0.1", &["198.51.100.1", "10.9.9.9"]), "198.51.100.1");
        assert_eq!(client("::ffff:10.0.0.1", &["2001:db8::5"]), "2001:db8::5");
        // What the client wrote itself stands to the left.
        assert_eq!(client("10.0.0.1", &["192.0.2.66, 198.51.100.1"]), "198.51.100.1");
        assert_eq!(client("10.0.0.1", &["10.0.0.7, 198.51.100.1, 10.9.9.9"]), "198.51.100.1");
        // Without a word of the proxy, or with one that is no address, it is the proxy itself.
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &["198.51.100.1, unknown"]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &["198.51.100.1, unknown, 10.9.9.9"]), "10.9.9.9");
    }
}
