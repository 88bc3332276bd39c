//! Addresses on the network.

use std::net::{IpAddr, Ipv6Addr};

/// The address of the client of a request: of its connection, or as trusted proxies tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// The address where nothing is known of a connection; all such requests look like one client.
    pub const UNKNOWN: Self = Self(IpAddr::V6(Ipv6Addr::UNSPECIFIED));
}
