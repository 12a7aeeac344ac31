// The same work on Fastify and better-sqlite3: check the signature, answer a repeat with its
// first reply, store event and document in one synced transaction, reply with TwiML. All
// webhooks that one turn of the event loop has read are committed together.
// usage: TWILIO_AUTH_TOKEN=... node server.mjs --data DIR --url SIGNED-URL
import { createHmac, timingSafeEqual } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'node:querystring'
import { parseArgs } from 'node:util'
import Database from 'better-sqlite3'
import fastify from 'fastify'

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    url: { type: 'string' },
  },
})
const token = process.env.TWILIO_AUTH_TOKEN

mkdirSync(options.data, { recursive: true })
const db = new Database(join(options.data, 'fastify.db'))
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

// Twilio's rule: the URL, then every name and value, sorted by name.
function genuine(params, signature) {
  let covered = options.url
  for (const name of Object.keys(params).sort()) covered += name + params[name]
  const due = createHmac('sha1', token).update(covered).digest()
  const got = Buffer.from(signature, 'base64')
  return got.length === due.length && timingSafeEqual(got, due)
}

const escapes = { '<': '&lt;', '>': '&gt;', '&': '&amp;' }

function twiml(body) {
  const text = body.replace(/[<>&]/g, (c) => escapes[c])
  return '<?xml version="1.0" encoding="UTF-8"?><Response><Message>' +
    `Thanks for your message! We received: "${text}"</Message></Response>`
}

function keep(event) {
  const first = known.get(event.MessageSid)
  if (first !== undefined) return first
  const reply = twiml(event.Body)
  const now = new Date().toISOString()
  addEvent.run(event.MessageSid, now, JSON.stringify(event), reply)
  addDocument.run(event.MessageSid, JSON.stringify({
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
  }))
  return reply
}

const keepAll = db.transaction((batch) => batch.map((work) => keep(work.event)))
let waiting = []

// What is read before the event loop's check phase is committed in it.
function commit() {
  const batch = waiting
  waiting = []
  const replies = keepAll.immediate(batch)
  batch.forEach((work, at) => work.response.type('text/xml').send(replies[at]))
}

const app = fastify()
app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' },
  (request, body, done) => done(null, parse(body)))
app.post('/twilio/sms', (request, response) => {
  if (!genuine(request.body, request.headers['x-twilio-signature'] ?? '')) {
    response.code(403).type('text/plain').send('refused\n')
    return
  }
  if (waiting.push({ event: request.body, response }) === 1) setImmediate(commit)
})

await app.listen({ port: 0, host: '127.0.0.1' })
console.error(`listening on http://127.0.0.1:${app.server.address().port}`)
process.on('SIGTERM', () => process.exit(0))
