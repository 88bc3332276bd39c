//! A restart at a socket that outlives the process, as systemd holds it for `jixiao.socket`.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::program::Program;

/// Starts the service with a socket in the place where systemd puts it.
fn serve(program: &Program, socket: &TcpListener, sockets: u8) -> Child {
    let hand_over = format!("exec 3<&0 </dev/null; LISTEN_PID=$$ LISTEN_FDS={sockets} exec \"$@\"");
    Command::new("sh")
        .args(["-c", &hand_over, "sh", env!("CARGO_BIN_EXE_jixiao"), "serve"])
        .env_clear()
        // An address that cannot be taken: it must not be looked at.
        .env("JIXIAO_LISTEN", socket.local_addr().unwrap().to_string())
        .current_dir(program.folder())
        .stdin(OwnedFd::from(socket.try_clone().unwrap()))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Asks, and does not wait for the answer.
fn ask(socket: &TcpListener) -> TcpStream {
    let mut stream = TcpStream::connect(socket.local_addr().unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
    stream
}

fn answer(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.lines().next().unwrap_or_default().to_owned()
}

fn end(mut service: Child) -> Option<i32> {
    assert!(Command::new("kill").args(["-TERM", &service.id().to_string()]).status().unwrap().success());
    service.wait().unwrap().code()
}

#[test]
fn requests_between_two_processes_wait_for_the_second() {
    let program = Program::new();
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let first = serve(&program, &socket, 1);
    assert_eq!(answer(ask(&socket)), "HTTP/1.1 200 OK");
    assert_eq!(end(first), Some(0));
    let waiting = ask(&socket);
    let second = serve(&program, &socket, 1);
    assert_eq!(answer(waiting), "HTTP/1.1 200 OK");
    assert_eq!(end(second), Some(0));
}

#[test]
fn more_than_one_socket_is_refused() {
    let program = Program::new();
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let output = serve(&program, &socket, 2).wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("the socket in LISTEN_FDS cannot be used: 2 sockets were given, and one is taken"), "{said}");
}
