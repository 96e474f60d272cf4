//! A small client of NATS: enough to ask a host of wasmCloud, as its operator does.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// The longest time to wait for a message. Nothing here takes a tenth of it.
const LONGEST: Duration = Duration::from_secs(300);
/// The subject of answers.
const INBOX: &str = "_INBOX.tests";

/// A connection.
pub struct Nats {
    connection: BufReader<TcpStream>,
}

impl Nats {
    /// Connects to a server, and subscribes to these subjects.
    pub fn connect(address: &str, subjects: &[&str]) -> Nats {
        let connection = TcpStream::connect(address).unwrap();
        connection.set_read_timeout(Some(LONGEST)).unwrap();
        let mut nats = Nats { connection: BufReader::new(connection) };
        let said = nats.line();
        assert!(said.starts_with("INFO "), "{said}");
        nats.send(&format!("CONNECT {}\r\n", json!({ "verbose": false, "pedantic": false })));
        for (id, subject) in subjects.iter().chain([&INBOX]).enumerate() {
            nats.send(&format!("SUB {subject} {id}\r\n"));
        }
        // Its answer says that the server knows the subscriptions.
        nats.send("PING\r\n");
        let said = nats.line();
        assert_eq!(said, "PONG");
        nats
    }

    /// Waits for the next message, and returns its subject and content.
    pub fn next(&mut self) -> (String, Value) {
        loop {
            let line = self.line();
            let words: Vec<&str> = line.split(' ').collect();
            match words.as_slice() {
                ["PING"] => self.send("PONG\r\n"),
                ["MSG", subject, .., length] => {
                    let mut content = vec![0; length.parse::<usize>().unwrap() + "\r\n".len()];
                    self.connection.read_exact(&mut content).unwrap();
                    return ((*subject).to_owned(), serde_json::from_slice(&content).unwrap());
                }
                _ => panic!("{line}"),
            }
        }
    }

    /// Sends a message, and returns the answer to it.
    pub fn ask(&mut self, subject: &str, content: &Value) -> Value {
        let content = content.to_string();
        self.send(&format!("PUB {subject} {INBOX} {}\r\n{content}\r\n", content.len()));
        loop {
            let (subject, answer) = self.next();
            if subject == INBOX {
                return answer;
            }
        }
    }

    fn send(&mut self, text: &str) {
        self.connection.get_mut().write_all(text.as_bytes()).unwrap();
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.connection.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}
