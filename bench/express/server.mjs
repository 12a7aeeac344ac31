// The same work on Express, Twilio's own SDK and better-sqlite3: check the signature,
// answer a repeat with its first reply, store event and document in one synced
// transaction, reply with TwiML. One process, as a user would write it.
// usage: TWILIO_AUTH_TOKEN=... node server.mjs --data DIR --url SIGNED-URL
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import Database from 'better-sqlite3'
import express from 'express'
import twilio from 'twilio'

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    url: { type: 'string' },
  },
})
const token = process.env.TWILIO_AUTH_TOKEN

mkdirSync(options.data, { recursive: true })
const db = new Database(join(options.data, 'express.db'))
db.pragma('journal_mode = WAL')
db.pragma('synchronous = FULL')
db.exec(`
  CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, message_sid TEXT UNIQUE,
    received_at TEXT, params TEXT, reply TEXT);
  CREATE TABLE IF NOT EXISTS sms_messages (message_sid TEXT PRIMARY KEY, doc TEXT);
`)
const known = db.prepare('SELECT reply FROM events WHERE message_sid = ?').pluck()
const addEvent = db.prepare(
  'INSERT INTO events (message_sid, received_at, params, reply) VALUES (?, ?, ?, ?)')
const addDocument = db.prepare('INSERT INTO sms_messages (message_sid, doc) VALUES (?, ?)')
const store = db.transaction((event, document, reply) => {
  addEvent.run(event.MessageSid, document.receivedAt, JSON.stringify(event), reply)
  addDocument.run(event.MessageSid, JSON.stringify(document))
})

function receive(event) {
  const response = new twilio.twiml.MessagingResponse()
  response.message(`Thanks for your message! We received: "${event.Body}"`)
  const reply = response.toString()
  const now = new Date().toISOString()
  store(event, {
    messageSid: event.MessageSid,
    from: event.From,
    to: event.To,
    body: event.Body,
    direction: 'inbound',
    numMedia: Number(event.NumMedia),
    media: [],
    receivedAt: now,
    status: 'received',
    errorCode: null,
    errorMessage: null,
    updatedAt: now,
  }, reply)
  return reply
}

const app = express()
app.use(express.urlencoded({ extended: false }))
app.post('/twilio/sms', (request, response) => {
  const signature = request.get('X-Twilio-Signature') ?? ''
  if (!twilio.validateRequest(token, signature, options.url, request.body))
    return response.status(403).type('text/plain').send('refused\n')
  response.type('text/xml').send(known.get(request.body.MessageSid) ?? receive(request.body))
})

const server = app.listen(0, '127.0.0.1', () => {
  console.error(`listening on http://127.0.0.1:${server.address().port}`)
})
process.on('SIGTERM', () => process.exit(0))
