package main

import (
	"context"
	"database/sql"
	"log"
	"os"
	"path/filepath"

	_ "github.com/mattn/go-sqlite3"
)

const batchMax = 512

const schema = `
	CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, message_sid TEXT UNIQUE,
	  received_at TEXT, params TEXT, reply TEXT);
	CREATE TABLE IF NOT EXISTS sms_messages (message_sid TEXT PRIMARY KEY, doc TEXT);
`

type event struct {
	sid, receivedAt, params, document, reply string
	stored                                   chan string
}

type store struct {
	queue                                       chan *event
	begin, commit, known, addEvent, addDocument *sql.Stmt
}

func openStore(dir string) (*store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(dir, "go.db")+
		"?_journal_mode=WAL&_synchronous=FULL")
	if err != nil {
		return nil, err
	}
	conn, err := db.Conn(context.Background())
	if err != nil {
		return nil, err
	}
	if _, err := conn.ExecContext(context.Background(), schema); err != nil {
		return nil, err
	}
	s := &store{queue: make(chan *event, batchMax)}
	for text, statement := range map[string]**sql.Stmt{
		"BEGIN IMMEDIATE": &s.begin,
		"COMMIT":          &s.commit,
		"SELECT reply FROM events WHERE message_sid = ?": &s.known,
		"INSERT INTO events (message_sid, received_at, params, reply) " +
			"VALUES (?, ?, ?, ?)": &s.addEvent,
		"INSERT INTO sms_messages (message_sid, doc) VALUES (?, ?)": &s.addDocument,
	} {
		if *statement, err = conn.PrepareContext(context.Background(), text); err != nil {
			return nil, err
		}
	}
	go func() {
		log.Fatal(s.writeAll())
	}()
	return s, nil
}

// Its own reply, or of a repeat the first one's.
func (s *store) write(e *event) error {
	err := s.known.QueryRow(e.sid).Scan(&e.reply)
	if err != sql.ErrNoRows {
		return err
	}
	if _, err := s.addEvent.Exec(e.sid, e.receivedAt, e.params, e.reply); err != nil {
		return err
	}
	_, err = s.addDocument.Exec(e.sid, e.document)
	return err
}

func (s *store) writeAll() error {
	batch := make([]*event, 0, batchMax)
	for first := range s.queue {
		batch = append(batch[:0], first)
	gather:
		for len(batch) < batchMax {
			select {
			case next := <-s.queue:
				batch = append(batch, next)
			default:
				break gather
			}
		}
		if err := s.writeBatch(batch); err != nil {
			return err
		}
		for _, e := range batch {
			e.stored <- e.reply
		}
	}
	return nil
}

func (s *store) writeBatch(batch []*event) error {
	if _, err := s.begin.Exec(); err != nil {
		return err
	}
	for _, e := range batch {
		if err := s.write(e); err != nil {
			return err
		}
	}
	_, err := s.commit.Exec()
	return err
}

// Returns when it is committed.
func (s *store) keep(e *event) string {
	s.queue <- e
	return <-e.stored
}
