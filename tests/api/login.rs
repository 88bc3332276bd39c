//! Signing in where there is no identity provider.

mod activation;
mod http;
mod lockout;
mod password;
mod session;
mod totp;
mod traces;
mod world;
