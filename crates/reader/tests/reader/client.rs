//! A plain HTTP/1.1 client that hides nothing of an answer.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use reader::Vote;
use serde_json::Value;

/// Long enough for a machine that is busy with other things, and short of for ever.
const PATIENCE: Duration = Duration::from_secs(200);

pub struct Client {
    address: SocketAddr,
    token: String,
    connection: BufReader<TcpStream>,
}

pub struct Answer {
    pub status: u16,
    /// As they came.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// From the first byte sent to the last received.
    pub took: Duration,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Reads one answer (after any that only says "go on"), but not the body of an answer to HEAD.
    pub fn read(connection: &mut BufReader<TcpStream>, head: bool) -> io::Result<Self> {
        let fault = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
        let mut line = String::new();
        if connection.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let status = line.split(' ').nth(1).and_then(|s| s.parse().ok()).ok_or_else(|| fault(&line))?;
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            connection.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.push((name.to_owned(), value.trim().to_owned()));
        }
        if (100..200).contains(&status) {
            return Self::read(connection, head);
        }
        let mut answer = Self { status, headers, body: Vec::new(), took: Duration::ZERO };
        if !head && let Some(length) = answer.header("content-length") {
            let length: usize = length.parse().map_err(|_| fault("content-length"))?;
            answer.body = vec![0; length];
            connection.read_exact(&mut answer.body)?;
        }
        Ok(answer)
    }
}

impl Client {
    pub fn new(address: SocketAddr, token: &str) -> Self {
        Self { address, token: token.to_owned(), connection: connect(address) }
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, "", "").unwrap()
    }

    pub fn post(&mut self, path: &str, body: &str) -> Answer {
        self.ask("POST", path, "", body).unwrap()
    }

    pub fn vote(&mut self, vote: &Vote) -> Answer {
        self.post("/api/vote", &serde_json::to_string(vote).unwrap())
    }

    /// `more`: header lines, each with its end. An answer that closes the connection is followed by a new one.
    pub fn ask(&mut self, method: &str, path: &str, more: &str, body: &str) -> io::Result<Answer> {
        let request = self.request(method, path, more, body);
        let begun = Instant::now();
        self.connection.get_mut().write_all(request.as_bytes())?;
        let mut answer = Answer::read(&mut self.connection, method == "HEAD")?;
        answer.took = begun.elapsed();
        if answer.header("connection") == Some("close") {
            self.connection = connect(self.address);
        }
        Ok(answer)
    }

    /// A whole request as it is sent.
    pub fn request(&self, method: &str, path: &str, more: &str, body: &str) -> String {
        let authorization = match self.token.as_str() {
            "" => String::new(),
            token => format!("Authorization: Bearer {token}\r\n"),
        };
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\n{authorization}Content-Type: application/json\r\n{more}Content-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        )
    }
}

/// A connection that does not wait for ever.
pub fn connect(address: SocketAddr) -> BufReader<TcpStream> {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream.set_nodelay(true).unwrap();
    BufReader::new(stream)
}
