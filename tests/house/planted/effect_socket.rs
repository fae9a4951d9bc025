//! Planted in `plan/planted.rs`: a socket beside an address.
//! Fails as: `plan` is pure and may not use `std::net::TcpStream

use std::net::{Ipv4Addr, TcpStream};

fn planted(at: Ipv4Addr) {
    let _ = TcpStream::connect((at, 80));
}
