//! Events and documents in SQLite: one thread writes, and commits what waits together.
use std::path::Path;
use std::thread;

use rusqlite::{params, Connection, OptionalExtension, Statement};
use tokio::sync::mpsc::{unbounded_channel, UnboundedReceiver, UnboundedSender};
use tokio::sync::oneshot;

const BATCH_MAX: usize = 512;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, message_sid TEXT UNIQUE,
      received_at TEXT, params TEXT, reply TEXT);
    CREATE TABLE IF NOT EXISTS sms_messages (message_sid TEXT PRIMARY KEY, doc TEXT);
";

pub struct Event {
    pub sid: String,
    pub received_at: String,
    pub params: String,
    pub document: String,
    pub reply: String,
}

struct Work {
    event: Event,
    done: oneshot::Sender<String>,
}

pub struct Store {
    queue: UnboundedSender<Work>,
}

struct Statements<'a> {
    known: Statement<'a>,
    add_event: Statement<'a>,
    add_document: Statement<'a>,
}

impl Statements<'_> {
    /// The reply: its own, or of a repeat the first one's.
    fn keep(&mut self, event: Event) -> rusqlite::Result<String> {
        let known = self.known.query_row([&event.sid], |row| row.get(0)).optional()?;
        if let Some(reply) = known {
            return Ok(reply);
        }
        self.add_event
            .execute(params![event.sid, event.received_at, event.params, event.reply])?;
        self.add_document.execute(params![event.sid, event.document])?;
        Ok(event.reply)
    }
}

fn write_all(db: Connection, mut queue: UnboundedReceiver<Work>) -> rusqlite::Result<()> {
    let mut statements = Statements {
        known: db.prepare("SELECT reply FROM events WHERE message_sid = ?")?,
        add_event: db.prepare(
            "INSERT INTO events (message_sid, received_at, params, reply) VALUES (?, ?, ?, ?)",
        )?,
        add_document: db.prepare("INSERT INTO sms_messages (message_sid, doc) VALUES (?, ?)")?,
    };
    let (mut begin, mut commit) = (db.prepare("BEGIN IMMEDIATE")?, db.prepare("COMMIT")?);
    let mut replies = Vec::with_capacity(BATCH_MAX);
    while let Some(first) = queue.blocking_recv() {
        let mut next = Some(first);
        begin.execute([])?;
        while let Some(work) = next {
            replies.push((work.done, statements.keep(work.event)?));
            next = if replies.len() < BATCH_MAX { queue.try_recv().ok() } else { None };
        }
        commit.execute([])?;
        for (done, reply) in replies.drain(..) {
            let _ = done.send(reply); // its client may be gone
        }
    }
    Ok(())
}

impl Store {
    pub fn open(data: &Path) -> Self {
        std::fs::create_dir_all(data).expect("data directory");
        let db = Connection::open(data.join("rust.db")).expect("database");
        db.pragma_update(None, "journal_mode", "WAL").expect("WAL");
        db.pragma_update(None, "synchronous", "FULL").expect("synchronous");
        db.execute_batch(SCHEMA).expect("schema");
        let (queue, waiting) = unbounded_channel();
        thread::spawn(move || {
            if let Err(error) = write_all(db, waiting) {
                eprintln!("rust: {error}");
                std::process::exit(1);
            }
        });
        Store { queue }
    }

    /// Returns when it is committed; None when it cannot be.
    pub async fn keep(&self, event: Event) -> Option<String> {
        let (done, stored) = oneshot::channel();
        self.queue.send(Work { event, done }).ok()?;
        stored.await.ok()
    }
}
