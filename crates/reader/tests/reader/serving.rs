//! The server as a process of its own, so that it can be killed.
//!
//! The process is this same test program, told to run [`child_server`] alone.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use reader::{ServeOptions, serve};

const STUDY: &str = "GRAYZONE_TEST_STUDY";
const LISTENING: &str = "listening on ";
const TELLS: &str = "tells ";

/// A running server. It is killed when this is dropped.
pub struct ServerProcess {
    child: Child,
    pub address: SocketAddr,
    /// What it has told so far.
    told: Arc<Mutex<Vec<String>>>,
}

impl ServerProcess {
    pub fn start(study: &Path) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(ARGUMENTS);
        Self::spawn(command, study)
    }

    /// Every file that it writes may have so many blocks of 512 bytes, as if the disk were full then. The limit can be lifted.
    pub fn start_with_file_limit(study: &Path, blocks: u64) -> Self {
        let mut command = Command::new("sh");
        // An ignored signal stays ignored: writing then fails instead of ending the process.
        let script = format!("trap '' XFSZ; ulimit -S -f {blocks}; exec \"$0\" \"$@\"");
        command.arg("-c").arg(script).arg(std::env::current_exe().unwrap()).args(ARGUMENTS);
        Self::spawn(command, study)
    }

    /// Lets it write files of any size again.
    pub fn lift_file_limit(&self) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("prlimit").args(["--fsize=unlimited:", "--pid", &id]).status().unwrap().success()
        );
    }

    fn spawn(mut command: Command, study: &Path) -> Self {
        let mut child = command
            .env(STUDY, study)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let told = Arc::new(Mutex::new(Vec::new()));
        let hear =
            |line: &str| told.lock().unwrap().extend(line.split_once(TELLS).map(|(_, t)| t.to_owned()));
        let address = loop {
            let line = lines.next().expect("the server says where it listens").unwrap();
            hear(&line);
            if let Some((_, address)) = line.split_once(LISTENING) {
                break address.parse().unwrap();
            }
        };
        // Its output is read to the end: a full pipe would stop it.
        let heard = told.clone();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                heard.lock().unwrap().extend(line.split_once(TELLS).map(|(_, t)| t.to_owned()));
            }
        });
        Self { child, address, told }
    }

    /// What it has told, once there is as much of it as wanted.
    pub fn told(&self, at_least: usize) -> Vec<String> {
        for _ in 0..200 {
            if self.told.lock().unwrap().len() >= at_least {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        self.told.lock().unwrap().clone()
    }

    /// Whether it is still running.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Ends it as a power cut would: nothing of it runs any more.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Lets it end by itself.
    pub fn stop(mut self) -> bool {
        drop(self.child.stdin.take());
        self.child.wait().unwrap().success()
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const ARGUMENTS: [&str; 4] = ["serving::child_server", "--exact", "--ignored", "--nocapture"];

/// No test: what [`ServerProcess`] runs. Without a study it does nothing.
#[test]
#[ignore = "other tests start it as a process of its own"]
fn child_server() {
    let Some(folder) = std::env::var_os(STUDY) else { return };
    let stopped = Arc::new(AtomicBool::new(false));
    let orphaned = stopped.clone();
    // The pipe is closed when the test that started it ends, however it ends.
    std::thread::spawn(move || {
        let ended = std::io::stdin().read_to_end(&mut Vec::new());
        orphaned.store(true, Ordering::Relaxed);
        ended
    });
    let bind = "127.0.0.1:0".parse().unwrap();
    let options = ServeOptions { folder: PathBuf::from(folder), bind, per_address: reader::PER_ADDRESS };
    let listening = |address| println!("{LISTENING}{address}");
    serve(&options, listening, |report| println!("{TELLS}{report:?}"), || stopped.load(Ordering::Relaxed))
        .unwrap();
}
